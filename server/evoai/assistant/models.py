"""Tables of the assistant: drafts, published versions, their tests, shadow drafts, the trace of every turn, and tools
from outside the house."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, text
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


class HttpTool(TenantModel):
    """A tool that an admin defined as an HTTP request. Its name never changes: assistants have it by its name."""

    __tablename__ = "http_tools"

    name: Mapped[str]
    description: Mapped[str]
    method: Mapped[str]
    url: Mapped[str]
    """With places for arguments in path and query, in braces."""
    parameters: Mapped[dict[str, Any]]
    effect: Mapped[str]
    timeout_seconds: Mapped[float]
    header_names: Mapped[list[Any]]
    headers_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("tenant_id", "name"),)


class ToolServer(TenantModel):
    """An MCP server, with the tools that it listed last. `allowed` names those that assistants may have, each with the
    digest of the definition that was allowed: one that changes is asked about again."""

    __tablename__ = "tool_servers"

    name: Mapped[str]
    url: Mapped[str]
    timeout_seconds: Mapped[float]
    header_names: Mapped[list[Any]]
    headers_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    enabled: Mapped[bool] = mapped_column(default=True)
    tools: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    allowed: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    listed_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("tenant_id", "name"),)


class OutsideCall(TenantModel):
    """A call that changed something outside, made once for a turn however often the turn is thought over. `result` is
    what the model was told; null while the call runs, or where nobody can say how it ended."""

    __tablename__ = "outside_calls"

    conversation_id: Mapped[UUID]
    turn_id: Mapped[UUID]
    tool: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("conversation_id", "conversations"),
            UniqueConstraint("tenant_id", "turn_id", "tool", "digest"),
            Index(None, "tenant_id", "created_at"),
        )
