"""Shows a contact that something is being written. Decoration: it delays nothing, and whatever fails is left out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

_AT_ONCE = 30
"""While more than this many are being shown in a process, further ones are left out."""
_shown: set[asyncio.Task[None]] = set()


def show_typing(
    resources: Resources, tenant_id: UUID, channel_id: UUID, address: str, heard: str | None = None
) -> None:
    """`heard`: the provider's id of the message that is being answered, which some show it under."""
    if len(_shown) >= _AT_ONCE or not resources.breaker.closed(str(channel_id)):
        return
    task = asyncio.get_running_loop().create_task(_type(resources, tenant_id, channel_id, address, heard))
    _shown.add(task)
    task.add_done_callback(_shown.discard)


async def _type(resources: Resources, tenant_id: UUID, channel_id: UUID, address: str, heard: str | None) -> None:
    try:
        opened = await resources.lines.by_id(tenant_id, channel_id)
        if opened is not None and opened.adapter.capabilities.typing:
            await opened.adapter.typing(resources.net, opened.line, address, heard)
    except Exception as error:
        log.debug("typing.failed", error=type(error).__name__)
