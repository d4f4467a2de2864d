"""Queries behind what people do and see in the inbox, with SQLAlchemy through the tenant's session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.contacts import Contact
from evoai.inbox.models.conversations import Conversation, Responder, Turn
from evoai.inbox.models.messages import Delivery, Message
from evoai.inbox.repository import contacts

_UNSYNCED = {"synchronize_session": False}


async def conversation(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, *, lock: bool = False
) -> Conversation | None:
    query = select(Conversation).where(Conversation.tenant_id == tenant_id, Conversation.id == conversation_id)
    return await db.scalar(query.with_for_update() if lock else query)


async def conversations_page(
    db: AsyncSession,
    tenant_id: UUID,
    *,
    state: str | None,
    assignee: UUID | None,
    channel: UUID | None,
    unread: bool | None,
    contact: UUID | None,
    words: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Row[datetime, UUID]]:
    """The last activity and id of each, newest activity first."""
    query = select(Conversation.last_activity_at, Conversation.id).where(Conversation.tenant_id == tenant_id)
    if state is not None:
        # Written out, so that the index of these states is known to do.
        query = query.where(Conversation.state == literal_column(f"'{state}'"))
    if contact is not None:
        query = query.where(Conversation.contact_id == contact)
    if assignee is not None:
        query = query.where(Conversation.assignee_id == assignee)
    if channel is not None:
        query = query.where(Conversation.channel_id == channel)
    if unread is not None:
        query = query.where(Conversation.unread_count > 0 if unread else Conversation.unread_count == 0)
    if words:
        query = query.where(*contacts.matching(tenant_id, words, Conversation.contact_id))
    if before is not None:
        query = query.where(tuple_(Conversation.last_activity_at, Conversation.id) < before)
    query = query.order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
    return (await db.execute(query.limit(limit))).all()


async def conversations_by_id(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[Any]:
    """Conversations with their contact and last message, in the order of `ids`."""
    rows = (
        await db.execute(
            select(Conversation, Contact, Message)
            .join(Contact, and_(Contact.tenant_id == Conversation.tenant_id, Contact.id == Conversation.contact_id))
            .outerjoin(
                Message, and_(Message.tenant_id == Conversation.tenant_id, Message.id == Conversation.last_message_id)
            )
            .where(Conversation.tenant_id == tenant_id, Conversation.id.in_(ids))
        )
    ).all()
    by_id = {row[0].id: row for row in rows}
    return [by_id[found] for found in ids if found in by_id]


async def counts(db: AsyncSession, tenant_id: UUID, member_id: UUID | None) -> Any:
    """Open conversations by tab, and unread messages."""
    mine = Conversation.assignee_id == member_id if member_id is not None else Conversation.id.is_(None)
    return (
        await db.execute(
            select(
                func.count().filter(mine).label("mine"),
                func.count().filter(Conversation.state == "queued").label("queued"),
                func.count().filter(Conversation.state == "bot").label("bot"),
                func.count().label("all"),
                func.coalesce(func.sum(Conversation.unread_count), 0).label("unread"),
            ).where(Conversation.tenant_id == tenant_id, Conversation.state != literal_column("'resolved'"))
        )
    ).one()


async def message(db: AsyncSession, tenant_id: UUID, message_id: UUID, *, lock: bool = False) -> Message | None:
    query = select(Message).where(Message.tenant_id == tenant_id, Message.id == message_id)
    return await db.scalar(query.with_for_update() if lock else query)


async def message_by_client_id(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, client_id: str
) -> Message | None:
    return await db.scalar(
        select(Message).where(
            Message.tenant_id == tenant_id,
            Message.conversation_id == conversation_id,
            Message.client_id == client_id,
        )
    )


async def messages_page(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, before: int | None, limit: int
) -> Sequence[Message]:
    """Newest first."""
    query = select(Message).where(Message.tenant_id == tenant_id, Message.conversation_id == conversation_id)
    if before is not None:
        query = query.where(Message.seq < before)
    return (await db.scalars(query.order_by(Message.seq.desc()).limit(limit))).all()


async def messages_by_id(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> Sequence[Message]:
    return (await db.scalars(select(Message).where(Message.tenant_id == tenant_id, Message.id.in_(ids)))).all()


async def quoted(db: AsyncSession, tenant_id: UUID, channel_id: UUID, provider_ids: Sequence[str]) -> dict[str, Any]:
    """Id, author, type and text of messages replied to, by the provider's id."""
    if not provider_ids:
        return {}
    rows = await db.execute(
        select(Message.provider_message_id, Message.id, Message.author, Message.type, Message.text).where(
            Message.tenant_id == tenant_id,
            Message.channel_id == channel_id,
            Message.provider_message_id.in_(provider_ids),
        )
    )
    return {row.provider_message_id: row for row in rows}


async def last_heard(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> str | None:
    """The provider's id of what the contact wrote last."""
    return await db.scalar(
        select(Message.provider_message_id)
        .where(
            Message.tenant_id == tenant_id,
            Message.conversation_id == conversation_id,
            Message.direction == "in",
            Message.type != "reaction",
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )


async def has_provider_id(db: AsyncSession, tenant_id: UUID, channel_id: UUID, provider_id: str) -> bool:
    found = await db.scalar(
        select(Message.id).where(
            Message.tenant_id == tenant_id,
            Message.channel_id == channel_id,
            Message.provider_message_id == provider_id,
        )
    )
    return found is not None


async def set_message_status(
    db: AsyncSession, tenant_id: UUID, message_id: UUID, status: str, error: dict[str, Any] | None
) -> None:
    """For a message that is not known to have gone out."""
    await db.execute(
        update(Message)
        .where(Message.tenant_id == tenant_id, Message.id == message_id, Message.status.in_(("queued", "uncertain")))
        .values(status=status, error=error)
        .execution_options(**_UNSYNCED)
    )


async def set_message_sent(db: AsyncSession, tenant_id: UUID, message_id: UUID, provider_id: str | None) -> None:
    await db.execute(
        update(Message)
        .where(Message.tenant_id == tenant_id, Message.id == message_id, Message.status.in_(("queued", "uncertain")))
        .values(status="sent", provider_message_id=func.coalesce(Message.provider_message_id, provider_id))
        .execution_options(**_UNSYNCED)
    )


async def close_open_turn(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, outcome: str) -> None:
    await db.execute(
        update(Turn)
        .where(Turn.tenant_id == tenant_id, Turn.conversation_id == conversation_id, Turn.closed_at.is_(None))
        .values(closed_at=func.now(), outcome=outcome)
        .execution_options(**_UNSYNCED)
    )


async def withdraw_ready(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, because: str) -> list[UUID]:
    """Take back what the assistant, or for who opted out anything but a person, has ready; the messages that will not
    be said."""
    authors = ("assistant", "system") if because == "opted-out" else ("assistant",)
    ids = list(
        await db.scalars(
            update(Delivery)
            .where(
                Delivery.tenant_id == tenant_id,
                Delivery.conversation_id == conversation_id,
                Delivery.state == "ready",
                Delivery.message_id.in_(
                    select(Message.id).where(
                        Message.tenant_id == tenant_id,
                        Message.conversation_id == conversation_id,
                        Message.author.in_(authors),
                        Message.status == "queued",
                    )
                ),
            )
            .values(state="rejected", evidence=because)
            .returning(Delivery.message_id)
            .execution_options(**_UNSYNCED)
        )
    )
    for message_id in ids:
        await set_message_status(db, tenant_id, message_id, "failed", {"code": because})
    return ids


async def delivery_of(db: AsyncSession, tenant_id: UUID, message_id: UUID) -> Delivery | None:
    return await db.scalar(
        select(Delivery).where(Delivery.tenant_id == tenant_id, Delivery.message_id == message_id).with_for_update()
    )


async def set_responder(db: AsyncSession, tenant_id: UUID, responder_id: UUID, values: dict[str, Any]) -> None:
    statement = insert(Responder).values(tenant_id=tenant_id, id=responder_id, **values)
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id"], set_={name: statement.excluded[name] for name in values}
        )
    )
