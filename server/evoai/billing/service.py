"""Plans and their limits: exact under concurrency, because room is taken by one conditional update in the transaction
that makes the thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.events import threshold_reached
from evoai.billing.models import Cost, Plan, Subscription
from evoai.billing.repository import quotas as repository
from evoai.billing.repository import spending
from evoai.billing.schemas import (
    BudgetOut,
    BudgetPatch,
    CacheOut,
    CostOut,
    MeterOut,
    PlanOut,
    SpentOut,
    SubscriptionOut,
    UsageOut,
)
from evoai.kit.db import utcnow
from evoai.kit.errors import FieldError, Invalid, LimitReached, NotFound
from evoai.kit.events import Event, Publisher, emit
from evoai.kit.sql import Writes
from evoai.tenants import audit
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor

Kind = Literal["channels", "contacts", "messages", "assistant_tokens", "documents"]
Spent = Literal["assistant_tokens", "assistant_cost", "cacheable_questions", "cached_answers"]
"""What an answer adds to the month whatever a limit says."""

FOREVER = date(1970, 1, 1)
_COLUMNS: dict[str, str] = {
    "channels": "channels",
    "contacts": "contacts",
    "messages": "messages_per_month",
    "assistant_tokens": "assistant_tokens",
    "documents": "documents",
}
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
    for kind in (*_COLUMNS, *_COUNTED):
        await repository.add_quota(db, tenant_id, kind, period_of(kind), _limit(plan, kind))


async def lay_down_month(db: AsyncSession, tenant_id: UUID) -> None:
    """The month's row of tokens, with the plan's limit."""
    found = await repository.subscription(db, tenant_id)
    assert found is not None, "every tenant has a plan"
    kind = "assistant_tokens"
    await repository.add_quota(db, tenant_id, kind, period_of(kind), _limit(found[1], kind))


async def set_plan(db: AsyncSession, tenant_id: UUID, code: str) -> None:
    """Put a tenant on a plan: limits change from now on, what is used stays. Raises `NotFound`."""
    plan = await repository.plan(db, code)
    found = await repository.subscription(db, tenant_id)
    if plan is None or found is None:
        raise NotFound()
    found[0].plan_code, found[0].started_at = code, utcnow()
    await tenants.touch(db, tenant_id)
    for kind in _COLUMNS:
        # Rows that a transaction beside this one is just making, with the old plan's limit, are waited for here.
        for period in (period_of(kind), *([next_month(period_of(kind)).date()] if kind in _MONTHLY else [])):
            await repository.add_quota(db, tenant_id, kind, period, _limit(plan, kind))
        await repository.set_limits(db, tenant_id, kind, period_of(kind), _limit(plan, kind))


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
        await repository.add_quota(db, tenant_id, kind, period, _limit(found[1], kind))
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
        await repository.add_period(conn, kind, _COLUMNS.get(kind), period, missing, tenant_id)


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


async def list_plans(db: AsyncSession) -> list[PlanOut]:
    return [plan_out(plan) for plan in await repository.plans(db)]


async def read_subscription(db: AsyncSession, tenant_id: UUID) -> SubscriptionOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    return SubscriptionOut(plan=plan_out(found[1]), started_at=found[0].started_at)


async def is_limited(db: AsyncSession, tenant_id: UUID) -> bool:
    """Whether plan or tenant limit what the assistant may spend in a month."""
    found = await repository.subscription(db, tenant_id)
    return found is not None and (found[1].assistant_tokens is not None or found[0].monthly_cents is not None)


async def read_budget(db: AsyncSession, tenant_id: UUID) -> BudgetOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    return BudgetOut(monthly_cents=found[0].monthly_cents, currency="BRL")


async def set_budget(db: AsyncSession, actor: Actor, data: BudgetPatch, usd_brl_rate: Decimal | None) -> BudgetOut:
    """What the assistant may cost from now on, in every month. Raises `Invalid` where the operator set no rate: then
    nobody knows what it costs in reais."""
    tenant_id, changes = actor.principal.tenant_id, data.changes()
    if changes:
        cents = data.monthly_cents if data.monthly_cents is not UNSET else None
        if cents is not None and usd_brl_rate is None:
            detail = "Costs in reais are not known here: the operator has set no USD_BRL_RATE"
            raise Invalid(errors=(FieldError("/monthly_cents", "invalid", detail),))
        found = await repository.subscription(db, tenant_id)
        if found is None:
            raise NotFound()
        await audit.note(db, actor, "budget.update", "budget", None, {"was": found[0].monthly_cents, "is": cents})
        found[0].monthly_cents = cents
        await db.flush()
        # A new limit is a new month's: its thresholds are told anew.
        await spending.forget_threshold(db, tenant_id, "assistant_cost", period_of("assistant_cost"))
        await tenants.touch(db, tenant_id)
    return await read_budget(db, tenant_id)


async def usage(db: AsyncSession, tenant_id: UUID, usd_brl_rate: Decimal | None) -> UsageOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    period = period_of("messages")
    # Before the sums: a call counted between the two reads is an answer's for a moment, and no purpose is below 0.
    others = await spending.costs(db, tenant_id, period)
    used = await repository.used(db, tenant_id, (FOREVER, period))
    meters = {kind: MeterOut(used=used.get(kind, 0), limit=_limit(found[1], kind)) for kind in _COLUMNS}
    cost, cents = used.get("assistant_cost", 0), found[0].monthly_cents
    return UsageOut(
        plan=found[1].code,
        period_start=datetime(period.year, period.month, 1, tzinfo=UTC),
        period_end=next_month(period),
        channels=meters["channels"],
        contacts=meters["contacts"],
        messages=meters["messages"],
        assistant_tokens=meters["assistant_tokens"],
        documents=meters["documents"],
        assistant_cost=CostOut(
            used_micro_usd=cost,
            used_micro_brl=_in_reais(cost, usd_brl_rate),
            limit_micro_brl=None if cents is None else cents * 10_000,
        ),
        spent=_spent(used, others, usd_brl_rate),
        answer_cache=CacheOut(questions=used.get("cacheable_questions", 0), hits=used.get("cached_answers", 0)),
    )


def _spent(used: Mapping[str, int], others: Sequence[Cost], usd_brl_rate: Decimal | None) -> list[SpentOut]:
    tokens = used.get("assistant_tokens", 0) - sum(row.tokens for row in others)
    micro_usd = used.get("assistant_cost", 0) - sum(row.micro_usd for row in others)
    rows = [("answer", tokens, micro_usd), *((row.purpose, row.tokens, row.micro_usd) for row in others)]
    return [
        SpentOut(
            purpose=purpose,  # type: ignore[arg-type]
            tokens=tokens,
            micro_usd=micro_usd,
            micro_brl=_in_reais(micro_usd, usd_brl_rate),
        )
        for purpose, tokens, micro_usd in rows
    ]


def _in_reais(micro_usd: int, usd_brl_rate: Decimal | None) -> int | None:
    return None if usd_brl_rate is None else round(micro_usd * usd_brl_rate)


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
    return getattr(plan, _COLUMNS[kind]) if kind in _COLUMNS else None
