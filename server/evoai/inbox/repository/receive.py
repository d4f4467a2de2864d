"""What the message step (group transaction 2) reads, and the contacts it makes. Without a tenant, several tenants' rows
as `system`; with one, each statement names it and none uses what a distributed database refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from evoai.kit.path import SHARDS
from evoai.kit.sql import Rows, Writes, scoped

_LOCK_SPACE = 0x45564F  # a number of our own, so that nobody else's advisory lock is meant


def shard_locks(shards: Iterable[int]) -> str:
    """SQL that waits for the shards' locks in ascending order; they end with the transaction."""
    taken = sorted(shard for shard in shards if 0 <= shard < SHARDS)
    return ";".join(f"select pg_advisory_xact_lock({_LOCK_SPACE}, {shard:d})" for shard in taken)


_LOOK = Rows(
    ord="int4",
    tenant_id="uuid",
    channel_id="uuid",
    provider_message_id="text",
    kind="text",
    value="text",
    answers="bool",
)


async def look_up(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """What is known about events; a row for each of (ord, tenant, channel, provider id, alias' kind and value,
    answers), where id and alias may be null: the message that has the id, and whether updates are parked for it; the
    contact behind the alias with its open conversation on the channel, or else the last one; with `answers`, who
    answers."""
    source, args = _LOOK.source(rows, grouped=tenant_id is None)
    # Each join names the tenant itself, so that a distributed database finds the shard.
    tenant = "r.tenant_id"
    if tenant_id is not None:
        args.append(tenant_id)
        tenant = f"${len(args)}"
    return await conn.fetch(
        "select r.ord, r.provider_message_id, r.kind, r.value,"  # noqa: S608
        " m.id as message_id, m.conversation_id as said_in, m.seq, m.direction, m.status,"
        " r.provider_message_id is not null and exists (select from parked_updates p"
        f"   where p.tenant_id = {tenant} and p.channel_id = r.channel_id"
        "   and p.provider_message_id = r.provider_message_id) as parked,"
        " c.id as contact_id, c.name, c.phone, c.username, c.blocked_at is not null as blocked, c.over_limit,"
        " c.opted_out_at is not null as opted_out, a.gone_at,"
        " c.tags, c.fields, c.facts, v.id as conversation_id, t.updated_at as profile_at,"
        " s.assistant_id, s.version, s.quiet_seconds, s.max_wait_seconds, coalesce(s.enabled, false) as enabled,"
        " s.hours, s.shadow"
        f" from {source}"
        f" left join messages m on m.tenant_id = {tenant} and m.channel_id = r.channel_id"
        "   and m.provider_message_id = r.provider_message_id"
        f" left join contact_aliases a on a.tenant_id = {tenant} and a.kind = r.kind and a.value = r.value"
        " left join contacts c on c.tenant_id = a.tenant_id and c.id = a.contact_id"
        f" left join lateral (select l.id from conversations l where l.tenant_id = {tenant}"
        "   and l.contact_id = a.contact_id and l.channel_id = r.channel_id"
        # An older one may have been reopened by a person.
        "   order by l.state <> 'resolved' desc, l.created_at desc limit 1) v on true"
        f" left join tenants t on t.id = {tenant} and r.answers"
        f" left join responders s on s.tenant_id = {tenant} and r.answers",
        *args,
    )


_ECHO = Rows(ord="int4", tenant_id="uuid", channel_id="uuid", conversation_id="uuid", provider_message_id="text")


async def doubtful_sends(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """For (ord, tenant, channel, conversation, provider id) of an echo: the message that has the id, and the
    conversation's sends whose outcome is not known yet. One snapshot of both, for the sent step may be giving a send
    its id at this moment: whoever reads one after the other may see neither."""
    source, args = _ECHO.source(rows, grouped=tenant_id is None)
    tenant = "r.tenant_id"
    if tenant_id is not None:
        args.append(tenant_id)
        tenant = f"${len(args)}"
    return await conn.fetch(
        "select r.ord, m.id as known_id, m.conversation_id as known_in, m.status as known_status,"  # noqa: S608
        " d.tenant_id, d.id, d.message_id, d.conversation_id, d.body_hash"
        f" from {source}"
        f" left join messages m on m.tenant_id = {tenant} and m.channel_id = r.channel_id"
        "   and m.provider_message_id = r.provider_message_id"
        f" left join deliveries d on d.tenant_id = {tenant} and d.conversation_id = r.conversation_id"
        "   and d.state in ('attempting', 'uncertain')"
        " order by r.ord, d.seq",
        *args,
    )


_NAMED = Rows(ord="int4", tenant_id="uuid", channel_id="uuid", delivery_id="uuid")


async def named_sends(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """For (ord, tenant, channel, delivery) that a receipt or an echo names: the send, and in `known` the id that the
    provider is known to have given it."""
    source, args = _NAMED.source(rows, grouped=tenant_id is None)
    tenant = "r.tenant_id"
    if tenant_id is not None:
        args.append(tenant_id)
        tenant = f"${len(args)}"
    return await conn.fetch(
        "select r.ord, m.id as message_id, m.conversation_id, m.status, m.provider_message_id as known,"  # noqa: S608
        " d.state in ('attempting', 'uncertain') as doubtful"
        f" from {source} join deliveries d on d.tenant_id = {tenant} and d.id = r.delivery_id"
        "   and d.channel_id = r.channel_id"
        f" join messages m on m.tenant_id = {tenant} and m.id = d.message_id",
        *args,
    )


_TENANT = Rows(tenant_id="uuid")


async def profiles(conn: Any, tenants: Sequence[UUID], *, grouped: bool) -> list[Any]:
    """What may be told about each tenant, and whether anything limits its month."""
    source, args = _TENANT.source([(tenant,) for tenant in tenants], grouped=grouped)
    return await conn.fetch(
        "select r.tenant_id, t.updated_at, t.name, t.time_zone, t.language, t.description, t.business_hours,"  # noqa: S608
        " p.assistant_tokens is not null or s.monthly_cents is not null as budgeted"
        f" from {source} join tenants t on t.id = r.tenant_id"
        " left join subscriptions s on s.tenant_id = r.tenant_id left join plans p on p.code = s.plan_code",
        *args,
    )


_IDS = Rows(tenant_id="uuid", id="uuid")


async def lock_conversations(conn: Any, ids: Sequence[tuple[UUID, UUID]], tenant_id: UUID | None) -> list[Any]:
    """Lock conversations in the order of their ids, as every other step does, and read them fresh, with their
    contacts."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    tenant = "r.tenant_id"
    if tenant_id is not None:
        args.append(tenant_id)
        tenant = f"${len(args)}"
    return await conn.fetch(
        "select v.tenant_id, v.id, v.channel_id, v.contact_id, v.state, v.seq, v.last_in_seq, v.fence,"  # noqa: S608
        " v.lease_owner, v.lease_until > now() as leased, v.unread_count, v.resolved_at, v.address, v.last_in_at,"
        " case when v.answers_since > now() - interval '1 hour' then v.answers else 0 end as answers,"
        " v.summary, v.summary_seq,"
        " v.satisfaction is null and v.satisfaction_asked_at > now() - interval '24 hours' as rating_due,"
        " c.name, c.phone, c.username, c.blocked_at is not null as blocked, c.over_limit,"
        " c.opted_out_at is not null as opted_out, c.tags, c.fields, c.facts"
        f" from {source} join conversations v on v.tenant_id = {tenant} and v.id = r.id"
        f" join contacts c on c.tenant_id = {tenant} and c.id = v.contact_id order by v.id for update of v",
        *args,
    )


_CONTACT = Rows(
    tenant_id="uuid",
    id="uuid",
    name="text",
    phone="text",
    username="text",
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


_WORD = Rows(tenant_id="uuid", id="uuid", contact_id="uuid", word="text")


async def insert_contacts(
    conn: Any, contacts: Sequence[Any], words: Sequence[Any], aliases: Sequence[Any], *, grouped: bool
) -> int:
    """How many aliases were new, or had been left by their contact; fewer than asked means that somebody else made the
    contact at the same time."""
    writes = Writes()
    if contacts:
        writes.add(*_CONTACT.insert("contacts", contacts, grouped=grouped))
    if words:
        add_words(writes, words, grouped=grouped)
    writes.add(
        *_ALIAS.insert(
            "contact_aliases as a",
            aliases,
            grouped=grouped,
            then="on conflict (tenant_id, kind, value) do update set contact_id = excluded.contact_id,"
            " address = excluded.address, created_at = excluded.created_at, gone_at = null"
            " where a.gone_at is not null returning a.id",
        )
    )
    return len(await writes.run(conn, grouped=grouped))


def add_words(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    writes.add(*_WORD.insert("contact_words", rows, grouped=grouped, then="on conflict do nothing"))


_LEFT = Rows(tenant_id="uuid", kind="text", value="text", at="timestamptz")


def leave_aliases(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """Note since when aliases are their contact's no more."""
    source, args = _LEFT.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "a")
    writes.add(
        f"update contact_aliases a set gone_at = r.at from {source}"  # noqa: S608
        f" where a.tenant_id = r.tenant_id and a.kind = r.kind and a.value = r.value{scope}",
        args,
    )


_LEARNED = Rows(tenant_id="uuid", id="uuid", name="text", username="text", phone="text", wish="text", at="timestamptz")


def update_contacts(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """What was learned of known contacts; a name goes to one without only. `wish` is 'out', 'in' or null."""
    source, args = _LEARNED.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "c")
    writes.add(
        "update contacts c set name = case when c.name = '' then r.name else c.name end,"  # noqa: S608
        " username = coalesce(r.username, c.username), phone = coalesce(r.phone, c.phone),"
        " opted_out_at = case r.wish when 'out' then r.at when 'in' then null else c.opted_out_at end,"
        f" updated_at = r.at from {source} where c.tenant_id = r.tenant_id and c.id = r.id{scope}",
        args,
    )


_CONSENT = Rows(
    tenant_id="uuid", id="uuid", contact_id="uuid", wish="text", message_id="uuid", text="text", at="timestamptz"
)


def insert_consents(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    writes.add(*_CONSENT.insert("consents", rows, grouped=grouped))
