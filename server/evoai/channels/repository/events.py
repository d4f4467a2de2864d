"""The queries on stored events: in at the door, through the message step, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.models import ChannelEvent
from evoai.kit.path import SHARDS
from evoai.kit.sql import Rows, Writes, scoped

EVENT = Rows(
    tenant_id="uuid",
    id="uuid",
    channel_id="uuid",
    kind="text",
    shard="int2",
    dedupe_key="text",
    body_enc="bytea",
    state="text",
    reason="text",
)
EventRow = tuple[UUID, UUID, UUID, str, int, str, bytes, str, str | None]


async def insert_events(conn: Any, rows: Sequence[EventRow], *, grouped: bool) -> None:
    """Store events; those already stored stay as they are. Role `door` may not name a conflict target."""
    sql, args = EVENT.insert("channel_events", rows, grouped=grouped, then="on conflict do nothing")
    await conn.execute(sql, *args)


# Shard by shard, as the index has them: in one scan over several, all that waits would be read and sorted each time.
_CLAIM = """
select e.tenant_id, e.id, e.channel_id, e.kind, e.body_enc, e.received_at, e.attempts, now() as now, e.reconciled
  from unnest($1::int2[]) as s (shard)
 cross join lateral (
   select * from channel_events d
    where d.shard = s.shard and d.state = 'received' and d.next_at <= now(){scope}
    order by d.id
    limit $2) e
 order by e.id
 limit $2
"""


async def claim_events(
    conn: Any, shards: Sequence[int], limit: int, *, tenant_id: UUID | None = None, event_id: UUID | None = None
) -> list[Any]:
    """Due events of `shards` in the order they came; the caller holds the shards' locks, so no row is locked."""
    scope = ""
    args: list[Any] = [list(shards), limit]
    if tenant_id is not None:
        args.append(tenant_id)
        scope += f" and d.tenant_id = ${len(args)}"
    if event_id is not None:
        args.append(event_id)
        scope += f" and d.id = ${len(args)}"
    return await conn.fetch(_CLAIM.format(scope=scope), *args)


_MARK = Rows(
    tenant_id="uuid",
    id="uuid",
    state="text",
    reason="text",
    signal="bool",
    message_id="uuid",
    next_at="timestamptz",
    tries="int2",
)
MarkRow = tuple[UUID, UUID, str, str | None, bool, UUID | None, datetime, int]


def mark_events(writes: Writes, rows: Sequence[MarkRow], *, grouped: bool) -> None:
    """What became of each event; `tries` is added to its attempts."""
    source, args = _MARK.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "e")
    writes.add(
        "update channel_events e set state = r.state, reason = r.reason, signal = r.signal,"  # noqa: S608
        " message_id = r.message_id, next_at = r.next_at, attempts = e.attempts + r.tries,"
        " processed_at = case when r.state = 'received' then null else now() end"
        f" from {source} where e.tenant_id = r.tenant_id and e.id = r.id{scope}",
        args,
    )


async def due_shards(db: AsyncSession) -> list[int]:
    """The shards that have due events, in ascending order; a look at the first of each, however many wait."""
    # Not called `shard`, which inside would be the event's own.
    each = func.generate_series(0, SHARDS - 1).column_valued("each_shard")
    waits = exists().where(
        ChannelEvent.shard == each, ChannelEvent.state == "received", ChannelEvent.next_at <= func.now()
    )
    return list(await db.scalars(select(each).where(waits).order_by(each)))


async def due_tenants(conn: Any, shards: Sequence[int]) -> list[UUID]:
    """Tenants with due events in `shards`, asked as `system`."""
    rows = await conn.fetch(
        "select distinct tenant_id from channel_events"
        " where state = 'received' and next_at <= now() and shard = any($1::int2[])",
        list(shards),
    )
    return [row["tenant_id"] for row in rows]


async def event(db: AsyncSession, tenant_id: UUID, event_id: UUID) -> ChannelEvent | None:
    return await db.scalar(select(ChannelEvent).where(ChannelEvent.tenant_id == tenant_id, ChannelEvent.id == event_id))


_REPLAYABLE = ("quarantined", "dead", "ignored")


async def make_due(
    db: AsyncSession,
    tenant_id: UUID,
    *,
    event_id: UUID | None = None,
    state: str | None = None,
    reason: str | None = None,
    channel_id: UUID | None = None,
    never: Collection[str] = (),
    limit: int = 1,
) -> Sequence[tuple[UUID, int]]:
    """Put events back as if they had just come, the oldest of those that match: ids and shards. Only what was
    quarantined, died or was ignored, for a reason outside `never`, and still has its body."""
    found = await db.scalars(
        select(ChannelEvent.id)
        .where(
            ChannelEvent.tenant_id == tenant_id,
            ChannelEvent.state.in_(_REPLAYABLE if state is None else (state,)),
            ChannelEvent.body_enc.is_not(None),
            func.coalesce(ChannelEvent.reason, "").not_in(never),
            *([ChannelEvent.id == event_id] if event_id is not None else []),
            *([ChannelEvent.reason == reason] if reason is not None else []),
            *([ChannelEvent.channel_id == channel_id] if channel_id is not None else []),
        )
        .order_by(ChannelEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await db.execute(
        update(ChannelEvent)
        .where(ChannelEvent.tenant_id == tenant_id, ChannelEvent.id.in_(found.all()))
        .values(
            state="received",
            reason=None,
            error=None,
            signal=False,
            attempts=0,
            next_at=func.now(),
            processed_at=None,
            message_id=None,
        )
        .returning(ChannelEvent.id, ChannelEvent.shard)
        .execution_options(synchronize_session=False)
    )
    return [(found_id, shard) for found_id, shard in rows]


async def note_error(conn: Any, tenant_id: UUID, event_id: UUID, error: str) -> None:
    await conn.execute(
        "update channel_events set error = $3 where tenant_id = $1 and id = $2", tenant_id, event_id, error
    )


async def empty_bodies(db: AsyncSession, tenant_id: UUID, after: UUID, until: UUID, limit: int) -> UUID | None:
    """Empty the bodies of worked events with ids from `after` to `until`, `limit` of them at most; the last id, None
    when none is left."""
    rows = await db.scalars(
        select(ChannelEvent.id)
        .where(
            ChannelEvent.tenant_id == tenant_id,
            ChannelEvent.id > after,
            ChannelEvent.id < until,
            ChannelEvent.body_enc.is_not(None),
            ChannelEvent.state != "received",
        )
        .order_by(ChannelEvent.id)
        .limit(limit)
    )
    ids = rows.all()
    if not ids:
        return None
    await db.execute(
        update(ChannelEvent)
        .where(ChannelEvent.tenant_id == tenant_id, ChannelEvent.id.in_(ids), ChannelEvent.state != "received")
        .values(body_enc=None)
        .execution_options(synchronize_session=False)
    )
    return ids[-1]


async def empty_of_messages(
    db: AsyncSession, tenant_id: UUID, after: UUID, until: UUID, messages: Sequence[UUID]
) -> None:
    """Empty the bodies of events with ids from `after` to `until` that brought these messages."""
    await db.execute(
        update(ChannelEvent)
        .where(
            ChannelEvent.tenant_id == tenant_id,
            ChannelEvent.id > after,
            ChannelEvent.id < until,
            ChannelEvent.message_id.in_(messages),
            ChannelEvent.body_enc.is_not(None),
        )
        .values(body_enc=None)
        .execution_options(synchronize_session=False)
    )


async def delete_events(db: AsyncSession, tenant_id: UUID, until: UUID, limit: int) -> int:
    """Forget worked events with ids before `until`, `limit` of them at most; how many."""
    old = (
        select(ChannelEvent.id)
        .where(ChannelEvent.tenant_id == tenant_id, ChannelEvent.id < until, ChannelEvent.state != "received")
        .order_by(ChannelEvent.id)
        .limit(limit)
    )
    rows = await db.scalars(
        delete(ChannelEvent)
        .where(ChannelEvent.tenant_id == tenant_id, ChannelEvent.id.in_(old))
        .returning(ChannelEvent.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())
