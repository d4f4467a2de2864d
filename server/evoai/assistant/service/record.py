"""The assistant's part of the answers' group commit: what each turn did, and the tokens it spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evoai.assistant import repository
from evoai.assistant.repository import TraceRow
from evoai.assistant.service.trace import TurnTrace
from evoai.billing import service as billing
from evoai.inbox.service.turns import Answer
from evoai.kit.db import utcnow
from evoai.kit.path import OpenTurn


async def record(conn: Any, rows: Sequence[tuple[OpenTurn, Answer, str]], tenant_id: UUID | None) -> None:
    """What the inbox calls in its transaction with what became of each answer; `tenant_id` where they are one
    tenant's and no statement may reach beyond it."""
    traces: list[TraceRow] = []
    for turn, answer, outcome in rows:
        if isinstance(answer.trace, TurnTrace):
            # That the model failed says more than that the conversation went to people for it.
            failed = outcome == "handed-over" and answer.trace.outcome == "failed"
            told = "failed" if failed else outcome
            traces.append((turn.tenant_id, turn.conversation_id, turn.turn_id, answer.trace, told))
    await record_traces(conn, traces, grouped=tenant_id is None)


async def record_traces(conn: Any, rows: Sequence[TraceRow], *, grouped: bool) -> None:
    """Insert the traces of `rows` and add their tokens to the month's usage, in the transaction of `conn`.

    To be called after the message quotas were taken: it locks the token quotas, by tenant. `grouped`: the rows may be
    several tenants' (role `system`); else they are one tenant's.
    """
    if not rows:
        return
    await repository.insert_traces(conn, rows, grouped=grouped)
    spent = repository.tokens_by_tenant(rows)
    if not spent:
        return
    period = utcnow().date().replace(day=1)
    if grouped:
        await billing.add_group(conn, "assistant_tokens", period, list(spent), list(spent.values()))
        return
    for tenant_id, tokens in spent.items():
        await billing.add_tenant(conn, tenant_id, "assistant_tokens", period, tokens)
