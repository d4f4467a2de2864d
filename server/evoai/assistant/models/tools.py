"""Tables: tools from outside the house, and the calls that changed something there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow


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
