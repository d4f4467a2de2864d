"""What people do with a conversation: take over, hand back, assign, resolve, reopen, read. Each takes its
lock, so bot and agents never answer at the same time, and of two who claim it one wins."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.events import RESOLVED, conversation_event, message_event
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.repository import contacts, people
from evoai.inbox.repository import turns as turns_sql
from evoai.inbox.schemas.conversations import ConversationOut
from evoai.inbox.service import read, satisfaction, seen
from evoai.kit.db import after_commit, new_id, utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.events import emit
from evoai.kit.outbox import enqueue
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.resources import Resources


async def lock(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> Conversation:
    """The conversation, locked until the transaction ends. Raises `NotFound`."""
    found = await people.conversation(db, tenant_id, conversation_id, lock=True)
    if found is None:
        raise NotFound()
    return found


async def take_over(
    resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID, member_id: UUID | None
) -> ConversationOut:
    """For whoever asks. Raises `Conflict`, with the winner's name, if a colleague was faster."""
    conversation = await lock(db, tenant_id, conversation_id)
    _refuse_resolved(conversation)
    holder = conversation.assignee_id
    if conversation.state == "human" and holder is not None and holder != member_id:
        # Two clicks, one winner. To take it from a colleague on purpose, assign it.
        name = (await tenants.member_names(db, tenant_id, {holder})).get(holder, "A colleague")
        raise Conflict("conflict", f"{name} has this conversation already")
    await take(resources, db, conversation, member_id)
    return await _out(db, conversation)


async def take(resources: Resources, db: AsyncSession, conversation: Conversation, member_id: UUID | None) -> None:
    """Give a locked conversation to a member. The assistant's open turn ends and what it had ready is withdrawn; what
    was `attempting` before it counts as said before it."""
    waited = conversation.state == "queued"
    await silence(resources, db, conversation, "taken-over")
    conversation.state, conversation.assignee_id = "human", member_id
    _changed(resources, db, conversation)
    if waited:
        emit(
            db,
            resources.publisher,
            conversation_event("handoff.completed", conversation.tenant_id, conversation.id),
        )


async def silence(
    resources: Resources, db: AsyncSession, conversation: Conversation, outcome: str, *, because: str = "taken-over"
) -> None:
    """Take the right to speak from the assistant; what it had ready fails as `because` says."""
    tenant_id, conversation_id = conversation.tenant_id, conversation.id
    conversation.fence += 1
    conversation.lease_owner = conversation.lease_until = None
    await people.close_open_turn(db, tenant_id, conversation_id, outcome)
    for message_id in await people.withdraw_ready(db, tenant_id, conversation_id, because):
        emit(db, resources.publisher, message_event("message.status", tenant_id, message_id, conversation_id))
    fence = conversation.fence
    after_commit(db, lambda: resources.fences.publish([(conversation_id, fence)]))


async def hand_back(resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> ConversationOut:
    """To the assistant. If the contact wrote last, it answers now."""
    conversation = await lock(db, tenant_id, conversation_id)
    _refuse_resolved(conversation)
    if conversation.state == "bot":
        return await _out(db, conversation)
    responder = await turns_sql.responder_of(db, tenant_id)
    if responder is None or not responder.enabled or resources.model is None:
        raise Conflict("conflict", "The assistant is off; publish it to hand conversations back")
    if responder.shadow:
        raise Conflict("conflict", "The assistant is in shadow mode: it drafts, and people answer")
    contact = await contacts.contact(db, tenant_id, conversation.contact_id)
    if contact is not None and contact.over_limit:
        raise Conflict("conflict", "The contact is over the plan's limit; people answer it")
    if contact is not None and contact.opted_out_at is not None:
        raise Conflict("conflict", "The contact wants no automatic messages; people answer it")
    conversation.state, conversation.assignee_id = "bot", None
    conversation.handoff_reason = conversation.handoff_note = conversation.handoff_at = None
    # Who gives it back wants it answered, however often it was within the hour.
    conversation.answers, conversation.answers_since = 0, None
    conversation.fence += 1
    _changed(resources, db, conversation)
    await _answer_what_waits(resources, db, conversation)
    return await _out(db, conversation)


async def _answer_what_waits(resources: Resources, db: AsyncSession, conversation: Conversation) -> None:
    """Open a turn for what the contact wrote after anybody last spoke to it."""
    recent = await people.messages_page(db, conversation.tenant_id, conversation.id, None, 20)
    waiting: list[int] = []
    for message in recent:
        if message.direction == "out" and message.status != "failed":
            break
        if message.direction == "in" and message.type != "reaction":
            waiting.append(message.seq)
    if not waiting:
        return
    # The database's clock, which decides what is due.
    now = func.now()
    turn_id = new_id()
    opened = await turns_sql.open_one(
        db,
        tenant_id=conversation.tenant_id,
        id=turn_id,
        conversation_id=conversation.id,
        first_in_seq=min(waiting),
        last_in_seq=max(waiting),
        opened_at=now,
        due_at=now,
        max_due_at=now + timedelta(seconds=resources.timers.turn),
    )
    if opened:
        tenant, turn = str(conversation.tenant_id), str(turn_id)
        after_commit(db, lambda: resources.bell.ring("inbox.reply", tenant, turn))


async def assign(
    resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID, member_id: UUID | None
) -> ConversationOut:
    """To a member, or with None back to the queue."""
    conversation = await lock(db, tenant_id, conversation_id)
    _refuse_resolved(conversation)
    if member_id is not None:
        await tenants.member(db, tenant_id, member_id)
        await take(resources, db, conversation, member_id)
    else:
        await silence(resources, db, conversation, "handed-over")
        conversation.state, conversation.assignee_id = "queued", None
        conversation.handoff_reason, conversation.handoff_at = "unassigned", utcnow()
        _changed(resources, db, conversation)
        emit(db, resources.publisher, conversation_event("handoff.requested", tenant_id, conversation_id))
    return await _out(db, conversation)


async def resolve(resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> ConversationOut:
    conversation = await lock(db, tenant_id, conversation_id)
    if conversation.state != "resolved":
        await silence(resources, db, conversation, "resolved")
        conversation.state, conversation.resolved_at, conversation.unread_count = "resolved", utcnow(), 0
        await satisfaction.ask(resources, db, conversation)
        if resources.settings.ai_analysis and resources.model is not None and conversation.last_in_seq:
            await enqueue(db, resources.bell, RESOLVED, {"conversation_id": str(conversation.id)})
        _changed(resources, db, conversation)
    return await _out(db, conversation)


async def reopen(
    resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID, member_id: UUID | None
) -> ConversationOut:
    """By a person, who then has it. Raises `Conflict` if the contact has another open conversation there."""
    conversation = await lock(db, tenant_id, conversation_id)
    if conversation.state == "resolved":
        if await turns_sql.has_open(db, tenant_id, conversation.channel_id, conversation.contact_id):
            raise Conflict("conflict", "The contact already has an open conversation on this channel")
        conversation.state, conversation.resolved_at, conversation.assignee_id = "human", None, member_id
        conversation.fence += 1
        _changed(resources, db, conversation)
    return await _out(db, conversation)


async def mark_read(resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> ConversationOut:
    conversation = await lock(db, tenant_id, conversation_id)
    if conversation.unread_count:
        conversation.unread_count = 0
        await seen.tell(resources, db, conversation)
        emit(db, resources.publisher, conversation_event("conversation.updated", tenant_id, conversation_id))
    return await _out(db, conversation)


def _refuse_resolved(conversation: Conversation) -> None:
    if conversation.state == "resolved":
        raise Conflict("conversation-resolved", "The conversation is resolved; reopen it first")


def _changed(resources: Resources, db: AsyncSession, conversation: Conversation) -> None:
    conversation.updated_at = utcnow()
    emit(
        db,
        resources.publisher,
        conversation_event("conversation.updated", conversation.tenant_id, conversation.id),
    )


async def _out(db: AsyncSession, conversation: Conversation) -> ConversationOut:
    await db.flush()
    return await read.conversation(db, conversation.tenant_id, conversation.id)
