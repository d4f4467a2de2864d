"""Plans and usage on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from evoai.billing.models import Purpose
from evoai.kit.schema import Out, Patch


class PlanOut(Out):
    code: str
    name: str
    channels: int | None
    """Null is unlimited, here and below."""
    contacts: int | None
    messages_per_month: int | None
    documents: int | None


class PlanList(Out):
    items: list[PlanOut]


class MeterOut(Out):
    used: int
    limit: int | None


class CostOut(Out):
    """What the assistant's models cost, in millionths."""

    used_micro_usd: int
    used_micro_brl: int | None
    """At the operator's rate; null without one."""
    limit_micro_brl: int | None
    """The tenant's own; null: none."""


class SpentOut(Out):
    """What the models took for one purpose."""

    purpose: Purpose
    tokens: int
    micro_usd: int
    micro_brl: int | None


class CacheOut(Out):
    """Questions that needed no context, and how many of them were answered from the cache."""

    questions: int
    hits: int


class UsageOut(Out):
    plan: str
    period_start: datetime
    period_end: datetime
    channels: MeterOut
    contacts: MeterOut
    messages: MeterOut
    assistant_tokens: MeterOut
    documents: MeterOut
    assistant_cost: CostOut
    spent: list[SpentOut]
    """`assistant_tokens` and `assistant_cost` by what they were for, answers first; to the unit."""
    answer_cache: CacheOut


class BudgetPatch(Patch):
    monthly_cents: Annotated[int, Meta(ge=0, le=1000000000)] | UnsetType | None = UNSET
    """What the assistant may cost in a month, in centavos; null: as much as it does."""


class BudgetOut(Out):
    monthly_cents: int | None
    currency: Literal["BRL"]


class SubscriptionOut(Out):
    plan: PlanOut
    started_at: datetime
