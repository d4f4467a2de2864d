"""The queries on what we started: deliveries to people who had not written."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Delivery


async def started(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, day: timedelta, week: timedelta, but: UUID | None
) -> tuple[int, int, int]:
    """Of conversations that the channel's number opened: how many within `day`, how many within `week`, and to how many
    of these somebody wrote back. `but` is left out."""
    recent = func.count(distinct(Delivery.conversation_id)).filter(Delivery.deadline > func.now() - day)
    replied = func.count(distinct(Delivery.conversation_id)).filter(Conversation.last_in_seq > 0)
    row = (
        await db.execute(
            select(recent, func.count(distinct(Delivery.conversation_id)), replied)
            .join(
                Conversation,
                (Conversation.tenant_id == Delivery.tenant_id) & (Conversation.id == Delivery.conversation_id),
            )
            .where(
                Delivery.tenant_id == tenant_id,
                Delivery.channel_id == channel_id,
                Delivery.opening,
                # A try has a deadline; what never was tried has reached nobody.
                Delivery.deadline > func.now() - week,
                Delivery.conversation_id != but if but is not None else Delivery.opening,
            )
        )
    ).one()
    return row[0], row[1], row[2]


async def newest_conversation(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, contact_id: UUID
) -> Conversation | None:
    """With a contact on a channel: the open one, else the last."""
    return await db.scalar(
        select(Conversation)
        .where(
            Conversation.tenant_id == tenant_id,
            Conversation.channel_id == channel_id,
            Conversation.contact_id == contact_id,
        )
        .order_by((Conversation.state == "resolved").asc(), Conversation.created_at.desc())
        .limit(1)
        .with_for_update()
    )
