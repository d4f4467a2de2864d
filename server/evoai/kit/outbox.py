"""The tray: work that is no row of its own, and the letters that died.

PostgreSQL is the only truth about work. A room whose row is itself work registers a `Due` query; other work gets a row
of `outbox` in the caller's transaction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Index, SmallInteger, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit import metrics
from evoai.kit.db import TenantModel, after_commit, new_id, scope_of, utcnow
from evoai.kit.jobs import Arg, Bell, job
from evoai.kit.log import get_logger
from evoai.kit.sql import Rows, Writes
from evoai.kit.sweep import Due

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)


class OutboxEntry(TenantModel):
    """One piece of durable work, done by the handler of its topic; done at least once."""

    __tablename__ = "outbox"

    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    done_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (Index("ix_outbox_due", "next_at", postgresql_where=text("done_at is null")),)


class DeadLetter(TenantModel):
    """Work that failed for good and waits for a person: to be replayed or discarded."""

    __tablename__ = "dead_letters"

    kind: Mapped[str]
    """'event', 'turn', 'outbox', …: whose row `ref_id` is."""
    ref_id: Mapped[UUID]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_as: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (Index("ix_dead_letters_open", "tenant_id", "id", postgresql_where=text("closed_at is null")),)


async def enqueue(db: AsyncSession, bell: Bell, topic: str, payload: dict[str, Any]) -> None:
    """Put work for the handler of `topic` into the tray, in `db`'s transaction, and ring once it is committed."""
    tenant_id = scope_of(db).tenant_id
    assert tenant_id is not None, "the tray is a tenant's"
    # The database's clock, which decides what is due.
    now = func.now()
    entry = OutboxEntry(id=new_id(), tenant_id=tenant_id, topic=topic, payload=payload, created_at=now, next_at=now)
    db.add(entry)
    after_commit(db, lambda: bell.ring(deliver.name, str(tenant_id), str(entry.id)))


async def enqueue_in_group(conn: Any, tenant_id: UUID, topic: str, payload: dict[str, Any]) -> UUID:
    """The same on a connection of the message path; whoever commits rings for the id with `deliver`."""
    entry_id = new_id()
    await conn.execute(
        "insert into outbox (tenant_id, id, topic, payload, created_at, next_at)"
        " values ($1, $2, $3, $4::jsonb, now(), now())",
        tenant_id,
        entry_id,
        topic,
        json.dumps(payload),
    )
    return entry_id


_ENTRIES = Rows(tenant_id="uuid", id="uuid", topic="text", payload="jsonb")


def enqueue_many(writes: Writes, rows: Sequence[tuple[UUID, str, dict[str, Any]]], *, grouped: bool) -> None:
    """The same for (tenant, topic, payload) rows of the message path; nobody rings, and the sweep finds them."""
    values = [(tenant, new_id(), topic, msgspec.json.encode(payload).decode()) for tenant, topic, payload in rows]
    source, args = _ENTRIES.source(values, grouped=grouped)
    writes.add(
        "insert into outbox (tenant_id, id, topic, payload, created_at, next_at)"  # noqa: S608
        f" select r.tenant_id, r.id, r.topic, r.payload, now(), now() from {source}",
        args,
    )


def backoff(attempt: int, first: float, cap: float) -> float:
    """Seconds to wait after the `attempt`-th failure: exponential, with full jitter above a floor of half."""
    ceiling = min(cap, first * 2 ** max(0, attempt - 1))
    return ceiling * (0.5 + random.random() / 2)  # noqa: S311


@job("outbox.deliver", queue="maintenance", timeout=60, attempts=12)
async def deliver(resources: Resources, tenant: str, entry: str) -> None:
    """Claim one entry, run its topic's handler outside any transaction, mark it done. A claim postpones the entry,
    so that a crash in the handler only delays it."""
    tenant_id, entry_id = UUID(tenant), UUID(entry)
    async with resources.db.tenant_session(tenant_id) as db:
        claimed = (
            await db.execute(
                update(OutboxEntry)
                .where(
                    OutboxEntry.tenant_id == tenant_id,
                    OutboxEntry.id == entry_id,
                    OutboxEntry.done_at.is_(None),
                    OutboxEntry.next_at <= func.now(),
                )
                .values(attempts=OutboxEntry.attempts + 1, next_at=func.now() + timedelta(seconds=deliver.timeout + 10))
                .returning(OutboxEntry.topic, OutboxEntry.payload, OutboxEntry.attempts)
                .execution_options(synchronize_session=False)
            )
        ).one_or_none()
    if claimed is None:
        return
    try:
        await resources.handlers[claimed.topic](resources, tenant_id, claimed.payload)
    except Exception as error:
        log.warning("outbox.failed", topic=claimed.topic, attempts=claimed.attempts, exc_info=error)
        await _postpone(resources, tenant_id, entry_id, claimed.attempts, f"{type(error).__name__}: {error}"[:500])
        return
    async with resources.db.tenant_session(tenant_id) as db:
        await db.execute(_entry(tenant_id, entry_id).values(done_at=func.now()))


async def _postpone(resources: Resources, tenant_id: UUID, entry_id: UUID, attempts: int, reason: str) -> None:
    timers = resources.timers
    async with resources.db.tenant_session(tenant_id) as db:
        if attempts < deliver.attempts:
            wait = timedelta(seconds=backoff(attempts, timers.backoff_first, timers.backoff_cap))
            await db.execute(_entry(tenant_id, entry_id).values(next_at=func.now() + wait))
            return
        await db.execute(_entry(tenant_id, entry_id).values(done_at=func.now()))
        bury(db, tenant_id, "outbox", entry_id, reason)


def bury(db: AsyncSession, tenant_id: UUID, kind: str, ref_id: UUID, reason: str) -> None:
    """Write a dead letter for row `ref_id`."""
    metrics.died(kind)
    db.add(DeadLetter(tenant_id=tenant_id, kind=kind, ref_id=ref_id, reason=reason, created_at=utcnow()))


async def bury_in_group(conn: Any, tenant_id: UUID, kind: str, ref_id: UUID, reason: str) -> None:
    """The same on a connection of the message path, in its transaction."""
    metrics.died(kind)
    await conn.execute(
        "insert into dead_letters (tenant_id, id, kind, ref_id, reason, created_at) values ($1, $2, $3, $4, $5, now())",
        tenant_id,
        new_id(),
        kind,
        ref_id,
        reason,
    )


async def close_letters(db: AsyncSession, tenant_id: UUID, kind: str, refs: Sequence[UUID], closed_as: str) -> None:
    """Close the open letters about these rows."""
    await db.execute(
        update(DeadLetter)
        .where(
            DeadLetter.tenant_id == tenant_id,
            DeadLetter.kind == kind,
            DeadLetter.ref_id.in_(refs),
            DeadLetter.closed_at.is_(None),
        )
        .values(closed_at=func.now(), closed_as=closed_as)
        .execution_options(synchronize_session=False)
    )


async def do_again(db: AsyncSession, bell: Bell, tenant_id: UUID, entry_id: UUID) -> bool:
    """Have an entry that died done once more, with all its attempts; whether it is still there."""
    statement = _entry(tenant_id, entry_id).values(done_at=None, attempts=0, next_at=func.now())
    if await db.scalar(statement.returning(OutboxEntry.id)) is None:
        return False
    after_commit(db, lambda: bell.ring(deliver.name, str(tenant_id), str(entry_id)))
    return True


def _entry(tenant_id: UUID, entry_id: UUID) -> Any:
    return (
        update(OutboxEntry)
        .where(OutboxEntry.tenant_id == tenant_id, OutboxEntry.id == entry_id)
        .execution_options(synchronize_session=False)
    )


async def _find_entries(db: AsyncSession) -> Sequence[tuple[Arg, ...]]:
    rows = await db.execute(
        select(OutboxEntry.tenant_id, OutboxEntry.id)
        .where(OutboxEntry.done_at.is_(None), OutboxEntry.next_at <= func.now())
        .order_by(OutboxEntry.next_at)
        .limit(200)
    )
    return [(str(tenant_id), str(entry_id)) for tenant_id, entry_id in rows]


OUTBOX_DUE = Due("outbox", deliver, _find_entries)
