"""Plans and their limits: exact under concurrency, because room is taken by one conditional update in the transaction
that makes the thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.events import threshold_reached
from evoai.billing.models import Plan, Subscription
from evoai.billing.repository import quotas as repository
from evoai.kit.db import utcnow
from evoai.kit.errors import LimitReached, NotFound
from evoai.kit.events import Event, Publisher, emit
from evoai.kit.sql import Writes
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.resources import Resources

Kind = Literal["channels", "contacts", "messages", "assistant_tokens", "documents"]
Spent = Literal["assistant_tokens", "assistant_cost", "cacheable_questions", "cached_answers"]
"""What an answer adds to the month whatever a limit says."""

FOREVER = date(1970, 1, 1)
LIMITS: dict[str, str] = {
    "channels": "channels",
    "contacts": "contacts",
    "messages": "messages_per_month",
    "assistant_tokens": "assistant_tokens",
    "documents": "documents",
}
"""What plans limit, with the column of each limit."""
_COUNTED = ("assistant_cost", "cacheable_questions", "cached_answers")
"""Counted without a limit of a plan."""
_MONTHLY = frozenset({"messages", "assistant_tokens", *_COUNTED})


def period_of(kind: str) -> date:
    """The period that something used now counts in."""
    return utcnow().date().replace(day=1) if kind in _MONTHLY else FOREVER


def next_month(period: date) -> datetime:
    year, month = (period.year + 1, 1) if period.month == 12 else (period.year, period.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)


async def new_tenant(resources: Resources, db: AsyncSession, tenant_id: UUID) -> None:
    """Sign-up's part: the plan of new tenants, and its counters."""
    await lay_down_plan(db, tenant_id, resources.settings.signup_plan or "free")


async def lay_down_plan(db: AsyncSession, tenant_id: UUID, code: str) -> None:
    plan = await repository.plan(db, code)
    if plan is None:
        raise NotFound()
    db.add(Subscription(tenant_id=tenant_id, plan_code=code))
    await db.flush()
    for kind in (*LIMITS, *_COUNTED):
        await repository.add_quota(db, tenant_id, kind, period_of(kind), limit_of(plan, kind))


async def lay_down_month(db: AsyncSession, tenant_id: UUID) -> None:
    """The month's row of tokens, with the plan's limit."""
    found = await repository.subscription(db, tenant_id)
    assert found is not None, "every tenant has a plan"
    kind = "assistant_tokens"
    await repository.add_quota(db, tenant_id, kind, period_of(kind), limit_of(found[1], kind))


async def set_plan(db: AsyncSession, tenant_id: UUID, code: str) -> None:
    """Put a tenant on a plan: limits change from now on, what is used stays. Raises `NotFound`."""
    plan = await repository.plan(db, code)
    found = await repository.subscription(db, tenant_id)
    if plan is None or found is None:
        raise NotFound()
    found[0].plan_code, found[0].started_at = code, utcnow()
    await tenants.touch(db, tenant_id)
    for kind in LIMITS:
        # Rows that a transaction beside this one is just making, with the old plan's limit, are waited for here.
        for period in (period_of(kind), *([next_month(period_of(kind)).date()] if kind in _MONTHLY else [])):
            await repository.add_quota(db, tenant_id, kind, period, limit_of(plan, kind))
        await repository.set_limits(db, tenant_id, kind, period_of(kind), limit_of(plan, kind))


async def take(
    db: AsyncSession, tenant_id: UUID, kind: Kind, count: int = 1, *, publisher: Publisher | None = None
) -> None:
    """Take room for something made in this transaction; through `publisher` it is told if a threshold is reached by
    it. Raises `LimitReached`."""
    period = period_of(kind)
    if taken := await repository.take(db, tenant_id, kind, period, count):
        _tell(db, publisher, tenant_id, kind, taken, count)
        return
    quota = await repository.quota(db, tenant_id, kind, period)
    if quota is None:
        found = await repository.subscription(db, tenant_id)
        assert found is not None, "every tenant has a plan"
        await repository.add_quota(db, tenant_id, kind, period, limit_of(found[1], kind))
        if taken := await repository.take(db, tenant_id, kind, period, count):
            _tell(db, publisher, tenant_id, kind, taken, count)
            return
        quota = await repository.quota(db, tenant_id, kind, period)
    assert quota is not None
    raise LimitReached(kind, quota.lim or 0, quota.used, next_month(period) if kind in _MONTHLY else None)


def _tell(db: AsyncSession, publisher: Publisher | None, tenant_id: UUID, kind: Kind, taken: Any, count: int) -> None:
    for percent in (100, 80):
        if publisher is not None and taken.lim and (taken.used - count) * 100 < taken.lim * percent <= taken.used * 100:
            emit(db, publisher, threshold_reached(tenant_id, kind, percent, taken.used, taken.lim))
            return


async def give_back(db: AsyncSession, tenant_id: UUID, kind: Kind, count: int = 1) -> None:
    """Room for something that is no more."""
    await repository.give_back(db, tenant_id, kind, period_of(kind), count)


async def admit(
    conn: Any,
    kind: Kind,
    tenants: Sequence[UUID],
    amounts: Sequence[int],
    facts: list[Event],
    *,
    tenant_id: UUID | None,
) -> list[bool]:
    """For the group commits: which of the wanted amounts fit, in order; what fits is taken. A refusal takes nothing,
    and with it its tenant's later ones in the same call. With `tenant_id`, all are that tenant's and every statement
    names it. Locks quota rows by tenant. What is to be told of thresholds after the commit is added to `facts`."""
    period = period_of(kind)
    rows = [(ordinal, tenant, amount) for ordinal, (tenant, amount) in enumerate(zip(tenants, amounts, strict=True))]
    await _make_period(conn, kind, period, tenants, tenant_id)
    found = await repository.admit(conn, kind, period, rows, tenant_id)
    for tenant, row in {row["tenant_id"]: row for row in found if row["tell"]}.items():
        facts.append(threshold_reached(tenant, kind, row["tell"], int(row["used"]), row["lim"]))
    allowed = {row["ord"]: row["allowed"] for row in found}
    return [allowed.get(ordinal, False) for ordinal in range(len(rows))]


_THERE: set[tuple[str, date, UUID]] = set()
_THERE_CAP = 200_000


async def _make_period(conn: Any, kind: str, period: date, owners: Sequence[UUID], tenant_id: UUID | None) -> None:
    """Make the rows of a new period before any quota is locked, so that locks are only ever taken in one order. A row
    once found is remembered in the process, which keeps both statements off the busy path; one just made is not, since
    its transaction may still be rolled back."""
    asked = sorted({tenant for tenant in owners if (kind, period, tenant) not in _THERE})
    if not asked:
        return
    there = await repository.have_period(conn, kind, period, asked, tenant_id)
    if len(_THERE) > _THERE_CAP:
        _THERE.clear()
    _THERE.update((kind, period, tenant) for tenant in there)
    missing = [tenant for tenant in asked if tenant not in there]
    if missing:
        await repository.add_period(conn, kind, LIMITS.get(kind), period, missing, tenant_id)


async def add(conn: Any, writes: Writes, amounts: Mapping[tuple[UUID, Spent], int], *, tenant_id: UUID | None) -> None:
    """For the group commits: add to `writes` what tenants used this month, whatever the limit says. With `tenant_id`,
    all is that tenant's and every statement names it."""
    rows = sorted((tenant, kind, amount) for (tenant, kind), amount in amounts.items() if amount)
    if not rows:
        return
    period = period_of("assistant_tokens")
    for kind in sorted({kind for _, kind, _ in rows}):
        await _make_period(conn, kind, period, [tenant for tenant, of, _ in rows if of == kind], tenant_id)
    repository.add(writes, period, rows, tenant_id)


async def hold(db: AsyncSession, tenant_id: UUID, kind: Kind) -> None:
    """Have everybody who takes or gives back of `kind` wait for this transaction's end."""
    await repository.hold(db, tenant_id, kind, period_of(kind))


async def correct(db: AsyncSession, tenant_id: UUID, kind: Kind, used: int) -> None:
    """Say what is used, as a recount found it while the quota was held."""
    await repository.set_used(db, tenant_id, kind, period_of(kind), used)


async def is_limited(db: AsyncSession, tenant_id: UUID) -> bool:
    """Whether plan or tenant limit what the assistant may spend in a month."""
    found = await repository.subscription(db, tenant_id)
    return found is not None and (found[1].assistant_tokens is not None or found[0].monthly_cents is not None)


def limit_of(plan: Plan, kind: str) -> int | None:
    return getattr(plan, LIMITS[kind]) if kind in LIMITS else None
