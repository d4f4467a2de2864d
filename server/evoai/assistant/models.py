"""Tables of the assistant: drafts, published versions, and the trace of every turn."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow


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
    enabled: Mapped[bool] = mapped_column(default=True)
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

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("assistant_id", "assistants"),
            UniqueConstraint("tenant_id", "assistant_id", "number"),
        )


class Trace(TenantModel):
    """Why the assistant answered so, what it cost, and also the tries that were never sent."""

    __tablename__ = "traces"

    conversation_id: Mapped[UUID]
    turn_id: Mapped[UUID]
    outcome: Mapped[str]
    model: Mapped[str | None]
    assistant_version: Mapped[int]
    prompt_version: Mapped[str]
    calls: Mapped[list[Any]] = mapped_column(JSONB)
    tools: Mapped[list[Any]] = mapped_column(JSONB)
    passages: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cost_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    milliseconds: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("conversation_id", "conversations"),
            Index(None, "tenant_id", "turn_id"),
        )
