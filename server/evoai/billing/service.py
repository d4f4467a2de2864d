"""Plans and their limits: exact under concurrency, because room is taken by one conditional update in the transaction
that makes the thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import repository
from evoai.billing.models import Plan, Subscription
from evoai.billing.schemas import MeterOut, PlanOut, SubscriptionOut, UsageOut
from evoai.kit.db import utcnow
from evoai.kit.errors import LimitReached, NotFound
from evoai.kit.sql import Writes

if TYPE_CHECKING:
    from evoai.resources import Resources

Kind = Literal["channels", "contacts", "messages", "assistant_tokens", "documents"]

FOREVER = date(1970, 1, 1)
_COLUMNS: dict[str, str] = {
    "channels": "channels",
    "contacts": "contacts",
    "messages": "messages_per_month",
    "assistant_tokens": "assistant_tokens",
    "documents": "documents",
}
_MONTHLY = frozenset({"messages", "assistant_tokens"})


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
    for kind in _COLUMNS:
        await repository.add_quota(db, tenant_id, kind, period_of(kind), _limit(plan, kind))


async def set_plan(db: AsyncSession, tenant_id: UUID, code: str) -> None:
    """Put a tenant on a plan: limits change from now on, what is used stays. Raises `NotFound`."""
    plan = await repository.plan(db, code)
    found = await repository.subscription(db, tenant_id)
    if plan is None or found is None:
        raise NotFound()
    found[0].plan_code, found[0].started_at = code, utcnow()
    for kind in _COLUMNS:
        # Rows that a transaction beside this one is just making, with the old plan's limit, are waited for here.
        for period in (period_of(kind), *([next_month(period_of(kind)).date()] if kind in _MONTHLY else [])):
            await repository.add_quota(db, tenant_id, kind, period, _limit(plan, kind))
        await repository.set_limits(db, tenant_id, kind, period_of(kind), _limit(plan, kind))


async def take(db: AsyncSession, tenant_id: UUID, kind: Kind, count: int = 1) -> None:
    """Take room for something made in this transaction. Raises `LimitReached`."""
    period = period_of(kind)
    if await repository.take(db, tenant_id, kind, period, count):
        return
    quota = await repository.quota(db, tenant_id, kind, period)
    if quota is None:
        found = await repository.subscription(db, tenant_id)
        assert found is not None, "every tenant has a plan"
        await repository.add_quota(db, tenant_id, kind, period, _limit(found[1], kind))
        if await repository.take(db, tenant_id, kind, period, count):
            return
        quota = await repository.quota(db, tenant_id, kind, period)
    assert quota is not None
    raise LimitReached(kind, quota.lim or 0, quota.used, next_month(period) if kind in _MONTHLY else None)


async def give_back(db: AsyncSession, tenant_id: UUID, kind: Kind, count: int = 1) -> None:
    """Room for something that is no more."""
    await repository.give_back(db, tenant_id, kind, period_of(kind), count)


async def admit(
    conn: Any, kind: Kind, tenants: Sequence[UUID], amounts: Sequence[int], *, tenant_id: UUID | None
) -> list[bool]:
    """For the group commits: which of the wanted amounts fit, in order; what fits is taken. A refusal takes nothing,
    and with it its tenant's later ones in the same call. With `tenant_id`, all are that tenant's and every statement
    names it. Locks quota rows by tenant."""
    period = period_of(kind)
    rows = [(ordinal, tenant, amount) for ordinal, (tenant, amount) in enumerate(zip(tenants, amounts, strict=True))]
    await _make_period(conn, kind, period, tenants, tenant_id)
    allowed = await repository.admit(conn, kind, period, rows, tenant_id)
    return [allowed.get(ordinal, False) for ordinal in range(len(rows))]


_THERE: set[tuple[str, date, UUID]] = set()
_THERE_CAP = 200_000


async def _make_period(conn: Any, kind: str, period: date, tenants: Sequence[UUID], tenant_id: UUID | None) -> None:
    """Make the rows of a new period before any quota is locked, so that locks are only ever taken in one order. A row
    once found is remembered in the process, which keeps both statements off the busy path; one just made is not, since
    its transaction may still be rolled back."""
    asked = sorted({tenant for tenant in tenants if (kind, period, tenant) not in _THERE})
    if not asked:
        return
    there = await repository.have_period(conn, kind, period, asked, tenant_id)
    if len(_THERE) > _THERE_CAP:
        _THERE.clear()
    _THERE.update((kind, period, tenant) for tenant in there)
    missing = [tenant for tenant in asked if tenant not in there]
    if missing:
        await repository.add_period(conn, kind, _COLUMNS[kind], period, missing, tenant_id)


async def add(
    conn: Any, writes: Writes, kind: Kind, amounts: Sequence[tuple[UUID, int]], *, tenant_id: UUID | None
) -> None:
    """For the group commits: add to `writes` what tenants used, whatever the limit says. With `tenant_id`, all is that
    tenant's and every statement names it."""
    period, ordered = period_of(kind), sorted(amounts)
    await _make_period(conn, kind, period, [tenant for tenant, _ in ordered], tenant_id)
    repository.add(writes, kind, period, ordered, tenant_id)


async def hold(db: AsyncSession, tenant_id: UUID, kind: Kind) -> None:
    """Have everybody who takes or gives back of `kind` wait for this transaction's end."""
    await repository.hold(db, tenant_id, kind, period_of(kind))


async def correct(db: AsyncSession, tenant_id: UUID, kind: Kind, used: int) -> None:
    """Say what is used, as a recount found it while the quota was held."""
    await repository.set_used(db, tenant_id, kind, period_of(kind), used)


async def list_plans(db: AsyncSession) -> list[PlanOut]:
    return [plan_out(plan) for plan in await repository.plans(db)]


async def read_subscription(db: AsyncSession, tenant_id: UUID) -> SubscriptionOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    return SubscriptionOut(plan=plan_out(found[1]), started_at=found[0].started_at)


async def usage(db: AsyncSession, tenant_id: UUID) -> UsageOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    meters: dict[str, MeterOut] = {}
    for kind in _COLUMNS:
        quota = await repository.quota(db, tenant_id, kind, period_of(kind))
        meters[kind] = MeterOut(used=quota.used if quota else 0, limit=_limit(found[1], kind))
    period = period_of("messages")
    return UsageOut(
        plan=found[1].code,
        period_start=datetime(period.year, period.month, 1, tzinfo=UTC),
        period_end=next_month(period),
        channels=meters["channels"],
        contacts=meters["contacts"],
        messages=meters["messages"],
        assistant_tokens=meters["assistant_tokens"],
        documents=meters["documents"],
    )


def plan_out(plan: Plan) -> PlanOut:
    return PlanOut(
        code=plan.code,
        name=plan.name,
        channels=plan.channels,
        contacts=plan.contacts,
        messages_per_month=plan.messages_per_month,
        documents=plan.documents,
    )


def _limit(plan: Plan, kind: str) -> int | None:
    return getattr(plan, _COLUMNS[kind])
