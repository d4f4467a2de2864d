"""Queries on what was said, for those who look back at it: tests made of conversations, analysis, shadow drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Message


async def messages_after(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, after: int, limit: int
) -> Sequence[Message]:
    """Oldest first, behind number `after`."""
    query = select(Message).where(
        Message.tenant_id == tenant_id, Message.conversation_id == conversation_id, Message.seq > after
    )
    return (await db.scalars(query.order_by(Message.seq).limit(limit))).all()


async def set_analysis(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, analysis: dict[str, Any]) -> None:
    await db.execute(
        update(Conversation)
        .where(Conversation.tenant_id == tenant_id, Conversation.id == conversation_id)
        .values(analysis=analysis)
        .execution_options(synchronize_session=False)
    )


async def recent_topics(db: AsyncSession, tenant_id: UUID, limit: int) -> list[str]:
    """Of the last conversations, the most frequent first."""
    recent = (
        select(Conversation.analysis["topic"].astext.label("topic"))
        .where(Conversation.tenant_id == tenant_id, Conversation.analysis.is_not(None))
        .order_by(Conversation.last_activity_at.desc())
        .limit(500)
        .subquery()
    )
    rows = await db.execute(
        select(recent.c.topic).group_by(recent.c.topic).order_by(func.count().desc(), recent.c.topic).limit(limit)
    )
    return [row.topic for row in rows]
