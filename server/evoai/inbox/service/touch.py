"""What people do to messages that are there: react, edit, take back. The provider is asked first, outside any
transaction; each may be done twice, so one that got lost on the way is simply done again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.protocol import Target
from evoai.inbox.events import conversation_event, message_event
from evoai.inbox.models.messages import Message
from evoai.inbox.repository import people
from evoai.inbox.repository.updates import OURS
from evoai.inbox.schemas.messages import MessageOut
from evoai.inbox.service import handling, read
from evoai.kit.db import utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.events import emit
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.channels.service.lines import OpenLine
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor

UNSENT = ("ready", "rejected", "uncertain")


@dataclass(frozen=True, slots=True)
class _Found:
    opened: OpenLine
    target: Target


async def react(resources: Resources, tenant_id: UUID, message_id: UUID, emoji: str) -> MessageOut:
    """Our reaction, whoever of us set one before; '' removes it. Raises `NotFound`, `Conflict`, and what the provider
    answers."""
    found = await _find(resources, tenant_id, message_id)
    if not found.opened.adapter.capabilities.reactions:
        raise Conflict(detail="This channel knows no reactions")
    await found.opened.adapter.react(resources.net, found.opened.line, found.target, emoji)
    async with resources.db.tenant_session(tenant_id) as db:
        message = await _message(db, tenant_id, message_id, lock=True)
        message.reactions = with_ours(message.reactions, "agent", emoji)
        return await _told(resources, db, message)


async def edit(resources: Resources, actor: Actor, message_id: UUID, text: str) -> MessageOut:
    """Other words in a text of ours. Raises `NotFound`, `Conflict`, and what the provider answers."""
    tenant_id = actor.principal.tenant_id
    found = await _find(resources, tenant_id, message_id, ours=True)
    if not found.opened.adapter.capabilities.edit:
        raise Conflict(detail="This channel cannot edit what was sent")
    async with resources.db.tenant_session(tenant_id) as db:
        if (await _message(db, tenant_id, message_id)).type != "text":
            raise Conflict(detail="Only a text can be edited")
    await found.opened.adapter.edit(resources.net, found.opened.line, found.target, text)
    async with resources.db.tenant_session(tenant_id) as db:
        message = await _message(db, tenant_id, message_id, lock=True)
        message.text, message.edited_at = text, utcnow()
        await audit.note(db, actor, "messages.edit", "message", message_id, {})
        return await _told(resources, db, message)


async def take_back(resources: Resources, actor: Actor, message_id: UUID) -> MessageOut:
    """Delete a message of ours for everyone; one that did not leave is only withdrawn. Raises `NotFound`, `Conflict`,
    and what the provider answers."""
    tenant_id = actor.principal.tenant_id
    withdrawn = await _withdraw(resources, actor, message_id)
    if withdrawn is not None:
        return withdrawn
    found = await _find(resources, tenant_id, message_id, ours=True)
    if not found.opened.adapter.capabilities.delete:
        raise Conflict(detail="This channel cannot take back what was sent")
    await found.opened.adapter.delete(resources.net, found.opened.line, found.target)
    async with resources.db.tenant_session(tenant_id) as db:
        message = await _message(db, tenant_id, message_id, lock=True)
        return await _empty(resources, db, actor, message)


def with_ours(reactions: dict[str, str] | None, author: str, emoji: str) -> dict[str, str]:
    """Reactions with ours replaced."""
    left = {name: value for name, value in (reactions or {}).items() if name not in OURS}
    return left | {author: emoji} if emoji else left


async def _withdraw(resources: Resources, actor: Actor, message_id: UUID) -> MessageOut | None:
    """A message that nobody began to send, or that will not arrive, just goes."""
    tenant_id = actor.principal.tenant_id
    async with resources.db.tenant_session(tenant_id) as db:
        message = await _message(db, tenant_id, message_id)
        if message.direction != "out" or message.provider_message_id is not None:
            return None
        await handling.lock(db, tenant_id, message.conversation_id)
        delivery = await people.delivery_of(db, tenant_id, message_id)
        if delivery is None or delivery.state not in UNSENT:
            raise Conflict(detail="The message is on its way; try again in a moment")
        delivery.state, delivery.evidence = "rejected", "withdrawn"
        message.status, message.error = "failed", {"code": "withdrawn"}
        return await _empty(resources, db, actor, message)


async def _find(resources: Resources, tenant_id: UUID, message_id: UUID, *, ours: bool = False) -> _Found:
    async with resources.db.tenant_session(tenant_id) as db:
        message = await _message(db, tenant_id, message_id)
        conversation = await people.conversation(db, tenant_id, message.conversation_id)
    if ours and message.direction != "out":
        raise Conflict(detail="Only what we sent can be changed")
    if message.provider_message_id is None or conversation is None:
        raise Conflict(detail="The message has not arrived yet")
    opened = await resources.lines.by_id(tenant_id, message.channel_id)
    if opened is None:
        raise Conflict(detail="The channel is gone")
    target = Target(
        provider_message_id=message.provider_message_id,
        address=conversation.address,
        from_me=message.direction == "out",
    )
    return _Found(opened, target)


async def _message(db: AsyncSession, tenant_id: UUID, message_id: UUID, *, lock: bool = False) -> Message:
    message = await people.message(db, tenant_id, message_id, lock=lock)
    if message is None:
        raise NotFound()
    if message.deleted_at is not None:
        raise Conflict(detail="The message was taken back")
    return message


async def _empty(resources: Resources, db: AsyncSession, actor: Actor, message: Message) -> MessageOut:
    """What it said goes; that it was there stays."""
    message.deleted_at, message.edited_at = utcnow(), None
    message.text = message.transcript = message.extra = message.media_id = None
    await audit.note(db, actor, "messages.delete", "message", message.id, {})
    emit(
        db,
        resources.publisher,
        conversation_event("conversation.updated", message.tenant_id, message.conversation_id),
    )
    return await _told(resources, db, message)


async def _told(resources: Resources, db: AsyncSession, message: Message) -> MessageOut:
    await db.flush()
    emit(
        db,
        resources.publisher,
        message_event("message.updated", message.tenant_id, message.id, message.conversation_id),
    )
    return (await read.messages(resources.storage, db, message.tenant_id, [message]))[0]
