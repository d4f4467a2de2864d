"""Queries behind two contacts that become one, one that is taken apart, one that is erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.contacts import Consent, Contact, ContactAlias, ContactMerge, ContactWord
from evoai.inbox.models.conversations import Conversation, Turn
from evoai.inbox.models.messages import Delivery, Message
from evoai.inbox.repository.receive import shard_locks

_UNSYNCED = {"synchronize_session": False}


async def conversations(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """All conversations of these contacts, in the order in which they are locked."""
    rows = await db.scalars(
        select(Conversation.id)
        .where(Conversation.tenant_id == tenant_id, Conversation.contact_id.in_(ids))
        .order_by(Conversation.id)
    )
    return list(rows)


async def channels(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Where these contacts have written or been written to."""
    rows = await db.scalars(
        select(Conversation.channel_id)
        .where(Conversation.tenant_id == tenant_id, Conversation.contact_id.in_(ids))
        .distinct()
    )
    return list(rows)


async def lock_shards(db: AsyncSession, shards: Iterable[int]) -> None:
    """Keep the message step out of these parts of what comes in until the transaction ends."""
    for statement in filter(None, shard_locks(shards).split(";")):
        await db.execute(text(statement))


async def lock_conversations(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[Conversation]:
    query = (
        select(Conversation)
        .where(Conversation.tenant_id == tenant_id, Conversation.id.in_(ids))
        .order_by(Conversation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(await db.scalars(query))


async def is_busy(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> bool:
    """Whether something is being answered, or sent, in a conversation."""
    turn = select(Turn.id).where(
        Turn.tenant_id == tenant_id, Turn.conversation_id == conversation_id, Turn.closed_at.is_(None)
    )
    send = select(Delivery.id).where(
        Delivery.tenant_id == tenant_id,
        Delivery.conversation_id == conversation_id,
        Delivery.state.in_(("ready", "attempting")),
    )
    return await db.scalar(turn.limit(1)) is not None or await db.scalar(send.limit(1)) is not None


async def latest_merge(db: AsyncSession, tenant_id: UUID, kept_id: UUID) -> ContactMerge | None:
    """The one that can be undone."""
    return await db.scalar(
        select(ContactMerge)
        .where(ContactMerge.tenant_id == tenant_id, ContactMerge.kept_id == kept_id, ContactMerge.undone_at.is_(None))
        .order_by(ContactMerge.id.desc())
        .limit(1)
    )


async def merges(db: AsyncSession, tenant_id: UUID, kept_id: UUID) -> Sequence[ContactMerge]:
    """Newest first."""
    rows = await db.scalars(
        select(ContactMerge)
        .where(ContactMerge.tenant_id == tenant_id, ContactMerge.kept_id == kept_id)
        .order_by(ContactMerge.id.desc())
        .limit(20)
    )
    return rows.all()


async def were_taken_apart(db: AsyncSession, tenant_id: UUID, one: UUID, other: UUID) -> bool:
    """Whether a person undid a merge of these two."""
    found = await db.scalar(
        select(ContactMerge.id).where(
            ContactMerge.tenant_id == tenant_id,
            ContactMerge.undone_at.is_not(None),
            or_(
                and_(ContactMerge.kept_id == one, ContactMerge.lost_id == other),
                and_(ContactMerge.kept_id == other, ContactMerge.lost_id == one),
            ),
        )
    )
    return found is not None


async def pass_on(
    db: AsyncSession, tenant_id: UUID, model: Any, column: str, from_id: UUID, to_id: UUID, only: Sequence[UUID] | None
) -> list[UUID]:
    """Have rows that point at one contact point at another: all, or only these. Their ids."""
    at = getattr(model, column)
    statement = update(model).where(model.tenant_id == tenant_id, at == from_id)
    if only is not None:
        statement = statement.where(model.id.in_(only))
    rows = await db.scalars(statement.values({column: to_id}).returning(model.id).execution_options(**_UNSYNCED))
    return list(rows)


async def erase_conversations(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Delete conversations with all that was said in them; the messages that were there."""
    said = select(Message.id).where(Message.tenant_id == tenant_id, Message.conversation_id.in_(ids))
    gone = list(await db.scalars(said))
    rows: tuple[tuple[Any, Any], ...] = (
        # The short index of sends by conversation has those under way alone.
        (Delivery, Delivery.message_id.in_(said)),
        (Turn, Turn.conversation_id.in_(ids)),
        (Message, Message.conversation_id.in_(ids)),
        (Conversation, Conversation.id.in_(ids)),
    )
    for model, mine in rows:
        await db.execute(delete(model).where(model.tenant_id == tenant_id, mine).execution_options(**_UNSYNCED))
    return gone


async def erase(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> None:
    """Delete what is known of a contact beside its conversations, and the contact."""
    for model, column in (
        (Consent, Consent.contact_id),
        (ContactMerge, ContactMerge.kept_id),
        (ContactAlias, ContactAlias.contact_id),
    ):
        await db.execute(
            delete(model).where(model.tenant_id == tenant_id, column == contact_id).execution_options(**_UNSYNCED)
        )
    await drop(db, tenant_id, contact_id)


async def drop(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> None:
    """Delete a contact that nothing points at any more but its words."""
    for model, column in ((ContactWord, ContactWord.contact_id), (Contact, Contact.id)):
        await db.execute(
            delete(model).where(model.tenant_id == tenant_id, column == contact_id).execution_options(**_UNSYNCED)
        )
