"""What people and integrators send: stored first, as a `ready` delivery, and sent by the `delivery` queue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.events import conversation_event, message_event
from evoai.inbox.repository import contacts, people
from evoai.inbox.schemas.messages import MessageIn, MessageOut
from evoai.inbox.service import handling, read
from evoai.inbox.service.compose import compose
from evoai.inbox.service.queued import queue
from evoai.kit.db import after_commit, utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.events import emit
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor


async def write(
    resources: Resources,
    db: AsyncSession,
    tenant_id: UUID,
    conversation_id: UUID,
    member_id: UUID | None,
    data: MessageIn,
) -> tuple[MessageOut, bool]:
    """Store a person's message and whether it is new: the same `client_id` again gives the first one. Takes over when
    the assistant, or nobody, has the conversation."""
    conversation = await handling.lock(db, tenant_id, conversation_id)
    first = await people.message_by_client_id(db, tenant_id, conversation_id, data.client_id)
    if first is not None:
        return (await read.messages(resources.storage, db, tenant_id, [first]))[0], False
    if conversation.state == "resolved":
        raise Conflict("conversation-resolved", "The conversation is resolved; reopen it first")
    contact = await contacts.contact(db, tenant_id, conversation.contact_id)
    if contact is not None and contact.blocked_at is not None:
        raise Conflict("contact-blocked", "The contact is blocked; unblock it first")
    draft = await compose(db, conversation, data)
    if conversation.state != "human":
        await handling.take(resources, db, conversation, member_id)
    message = await queue(db, conversation, draft, author="agent", agent_id=member_id, client_id=data.client_id)
    conversation.last_activity_at = conversation.updated_at = message.created_at
    conversation.unread_count = 0
    emit(
        db,
        resources.publisher,
        message_event("message.queued", tenant_id, message.id, conversation_id),
        conversation_event("conversation.updated", tenant_id, conversation_id),
    )
    after_commit(db, lambda: resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id)))
    return (await read.messages(resources.storage, db, tenant_id, [message]))[0], True


async def resend(resources: Resources, db: AsyncSession, actor: Actor, message_id: UUID) -> MessageOut:
    """Send a failed or uncertain message again, because a person says so. Raises `Conflict` for any other."""
    tenant_id = actor.principal.tenant_id
    message = await people.message(db, tenant_id, message_id)
    if message is None:
        raise NotFound()
    if message.deleted_at is not None:
        raise Conflict(detail="The message was taken back")
    await handling.lock(db, tenant_id, message.conversation_id)
    delivery = await people.delivery_of(db, tenant_id, message_id)
    if delivery is None or delivery.state not in ("rejected", "uncertain"):
        raise Conflict("conflict", "Only a failed or uncertain message can be sent again")
    await audit.note(db, actor, "messages.resend", "message", message_id, {"was": delivery.state})
    delivery.state, delivery.due_at, delivery.evidence = "ready", func.now(), None
    delivery.denials = delivery.asks = 0
    # A person wants it said now, however old it is; and only what is sent from now on proves it.
    delivery.created_at = utcnow()
    message.status, message.error = "queued", None
    await db.flush()
    emit(db, resources.publisher, message_event("message.status", tenant_id, message_id, message.conversation_id))
    conversation_id = message.conversation_id
    after_commit(db, lambda: resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id)))
    return (await read.messages(resources.storage, db, tenant_id, [message]))[0]
