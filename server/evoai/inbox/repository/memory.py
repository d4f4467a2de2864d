"""Queries on what is kept of conversations and contacts beside their messages: summaries and facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.contacts import Contact
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Message

_UNSYNCED = {"synchronize_session": False}


async def conversation_with_contact(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID
) -> tuple[Conversation, Contact] | None:
    row = (
        await db.execute(
            select(Conversation, Contact)
            .join(Contact, (Contact.tenant_id == Conversation.tenant_id) & (Contact.id == Conversation.contact_id))
            .where(Conversation.tenant_id == tenant_id, Conversation.id == conversation_id)
        )
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def said_after(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, seq: int, limit: int
) -> Sequence[tuple[int, str, str, str | None]]:
    """(seq, author, type, text) of the messages after `seq`, oldest first."""
    rows = await db.execute(
        select(Message.seq, Message.author, Message.type, Message.text)
        .where(
            Message.tenant_id == tenant_id,
            Message.conversation_id == conversation_id,
            Message.seq > seq,
            Message.deleted_at.is_(None),
            Message.status != "failed",
        )
        .order_by(Message.seq)
        .limit(limit)
    )
    return [(row.seq, row.author, row.type, row.text) for row in rows]


async def set_summary(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, version: int, text: str | None, up_to_seq: int
) -> bool:
    """Write the summary that follows version `version`; False if somebody wrote it meanwhile."""
    changed = await db.scalar(
        update(Conversation)
        .where(
            Conversation.tenant_id == tenant_id,
            Conversation.id == conversation_id,
            Conversation.summary_version == version,
        )
        .values(summary=text, summary_seq=up_to_seq, summary_version=version + 1, summary_at=func.now())
        .returning(Conversation.id)
        .execution_options(**_UNSYNCED)
    )
    return changed is not None


async def locked_contact(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> Contact | None:
    return await db.scalar(
        select(Contact).where(Contact.tenant_id == tenant_id, Contact.id == contact_id).with_for_update()
    )


async def messages_at(db: AsyncSession, tenant_id: UUID, places: Sequence[tuple[UUID, int]]) -> dict[Any, UUID]:
    """Ids of messages by (conversation, seq)."""
    if not places:
        return {}
    either = or_(*((Message.conversation_id == conversation) & (Message.seq == seq) for conversation, seq in places))
    rows = await db.execute(
        select(Message.conversation_id, Message.seq, Message.id).where(Message.tenant_id == tenant_id, either)
    )
    return {(row.conversation_id, row.seq): row.id for row in rows}
