"""Every query on plans, subscriptions and quotas. The group forms run on a connection of the message path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.models import Plan, Quota, Subscription
from evoai.kit.db import new_id
from evoai.kit.sql import Rows, Writes, scoped


async def plans(db: AsyncSession) -> Sequence[Plan]:
    return (await db.scalars(select(Plan).order_by(Plan.position))).all()


async def plan(db: AsyncSession, code: str) -> Plan | None:
    return await db.scalar(select(Plan).where(Plan.code == code))


async def subscription(db: AsyncSession, tenant_id: UUID) -> tuple[Subscription, Plan] | None:
    row = (
        await db.execute(
            select(Subscription, Plan)
            .join(Plan, Plan.code == Subscription.plan_code)
            .where(Subscription.tenant_id == tenant_id)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def quota(db: AsyncSession, tenant_id: UUID, kind: str, period: date) -> Quota | None:
    return await db.scalar(
        select(Quota).where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period == period)
    )


async def used(db: AsyncSession, tenant_id: UUID, periods: Sequence[date]) -> dict[str, int]:
    """By kind."""
    rows = await db.execute(
        select(Quota.kind, Quota.used).where(Quota.tenant_id == tenant_id, Quota.period.in_(periods))
    )
    return {row.kind: row.used for row in rows}


async def add_quota(db: AsyncSession, tenant_id: UUID, kind: str, period: date, lim: int | None) -> None:
    """Make the row of a period unless it is there."""
    await db.execute(
        insert(Quota)
        .values(tenant_id=tenant_id, id=new_id(), kind=kind, period=period, used=0, lim=lim)
        .on_conflict_do_nothing()
    )


async def take(db: AsyncSession, tenant_id: UUID, kind: str, period: date, count: int) -> Any | None:
    """One conditional update: (used, lim) where there was room."""
    taken = await db.execute(
        update(Quota)
        .where(
            Quota.tenant_id == tenant_id,
            Quota.kind == kind,
            Quota.period == period,
            or_(Quota.lim.is_(None), Quota.used + count <= Quota.lim),
        )
        .values(used=Quota.used + count)
        .returning(Quota.used, Quota.lim)
        .execution_options(synchronize_session=False)
    )
    return taken.one_or_none()


async def give_back(db: AsyncSession, tenant_id: UUID, kind: str, period: date, count: int) -> None:
    await db.execute(
        update(Quota)
        .where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period == period)
        .values(used=func.greatest(Quota.used - count, 0))
        .execution_options(synchronize_session=False)
    )


async def set_limits(db: AsyncSession, tenant_id: UUID, kind: str, since: date, lim: int | None) -> None:
    await db.execute(
        update(Quota)
        .where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period >= since)
        .values(lim=lim, told=0)
        .execution_options(synchronize_session=False)
    )


_WANT = Rows(ord="int4", tenant_id="uuid", amount="int8")

# `allowed` is exact because the quota rows are locked before they are read: each waits for the transaction before it.
# A request that does not fit takes nothing, and later ones of its tenant are refused with it: order is kept.
_ADMIT = """
with want as materialized (select r.ord, r.tenant_id, r.amount from {source}),
locked as materialized (
  select q.tenant_id, q.used, q.lim, q.told from quotas q
   where q.kind = {kind}::text and q.period = {period}::date
     and q.tenant_id in (select w.tenant_id from want w){scope}
   order by q.tenant_id for update),
running as (
  select w.ord, w.tenant_id, w.amount,
         l.lim is null or l.used + sum(w.amount) over (partition by w.tenant_id order by w.ord) <= l.lim as allowed
    from want w join locked l on l.tenant_id = w.tenant_id),
summed as (
  select l.tenant_id, l.lim, l.told, l.used + coalesce(sum(r.amount) filter (where r.allowed), 0) as used,
         bool_or(r.allowed) as some, not bool_and(r.allowed) as refused
    from running r join locked l on l.tenant_id = r.tenant_id group by l.tenant_id, l.lim, l.told, l.used),
reached as (
  select s.*, greatest(s.told, case when s.lim is null then 0 when s.refused or s.used >= s.lim then 100
                                    when s.used * 5 >= s.lim * 4 then 80 else 0 end) as tell from summed s),
added as (
  update quotas q set used = a.used, told = a.tell from reached a
   where q.tenant_id = a.tenant_id and q.kind = {kind}::text and q.period = {period}::date{scope}
     and (a.some or a.tell > a.told)
  returning q.tenant_id)
select r.ord, r.tenant_id, r.allowed, s.used, s.lim, case when s.tell > s.told then s.tell end as tell
  from running r join reached s on s.tenant_id = r.tenant_id
"""


async def admit(
    conn: Any, kind: str, period: date, rows: Sequence[tuple[int, UUID, int]], tenant_id: UUID | None
) -> Sequence[Any]:
    """For (ord, tenant, amount) in order: (ord, tenant_id, allowed), with `used` and `lim` afterwards, and in `tell`
    the threshold that was reached by it and is to be told. A tenant without a row for the period is left out."""
    source, args = _WANT.source(rows, grouped=tenant_id is None)
    args += [kind, period]
    places = {"kind": f"${len(args) - 1}", "period": f"${len(args)}", "scope": ""}
    if tenant_id is not None:
        args.append(tenant_id)
        places["scope"] = f" and q.tenant_id = ${len(args)}"
    return await conn.fetch(_ADMIT.format(source=source, **places), *args)


_TENANTS = Rows(id="uuid", tenant_id="uuid")


async def add_period(
    conn: Any, kind: str, column: str | None, period: date, tenants: Sequence[UUID], tenant_id: UUID | None
) -> None:
    """Make the rows of a new period with each tenant's own limit; `column` is the plan's, None where it has none."""
    limit = f"p.{column}" if column is not None else "null::bigint"
    source, args = _TENANTS.source([(new_id(), tenant) for tenant in tenants], grouped=tenant_id is None)
    args += [kind, period]
    scope = ""
    if tenant_id is not None:
        args.append(tenant_id)
        scope = f" where s.tenant_id = ${len(args)}"
    kind_at, period_at = len(args) - 1 - bool(scope), len(args) - bool(scope)
    await conn.execute(
        "insert into quotas (tenant_id, id, kind, period, used, lim)"  # noqa: S608
        f" select r.tenant_id, r.id, ${kind_at}::text, ${period_at}::date, 0, {limit}"
        f" from {source} join subscriptions s on s.tenant_id = r.tenant_id join plans p on p.code = s.plan_code{scope}"
        " on conflict do nothing",
        *args,
    )


async def have_period(conn: Any, kind: str, period: date, tenants: Sequence[UUID], tenant_id: UUID | None) -> set[UUID]:
    """Those of `tenants` that have the period's row."""
    source, args = _TENANTS.source([(tenant, tenant) for tenant in tenants], grouped=tenant_id is None)
    args += [kind, period]
    scope = ""
    if tenant_id is not None:
        args.append(tenant_id)
        scope = f" and q.tenant_id = ${len(args)}"
    kind_at, period_at = len(args) - 1 - bool(scope), len(args) - bool(scope)
    rows = await conn.fetch(
        f"select q.tenant_id from {source} join quotas q on q.tenant_id = r.tenant_id"  # noqa: S608
        f" and q.kind = ${kind_at}::text and q.period = ${period_at}::date{scope}",
        *args,
    )
    return {row["tenant_id"] for row in rows}


_ADD = Rows(tenant_id="uuid", kind="text", amount="int8")


def add(writes: Writes, period: date, rows: Sequence[tuple[UUID, str, int]], tenant_id: UUID | None) -> None:
    """Count what was used whatever the limit says; (tenant, kind) once each."""
    source, args = _ADD.source(rows, grouped=tenant_id is None)
    args.append(period)
    place = len(args)
    scope = scoped(args, tenant_id, "q")
    writes.add(
        f"update quotas q set used = q.used + r.amount from {source}"  # noqa: S608
        f" where q.tenant_id = r.tenant_id and q.kind = r.kind and q.period = ${place}::date{scope}",
        args,
    )


async def hold(db: AsyncSession, tenant_id: UUID, kind: str, period: date) -> None:
    """Lock a quota's row: nothing of its kind is made or closed until the transaction ends."""
    await db.execute(
        select(Quota.id)
        .where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period == period)
        .with_for_update()
    )


async def set_used(db: AsyncSession, tenant_id: UUID, kind: str, period: date, used: int) -> None:
    await db.execute(
        update(Quota)
        .where(Quota.tenant_id == tenant_id, Quota.kind == kind, Quota.period == period)
        .values(used=used)
        .execution_options(synchronize_session=False)
    )
