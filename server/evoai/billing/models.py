"""Tables of plans: what is sold, who has which, and how much of it is used."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import SCHEMA, Base, TenantModel, utcnow

KINDS = (
    "channels",
    "contacts",
    "messages",
    "assistant_tokens",
    "documents",
    "assistant_cost",
    "cacheable_questions",
    "cached_answers",
)

Purpose = Literal[
    "answer",
    "summary",
    "analysis",
    "playground",
    "test",
    "shadow",
    "embedding",
    "search",
    "transcription",
    "description",
]
"""What models are paid for."""
PURPOSES = get_args(Purpose)


class Plan(Base):
    """What is sold; null is unlimited. Rows come from `billing/plans.py` by migration."""

    __tablename__ = "plans"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    channels: Mapped[int | None]
    contacts: Mapped[int | None]
    messages_per_month: Mapped[int | None]
    assistant_tokens: Mapped[int | None] = mapped_column(BigInteger)
    documents: Mapped[int | None]


class Subscription(TenantModel):
    """The plan of a tenant: exactly one."""

    __tablename__ = "subscriptions"

    plan_code: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA}.plans.code"))
    started_at: Mapped[datetime] = mapped_column(default=utcnow)
    monthly_cents: Mapped[int | None] = mapped_column(BigInteger)
    """What the tenant lets its assistant cost in a month, in centavos."""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("tenant_id"), CheckConstraint("monthly_cents >= 0", name="monthly_cents"))


class Quota(TenantModel):
    """What is used of one limit in one period. `period` is the first day of the UTC month for what is counted by the
    month, 1970-01-01 for what stays; `lim` is null where there is no limit. `assistant_cost` counts millionths of a
    dollar, `cacheable_questions` and `cached_answers` questions that needed no context and those answered from the
    cache."""

    __tablename__ = "quotas"

    kind: Mapped[str]
    period: Mapped[date]
    used: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    lim: Mapped[int | None] = mapped_column(BigInteger)
    told: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """The last threshold in per cent that was told, of those told from here."""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id", "kind", "period"),
            CheckConstraint("used >= 0", name="used"),
            CheckConstraint(f"kind in {KINDS}", name="kind"),
        )


class Reserve(TenantModel):
    """A slice of the month's budget that a process holds for calls of a model. What is past `until` counts no more."""

    __tablename__ = "reserves"

    process: Mapped[str]
    period: Mapped[date]
    tokens: Mapped[int] = mapped_column(BigInteger)
    micro_usd: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("tenant_id", "process", "period"),)


class Charge(TenantModel):
    """One paid call of a model that no trace tells of: what for, and what it took. All charges and all traces of a
    month add up to what its quotas count. Nothing of what was asked stands here."""

    __tablename__ = "charges"

    purpose: Mapped[str]
    about_id: Mapped[UUID | None]
    """The document or the file that it was for."""
    model: Mapped[str]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cost_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    """Null where nobody knows the model's price."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Cost(TenantModel):
    """What a month's calls took for one purpose. Answers have no row, so that answering writes none: they are what
    the month's quotas have beside all these."""

    __tablename__ = "costs"

    purpose: Mapped[Purpose]
    period: Mapped[date]
    tokens: Mapped[int] = mapped_column(BigInteger)
    micro_usd: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id", "period", "purpose"),
            CheckConstraint(f"purpose in {PURPOSES[1:]}", name="purpose"),
        )
