"""The statements of the answer step (group transaction 3) and of the sent step (4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evoai.kit.sql import Rows, Writes, scoped

_HELD = Rows(tenant_id="uuid", conversation_id="uuid", turn_id="uuid")


async def hold(conn: Any, rows: Sequence[tuple[UUID, UUID, UUID]], tenant_id: UUID | None) -> dict[UUID, Any]:
    """Lock the conversations of (tenant, conversation, turn) in the order of their ids; by turn, what is true of both
    under the lock. `unsettled` says that an earlier send is under way."""
    held = await _hold(conn, rows, tenant_id)
    if any(row["waited"] for row in held):
        # Somebody else was writing. The lock shows the conversation as they left it, but the rest was read before.
        held = await _hold(conn, rows, tenant_id)
    return {row["turn_id"]: row for row in held}


async def _hold(conn: Any, rows: Sequence[tuple[UUID, UUID, UUID]], tenant_id: UUID | None) -> list[Any]:
    source, args = _HELD.source(rows, grouped=tenant_id is None)
    tenant = "r.tenant_id"
    if tenant_id is not None:
        args.append(tenant_id)
        tenant = f"${len(args)}"
    return await conn.fetch(
        "with held as materialized ("  # noqa: S608
        " select v.tenant_id, v.id, v.state, v.seq, v.last_in_seq as newest_in_seq, v.fence, v.address, v.last_in_at,"
        "  r.turn_id"
        f"  from {source} join conversations v on v.tenant_id = {tenant} and v.id = r.conversation_id"
        "  order by v.id for update of v)"
        " select h.turn_id, h.state, h.seq, h.newest_in_seq, h.fence, h.address, h.last_in_at, t.last_in_seq,"
        " t.closed_at,"
        " now() as now, (v.seq, v.fence) is distinct from (h.seq, h.fence) as waited,"
        " exists (select from deliveries d where d.tenant_id = h.tenant_id and d.conversation_id = h.id"
        "   and d.state in ('ready', 'attempting')) as unsettled"
        " from held h join conversations v on v.tenant_id = h.tenant_id and v.id = h.id"
        " join turns t on t.tenant_id = h.tenant_id and t.id = h.turn_id",
        *args,
    )


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


def insert_bubbles(writes: Writes, messages: Sequence[Any], deliveries: Sequence[Any], *, grouped: bool) -> None:
    writes.add(*_MESSAGE.insert("messages", messages, grouped=grouped))
    insert_deliveries(writes, deliveries, grouped=grouped)


def insert_deliveries(writes: Writes, deliveries: Sequence[Any], *, grouped: bool) -> None:
    writes.add(*_DELIVERY.insert("deliveries", deliveries, grouped=grouped))


_CLOSE = Rows(tenant_id="uuid", id="uuid", outcome="text")


def close_turns(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """Close turns that `hold` showed open."""
    source, args = _CLOSE.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "t")
    writes.add(
        f"update turns t set closed_at = now(), outcome = r.outcome from {source}"  # noqa: S608
        f" where t.tenant_id = r.tenant_id and t.id = r.id{scope}",
        args,
    )


_SPOKEN = Rows(
    tenant_id="uuid",
    id="uuid",
    seq="int8",
    last_message_id="uuid",
    handed_over="bool",
    reason="text",
    note="text",
    resolved="bool",
    at="timestamptz",
    answered="bool",
)


def conversations_spoke(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """After an answer: new `seq`, the lease ended, one answer more within the hour; handed over: queued, or resolved:
    closed, and the fence raised."""
    source, args = _SPOKEN.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "v")
    writes.add(
        "update conversations v set seq = r.seq, lease_owner = null, lease_until = null,"  # noqa: S608
        " fence = v.fence + case when r.handed_over or r.resolved then 1 else 0 end,"
        " state = case when r.handed_over then 'queued' when r.resolved then 'resolved' else v.state end,"
        " resolved_at = case when r.resolved then r.at else v.resolved_at end,"
        " unread_count = case when r.resolved then 0 else v.unread_count end,"
        " handoff_reason = case when r.handed_over then r.reason else v.handoff_reason end,"
        " handoff_note = case when r.handed_over then r.note else v.handoff_note end,"
        " handoff_at = case when r.handed_over then r.at else v.handoff_at end,"
        " answers = case when v.answers_since > r.at - interval '1 hour' then v.answers else 0 end + r.answered::int,"
        " answers_since = case when v.answers_since > r.at - interval '1 hour' then v.answers_since else r.at end,"
        " last_message_id = coalesce(r.last_message_id, v.last_message_id),"
        " last_activity_at = r.at, updated_at = r.at"
        f" from {source} where v.tenant_id = r.tenant_id and v.id = r.id{scope}",
        args,
    )


_CHANGED = Rows(
    tenant_id="uuid",
    id="uuid",
    name="text",
    add_tags="jsonb",
    drop_tags="jsonb",
    fields="jsonb",
    facts="jsonb",
    at="timestamptz",
)


def change_contacts(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """What answers change about their contacts, a row a contact; lists and objects are JSON text."""
    source, args = _CHANGED.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "c")
    writes.add(
        "update contacts c set name = coalesce(r.name, c.name), fields = c.fields || r.fields,"  # noqa: S608
        " facts = c.facts || r.facts, updated_at = r.at,"
        " tags = (select coalesce(jsonb_agg(t.tag order by t.place), '[]'::jsonb)"
        "   from (select x.tag, min(x.place) as place"
        "     from jsonb_array_elements_text(c.tags || r.add_tags) with ordinality x(tag, place)"
        "     where not r.drop_tags ? x.tag group by x.tag) t)"
        f" from {source} where c.tenant_id = r.tenant_id and c.id = r.id{scope}",
        args,
    )


_WORD = Rows(tenant_id="uuid", id="uuid", contact_id="uuid", word="text")


def add_words(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """What contacts are found by besides; one that became part of another meanwhile is left out."""
    source, args = _WORD.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "c")
    writes.add(
        "insert into contact_words (tenant_id, id, contact_id, word)"  # noqa: S608
        f" select r.tenant_id, r.id, r.contact_id, r.word from {source} join contacts c on c.tenant_id = r.tenant_id"
        f" and c.id = r.contact_id{scope} on conflict do nothing",
        args,
    )


def drop_words(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    source, args = _WORD.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "w")
    writes.add(
        f"delete from contact_words w using {source} where w.tenant_id = r.tenant_id"  # noqa: S608
        f" and w.contact_id = r.contact_id and w.word = r.word{scope}",
        args,
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
    """Write outcomes of sends, each only for its own attempt and never over `sent`, and take out what was parked for
    their provider's ids. A row for each outcome that counted: whether the conversation has more to send, and in
    `parked` the updates, oldest first, as JSON text. A null `state` leaves it `attempting`, to be looked into after
    `wait` seconds. Grouped in one statement; a distributed database takes three."""
    source, args = _OUTCOME.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "d")
    outcomes = (
        "update deliveries d set state = coalesce(r.state, d.state),"  # noqa: S608
        " provider_ref = coalesce(r.provider_id, d.provider_ref),"
        " due_at = now() + make_interval(secs => r.wait), evidence = coalesce(r.evidence, d.evidence)"
        f" from {source} where d.tenant_id = r.tenant_id and d.id = r.id and d.attempt = r.attempt"
        # Said so, the short index of unsettled sends is no road, and the key is.
        f" and d.state not in ('ready', 'sent', 'rejected'){scope}"
        " returning d.tenant_id, d.id, d.message_id, d.conversation_id, d.channel_id, d.state, r.provider_id,"
        " r.status, r.error, exists (select from deliveries n where n.tenant_id = d.tenant_id"
        "   and n.conversation_id = d.conversation_id and n.id <> d.id and n.state = 'ready') as more"
    )
    if tenant_id is None:
        # `error` is cast again, for in the returned row it is JSON already.
        return await conn.fetch(
            f"with s as ({outcomes}),"  # noqa: S608
            f" told as (update messages m {_FOLLOW} from s"
            "   where m.tenant_id = s.tenant_id and m.id = s.message_id and s.status is not null),"
            " early as (delete from parked_updates p using s where p.tenant_id = s.tenant_id"
            "   and p.channel_id = s.channel_id and p.provider_message_id = s.provider_id"
            "   returning p.id, p.change, s.message_id)"
            " select s.tenant_id, s.id, s.message_id, s.conversation_id, s.state, s.status, s.more,"
            " array(select e.change::text from early e where e.message_id = s.message_id order by e.id) as parked"
            " from s",
            *args,
        )
    settled = await conn.fetch(outcomes, *args)
    return await _follow(conn, settled, tenant_id)


# The message follows its delivery: a late outcome of an earlier attempt changes neither.
_FOLLOW = (
    "set provider_message_id = coalesce(m.provider_message_id, s.provider_id),"
    " status = case when m.status in ('queued', 'uncertain') then s.status else m.status end,"
    " error = case when m.status in ('queued', 'uncertain') then s.error else m.error end"
)
_FOLLOWING = Rows(
    tenant_id="uuid",
    message_id="uuid",
    channel_id="uuid",
    provider_id="text",
    status="text",
    error="jsonb",
)


async def _follow(conn: Any, settled: Sequence[Any], tenant_id: UUID) -> list[Any]:
    parked: dict[UUID, list[Any]] = {}
    told = [tuple(row[name] for name in _FOLLOWING.names) for row in settled if row["status"] is not None]
    if told:
        source, args = _FOLLOWING.source(told, grouped=False)
        source = source.replace(" as r(", " as s(")
        args.append(tenant_id)
        await conn.execute(
            f"update messages m {_FOLLOW} from {source} where m.tenant_id = ${len(args)} and m.id = s.message_id",
            *args,
        )
        early = await conn.fetch(
            f"delete from parked_updates p using {source} where p.tenant_id = ${len(args)}"  # noqa: S608
            " and p.channel_id = s.channel_id and p.provider_message_id = s.provider_id"
            " returning p.id, p.change, s.message_id",
            *args,
        )
        for row in sorted(early, key=lambda row: row["id"]):
            parked.setdefault(row["message_id"], []).append(row["change"])
    return [dict(row) | {"parked": parked.get(row["message_id"], [])} for row in settled]


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
