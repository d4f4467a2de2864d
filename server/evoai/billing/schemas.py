"""Plans and usage on the wire."""

from __future__ import annotations

from datetime import datetime

from evoai.kit.schema import Out


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


class UsageOut(Out):
    plan: str
    period_start: datetime
    period_end: datetime
    channels: MeterOut
    contacts: MeterOut
    messages: MeterOut
    assistant_tokens: MeterOut
    documents: MeterOut


class SubscriptionOut(Out):
    plan: PlanOut
    started_at: datetime
