"""Tables of plans: what is sold, who has which, and how much of it is used."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import SCHEMA, Base, TenantModel, utcnow


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

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("tenant_id"),)


class Quota(TenantModel):
    """What is used of one limit in one period. `period` is the first day of the UTC month for what is counted by the
    month, 1970-01-01 for what stays; `lim` is null where there is no limit."""

    __tablename__ = "quotas"

    kind: Mapped[str]
    period: Mapped[date]
    used: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    lim: Mapped[int | None] = mapped_column(BigInteger)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id", "kind", "period"),
            CheckConstraint("used >= 0", name="used"),
            CheckConstraint(
                "kind in ('channels', 'contacts', 'messages', 'assistant_tokens', 'documents')", name="kind"
            ),
        )
