"""Tables: what an assistant that only looks on would have said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow


class ShadowDraft(TenantModel):
    """What an assistant in shadow mode would have answered. Nobody sent it."""

    __tablename__ = "shadow_drafts"

    assistant_id: Mapped[UUID]
    assistant_version: Mapped[int]
    conversation_id: Mapped[UUID]
    last_in_seq: Mapped[int] = mapped_column(BigInteger)
    asked: Mapped[str]
    answer: Mapped[str | None]
    """None while it is being written."""
    handoff_reason: Mapped[str | None]
    trace_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("assistant_id", "assistants"),
            belongs_to("conversation_id", "conversations"),
            UniqueConstraint("tenant_id", "conversation_id", "last_in_seq"),
            Index(None, "tenant_id", "assistant_id", "created_at"),
        )
