"""Tables: drafts and published versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow

_EMPTY_LIST = text("'[]'::jsonb")


class Assistant(TenantModel):
    """The draft that people edit. What contacts meet is its published version."""

    __tablename__ = "assistants"

    name: Mapped[str]
    instructions: Mapped[str]
    tone: Mapped[str]
    model: Mapped[str]
    fallback_models: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    quiet_seconds: Mapped[float] = mapped_column(default=4.0)
    max_wait_seconds: Mapped[float] = mapped_column(default=20.0)
    handoff_keywords: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    rules: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=_EMPTY_LIST)
    handoff_rules: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=_EMPTY_LIST)
    hours: Mapped[str] = mapped_column(default="always", server_default="always")
    shadow: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    enabled: Mapped[bool] = mapped_column(default=True)
    tools: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """Names of the tools it has, of the house or of the tenant's own."""
    contact_fields: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """Custom fields of contacts that it may fill in."""
    pass_rate: Mapped[int] = mapped_column(SmallInteger, default=80, server_default="80")
    """Percent of all test cases that must pass for a publication. No part of a version."""
    archived_at: Mapped[datetime | None]
    published_version: Mapped[int | None]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)


class AssistantVersion(TenantModel):
    """What was published, unchangeable."""

    __tablename__ = "assistant_versions"

    assistant_id: Mapped[UUID]
    number: Mapped[int]
    fields: Mapped[dict[str, Any]]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime] = mapped_column(default=utcnow)
    note: Mapped[str | None]
    restored_from: Mapped[int | None]
    override_reason: Mapped[str | None]
    """Why an owner published it although its tests had failed."""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("assistant_id", "assistants"),
            UniqueConstraint("tenant_id", "assistant_id", "number"),
        )
