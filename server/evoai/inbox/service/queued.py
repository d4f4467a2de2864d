"""A message of ours that does not leave by itself: its row, and the delivery that takes it out."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Author, Delivery, Message
from evoai.inbox.service.compose import Draft
from evoai.inbox.service.intake import echo_hash
from evoai.kit.db import new_id, utcnow


async def queue(
    db: AsyncSession,
    conversation: Conversation,
    draft: Draft,
    *,
    author: Author,
    agent_id: UUID | None = None,
    client_id: str | None = None,
) -> Message:
    """Store it as the next of a locked conversation, with a `ready` delivery. Who calls rings `inbox.deliver`."""
    now = utcnow()
    conversation.seq += 1
    message = Message(
        tenant_id=conversation.tenant_id,
        id=new_id(),
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        seq=conversation.seq,
        direction="out",
        author=author,
        agent_id=agent_id,
        type=draft.type,
        text=draft.text,
        media_id=draft.media_id,
        extra=draft.extra,
        quoted_id=draft.quoted_id,
        status="queued",
        client_id=client_id,
        created_at=now,
    )
    conversation.last_message_id = message.id
    db.add(message)
    # Without a relationship between them, a flush of both would not know which goes first.
    await db.flush()
    db.add(
        Delivery(
            tenant_id=conversation.tenant_id,
            id=new_id(),
            message_id=message.id,
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            seq=conversation.seq,
            body_hash=echo_hash(draft.type, draft.text),
            state="ready",
            opening=conversation.last_in_seq == 0,
            # The database's own clock decides what is due.
            due_at=func.now(),
            created_at=now,
        )
    )
    await db.flush()
    return message
