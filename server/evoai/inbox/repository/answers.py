"""The statements of the answer step (group transaction 3) and of the sent step (4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evoai.kit.sql import Rows, scoped

_IDS = Rows(tenant_id="uuid", id="uuid")


async def read_turns(conn: Any, ids: Sequence[tuple[UUID, UUID]], tenant_id: UUID | None) -> dict[UUID, Any]:
    """Turns by id, read after their conversations were locked; `unsettled` says that an earlier send is under way."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "t")
    rows = await conn.fetch(
        "select t.id, t.conversation_id, t.first_in_seq, t.last_in_seq, t.closed_at, t.max_due_at <= now() as capped,"  # noqa: S608
        " now() as now, exists (select from deliveries d where d.tenant_id = t.tenant_id"
        "   and d.conversation_id = t.conversation_id and d.state in ('ready', 'attempting')) as unsettled"
        f" from {source} join turns t on t.tenant_id = r.tenant_id and t.id = r.id{scope}",
        *args,
    )
    return {row["id"]: row for row in rows}


_MESSAGE = Rows(
    tenant_id="uuid",
    id="uuid",
    conversation_id="uuid",
    channel_id="uuid",
    seq="int8",
    direction="text",
    author="text",
    type="text",
    text="text",
    status="text",
    turn_id="uuid",
    part_no="int2",
    trace_id="uuid",
    created_at="timestamptz",
)
_DELIVERY = Rows(
    tenant_id="uuid",
    id="uuid",
    message_id="uuid",
    conversation_id="uuid",
    channel_id="uuid",
    seq="int8",
    body_hash="bytea",
    state="text",
    due_at="timestamptz",
    attempt="int2",
    deadline="timestamptz",
    created_at="timestamptz",
)


async def insert_bubbles(conn: Any, messages: Sequence[Any], deliveries: Sequence[Any], *, grouped: bool) -> None:
    sql, args = _MESSAGE.insert("messages", messages, grouped=grouped)
    await conn.execute(sql, *args)
    sql, args = _DELIVERY.insert("deliveries", deliveries, grouped=grouped)
    await conn.execute(sql, *args)


_CLOSE = Rows(tenant_id="uuid", id="uuid", outcome="text")


async def close_turns(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    source, args = _CLOSE.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "t")
    await conn.execute(
        f"update turns t set closed_at = now(), outcome = r.outcome from {source}"  # noqa: S608
        f" where t.tenant_id = r.tenant_id and t.id = r.id and t.closed_at is null{scope}",
        *args,
    )


_SPOKEN = Rows(
    tenant_id="uuid",
    id="uuid",
    seq="int8",
    last_message_id="uuid",
    handed_over="bool",
    reason="text",
    note="text",
    at="timestamptz",
)


async def conversations_spoke(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """After an answer: new `seq`, the lease ended; handed over: queued, and the fence raised."""
    source, args = _SPOKEN.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "v")
    await conn.execute(
        "update conversations v set seq = r.seq, lease_owner = null, lease_until = null,"  # noqa: S608
        " fence = v.fence + case when r.handed_over then 1 else 0 end,"
        " state = case when r.handed_over then 'queued' else v.state end,"
        " handoff_reason = case when r.handed_over then r.reason else v.handoff_reason end,"
        " handoff_note = case when r.handed_over then r.note else v.handoff_note end,"
        " handoff_at = case when r.handed_over then r.at else v.handoff_at end,"
        " last_message_id = coalesce(r.last_message_id, v.last_message_id),"
        " last_activity_at = r.at, updated_at = r.at"
        f" from {source} where v.tenant_id = r.tenant_id and v.id = r.id{scope}",
        *args,
    )


_OUTCOME = Rows(
    tenant_id="uuid",
    id="uuid",
    attempt="int2",
    message_id="uuid",
    state="text",
    provider_id="text",
    wait="float8",
    evidence="text",
    status="text",
    error="jsonb",
)


async def settle(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """Write outcomes of sends, each only for its own attempt and never over `sent`; what changed, and whether the
    conversation has more to send. A null `state` leaves it `attempting`, to be looked into after `wait` seconds."""
    source, args = _OUTCOME.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "d")
    settled = await conn.fetch(
        "update deliveries d set state = coalesce(r.state, d.state),"  # noqa: S608
        " provider_ref = coalesce(r.provider_id, d.provider_ref),"
        " due_at = now() + make_interval(secs => r.wait), evidence = coalesce(r.evidence, d.evidence)"
        f" from {source} where d.tenant_id = r.tenant_id and d.id = r.id and d.attempt = r.attempt"
        f" and d.state in ('attempting', 'uncertain'){scope}"
        " returning d.tenant_id, d.id, d.message_id, d.conversation_id, d.channel_id, r.provider_id, d.state,"
        " exists (select from deliveries n where n.tenant_id = d.tenant_id and n.conversation_id = d.conversation_id"
        "   and n.id <> d.id and n.state = 'ready') as more",
        *args,
    )
    # The message follows its delivery: a late outcome of an earlier attempt changes neither.
    changed = {row["id"] for row in settled}
    told = [row for row in rows if row[8] is not None and row[1] in changed]
    if told:
        source, args = _OUTCOME.source(told, grouped=tenant_id is None)
        scope = scoped(args, tenant_id, "m")
        await conn.execute(
            "update messages m set provider_message_id = coalesce(m.provider_message_id, r.provider_id),"  # noqa: S608
            " status = case when m.status in ('queued', 'uncertain') then r.status else m.status end,"
            " error = case when m.status in ('queued', 'uncertain') then r.error else m.error end"
            f" from {source} where m.tenant_id = r.tenant_id and m.id = r.message_id{scope}",
            *args,
        )
    return settled


_LEASE = Rows(tenant_id="uuid", id="uuid", fence="int8")


async def renew(conn: Any, rows: Sequence[Any], owner: str, seconds: float, tenant_id: UUID) -> set[UUID]:
    """Extend this process's leases of one tenant; the conversations that are still its own."""
    source, args = _LEASE.source(rows, grouped=False)
    kept = await conn.fetch(
        f"update conversations v set lease_until = now() + make_interval(secs => ${len(args) + 1}::float8)"  # noqa: S608
        f" from {source} where v.tenant_id = r.tenant_id and v.id = r.id and v.fence = r.fence"
        f" and v.lease_owner = ${len(args) + 2}::text and v.tenant_id = ${len(args) + 3} returning v.id",
        *args,
        seconds,
        owner,
        tenant_id,
    )
    return {row["id"] for row in kept}
