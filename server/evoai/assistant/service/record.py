"""The assistant's part of the answers' group commit: what each turn did, what it spent, what it could not say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.repository import assistants as repository
from evoai.assistant.repository import shadow, tests, tools
from evoai.assistant.repository.assistants import TraceRow
from evoai.assistant.service.trace import TurnTrace
from evoai.billing import service as billing
from evoai.billing.purchases import by_purpose
from evoai.inbox.service.turns import Answer, TurnContext
from evoai.kit.log import get_logger
from evoai.kit.outbox import enqueue_many
from evoai.kit.path import OpenTurn
from evoai.kit.sql import Writes
from evoai.knowledge.service import gaps

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

_LEFT: set[asyncio.Task[None]] = set()
"""Traces of turns that nobody waits for, on their way."""

Purpose = Literal["playground", "test", "shadow", "analysis"]
SUMMARISE = "assistant.summarise"
"""The tray's topic of a summary to be written."""


async def record(
    conn: Any, writes: Writes, rows: Sequence[tuple[OpenTurn, Answer, str]], tenant_id: UUID | None
) -> Callable[[], None]:
    """What the inbox calls in its transaction with what became of each answer; `tenant_id` where they are one
    tenant's and no statement may reach beyond it. What it gives back is to be called once that is committed."""
    traces: list[TraceRow] = []
    asked: list[tuple[UUID, UUID, str]] = []
    for turn, answer, outcome in rows:
        if isinstance(answer.trace, TurnTrace):
            # That the model failed says more than that the conversation went to people for it.
            failed = outcome == "handed-over" and answer.trace.outcome == "failed"
            told = "failed" if failed else outcome
            traces.append((turn.tenant_id, turn.conversation_id, turn.turn_id, answer.trace, told))
            if answer.trace.gap is not None and outcome != "superseded":
                asked.append((turn.tenant_id, turn.conversation_id, answer.trace.gap))
    await record_traces(conn, writes, traces, tenant_id)
    if asked:
        gaps.note(writes, asked, tenant_id)
    return lambda: _committed(traces)


async def forget(db: AsyncSession, tenant_id: UUID, contact_id: UUID, conversations: Sequence[UUID]) -> None:
    """A contact is erased: what turns did in its conversations goes, with what they were asked and found, what tools
    outside said, what was drafted in the shadow, answers that are kept for others, and the tests that were made of
    them. What the turns cost stays counted."""
    await repository.empty_traces(db, tenant_id, conversations)
    await tools.delete_calls(db, tenant_id, conversations)
    await shadow.forget(db, tenant_id, conversations)
    await tests.forget(db, tenant_id, conversations)


async def record_aside(
    resources: Resources,
    tenant_id: UUID,
    purpose: Purpose,
    about: UUID,
    trace: TurnTrace,
    conversation_id: UUID | None = None,
) -> UUID:
    """The same for what no turn asked of a model: `about` is the test run, the shadow draft, the conversation. Gives
    the trace's id."""
    trace = msgspec.structs.replace(trace, purpose=purpose)
    async with resources.db.group_session("tenant", tenant_id) as conn:
        writes = Writes()
        await record_traces(conn, writes, [(tenant_id, conversation_id, about, trace, trace.outcome)], tenant_id)
        await writes.run(conn, grouped=False)
    _committed([(tenant_id, conversation_id, about, trace, trace.outcome)])
    return trace.trace_id


async def record_traces(conn: Any, writes: Writes, rows: Sequence[TraceRow], tenant_id: UUID | None) -> None:
    """Add the traces of `rows`, what they spent, and the summaries that they want to `writes`.

    They are to be run after the message quotas were taken: they lock the month's other counters, by tenant.
    """
    if not rows:
        return
    repository.insert_traces(writes, rows, grouped=tenant_id is None)
    grown = [
        (tenant, SUMMARISE, {"conversation_id": str(conversation_id), "turn_id": str(turn_id)})
        for tenant, conversation_id, turn_id, trace, _ in rows
        if trace.outgrown
    ]
    if grown:
        enqueue_many(writes, grown, grouped=tenant_id is None)
    await billing.add(conn, writes, repository.spent_by_tenant(rows), tenant_id=tenant_id)
    by_purpose(writes, repository.spent_beside_answers(rows), tenant_id)


def _committed(rows: Sequence[TraceRow]) -> None:
    for _, _, _, trace, _ in rows:
        if trace.on_commit is not None:
            trace.on_commit()


def leave(resources: Resources, context: TurnContext, trace: TurnTrace) -> None:
    """Keep the trace of a turn that was broken off: what it spent is spent, though nobody hears its answer."""
    task = asyncio.get_running_loop().create_task(_leave(resources, context, trace))
    _LEFT.add(task)
    task.add_done_callback(_LEFT.discard)


async def _leave(resources: Resources, context: TurnContext, trace: TurnTrace) -> None:
    tenant_id = context.tenant_id
    row: TraceRow = (tenant_id, context.conversation_id, context.turn_id, trace, "superseded")
    try:
        async with resources.db.group_session("tenant", tenant_id) as conn:
            writes = Writes()
            await record_traces(conn, writes, [row], tenant_id)
            await writes.run(conn, grouped=False)
    except Exception as error:
        # Neither the trace nor its tokens are there then: the sums agree.
        log.warning("trace.lost", turn_id=str(context.turn_id), exc_info=error)
    finally:
        _committed([row])
