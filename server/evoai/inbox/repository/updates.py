"""What happens to a message after it is stored: ticks, edits, deletions, reactions, votes; and those that came too
early."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from evoai.kit.db import new_id
from evoai.kit.sql import Rows, Writes, scoped

RANKS = ("queued", "uncertain", "sent", "failed", "delivered", "read")
"""The status of an outgoing message moves to the right only."""

OURS = ("phone", "agent", "assistant")
"""The authors that are one person at the provider."""
DOUBTFUL = ("queued", "uncertain")
"""While its send has no outcome."""
_RANKS_SQL = "array['queued', 'uncertain', 'sent', 'failed', 'delivered', 'read']"
_TICK = Rows(tenant_id="uuid", id="uuid", status="text", error="jsonb")
Tick = tuple[UUID, UUID, str, str | None]
"""Tenant, message, status, error as JSON text."""


def rises(now: str, to: str) -> bool:
    """Whether a tick `to` would change an outgoing message whose status is `now`."""
    return now in RANKS and RANKS.index(to) > RANKS.index(now)


def tick(writes: Writes, rows: Sequence[Tick], *, grouped: bool) -> None:
    """Raise the status of outgoing messages."""
    best: dict[UUID, Tick] = {}
    for row in rows:
        if row[1] not in best or rises(best[row[1]][2], row[2]):
            best[row[1]] = row
    source, args = _TICK.source(list(best.values()), grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "m")
    writes.add(
        "update messages m set status = r.status, error = coalesce(r.error, m.error)"  # noqa: S608
        f" from {source} where m.tenant_id = r.tenant_id and m.id = r.id and m.direction = 'out'"
        f" and array_position({_RANKS_SQL}, r.status) > array_position({_RANKS_SQL}, m.status){scope}",
        args,
    )


_PROOF = Rows(tenant_id="uuid", message_id="uuid", provider_id="text", evidence="text")
Proof = tuple[UUID, UUID, str | None, str]
"""Tenant, message, the provider's id if it was learned, and what proves that the message was sent."""


def settle_doubtful(writes: Writes, rows: Sequence[Proof], state: str, *, grouped: bool) -> None:
    """Settle doubtful sends that are proved to have arrived ('sent'), or not ('rejected'); what is settled already
    stays as it is."""
    source, args = _PROOF.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "d")
    writes.add(
        f"update deliveries d set state = '{state}', provider_ref = coalesce(r.provider_id, d.provider_ref),"  # noqa: S608
        f" evidence = r.evidence from {source} where d.tenant_id = r.tenant_id and d.message_id = r.message_id"
        f" and d.state in ('attempting', 'uncertain'){scope}",
        args,
    )


def name_sent(writes: Writes, rows: Sequence[Proof], *, grouped: bool) -> None:
    """Give the messages of proved sends their provider's id, and the status that goes with it."""
    source, args = _PROOF.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "m")
    writes.add(
        "update messages m set provider_message_id = coalesce(m.provider_message_id, r.provider_id),"  # noqa: S608
        " status = case when m.status in ('queued', 'uncertain') then 'sent' else m.status end"
        f" from {source} where m.tenant_id = r.tenant_id and m.id = r.message_id{scope}",
        args,
    )


async def edit(conn: Any, tenant_id: UUID, message_id: UUID, text: str, at: datetime) -> None:
    await conn.execute(
        "update messages set text = $3, edited_at = $4 where tenant_id = $1 and id = $2 and deleted_at is null",
        tenant_id,
        message_id,
        text,
        at,
    )


async def delete(conn: Any, tenant_id: UUID, message_id: UUID, at: datetime) -> None:
    """The sender took it back: what it said goes, and that it was edited, which may be heard of too late; that it was
    there stays."""
    await conn.execute(
        "update messages set deleted_at = $3, edited_at = null, text = null, media_id = null, transcript = null,"
        " extra = null"
        " where tenant_id = $1 and id = $2 and deleted_at is null",
        tenant_id,
        message_id,
        at,
    )


async def count_votes(conn: Any, tenant_id: UUID, message_id: UUID, votes: dict[str, int]) -> None:
    """How a poll stands now."""
    await conn.execute(
        "update messages set extra = coalesce(extra, '{}'::jsonb) || jsonb_build_object('votes', $3::jsonb)"
        " where tenant_id = $1 and id = $2 and deleted_at is null",
        tenant_id,
        message_id,
        json.dumps(votes),
    )


async def react(conn: Any, tenant_id: UUID, message_id: UUID, author: str, emoji: str) -> None:
    """Set or, with an empty emoji, remove an author's reaction. All of ours are one person's, who has one."""
    await conn.execute(
        "update messages set reactions = (coalesce(reactions, '{}'::jsonb) - $3::text[])"
        " || case when $5 = '' then '{}'::jsonb else jsonb_build_object($4::text, $5::text) end"
        " where tenant_id = $1 and id = $2",
        tenant_id,
        message_id,
        ["contact"] if author == "contact" else list(OURS),
        author,
        emoji,
    )


_PARKED = Rows(
    tenant_id="uuid",
    id="uuid",
    channel_id="uuid",
    provider_message_id="text",
    change="jsonb",
    created_at="timestamptz",
)


async def park(
    conn: Any, rows: Sequence[tuple[UUID, UUID, str, dict[str, Any]]], at: datetime, *, grouped: bool
) -> None:
    """Keep (tenant, channel, provider id, update) until the message comes."""
    full = [(tenant, new_id(), channel, pid, json.dumps(update), at) for tenant, channel, pid, update in rows]
    sql, args = _PARKED.insert("parked_updates", full, grouped=grouped)
    await conn.execute(sql, *args)


_OWED = Rows(tenant_id="uuid", channel_id="uuid", provider_message_id="text")


async def unpark(
    conn: Any, rows: Sequence[tuple[UUID, UUID, str]], *, grouped: bool
) -> list[tuple[UUID, UUID, str, dict[str, Any]]]:
    """Take out what was parked for (tenant, channel, provider id), oldest first."""
    source, args = _OWED.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "p")
    found = await conn.fetch(
        f"delete from parked_updates p using {source} where p.tenant_id = r.tenant_id"  # noqa: S608
        f" and p.channel_id = r.channel_id and p.provider_message_id = r.provider_message_id{scope}"
        " returning p.tenant_id, p.channel_id, p.provider_message_id, p.change, p.id",
        *args,
    )
    return [
        (row["tenant_id"], row["channel_id"], row["provider_message_id"], json.loads(row["change"]))
        for row in sorted(found, key=lambda row: row["id"])
    ]


class Found(NamedTuple):
    """A change with the message that it is about, as it was when it was found."""

    tenant_id: UUID
    message_id: UUID
    conversation_id: UUID
    status: str
    what: dict[str, Any]


Told = tuple[str, UUID, UUID, UUID]
"""A fact: its name, tenant, message, conversation."""


async def apply(conn: Any, writes: Writes, found: Sequence[Found], at: datetime, *, grouped: bool) -> list[Told]:
    """Apply changes in order, ticks by `writes`; the facts to tell. A tick also proves that the send arrived."""
    ticks: list[Tick] = []
    proofs: list[Proof] = []
    refusals: list[Proof] = []
    told: dict[UUID, Told] = {}
    for change in found:
        tenant_id, message_id, what = change.tenant_id, change.message_id, change.what
        name = "message.updated"
        if what["kind"] == "edit":
            await edit(conn, tenant_id, message_id, what["text"], at)
        elif what["kind"] == "deletion":
            await delete(conn, tenant_id, message_id, at)
        elif what["kind"] == "reaction":
            await react(conn, tenant_id, message_id, what["author"], what["emoji"])
        elif what["kind"] == "votes":
            await count_votes(conn, tenant_id, message_id, what["votes"])
        elif rises(change.status, what["status"]):
            name, failed = "message.status", what["status"] == "failed"
            error = None
            if failed:
                error = json.dumps({"code": what["reason"] or "not-delivered", "detail": what.get("detail")})
            ticks.append((tenant_id, message_id, what["status"], error))
            if change.status in DOUBTFUL:
                (refusals if failed else proofs).append((tenant_id, message_id, None, "receipt"))
        else:
            continue
        told[message_id] = (name, tenant_id, message_id, change.conversation_id)
    if ticks:
        tick(writes, ticks, grouped=grouped)
    if proofs:
        settle_doubtful(writes, list(dict.fromkeys(proofs)), "sent", grouped=grouped)
    if refusals:
        settle_doubtful(writes, list(dict.fromkeys(refusals)), "rejected", grouped=grouped)
    return list(told.values())
