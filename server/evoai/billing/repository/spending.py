"""Every query on what models cost: the month's budget and who holds a slice of it, charges, and costs by purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.models import Cost, Quota, Reserve
from evoai.kit.db import SCHEMA, new_id, utcnow
from evoai.kit.sql import Rows, Writes

# What is used is read after the row of tokens is locked: every slice is written under that lock, and what a slice no
# longer covers has been counted before.
_MONTH = text(f"""
select now() as now,
       (select q.lim from {SCHEMA}.quotas q where q.tenant_id = :tenant_id and q.kind = 'assistant_tokens'
           and q.period = :period) as token_limit,
       coalesce((select q.used from {SCHEMA}.quotas q where q.tenant_id = :tenant_id and q.kind = 'assistant_tokens'
           and q.period = :period), 0) as tokens,
       coalesce((select q.used from {SCHEMA}.quotas q where q.tenant_id = :tenant_id and q.kind = 'assistant_cost'
           and q.period = :period), 0) as micro_usd,
       (select s.monthly_cents from {SCHEMA}.subscriptions s where s.tenant_id = :tenant_id) as monthly_cents,
       coalesce(sum(r.tokens), 0)::bigint as held_tokens, coalesce(sum(r.micro_usd), 0)::bigint as held_micro_usd
  from {SCHEMA}.reserves r
 where r.tenant_id = :tenant_id and r.period = :period and r.process <> :process and r.until > now()
""")  # noqa: S608


_MONTHS = text(f"""
select coalesce(sum(q.used), 0)::bigint as micro_usd, coalesce(sum(s.monthly_cents), 0)::bigint as cents
  from {SCHEMA}.subscriptions s
  left join {SCHEMA}.quotas q on q.tenant_id = s.tenant_id and q.kind = 'assistant_cost' and q.period = :period
 where s.monthly_cents is not null
""")  # noqa: S608


async def lock_month(db: AsyncSession, tenant_id: UUID, period: date) -> bool:
    """Lock the month's rows of cost and of tokens, as the group commits do; whether that of tokens is there yet."""
    locked = await db.scalars(
        select(Quota.kind)
        .where(
            Quota.tenant_id == tenant_id,
            Quota.kind.in_(("assistant_cost", "assistant_tokens")),
            Quota.period == period,
        )
        .order_by(Quota.kind)
        .with_for_update()
    )
    return "assistant_tokens" in locked.all()


async def month(db: AsyncSession, tenant_id: UUID, period: date, process: str) -> Any:
    """What is used of the month, its limits, and what other processes hold of it."""
    return (await db.execute(_MONTH, {"tenant_id": tenant_id, "period": period, "process": process})).one()


async def months(db: AsyncSession, period: date) -> Any:
    """Asked as `system`: what the month cost all tenants that allow only so much, and how much that is."""
    return (await db.execute(_MONTHS, {"period": period})).one()


async def keep_reserve(
    db: AsyncSession,
    tenant_id: UUID,
    process: str,
    period: date,
    tokens: int,
    micro_usd: int,
    now: datetime,
    until: datetime,
) -> None:
    """Write a process's slice, and forget those that have run out."""
    await db.execute(delete(Reserve).where(Reserve.tenant_id == tenant_id, Reserve.until <= now))
    values: dict[str, Any] = {"tokens": tokens, "micro_usd": micro_usd, "until": until}
    await db.execute(
        insert(Reserve)
        .values(tenant_id=tenant_id, id=new_id(), process=process, period=period, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "process", "period"], set_=values)
    )


async def tell_threshold(db: AsyncSession, tenant_id: UUID, kind: str, period: date, percent: int) -> bool:
    """Whether it is for this transaction to tell that so much is used: once a threshold and month."""
    told = await db.scalar(
        update(Quota)
        .where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period == period, Quota.told < percent)
        .values(told=percent)
        .returning(Quota.id)
        .execution_options(synchronize_session=False)
    )
    return told is not None


async def forget_threshold(db: AsyncSession, tenant_id: UUID, kind: str, period: date) -> None:
    await db.execute(
        update(Quota)
        .where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period == period)
        .values(told=0)
        .execution_options(synchronize_session=False)
    )


async def costs(db: AsyncSession, tenant_id: UUID, period: date) -> Sequence[Cost]:
    """What a month's calls took beside answers, the dearest first."""
    rows = await db.scalars(
        select(Cost)
        .where(Cost.tenant_id == tenant_id, Cost.period == period)
        .order_by(Cost.micro_usd.desc(), Cost.tokens.desc(), Cost.purpose)
    )
    return rows.all()


_CHARGES = Rows(
    tenant_id="uuid",
    id="uuid",
    purpose="text",
    about_id="uuid",
    model="text",
    input_tokens="integer",
    output_tokens="integer",
    cost_micro_usd="bigint",
    created_at="timestamptz",
)
_COSTS = Rows(tenant_id="uuid", id="uuid", purpose="text", period="date", tokens="bigint", micro_usd="bigint")


def insert_charge(writes: Writes, row: tuple[UUID, str, UUID | None, str, int, int, int | None]) -> None:
    """(tenant, purpose, what it is about, model, tokens read and written, millionths of a dollar)."""
    tenant_id, *rest = row
    writes.add(*_CHARGES.insert("charges", [(tenant_id, new_id(), *rest, utcnow())], grouped=False))


def add_costs(writes: Writes, rows: Sequence[tuple[UUID, str, date, int, int]], *, grouped: bool) -> None:
    """(tenant, purpose, period, tokens, millionths of a dollar), each purpose of a tenant once."""
    values = [(tenant_id, new_id(), *rest) for tenant_id, *rest in rows]
    then = (
        "on conflict (tenant_id, period, purpose) do update set tokens = costs.tokens + excluded.tokens,"
        " micro_usd = costs.micro_usd + excluded.micro_usd"
    )
    writes.add(*_COSTS.insert("costs", values, grouped=grouped, then=then))
