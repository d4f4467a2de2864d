"""The assistant's part of the answers' group commit: what each turn did, and the tokens it spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evoai.assistant.repository import assistants as repository
from evoai.assistant.repository.assistants import TraceRow
from evoai.assistant.service.trace import TurnTrace
from evoai.billing import service as billing
from evoai.inbox.service.turns import Answer
from evoai.kit.path import OpenTurn
from evoai.kit.sql import Writes


async def record(
    conn: Any, writes: Writes, rows: Sequence[tuple[OpenTurn, Answer, str]], tenant_id: UUID | None
) -> None:
    """What the inbox calls in its transaction with what became of each answer; `tenant_id` where they are one
    tenant's and no statement may reach beyond it."""
    traces: list[TraceRow] = []
    for turn, answer, outcome in rows:
        if isinstance(answer.trace, TurnTrace):
            # That the model failed says more than that the conversation went to people for it.
            failed = outcome == "handed-over" and answer.trace.outcome == "failed"
            told = "failed" if failed else outcome
            traces.append((turn.tenant_id, turn.conversation_id, turn.turn_id, answer.trace, told))
    await record_traces(conn, writes, traces, tenant_id)


async def record_traces(conn: Any, writes: Writes, rows: Sequence[TraceRow], tenant_id: UUID | None) -> None:
    """Add the traces of `rows` and their tokens to `writes`.

    They are to be run after the message quotas were taken: they lock the token quotas, by tenant.
    """
    if not rows:
        return
    repository.insert_traces(writes, rows, grouped=tenant_id is None)
    spent = repository.tokens_by_tenant(rows)
    if spent:
        await billing.add(conn, writes, "assistant_tokens", list(spent.items()), tenant_id=tenant_id)
