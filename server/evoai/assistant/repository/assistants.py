"""Every query of the assistant room. Traces are written on the message path's own connection, in its transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.assistants import Assistant, AssistantVersion
from evoai.assistant.models.traces import Trace
from evoai.assistant.service.trace import TurnTrace
from evoai.billing.budget import Amount
from evoai.billing.service import Spent
from evoai.kit.db import utcnow
from evoai.kit.sql import Rows, Writes


async def get_assistant(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, *, lock: bool = False
) -> Assistant | None:
    """`lock`: held to the end of the transaction, so that versions are numbered one after the other. What was archived
    is not there."""
    query = select(Assistant).where(
        Assistant.tenant_id == tenant_id, Assistant.id == assistant_id, Assistant.archived_at.is_(None)
    )
    return await db.scalar(query.with_for_update() if lock else query)


async def list_assistants(
    db: AsyncSession, tenant_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Assistant]:
    """Oldest first, after the one that was made then."""
    query = select(Assistant).where(Assistant.tenant_id == tenant_id, Assistant.archived_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Assistant.created_at, Assistant.id) > after)
    return (await db.scalars(query.order_by(Assistant.created_at, Assistant.id).limit(limit))).all()


async def get_version(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, number: int) -> AssistantVersion | None:
    return await db.scalar(
        select(AssistantVersion).where(
            AssistantVersion.tenant_id == tenant_id,
            AssistantVersion.assistant_id == assistant_id,
            AssistantVersion.number == number,
        )
    )


async def published_of(
    db: AsyncSession, tenant_id: UUID, assistants: Sequence[Assistant]
) -> dict[UUID, dict[str, Any]]:
    """What is published of each of these, by the assistant's id."""
    wanted = [(item.id, item.published_version) for item in assistants if item.published_version is not None]
    if not wanted:
        return {}
    either = or_(
        *(
            (AssistantVersion.assistant_id == assistant_id) & (AssistantVersion.number == number)
            for assistant_id, number in wanted
        )
    )
    rows = await db.execute(
        select(AssistantVersion.assistant_id, AssistantVersion.fields).where(
            AssistantVersion.tenant_id == tenant_id, either
        )
    )
    return {row.assistant_id: row.fields for row in rows}


async def last_number(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> int:
    """0 if nothing was ever published."""
    return (
        await db.scalar(
            select(func.max(AssistantVersion.number)).where(
                AssistantVersion.tenant_id == tenant_id, AssistantVersion.assistant_id == assistant_id
            )
        )
    ) or 0


async def list_versions(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, before: int | None, limit: int
) -> Sequence[AssistantVersion]:
    """Newest first, older than number `before`."""
    query = select(AssistantVersion).where(
        AssistantVersion.tenant_id == tenant_id, AssistantVersion.assistant_id == assistant_id
    )
    if before is not None:
        query = query.where(AssistantVersion.number < before)
    return (await db.scalars(query.order_by(AssistantVersion.number.desc()).limit(limit))).all()


async def get_trace(db: AsyncSession, tenant_id: UUID, trace_id: UUID) -> Trace | None:
    return await db.scalar(select(Trace).where(Trace.tenant_id == tenant_id, Trace.id == trace_id))


_TRACES = Rows(
    tenant_id="uuid",
    id="uuid",
    conversation_id="uuid",
    turn_id="uuid",
    purpose="text",
    outcome="text",
    model="text",
    assistant_version="integer",
    prompt_version="text",
    calls="jsonb",
    tools="jsonb",
    passages="jsonb",
    checks="jsonb",
    input_tokens="integer",
    output_tokens="integer",
    cost_micro_usd="bigint",
    milliseconds="integer",
    created_at="timestamptz",
)

TraceRow = tuple[UUID, UUID | None, UUID, TurnTrace, str]
"""Tenant, conversation, turn (or what else it was for), what was recorded, and what became of it ('superseded' where it
was not sent)."""


async def empty_traces(db: AsyncSession, tenant_id: UUID, conversations: Sequence[UUID]) -> None:
    """Leave nothing of traces but what models took."""
    nothing: dict[str, Any] = {"tools": [], "passages": [], "checks": [], "conversation_id": None}
    await db.execute(
        update(Trace)
        .where(Trace.tenant_id == tenant_id, Trace.conversation_id.in_(conversations))
        .values(nothing)
        .execution_options(synchronize_session=False)
    )


def insert_traces(writes: Writes, rows: Sequence[TraceRow], *, grouped: bool) -> None:
    """`grouped`: several tenants at once, else rows of one."""
    now = utcnow()
    values = [
        (
            tenant_id,
            trace.trace_id,
            conversation_id,
            turn_id,
            trace.purpose,
            outcome,
            trace.model,
            trace.assistant_version,
            trace.prompt_version,
            msgspec.json.encode(trace.calls).decode(),
            msgspec.json.encode(trace.tools).decode(),
            msgspec.json.encode(trace.passages).decode(),
            msgspec.json.encode(trace.checks).decode(),
            trace.input_tokens,
            trace.output_tokens,
            trace.cost_micro_usd,
            trace.milliseconds,
            now,
        )
        for tenant_id, conversation_id, turn_id, trace, outcome in rows
    ]
    writes.add(*_TRACES.insert("traces", values, grouped=grouped))


def spent_beside_answers(rows: Sequence[TraceRow]) -> dict[tuple[UUID, str], Amount]:
    """What the traces took for other purposes, by tenant and purpose."""
    spent: dict[tuple[UUID, str], Amount] = {}
    for tenant_id, _, _, trace, _ in rows:
        if trace.purpose != "answer":
            used = Amount(trace.input_tokens + trace.output_tokens, trace.cost_micro_usd or 0)
            spent[tenant_id, trace.purpose] = spent.get((tenant_id, trace.purpose), Amount()) + used
    return spent


def spent_by_tenant(rows: Sequence[TraceRow]) -> dict[tuple[UUID, Spent], int]:
    """What the traces add to each tenant's month."""
    spent: Counter[tuple[UUID, Spent]] = Counter()
    for tenant_id, _, _, trace, outcome in rows:
        spent[tenant_id, "assistant_tokens"] += trace.input_tokens + trace.output_tokens
        spent[tenant_id, "assistant_cost"] += trace.cost_micro_usd or 0
        if outcome != "superseded":
            spent[tenant_id, "cacheable_questions"] += trace.cacheable
            spent[tenant_id, "cached_answers"] += trace.cached
    return spent
