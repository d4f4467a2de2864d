"""The text of a file that is no document of ours: what a contact sent."""

from __future__ import annotations

from evoai.kit.errors import Invalid
from evoai.knowledge.parsing.sandbox import parse
from evoai.knowledge.service.formats import kind_of

_HEAD = 4096


async def text_of(name: str, body: bytes) -> str:
    """'' for a format that is not read, and for a file without text, behind a password, or damaged."""
    try:
        kind = kind_of(name, body[:_HEAD])
    except Invalid:
        return ""
    parsed = await parse(kind, body)
    return "\n".join(block.text for block in parsed.blocks)
