"""Traces in the answers' transaction, in its grouped and its tenant-by-tenant form, with the tokens they spent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from evoai.assistant.repository.assistants import TraceRow
from evoai.assistant.schemas.assistants import ModelCallOut
from evoai.assistant.service import drafts
from evoai.assistant.service.record import record, record_traces
from evoai.assistant.service.trace import TurnTrace
from evoai.billing import service as billing
from evoai.channels.models import Channel
from evoai.inbox.models.contacts import Contact
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Message
from evoai.inbox.service.turns import Answer, HandoffAsk
from evoai.kit.db import Database, new_id
from evoai.kit.errors import NotFound
from evoai.kit.path import OpenTurn
from evoai.kit.sql import Writes
from evoai.tenants.models import Tenant


async def conversation(door: Database) -> tuple[UUID, UUID, UUID]:
    """A new tenant's conversation: tenant, conversation, channel."""
    tenant_id, channel_id, contact_id, conversation_id = (new_id() for _ in range(4))
    async with door.system_session("test") as db:
        db.add(Tenant(id=tenant_id, name="t"))
        await db.flush()
        await billing.lay_down_plan(db, tenant_id, "free")
        db.add(
            Channel(
                tenant_id=tenant_id,
                id=channel_id,
                name="c",
                provider="evolution",
                config={},
                secrets_enc=b"",
                hook_key_hash=b"",
                hook_key_enc=b"",
            )
        )
        db.add(Contact(tenant_id=tenant_id, id=contact_id, name="Ana"))
        await db.flush()
        db.add(
            Conversation(
                tenant_id=tenant_id,
                id=conversation_id,
                channel_id=channel_id,
                contact_id=contact_id,
                state="bot",
                address="5511987654321",
            )
        )
    return tenant_id, conversation_id, channel_id


def trace(tokens: int = 100, **changes: Any) -> TurnTrace:
    made = TurnTrace(
        trace_id=new_id(),
        outcome="answered",
        model="gpt-4o-mini",
        assistant_version=3,
        prompt_version="p",
        calls=(ModelCallOut(model="ação", outcome="answered", milliseconds=9, input_tokens=tokens, output_tokens=10),),
        tools=({"name": "hand_over", "outcome": "done", "milliseconds": 1},),
        input_tokens=tokens,
        output_tokens=10,
        cost_micro_usd=21,
        milliseconds=12,
    )
    return msgspec.structs.replace(made, **changes)


async def stored_traces(conn: Any, rows: Sequence[TraceRow], tenant_id: UUID | None) -> None:
    writes = Writes()
    await record_traces(conn, writes, rows, tenant_id)
    await writes.run(conn, grouped=tenant_id is None)


async def used_tokens(owner: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> int:
    period = datetime.now(UTC).date().replace(day=1)
    return (
        await owner.fetchval(
            "select used from quotas where tenant_id = $1 and kind = 'assistant_tokens' and period = $2",
            tenant_id,
            period,
        )
        or 0
    )


async def test_grouped_rows_of_several_tenants(door: Database, owner: asyncpg.Connection[asyncpg.Record]) -> None:
    one, two = await conversation(door), await conversation(door)
    rows = [
        (two[0], two[1], new_id(), trace(5), "answered"),
        (one[0], one[1], new_id(), trace(7), "superseded"),
        (two[0], two[1], new_id(), trace(0, output_tokens=0, model=None, cost_micro_usd=None, calls=()), "failed"),
    ]
    async with door.group_session("system") as conn:
        await stored_traces(conn, rows, None)
    stored = await owner.fetch("select * from traces where tenant_id = $1 order by id", two[0])
    assert [row["outcome"] for row in stored] == ["answered", "failed"]
    assert (stored[0]["id"], stored[0]["turn_id"], stored[0]["conversation_id"]) == (
        rows[0][3].trace_id,
        rows[0][2],
        two[1],
    )
    assert json.loads(stored[0]["calls"])[0]["model"] == "ação"
    assert json.loads(stored[0]["tools"])[0]["name"] == "hand_over"
    assert (stored[1]["model"], stored[1]["cost_micro_usd"], json.loads(stored[1]["calls"])) == (None, None, [])
    assert (await used_tokens(owner, one[0]), await used_tokens(owner, two[0])) == (17, 15)


async def test_one_tenants_rows_as_that_tenant(door: Database, owner: asyncpg.Connection[asyncpg.Record]) -> None:
    mine, other = await conversation(door), await conversation(door)
    for _ in range(2):
        async with door.group_session("tenant", mine[0]) as conn:
            rows = [(mine[0], mine[1], new_id(), trace(), "answered") for _ in range(3)]
            await stored_traces(conn, rows, mine[0])
    assert await owner.fetchval("select count(*) from traces where tenant_id = $1", mine[0]) == 6
    assert await used_tokens(owner, mine[0]) == 660
    with pytest.raises(asyncpg.PostgresError):
        async with door.group_session("tenant", mine[0]) as conn:
            await stored_traces(conn, [(other[0], other[1], new_id(), trace(), "answered")], mine[0])
    assert await owner.fetchval("select count(*) from traces where tenant_id = $1", other[0]) == 0


async def test_no_rows_need_no_statement() -> None:
    nowhere: Any = None
    writes = Writes()
    await record(nowhere, writes, [], None)
    assert await writes.run(nowhere, grouped=True) == []


async def test_what_the_inbox_hands_over(door: Database, owner: asyncpg.Connection[asyncpg.Record]) -> None:
    tenant_id, conversation_id, channel_id = await conversation(door)
    handoff = HandoffAsk(reason="model-failed")

    def row(outcome: str, made: TurnTrace | None) -> tuple[OpenTurn, Answer, str]:
        opened = OpenTurn(tenant_id, conversation_id, channel_id, new_id(), 1, 0.0, None)
        return opened, Answer(bubbles=("x",), handoff=handoff, trace=made), outcome

    rows = [
        row("handed-over", trace(outcome="failed")),
        row("handed-over", trace()),
        row("superseded", trace(outcome="failed")),
        row("handed-over", None),
    ]
    async with door.group_session("system") as conn:
        writes = Writes()
        await record(conn, writes, rows, None)
        await writes.run(conn, grouped=True)
    outcomes = await owner.fetch("select outcome from traces where tenant_id = $1 order by id", tenant_id)
    assert [item["outcome"] for item in outcomes] == ["failed", "handed-over", "superseded"]


async def test_the_trace_of_a_message(door: Database) -> None:
    tenant_id, conversation_id, channel_id = await conversation(door)
    made = trace()
    async with door.group_session("tenant", tenant_id) as conn:
        await stored_traces(conn, [(tenant_id, conversation_id, new_id(), made, "answered")], tenant_id)

    def message(seq: int, trace_id: UUID | None) -> Message:
        return Message(
            tenant_id=tenant_id,
            id=new_id(),
            conversation_id=conversation_id,
            channel_id=channel_id,
            seq=seq,
            direction="out",
            author="assistant" if trace_id else "agent",
            type="text",
            text="x",
            status="queued",
            trace_id=trace_id,
        )

    traced, plain = message(1, made.trace_id), message(2, None)
    async with door.tenant_session(tenant_id) as db:
        db.add_all((traced, plain))
    async with door.tenant_session(tenant_id) as db:
        shown = await drafts.trace_of_message(db, tenant_id, traced.id)
        assert (shown.id, shown.outcome, shown.cost_micro_usd, shown.input_tokens) == (
            made.trace_id,
            "answered",
            21,
            100,
        )
        assert shown.calls == list(made.calls)
        for message_id in (plain.id, new_id()):
            with pytest.raises(NotFound):
                await drafts.trace_of_message(db, tenant_id, message_id)
