"""Tables of tenants: the tenant itself, its members, its data key, its audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import SCHEMA, Base, TenantModel, new_id, utcnow

Language = Literal["pt-BR", "en"]
Role = Literal["owner", "admin", "agent", "viewer"]


class Tenant(Base):
    """A business. Its wall is on `id`. `plan` is what billing says, copied down here to be shown; billing's own rows
    decide what is allowed."""

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="America/Sao_Paulo", server_default="America/Sao_Paulo")
    language: Mapped[Language] = mapped_column(default="pt-BR", server_default="pt-BR")
    description: Mapped[str] = mapped_column(default="", server_default="")
    business_hours: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    asks_satisfaction: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether contacts are asked for a rating from 1 to 5 when their conversation is resolved."""
    plan: Mapped[str] = mapped_column(default="free", server_default="free")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)


class Member(TenantModel):
    """A user in a tenant. Name and e-mail are copies of the user's, so that a tenant's lists read no global table."""

    __tablename__ = "members"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.users.id"))
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[Role]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id", "user_id"),
            # Which tenants a person belongs to is asked without a tenant, at login and in `GET /me`.
            Index(None, "user_id"),
            CheckConstraint("role in ('owner', 'admin', 'agent', 'viewer')", name="role"),
        )


class TenantKey(TenantModel):
    """The tenant's data key, wrapped by the deployment's key `key_id`."""

    __tablename__ = "tenant_keys"

    key_id: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("tenant_id"),)


class AuditEntry(TenantModel):
    """Who did what, to what, when and from where. Rows are added and read, never changed."""

    __tablename__ = "audit_log"

    principal: Mapped[str]
    """`user:<id>` or `key:<id>`."""
    name: Mapped[str]
    """As the principal was called then."""
    address: Mapped[str]
    action: Mapped[str]
    target_kind: Mapped[str]
    target_id: Mapped[UUID | None]
    """None where the action was about several."""
    details: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
