"""From one channel to another, with all threads: from a number that may be banned to WhatsApp's own API, say. Contacts
are the tenant's, so they stay; their conversations go on where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.service import read as channels
from evoai.inbox.events import conversation_event
from evoai.inbox.repository import moving as repository
from evoai.inbox.schemas.numbers import MovedOut
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.kit.events import emit
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor

_TOLD = 200
"""Conversations that open pages are told of one by one; beyond that they fetch the list anew by themselves."""


async def move(resources: Resources, db: AsyncSession, actor: Actor, channel_id: UUID, to: UUID) -> MovedOut:
    """All or nothing. What is being sent at this moment is waited out: `Conflict`. Who has an open conversation on the
    other channel already, or can be reached there under no address, is left where they are."""
    tenant_id = actor.principal.tenant_id
    source, target = await channels.find(db, tenant_id, channel_id), await channels.find(db, tenant_id, to)
    if source is None:
        raise NotFound()
    if target is None or target.id == source.id:
        raise Invalid(errors=(FieldError("/to", "invalid", "Another channel of yours"),))
    by_phone = channels.capabilities_of(target).official
    moved = await repository.move_conversations(db, tenant_id, source.id, target.id, by_phone=by_phone)
    await repository.move_waiting(db, tenant_id, moved, target.id)
    # Looked at last: what was begun while the waiting ones were moved stayed behind.
    if await repository.is_sending(db, tenant_id, source.id):
        raise Conflict("conflict", "Messages are being sent at this moment; try again in a minute")
    left = await repository.count_conversations(db, tenant_id, source.id)
    what = {"to": str(target.id), "moved": len(moved), "left": left}
    await audit.note(db, actor, "channels.move", "channel", source.id, what)
    for conversation_id in moved[:_TOLD]:
        emit(db, resources.publisher, conversation_event("conversation.updated", tenant_id, conversation_id))
    return MovedOut(moved=len(moved), left=left)
