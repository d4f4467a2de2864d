"""What a document says, as blocks: from its file, its page or its site map's pages, or its pair."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evoai.kit.confined import Refused
from evoai.kit.log import get_logger
from evoai.kit.storage import key_of
from evoai.knowledge.models import Document
from evoai.knowledge.parsing.blocks import Block, Parsed
from evoai.knowledge.parsing.sandbox import parse
from evoai.knowledge.service import pages

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

Step = Callable[[float], Awaitable[None]]
"""Told how much of the reading is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Contents:
    blocks: Sequence[Block]
    title: str | None = None
    pages: int | None = None


async def read(resources: Resources, document: Document, step: Step) -> Contents:
    """Raises `Refused` for what will not change, `Unreachable` and `StorageError` for what may."""
    if document.source == "pair":
        return Contents([Block(document.question or "", 1), Block(document.answer or "")])
    if document.source == "page":
        return await _page(resources, document.url or "", step)
    try:
        data = await resources.storage.get(key_of(document.tenant_id, document.id))
    except FileNotFoundError:
        raise Refused("file-gone") from None
    parsed = await _parse(document.kind or "", data)
    return Contents(parsed.blocks, parsed.title, parsed.pages)


async def _page(resources: Resources, url: str, step: Step) -> Contents:
    parsed = await _parse(*await pages.fetch(resources, url))
    if not parsed.links:
        return Contents(parsed.blocks, parsed.title, parsed.pages)
    blocks: list[Block] = []
    found = await pages.of_same_site(resources, url, parsed.links)
    for number, link in enumerate(found, 1):
        try:
            page = await _parse(*await pages.fetch(resources, link))
        except (Refused, pages.Unreachable) as error:
            log.info("site_map.page_left_out", reason=getattr(error, "code", "unreachable"))
            continue
        blocks.append(Block(page.title or link, 1, number))
        # The page's own headings stand below its title.
        levels = [min(block.level + 1, 6) if block.level else 0 for block in page.blocks]
        blocks += [Block(block.text, level, number) for block, level in zip(page.blocks, levels, strict=True)]
        await step(number / len(found))
    if not blocks:
        raise pages.Unreachable
    return Contents(blocks, None, len(found))


async def _parse(kind: str, data: bytes) -> Parsed:
    parsed = await parse(kind, data)
    if parsed.refused is not None:
        raise Refused(parsed.refused)
    return parsed
