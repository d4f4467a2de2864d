"""Every query on gaps. They are noted on the message path's own connection, in the answers' transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.sql import Rows, Writes
from evoai.knowledge.models import Gap

_GAP = Rows(
    tenant_id="uuid",
    id="uuid",
    key="text",
    question="text",
    conversation_id="uuid",
    count="int4",
    first_asked_at="timestamptz",
    last_asked_at="timestamptz",
)


def note(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """Each (tenant, key) once. What was answered long enough ago to be found, and is asked again, is open again."""
    writes.add(
        *_GAP.insert(
            "gaps as g",
            rows,
            grouped=grouped,
            then="on conflict (tenant_id, key) do update set count = g.count + excluded.count,"
            " last_asked_at = excluded.last_asked_at, state = case when g.state = 'answered'"
            "   and g.answered_at < excluded.last_asked_at - interval '10 minutes' then 'open' else g.state end",
        )
    )


async def page(
    db: AsyncSession, tenant_id: UUID, state: str, after: tuple[int, UUID] | None, limit: int
) -> Sequence[Gap]:
    """Those asked most first, after the one of that count and id."""
    query = select(Gap).where(Gap.tenant_id == tenant_id, Gap.state == state)
    if after is not None:
        query = query.where(tuple_(Gap.count, Gap.id) < after)
    return (await db.scalars(query.order_by(Gap.count.desc(), Gap.id.desc()).limit(limit))).all()


async def forget(db: AsyncSession, tenant_id: UUID, conversations: Sequence[UUID]) -> None:
    await db.execute(
        delete(Gap)
        .where(Gap.tenant_id == tenant_id, Gap.conversation_id.in_(conversations))
        .execution_options(synchronize_session=False)
    )


async def lock(db: AsyncSession, tenant_id: UUID, gap_id: UUID) -> Gap | None:
    return await db.scalar(select(Gap).where(Gap.tenant_id == tenant_id, Gap.id == gap_id).with_for_update())
