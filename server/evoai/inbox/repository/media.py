"""Queries on files of messages: those that are fetched and read, and those that nobody names any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.conversations import Conversation, Turn
from evoai.inbox.models.messages import Media, Message
from evoai.kit.db import new_id
from evoai.kit.sql import Rows, Writes, scoped

_UNSYNCED = {"synchronize_session": False}
_PENDING = ("waiting", "reading")


async def due(db: AsyncSession) -> Sequence[tuple[str, str]]:
    """Files whose turn it is to be fetched or read."""
    rows = await db.execute(
        select(Media.tenant_id, Media.id)
        .where(Media.state.in_(_PENDING), Media.next_at <= func.now())
        .order_by(Media.next_at)
        .limit(200)
    )
    return [(str(tenant_id), str(media_id)) for tenant_id, media_id in rows]


async def claim(db: AsyncSession, tenant_id: UUID, media_id: UUID, seconds: float) -> Media | None:
    """Take a file that is due; whoever dies over it has only delayed it by `seconds`."""
    return await db.scalar(
        update(Media)
        .where(
            Media.tenant_id == tenant_id,
            Media.id == media_id,
            Media.state.in_(_PENDING),
            Media.next_at <= func.now(),
        )
        .values(attempts=Media.attempts + 1, next_at=func.now() + timedelta(seconds=seconds))
        .returning(Media)
        .execution_options(**_UNSYNCED)
    )


async def find(db: AsyncSession, tenant_id: UUID, media_id: UUID) -> Media | None:
    """One that is shown: an upload under way is not."""
    return await db.scalar(
        select(Media).where(Media.tenant_id == tenant_id, Media.id == media_id, Media.state != "receiving")
    )


async def by_id(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Media]:
    rows = await db.scalars(select(Media).where(Media.tenant_id == tenant_id, Media.id.in_(ids)))
    return {row.id: row for row in rows}


async def add(db: AsyncSession, media: Media) -> None:
    db.add(media)
    await db.flush()


async def change(db: AsyncSession, tenant_id: UUID, media_id: UUID, **values: Any) -> None:
    await db.execute(
        update(Media)
        .where(Media.tenant_id == tenant_id, Media.id == media_id)
        .values(**values)
        .execution_options(**_UNSYNCED)
    )


async def messages_with(db: AsyncSession, tenant_id: UUID, media_id: UUID) -> list[tuple[UUID, UUID]]:
    """The messages that name a file, each with its conversation."""
    rows = await db.execute(
        select(Message.id, Message.conversation_id).where(Message.tenant_id == tenant_id, Message.media_id == media_id)
    )
    return [(message_id, conversation_id) for message_id, conversation_id in rows]


async def set_transcript(db: AsyncSession, tenant_id: UUID, media_id: UUID, words: str) -> None:
    await db.execute(
        update(Message)
        .where(Message.tenant_id == tenant_id, Message.media_id == media_id)
        .values(transcript=words)
        .execution_options(**_UNSYNCED)
    )


async def read_since(db: AsyncSession, tenant_id: UUID, media_id: UUID, since: datetime) -> int:
    """How many files of the conversations that name this one were put into words since then."""
    conversations = select(Message.conversation_id).where(Message.tenant_id == tenant_id, Message.media_id == media_id)
    found = await db.scalar(
        select(func.count()).where(
            Message.tenant_id == tenant_id,
            Message.conversation_id.in_(conversations),
            Message.transcript.is_not(None),
            Message.created_at > since,
        )
    )
    return found or 0


async def stop_waiting(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> tuple[UUID, datetime] | None:
    """If the conversation's open turn waits for files and none of its messages has one left to come, it waits no
    longer: the turn, and when it is due."""
    # Who stores a message holds the same lock, so none comes between the look and the change.
    await db.execute(
        select(Conversation.id)
        .where(Conversation.tenant_id == tenant_id, Conversation.id == conversation_id)
        .with_for_update()
    )
    coming = (
        select(Media.id)
        .join(Message, and_(Message.tenant_id == Media.tenant_id, Message.media_id == Media.id))
        .where(
            Message.tenant_id == tenant_id,
            Message.conversation_id == conversation_id,
            Message.seq.between(Turn.first_in_seq, Turn.last_in_seq),
            Media.tenant_id == tenant_id,
            Media.state.in_(_PENDING),
        )
    )
    row = (
        await db.execute(
            update(Turn)
            .where(
                Turn.tenant_id == tenant_id,
                Turn.conversation_id == conversation_id,
                Turn.closed_at.is_(None),
                Turn.waits_until.is_not(None),
                ~coming.exists(),
            )
            .values(waits_until=None)
            .returning(Turn.id, Turn.due_at)
            .execution_options(**_UNSYNCED)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


_BEHIND = Rows(tenant_id="uuid", id="uuid", waits_until="timestamptz")


def wait_for_files(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """Have turns of (tenant, turn, until) wait for the files of their messages that are still to come."""
    source, args = _BEHIND.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "t")
    writes.add(
        f"update turns t set waits_until = r.waits_until from {source}"  # noqa: S608
        " where t.tenant_id = r.tenant_id and t.id = r.id and exists (select from messages m join media f"
        "   on f.tenant_id = m.tenant_id and f.id = m.media_id and f.state in ('waiting', 'reading')"
        "   where m.tenant_id = t.tenant_id and m.conversation_id = t.conversation_id"
        f"   and m.direction = 'in' and m.seq between t.first_in_seq and t.last_in_seq){scope}",
        args,
    )


async def unnamed(db: AsyncSession, uploads_before: datetime, before: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Uploads that never ended, and files that no message names, if they are older than that."""
    named = select(Message.id).where(Message.tenant_id == Media.tenant_id, Message.media_id == Media.id).exists()
    rows = await db.execute(
        select(Media.tenant_id, Media.id)
        .where(
            or_(
                and_(Media.state == "receiving", Media.created_at < uploads_before),
                and_(Media.created_at < before, ~named),
            )
        )
        .limit(1000)
    )
    return [(tenant_id, media_id) for tenant_id, media_id in rows]


async def named_in(db: AsyncSession, tenant_id: UUID, conversation_ids: Sequence[UUID]) -> list[UUID]:
    """The files that messages of these conversations name."""
    rows = await db.scalars(
        select(Message.media_id)
        .where(
            Message.tenant_id == tenant_id,
            Message.conversation_id.in_(conversation_ids),
            Message.media_id.is_not(None),
        )
        .distinct()
    )
    return [media_id for media_id in rows if media_id is not None]


async def drop(db: AsyncSession, tenant_id: UUID, media_id: UUID) -> None:
    await db.execute(delete(Media).where(Media.tenant_id == tenant_id, Media.id == media_id))


def new_media(tenant_id: UUID, **values: Any) -> Media:
    return Media(tenant_id=tenant_id, id=new_id(), attempts=0, next_at=func.now(), **values)
