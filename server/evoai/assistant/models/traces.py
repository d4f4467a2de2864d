"""Tables: what every question to a model led to, and what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow


class Trace(TenantModel):
    """Why the assistant answered so, what it cost, and also the tries that were never sent. Whatever else asks a model
    leaves one too, so that all traces add up to what was used."""

    __tablename__ = "traces"

    purpose: Mapped[str] = mapped_column(default="answer", server_default="answer")
    """`answer`, or what else a model was asked for: `playground`, `test`, `shadow`, `analysis`, `summary`."""
    conversation_id: Mapped[UUID | None]
    turn_id: Mapped[UUID]
    """The turn, or what the model was asked for: a test run, a shadow draft, a conversation."""
    outcome: Mapped[str]
    model: Mapped[str | None]
    assistant_version: Mapped[int]
    prompt_version: Mapped[str]
    calls: Mapped[list[Any]] = mapped_column(JSONB)
    tools: Mapped[list[Any]] = mapped_column(JSONB)
    passages: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    checks: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """What was taken out of the answer, or why it was withheld."""
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
