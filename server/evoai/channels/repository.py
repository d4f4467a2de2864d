"""Every query on channels and their stored events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.models import Channel, ChannelEvent
from evoai.kit.sql import Rows, Writes, scoped

# ------------------------------------------------------------------------------------------------ channels


async def channel(db: AsyncSession, tenant_id: UUID, channel_id: UUID, *, closed: bool = False) -> Channel | None:
    found = await db.scalar(select(Channel).where(Channel.tenant_id == tenant_id, Channel.id == channel_id))
    return found if found is not None and (closed or found.deleted_at is None) else None


async def channel_by_hook(db: AsyncSession, tenant_id: UUID, hook_key_hash: bytes) -> Channel | None:
    return await db.scalar(
        select(Channel).where(
            Channel.tenant_id == tenant_id, Channel.hook_key_hash == hook_key_hash, Channel.deleted_at.is_(None)
        )
    )


async def channels_page(
    db: AsyncSession, tenant_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Channel]:
    """Oldest first."""
    query = select(Channel).where(Channel.tenant_id == tenant_id, Channel.deleted_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Channel.created_at, Channel.id) > after)
    return (await db.scalars(query.order_by(Channel.created_at, Channel.id).limit(limit))).all()


async def channels_by_id(db: AsyncSession, tenant_id: UUID, ids: set[UUID]) -> Sequence[Channel]:
    return (await db.scalars(select(Channel).where(Channel.tenant_id == tenant_id, Channel.id.in_(ids)))).all()


# ------------------------------------------------------------------------------------------------ the door

_EVENT = Rows(
    tenant_id="uuid",
    id="uuid",
    channel_id="uuid",
    kind="text",
    shard="int2",
    dedupe_key="text",
    body_enc="bytea",
    received_at="timestamptz",
    state="text",
    reason="text",
    next_at="timestamptz",
)
EventRow = tuple[UUID, UUID, UUID, str, int, str, bytes, datetime, str, str | None, datetime]


async def insert_events(conn: Any, rows: Sequence[EventRow], *, grouped: bool) -> None:
    """Store events; those already stored stay as they are. Role `door` may not name a conflict target."""
    sql, args = _EVENT.insert("channel_events", rows, grouped=grouped, then="on conflict do nothing")
    await conn.execute(sql, *args)


# ------------------------------------------------------------------------------------------------ the message step

_CLAIM = """
select e.tenant_id, e.id, e.channel_id, e.kind, e.body_enc, e.received_at, e.attempts, now() as now, e.reconciled
  from channel_events e
 where e.state = 'received' and e.next_at <= now() and e.shard = any($1::int2[]){scope}
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
        scope += f" and e.tenant_id = ${len(args)}"
    if event_id is not None:
        args.append(event_id)
        scope += f" and e.id = ${len(args)}"
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
    rows = await db.scalars(
        select(ChannelEvent.shard)
        .where(ChannelEvent.state == "received", ChannelEvent.next_at <= func.now())
        .group_by(ChannelEvent.shard)
    )
    return sorted(rows)


async def due_tenants(conn: Any, shards: Sequence[int]) -> list[UUID]:
    """Tenants with due events in `shards`, asked as `system`."""
    rows = await conn.fetch(
        "select distinct tenant_id from channel_events"
        " where state = 'received' and next_at <= now() and shard = any($1::int2[])",
        list(shards),
    )
    return [row["tenant_id"] for row in rows]


async def note_activity(conn: Any, tenant_id: UUID, channel_id: UUID, at: datetime) -> None:
    """Renew `last_event_at`, unless another process has just done so. After a silence longer than a provider repeats
    its webhooks, it is asked at once for what got lost in it."""
    await conn.execute(
        "update channels set last_event_at = $3::timestamptz, reconcile_due_at = case"
        "   when last_event_at < $3::timestamptz - interval '20 min' then null else reconcile_due_at end"
        " where tenant_id = $1 and id = $2"
        " and (last_event_at is null or last_event_at < $3::timestamptz - interval '15 s')",
        tenant_id,
        channel_id,
        at,
    )


async def set_connection(
    conn: Any,
    tenant_id: UUID,
    channel_id: UUID,
    state: str,
    reason: str | None,
    phone: str | None,
    profile_name: str | None,
    at: datetime,
) -> bool:
    """Whether anything changed. A channel in another state than before is looked after at once."""
    status: str = await conn.execute(
        "update channels set state = $3, state_reason = $4, phone = coalesce($5, phone),"
        " reconcile_due_at = case when state = $3 then reconcile_due_at end,"
        " profile_name = coalesce($6, profile_name), updated_at = $7 where tenant_id = $1 and id = $2"
        " and deleted_at is null"
        " and (state, coalesce(state_reason, ''), coalesce(phone, ''), coalesce(profile_name, ''))"
        " is distinct from ($3::text, coalesce($4::text, ''), coalesce($5::text, phone, ''),"
        " coalesce($6::text, profile_name, ''))",
        tenant_id,
        channel_id,
        state,
        reason,
        phone,
        profile_name,
        at,
    )
    return status.endswith("1")


# ------------------------------------------------------------------------------------------------ what did not reach us

WATCHED = ("connecting", "connected", "reconnecting")
_UNSYNCED = {"synchronize_session": False}


def _due() -> Any:
    return (
        Channel.deleted_at.is_(None)
        & Channel.state.in_(WATCHED)
        & or_(Channel.reconcile_due_at.is_(None), Channel.reconcile_due_at <= func.now())
    )


async def channels_to_reconcile(db: AsyncSession, limit: int) -> list[tuple[UUID, UUID]]:
    """Tenant and channel; one of each tenant before the second of any, who waits longest first."""
    due = Channel.reconcile_due_at.asc().nulls_first()
    place = func.row_number().over(partition_by=Channel.tenant_id, order_by=due).label("place")
    waiting = select(Channel.tenant_id, Channel.id, Channel.reconcile_due_at, place).where(_due()).subquery()
    rows = await db.execute(
        select(waiting.c.tenant_id, waiting.c.id)
        .order_by(waiting.c.place, waiting.c.reconcile_due_at.asc().nulls_first())
        .limit(limit)
    )
    return [(tenant_id, channel_id) for tenant_id, channel_id in rows]


async def claim_reconcile(db: AsyncSession, tenant_id: UUID, channel_id: UUID, seconds: float) -> Channel | None:
    """Take a due channel for `seconds`, so that a crash only delays it; None if it is not due, or taken."""
    claimed = await db.scalar(
        update(Channel)
        .where(Channel.tenant_id == tenant_id, Channel.id == channel_id, _due())
        .values(reconcile_due_at=func.now() + timedelta(seconds=seconds))
        .returning(Channel.id)
        .execution_options(**_UNSYNCED)
    )
    return await channel(db, tenant_id, channel_id) if claimed is not None else None


async def set_reconciled(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, until: datetime | None, seconds: float
) -> None:
    """What was asked for up to `until`, and when to ask again, unless that was set anew meanwhile."""
    await db.execute(
        update(Channel)
        .where(Channel.tenant_id == tenant_id, Channel.id == channel_id)
        .values(
            reconciled_at=func.coalesce(until, Channel.reconciled_at),
            reconcile_due_at=case(
                (Channel.reconcile_due_at.is_not(None), func.now() + timedelta(seconds=seconds)), else_=None
            ),
        )
        .execution_options(**_UNSYNCED)
    )


async def known_keys(db: AsyncSession, tenant_id: UUID, channel_id: UUID, keys: Sequence[str]) -> set[str]:
    rows = await db.scalars(
        select(ChannelEvent.dedupe_key).where(
            ChannelEvent.tenant_id == tenant_id,
            ChannelEvent.channel_id == channel_id,
            ChannelEvent.dedupe_key.in_(keys),
        )
    )
    return set(rows)


async def insert_missed(db: AsyncSession, rows: Sequence[EventRow]) -> list[int]:
    """Store what no webhook brought; the shards of those that were new."""
    values = [dict(zip(_EVENT.names, row, strict=True)) | {"reconciled": True} for row in rows]
    inserted = await db.scalars(
        insert(ChannelEvent).values(values).on_conflict_do_nothing().returning(ChannelEvent.shard)
    )
    return list(inserted)


async def usual_silence(db: AsyncSession, tenant_id: UUID, channel_id: UUID, events: int) -> float | None:
    """Seconds between webhooks of the channel that all but two in a hundred of the last `events` pauses kept to; None
    if there were not many yet."""
    recent = (
        select(
            ChannelEvent.received_at,
            func.lag(ChannelEvent.received_at).over(order_by=ChannelEvent.id).label("before"),
        )
        .where(
            ChannelEvent.tenant_id == tenant_id,
            ChannelEvent.channel_id == channel_id,
            ChannelEvent.reconciled.is_(False),
        )
        .order_by(ChannelEvent.id.desc())
        .limit(events)
        .subquery()
    )
    pause = func.extract("epoch", recent.c.received_at - recent.c.before)
    count, usual = (
        await db.execute(select(func.count(), func.percentile_cont(0.98).within_group(pause)).select_from(recent))
    ).one()
    return float(usual) if count >= events // 10 and usual is not None else None


async def missed_since(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, since: datetime
) -> tuple[int, datetime | None]:
    """How many events of the channel no webhook brought, and when the last of them was found."""
    count, last = (
        await db.execute(
            select(func.count(), func.max(ChannelEvent.received_at)).where(
                ChannelEvent.tenant_id == tenant_id,
                ChannelEvent.channel_id == channel_id,
                ChannelEvent.reconciled,
                ChannelEvent.received_at >= since,
            )
        )
    ).one()
    return count, last


async def reconcile_figures(db: AsyncSession) -> tuple[datetime | None, int]:
    """Over all tenants, in a system session: up to when the freshest connected channel is reconciled (None if there is
    none), and how many stored events no webhook brought."""
    freshest = await db.scalar(
        select(func.max(func.coalesce(Channel.reconciled_at, Channel.created_at))).where(
            Channel.deleted_at.is_(None), Channel.state == "connected"
        )
    )
    return freshest, await db.scalar(select(func.count()).where(ChannelEvent.reconciled)) or 0


# ------------------------------------------------------------------------------------------------ what became of events


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
