"""Queries on shadow drafts, beside what was said in their conversations (tables of the inbox, read only)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.shadow import ShadowDraft
from evoai.kit.db import SCHEMA, new_id, utcnow

STALE = timedelta(minutes=5)

# A draft that a dead process left is written anew after five minutes.
_DUE = text(f"""
select v.tenant_id, v.id
  from {SCHEMA}.responders r
  join {SCHEMA}.conversations v on v.tenant_id = r.tenant_id
 where r.shadow and v.state in ('queued', 'human') and v.handoff_reason = 'shadow' and v.last_in_seq > 0
   and v.last_activity_at > now() - interval '1 day'
   and v.last_activity_at <= now() - make_interval(secs => r.quiet_seconds)
   and not exists (
     select from {SCHEMA}.shadow_drafts d
      where d.tenant_id = v.tenant_id and d.conversation_id = v.id and d.last_in_seq >= v.last_in_seq
        and (d.answer is not null or d.created_at > now() - interval '5 minutes'))
 limit 200
""")  # noqa: S608


async def due(db: AsyncSession) -> Sequence[tuple[str, str]]:
    """Conversations in the shadow whose contact waits for an answer that nobody has drafted."""
    return [(str(row.tenant_id), str(row.id)) for row in await db.execute(_DUE)]


async def claim(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, version: int, conversation_id: UUID, last_in_seq: int
) -> UUID | None:
    """Say that this draft is being written; None if somebody else does, or did."""
    statement = insert(ShadowDraft).values(
        tenant_id=tenant_id,
        id=new_id(),
        assistant_id=assistant_id,
        assistant_version=version,
        conversation_id=conversation_id,
        last_in_seq=last_in_seq,
        asked="",
        created_at=utcnow(),
    )
    return await db.scalar(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "conversation_id", "last_in_seq"],
            set_={"created_at": statement.excluded.created_at},
            where=ShadowDraft.answer.is_(None) & (ShadowDraft.created_at < utcnow() - STALE),
        ).returning(ShadowDraft.id)
    )


async def fill(db: AsyncSession, tenant_id: UUID, draft_id: UUID, **values: Any) -> None:
    await db.execute(
        update(ShadowDraft)
        .where(ShadowDraft.tenant_id == tenant_id, ShadowDraft.id == draft_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def forget(db: AsyncSession, tenant_id: UUID, conversations: Sequence[UUID]) -> None:
    await db.execute(
        delete(ShadowDraft)
        .where(ShadowDraft.tenant_id == tenant_id, ShadowDraft.conversation_id.in_(conversations))
        .execution_options(synchronize_session=False)
    )


# What people said until the contact spoke again.
_BESIDE = f"""
select d.id, d.conversation_id, d.assistant_version, d.asked, d.answer, d.handoff_reason, d.trace_id, d.created_at,
       v.analysis ->> 'topic' as topic,
       (select string_agg(m.text, e'\\n' order by m.seq)
          from {SCHEMA}.messages m
         where m.tenant_id = :tenant_id and m.conversation_id = d.conversation_id and m.seq > d.last_in_seq
           and m.author in ('agent', 'phone') and m.text is not null and m.type <> 'reaction'
           and m.status <> 'failed' and m.deleted_at is null
           and not exists (
             select from {SCHEMA}.messages n
              where n.tenant_id = :tenant_id and n.conversation_id = d.conversation_id and n.author = 'contact'
                and n.type <> 'reaction' and n.seq > d.last_in_seq and n.seq < m.seq)) as reply
  from {SCHEMA}.shadow_drafts d
  join {SCHEMA}.conversations v on v.tenant_id = :tenant_id and v.id = d.conversation_id
 where d.tenant_id = :tenant_id and d.assistant_id = :assistant_id and d.answer is not null
"""  # noqa: S608


async def drafts_since(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, since: datetime, limit: int
) -> Sequence[Any]:
    """With what people answered and the conversation's topic, newest first."""
    values = {"tenant_id": tenant_id, "assistant_id": assistant_id, "since": since, "limit": limit}
    return (
        await db.execute(text(f"{_BESIDE} and d.created_at >= :since order by d.id desc limit :limit"), values)
    ).all()


async def drafts_page(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, before: UUID | None, limit: int
) -> Sequence[Any]:
    """The same, page by page."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "assistant_id": assistant_id, "limit": limit}
    older = ""
    if before is not None:
        older, values["before"] = " and d.id < :before", before
    return (await db.execute(text(f"{_BESIDE}{older} order by d.id desc limit :limit"), values)).all()
