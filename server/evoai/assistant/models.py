"""Tables of the assistant: drafts, published versions, the trace of every turn, and tools from outside the house."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
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
    tools: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """Names of the tools it has, of the house or of the tenant's own."""
    contact_fields: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """Custom fields of contacts that it may fill in."""
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
