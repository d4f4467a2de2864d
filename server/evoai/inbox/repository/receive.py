"""The statements of the message step (group transaction 2). `grouped` ones write several tenants' rows as `system`;
tenant by tenant, each names its tenant and none uses what a distributed database refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from evoai.kit.path import SHARDS
from evoai.kit.sql import Rows, scoped

_LOCK_SPACE = 0x45564F  # a number of our own, so that nobody else's advisory lock is meant


def shard_locks(shards: Iterable[int]) -> str:
    """SQL that waits for the shards' locks in ascending order; they end with the transaction."""
    taken = sorted(shard for shard in shards if 0 <= shard < SHARDS)
    return ";".join(f"select pg_advisory_xact_lock({_LOCK_SPACE}, {shard:d})" for shard in taken)


_ALIASES = Rows(ord="int4", tenant_id="uuid", channel_id="uuid", kind="text", value="text")


async def resolve(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """For (ord, tenant, channel, kind, value): the contact behind each known alias and its open conversation there, or
    else the last one."""
    source, args = _ALIASES.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "a")
    return await conn.fetch(
        "select r.ord, a.kind, a.value, c.id as contact_id, c.name, c.phone, c.blocked_at, c.over_limit,"  # noqa: S608
        " v.id as conversation_id"
        f" from {source}"
        " join contact_aliases a on a.tenant_id = r.tenant_id and a.kind = r.kind and a.value = r.value"
        " join contacts c on c.tenant_id = a.tenant_id and c.id = a.contact_id"
        " left join lateral (select l.id from conversations l where l.tenant_id = r.tenant_id"
        "   and l.contact_id = a.contact_id and l.channel_id = r.channel_id"
        # An older one may have been reopened by a person.
        "   order by l.state <> 'resolved' desc, l.created_at desc limit 1) v on true"
        f" where true{scope}",
        *args,
    )


_PROVIDER_IDS = Rows(ord="int4", tenant_id="uuid", channel_id="uuid", provider_message_id="text")


async def known_messages(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """For (ord, tenant, channel, provider id): the message that has it, and whether updates are parked for it."""
    source, args = _PROVIDER_IDS.source(rows, grouped=tenant_id is None)
    scope = "" if tenant_id is None else f" where r.tenant_id = ${len(args) + 1}"
    if tenant_id is not None:
        args.append(tenant_id)
    return await conn.fetch(
        "select r.ord, m.id, m.conversation_id, m.direction, m.status, m.text,"  # noqa: S608
        " exists (select from parked_updates p where p.tenant_id = r.tenant_id and p.channel_id = r.channel_id"
        "   and p.provider_message_id = r.provider_message_id) as parked"
        f" from {source}"
        " left join messages m on m.tenant_id = r.tenant_id and m.channel_id = r.channel_id"
        f" and m.provider_message_id = r.provider_message_id{scope}",
        *args,
    )


_TENANT = Rows(tenant_id="uuid")


async def responders(conn: Any, tenants: Sequence[UUID], tenant_id: UUID | None) -> list[Any]:
    """Who answers for each tenant, and the profile that it may tell."""
    source, args = _TENANT.source([(tenant,) for tenant in tenants], grouped=tenant_id is None)
    scope = "" if tenant_id is None else f" and s.tenant_id = ${len(args) + 1}"
    if tenant_id is not None:
        args.append(tenant_id)
    return await conn.fetch(
        "select t.id as tenant_id, t.name, t.time_zone, t.language, t.description, t.business_hours,"  # noqa: S608
        " s.assistant_id, s.version, s.quiet_seconds, s.max_wait_seconds, coalesce(s.enabled, false) as enabled"
        f" from {source} join tenants t on t.id = r.tenant_id"
        f" left join responders s on s.tenant_id = r.tenant_id{scope}",
        *args,
    )


_IDS = Rows(tenant_id="uuid", id="uuid")


async def lock_conversations(conn: Any, ids: Sequence[tuple[UUID, UUID]], tenant_id: UUID | None) -> list[Any]:
    """Lock conversations in the order of their ids, as every other step does, and read them fresh."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "v")
    return await conn.fetch(
        "select v.tenant_id, v.id, v.channel_id, v.contact_id, v.state, v.seq, v.last_in_seq, v.fence,"  # noqa: S608
        " v.lease_owner, v.lease_until > now() as leased, v.unread_count, v.resolved_at, v.address"
        f" from {source} join conversations v on v.tenant_id = r.tenant_id and v.id = r.id{scope}"
        " order by v.id for update of v",
        *args,
    )


async def attempting_deliveries(conn: Any, ids: Sequence[tuple[UUID, UUID]], tenant_id: UUID | None) -> list[Any]:
    """Sends of these conversations whose outcome is not known yet."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "d")
    return await conn.fetch(
        "select d.tenant_id, d.id, d.message_id, d.conversation_id, d.body_hash, d.created_at"  # noqa: S608
        f" from {source} join deliveries d on d.tenant_id = r.tenant_id and d.conversation_id = r.id{scope}"
        " where d.state in ('attempting', 'uncertain') order by d.seq",
        *args,
    )


_CONTACT = Rows(
    tenant_id="uuid",
    id="uuid",
    name="text",
    phone="text",
    over_limit="bool",
    created_at="timestamptz",
    updated_at="timestamptz",
)
_ALIAS = Rows(
    tenant_id="uuid",
    id="uuid",
    contact_id="uuid",
    kind="text",
    value="text",
    address="text",
    created_at="timestamptz",
)


async def insert_contacts(conn: Any, rows: Sequence[Any], *, grouped: bool) -> None:
    sql, args = _CONTACT.insert("contacts", rows, grouped=grouped)
    await conn.execute(sql, *args)


async def insert_aliases(conn: Any, rows: Sequence[Any], *, grouped: bool) -> int:
    """How many were new; fewer than asked means that somebody else made the contact at the same time."""
    sql, args = _ALIAS.insert("contact_aliases", rows, grouped=grouped, then="on conflict do nothing returning id")
    return len(await conn.fetch(sql, *args))


async def rename_contact(conn: Any, tenant_id: UUID, contact_id: UUID, name: str, at: datetime) -> None:
    """Give a contact without a name the one it shows."""
    await conn.execute(
        "update contacts set name = $3, updated_at = $4 where tenant_id = $1 and id = $2 and name = ''",
        tenant_id,
        contact_id,
        name,
        at,
    )


_CONVERSATION = Rows(
    tenant_id="uuid",
    id="uuid",
    channel_id="uuid",
    contact_id="uuid",
    state="text",
    address="text",
    last_activity_at="timestamptz",
    created_at="timestamptz",
    updated_at="timestamptz",
)


async def insert_conversations(conn: Any, rows: Sequence[Any], *, grouped: bool) -> None:
    sql, args = _CONVERSATION.insert("conversations", rows, grouped=grouped)
    await conn.execute(sql, *args)


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
    media="jsonb",
    extra="jsonb",
    provider_message_id="text",
    quoted_id="text",
    status="text",
    provider_at="timestamptz",
    created_at="timestamptz",
)


async def insert_messages(conn: Any, rows: Sequence[Any], *, grouped: bool) -> None:
    """`media` and `extra` are JSON text."""
    sql, args = _MESSAGE.insert("messages", rows, grouped=grouped)
    await conn.execute(sql, *args)


_TURN = Rows(
    tenant_id="uuid",
    id="uuid",
    conversation_id="uuid",
    first_in_seq="int8",
    last_in_seq="int8",
    opened_at="timestamptz",
    due_at="timestamptz",
    max_due_at="timestamptz",
)


async def open_turns(conn: Any, rows: Sequence[Any], *, grouped: bool) -> list[Any]:
    """Open a turn for each conversation, or let newer messages join its open one. One whose longest wait is over is
    not joined, and not returned."""
    sql, args = _TURN.insert(
        "turns as t",
        rows,
        grouped=grouped,
        then="on conflict (tenant_id, conversation_id) where closed_at is null"
        " do update set last_in_seq = excluded.last_in_seq, due_at = least(excluded.due_at, t.max_due_at)"
        " where t.max_due_at > excluded.opened_at"
        " returning t.id, t.conversation_id, t.first_in_seq, t.last_in_seq, t.due_at",
    )
    return await conn.fetch(sql, *args)


_CHANGE = Rows(
    tenant_id="uuid",
    id="uuid",
    state="text",
    seq="int8",
    last_in_seq="int8",
    fence="int8",
    lease_owner="text",
    lease_seconds="float8",
    unread_count="int4",
    last_message_id="uuid",
    handoff_reason="text",
    handoff="text",
    address="text",
    at="timestamptz",
)


async def update_conversations(conn: Any, rows: Sequence[Any], *, grouped: bool) -> None:
    """`handoff` is 'set' (reason and time), 'clear' or 'keep'; a null `lease_seconds` leaves the lease as it is,
    zero ends it; a null `last_message_id` means that nothing was said."""
    source, args = _CHANGE.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "v")
    await conn.execute(
        "update conversations v set state = r.state, seq = r.seq, last_in_seq = r.last_in_seq, fence = r.fence,"  # noqa: S608
        " lease_owner = case when r.lease_seconds is null then v.lease_owner else r.lease_owner end,"
        " lease_until = case when r.lease_seconds is null then v.lease_until"
        "   else now() + make_interval(secs => r.lease_seconds) end,"
        " unread_count = r.unread_count, last_message_id = coalesce(r.last_message_id, v.last_message_id),"
        " handoff_reason = case r.handoff when 'set' then r.handoff_reason when 'clear' then null"
        "   else v.handoff_reason end,"
        " handoff_note = case r.handoff when 'keep' then v.handoff_note else null end,"
        " handoff_at = case r.handoff when 'set' then r.at when 'clear' then null else v.handoff_at end,"
        " assignee_id = case when r.handoff = 'clear' then null else v.assignee_id end,"
        " resolved_at = case when r.state = 'resolved' then v.resolved_at else null end,"
        " address = r.address,"
        " last_activity_at = case when r.last_message_id is null then v.last_activity_at else r.at end,"
        " updated_at = r.at"
        f" from {source} where v.tenant_id = r.tenant_id and v.id = r.id{scope}",
        *args,
    )


async def close_turns(conn: Any, ids: Sequence[tuple[UUID, UUID]], outcome: str, tenant_id: UUID | None) -> None:
    """Close the open turns of these conversations."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    args.append(outcome)
    place = len(args)
    scope = scoped(args, tenant_id, "t")
    await conn.execute(
        f"update turns t set closed_at = now(), outcome = ${place}::text from {source}"  # noqa: S608
        f" where t.tenant_id = r.tenant_id and t.conversation_id = r.id and t.closed_at is null{scope}",
        *args,
    )


async def withdraw_deliveries(conn: Any, ids: Sequence[tuple[UUID, UUID]], tenant_id: UUID | None) -> list[Any]:
    """Take back what the assistant has ready in these conversations; what is `attempting` counts as said."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "d")
    rows = await conn.fetch(
        f"update deliveries d set state = 'rejected', evidence = 'taken-over' from {source}, messages m"  # noqa: S608
        " where d.tenant_id = r.tenant_id and d.conversation_id = r.id and d.state = 'ready'"
        f" and m.tenant_id = d.tenant_id and m.id = d.message_id and m.author = 'assistant'{scope}"
        " returning d.tenant_id, d.message_id, d.conversation_id",
        *args,
    )
    if rows:
        failed = [(row["tenant_id"], row["message_id"]) for row in rows]
        source, args = _IDS.source(failed, grouped=tenant_id is None)
        scope = scoped(args, tenant_id, "m")
        await conn.execute(
            "update messages m set status = 'failed', error = '{\"code\": \"taken-over\"}'::jsonb"  # noqa: S608
            f" from {source} where m.tenant_id = r.tenant_id and m.id = r.id{scope}",
            *args,
        )
    return rows


_CONTEXT = Rows(tenant_id="uuid", id="uuid", last_seq="int8")


async def recent_lines(conn: Any, rows: Sequence[Any], count: int, tenant_id: UUID | None) -> list[Any]:
    """The last `count` messages of each conversation up to `last_seq`, newest first within one."""
    source, args = _CONTEXT.source(rows, grouped=tenant_id is None)
    args.append(count)
    limit = len(args)
    scope = scoped(args, tenant_id, "l")
    return await conn.fetch(
        "select r.id as conversation_id, l.seq, l.author, l.type, l.text, coalesce(l.provider_at, l.created_at) as at"  # noqa: S608
        f" from {source} join lateral (select m.tenant_id, m.seq, m.author, m.type, m.text, m.provider_at, m.created_at"
        "   from messages m where m.tenant_id = r.tenant_id and m.conversation_id = r.id and m.seq <= r.last_seq"
        f"   and m.deleted_at is null and m.status <> 'failed' order by m.seq desc limit ${limit}::int4) l on true"
        f" where true{scope} order by r.id, l.seq desc",
        *args,
    )
