"""Files that are no documents of ours but parts of messages: their text, and their pages as people see them."""

from __future__ import annotations

from evoai.kit.errors import Invalid
from evoai.knowledge.parsing.sandbox import draw, parse
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


async def page_of(body: bytes, number: int) -> tuple[bytes, int]:
    """A page of a PDF as PNG, the first is 1, empty where there is none; and how many there are. Raises
    `Invalid("unprocessable-file")` for what does not open."""
    picture = await draw(body, number)
    if picture.refused is not None:
        raise Invalid("unprocessable-file", f"The file does not open ({picture.refused})")
    return picture.png, picture.pages
