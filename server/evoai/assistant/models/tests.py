"""Tables: test cases, their runs and results."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow

_EMPTY_LIST = text("'[]'::jsonb")


class TestCase(TenantModel):
    """A conversation up to where the assistant has to answer, and what is expected of the answer."""

    __tablename__ = "test_cases"
    __test__ = False

    assistant_id: Mapped[UUID]
    name: Mapped[str]
    contact_name: Mapped[str]
    messages: Mapped[list[Any]]
    """`{author, text}`, oldest first; the last is the contact's."""
    expectations: Mapped[list[Any]]
    """`{kind, value}`."""
    must_pass: Mapped[bool]
    conversation_id: Mapped[UUID | None]
    """The real one that it was made from."""
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
    deleted_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("assistant_id", "assistants"),
            belongs_to("conversation_id", "conversations"),
            Index(None, "tenant_id", "assistant_id", "created_at"),
        )


class TestRun(TenantModel):
    """All cases against one draft. The row is its own tray entry: due while it is queued or running and nobody holds
    its lease."""

    __tablename__ = "test_runs"
    __test__ = False

    assistant_id: Mapped[UUID]
    fingerprint: Mapped[str]
    """Of all that the answers depend on; a run speaks for drafts of the same fingerprint."""
    fields: Mapped[dict[str, Any]]
    baseline_version: Mapped[int | None]
    """The published version that the same cases are measured on."""
    state: Mapped[str]
    error: Mapped[str | None]
    estimated_tokens: Mapped[int]
    estimated_cost_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    started_by: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("assistant_id", "assistants"),
            CheckConstraint("state in ('queued', 'running', 'finished', 'cancelled', 'failed')", name="state"),
            Index("ix_test_runs_due", "created_at", postgresql_where=text("state in ('queued', 'running')")),
            Index(None, "tenant_id", "assistant_id", "id"),
        )


class TestResult(TenantModel):
    """What one case gave, on the draft or on the published version; made with its run, filled when it was run."""

    __tablename__ = "test_results"
    __test__ = False

    run_id: Mapped[UUID]
    case_id: Mapped[UUID]
    subject: Mapped[str]
    fingerprint: Mapped[str]
    case_hash: Mapped[str]
    """Of the case as it was: a changed case is another one."""
    name: Mapped[str]
    must_pass: Mapped[bool]
    passed: Mapped[bool | None]
    """None until it was run."""
    answer: Mapped[str | None]
    handed_over: Mapped[bool | None]
    tools: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=_EMPTY_LIST)
    failures: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=_EMPTY_LIST)
    """`{kind, value, reason}`."""
    tokens: Mapped[int] = mapped_column(default=0, server_default="0")
    cost_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    milliseconds: Mapped[int | None]
    finished_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("run_id", "test_runs"),
            belongs_to("case_id", "test_cases"),
            UniqueConstraint("tenant_id", "run_id", "case_id", "subject"),
            Index(None, "tenant_id", "case_id", "fingerprint"),
            CheckConstraint("subject in ('draft', 'published')", name="subject"),
        )
