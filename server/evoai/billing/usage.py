"""What a tenant is told of its plan and its month, and what it lets the assistant cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.models import Cost, Plan, Purpose
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
from evoai.billing.service import FOREVER, LIMITS, limit_of, next_month, period_of
from evoai.kit.errors import FieldError, Invalid, NotFound
from evoai.tenants import audit
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.tenants.audit import Actor


async def list_plans(db: AsyncSession) -> list[PlanOut]:
    return [_plan_out(plan) for plan in await repository.plans(db)]


async def read_subscription(db: AsyncSession, tenant_id: UUID) -> SubscriptionOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    return SubscriptionOut(plan=_plan_out(found[1]), started_at=found[0].started_at)


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


async def read_usage(db: AsyncSession, tenant_id: UUID, usd_brl_rate: Decimal | None) -> UsageOut:
    found = await repository.subscription(db, tenant_id)
    if found is None:
        raise NotFound()
    period = period_of("messages")
    # Before the sums: a call counted between the two reads is an answer's for a moment, and no purpose is below 0.
    others = await spending.costs(db, tenant_id, period)
    used = await repository.used(db, tenant_id, (FOREVER, period))
    meters = {kind: MeterOut(used=used.get(kind, 0), limit=limit_of(found[1], kind)) for kind in LIMITS}
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
    rows: list[tuple[Purpose, int, int]] = [
        ("answer", tokens, micro_usd),
        *((row.purpose, row.tokens, row.micro_usd) for row in others),
    ]
    return [
        SpentOut(
            purpose=purpose,
            tokens=tokens,
            micro_usd=micro_usd,
            micro_brl=_in_reais(micro_usd, usd_brl_rate),
        )
        for purpose, tokens, micro_usd in rows
    ]


def _in_reais(micro_usd: int, usd_brl_rate: Decimal | None) -> int | None:
    return None if usd_brl_rate is None else round(micro_usd * usd_brl_rate)


def _plan_out(plan: Plan) -> PlanOut:
    return PlanOut(
        code=plan.code,
        name=plan.name,
        channels=plan.channels,
        contacts=plan.contacts,
        messages_per_month=plan.messages_per_month,
        documents=plan.documents,
    )
