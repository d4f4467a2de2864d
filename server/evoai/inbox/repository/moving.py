"""The statements that move conversations from one channel to another."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from evoai.inbox.models.contacts import ContactAlias
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Delivery

_UNSYNCED = {"synchronize_session": False}


async def is_sending(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> bool:
    """Whether the outcome of a send on the channel is open: its echo comes on the channel that it left by."""
    found = await db.scalar(
        select(Delivery.id)
        .where(Delivery.tenant_id == tenant_id, Delivery.channel_id == channel_id, Delivery.state == "attempting")
        .limit(1)
    )
    return found is not None


async def move_conversations(
    db: AsyncSession, tenant_id: UUID, source: UUID, target: UUID, *, by_phone: bool
) -> list[UUID]:
    """The ids of those that moved. With `by_phone` the other channel knows people by their phone alone, so whoever has
    none stays, and a conversation under a privacy id is addressed by the phone from now on."""
    there = aliased(Conversation)
    phone = (
        select(func.min(ContactAlias.address))
        .where(
            ContactAlias.tenant_id == tenant_id,
            ContactAlias.contact_id == Conversation.contact_id,
            ContactAlias.kind == "phone",
            ContactAlias.gone_at.is_(None),
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    taken = exists().where(
        there.tenant_id == tenant_id,
        there.channel_id == target,
        there.contact_id == Conversation.contact_id,
        there.state != "resolved",
    )
    moves = (
        update(Conversation)
        .where(Conversation.tenant_id == tenant_id, Conversation.channel_id == source)
        .where((Conversation.state == "resolved") | ~taken)
        # Nobody has written to the other number yet, so no window of a day is open there.
        .values(channel_id=target, last_in_at=None)
    )
    if by_phone:
        moves = moves.where(phone.is_not(None)).values(address=phone)
    rows = await db.scalars(moves.returning(Conversation.id).execution_options(**_UNSYNCED))
    return list(rows)


async def move_waiting(db: AsyncSession, tenant_id: UUID, conversations: Sequence[UUID], target: UUID) -> None:
    """What waits to be sent leaves by the new channel."""
    await db.execute(
        update(Delivery)
        .where(
            Delivery.tenant_id == tenant_id,
            Delivery.conversation_id.in_(conversations),
            Delivery.state == "ready",
        )
        # What held it up was the other channel's.
        .values(channel_id=target, due_at=func.now())
        .execution_options(**_UNSYNCED)
    )


async def count_conversations(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> int:
    return (
        await db.scalar(
            select(func.count()).where(Conversation.tenant_id == tenant_id, Conversation.channel_id == channel_id)
        )
        or 0
    )
