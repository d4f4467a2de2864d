"""The parent's side of `child.py`."""

from __future__ import annotations

from evoai.kit import sandbox
from evoai.knowledge.parsing.blocks import Parsed, Picture

WALL_SECONDS = 60
PICTURE_SECONDS = 15
_CHILD = "evoai.knowledge.parsing.child"


async def parse(kind: str, data: bytes, *, seconds: float = WALL_SECONDS) -> Parsed:
    """What `data` says. A refusal is in the answer, as of `sandbox.run`."""
    return await sandbox.run(_CHILD, Parsed, data, kind, seconds=seconds)


async def draw(data: bytes, number: int, *, seconds: float = PICTURE_SECONDS) -> Picture:
    """A page of a PDF, the first is 1; refusals as of `parse`."""
    return await sandbox.run(_CHILD, Picture, data, "page", str(number), seconds=seconds)
