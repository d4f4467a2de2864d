"""That people read what a contact wrote is shown to the contact, where the provider can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.registry import adapter_for
from evoai.channels.adapters.roles import MarksRead
from evoai.channels.service import read as channels
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.repository import people
from evoai.kit.outbox import enqueue

if TYPE_CHECKING:
    from evoai.resources import Resources

TOPIC = "inbox.mark_read"


async def tell(resources: Resources, db: AsyncSession, conversation: Conversation) -> None:
    """After the commit, by the tray."""
    tenant_id, channel_id = conversation.tenant_id, conversation.channel_id
    channel = (await channels.names(db, tenant_id, {channel_id}))[channel_id]
    if not adapter_for(channel.provider).capabilities.read_marks:
        return
    heard = await people.last_heard(db, tenant_id, conversation.id)
    if heard is not None:
        await enqueue(db, resources.bell, TOPIC, {"channel_id": str(channel_id), "message": heard})


async def mark_read(resources: Resources, tenant_id: UUID, payload: Any) -> None:
    """Handler of `inbox.mark_read`."""
    opened = await resources.lines.by_id(tenant_id, UUID(payload["channel_id"]))
    if opened is not None and isinstance(opened.adapter, MarksRead):
        await opened.adapter.mark_read(resources.net, opened.line, payload["message"])
