"""The queries on what did not reach us: channels to ask about it, and what they were found to lack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.models import Channel, ChannelEvent
from evoai.channels.repository.channels import channel as one
from evoai.channels.repository.events import EVENT, EventRow

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
    return await one(db, tenant_id, channel_id) if claimed is not None else None


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
    values = [dict(zip(EVENT.names, row, strict=True)) | {"reconciled": True} for row in rows]
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
