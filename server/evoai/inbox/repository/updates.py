"""What happens to a message after it is stored: ticks, edits, deletions, reactions; and those that came too early."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from evoai.kit.db import new_id
from evoai.kit.sql import Rows

RANKS = ("queued", "uncertain", "sent", "failed", "delivered", "read")
"""The status of an outgoing message moves to the right only."""

_RANKS_SQL = "array['queued', 'uncertain', 'sent', 'failed', 'delivered', 'read']"
_TICK = Rows(tenant_id="uuid", id="uuid", status="text", error="jsonb")


async def tick(conn: Any, rows: Sequence[tuple[UUID, UUID, str, str | None]], *, grouped: bool) -> set[UUID]:
    """Raise the status of outgoing messages; those that changed. `error` is JSON text. A tick also proves that the
    send arrived."""
    best: dict[UUID, tuple[UUID, UUID, str, str | None]] = {}
    for row in rows:
        if row[1] not in best or RANKS.index(row[2]) > RANKS.index(best[row[1]][2]):
            best[row[1]] = row
    source, args = _TICK.source(list(best.values()), grouped=grouped)
    scope = ""
    if not grouped:
        args.append(rows[0][0])
        scope = f" and m.tenant_id = ${len(args)}"
    changed = await conn.fetch(
        "update messages m set status = r.status, error = coalesce(r.error, m.error)"  # noqa: S608
        f" from {source} where m.tenant_id = r.tenant_id and m.id = r.id and m.direction = 'out'"
        f" and array_position({_RANKS_SQL}, r.status) > array_position({_RANKS_SQL}, m.status){scope}"
        " returning m.id",
        *args,
    )
    proved = [row for row in best.values() if row[2] in ("sent", "delivered", "read")]
    if proved:
        source, args = _TICK.source(proved, grouped=grouped)
        scope = ""
        if not grouped:
            args.append(rows[0][0])
            scope = f" and d.tenant_id = ${len(args)}"
        await conn.execute(
            f"update deliveries d set state = 'sent', evidence = 'receipt' from {source}"  # noqa: S608
            " where d.tenant_id = r.tenant_id and d.message_id = r.id and d.state in ('attempting', 'uncertain')"
            f"{scope}",
            *args,
        )
    return {row["id"] for row in changed}


async def edit(conn: Any, tenant_id: UUID, message_id: UUID, text: str, at: datetime) -> None:
    await conn.execute(
        "update messages set text = $3, edited_at = $4 where tenant_id = $1 and id = $2 and deleted_at is null",
        tenant_id,
        message_id,
        text,
        at,
    )


async def delete(conn: Any, tenant_id: UUID, message_id: UUID, at: datetime) -> None:
    """The sender took it back: what it said goes, that it was there stays."""
    await conn.execute(
        "update messages set deleted_at = $3, text = null, media = null, extra = null"
        " where tenant_id = $1 and id = $2 and deleted_at is null",
        tenant_id,
        message_id,
        at,
    )


async def react(conn: Any, tenant_id: UUID, message_id: UUID, author: str, emoji: str) -> None:
    """Set or, with an empty emoji, remove an author's reaction."""
    if emoji:
        await conn.execute(
            "update messages set reactions = coalesce(reactions, '{}'::jsonb) || jsonb_build_object($3::text, $4::text)"
            " where tenant_id = $1 and id = $2",
            tenant_id,
            message_id,
            author,
            emoji,
        )
    else:
        await conn.execute(
            "update messages set reactions = coalesce(reactions, '{}'::jsonb) - $3::text"
            " where tenant_id = $1 and id = $2",
            tenant_id,
            message_id,
            author,
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
    scope = ""
    if not grouped:
        args.append(rows[0][0])
        scope = f" and p.tenant_id = ${len(args)}"
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


Found = tuple[UUID, UUID, dict[str, Any]]
"""Tenant, message, and what happens to it."""


async def apply(
    conn: Any, found: Sequence[Found], at: datetime, *, grouped: bool
) -> list[tuple[str, UUID, UUID, UUID]]:
    """Apply changes in order; the facts to tell: name, tenant, message, conversation."""
    ticks = [
        (tenant_id, message_id, change["status"], json.dumps({"code": change["reason"] or "not-delivered"}))
        if change["status"] == "failed"
        else (tenant_id, message_id, change["status"], None)
        for tenant_id, message_id, change in found
        if change["kind"] == "tick"
    ]
    told: dict[UUID, str] = {}
    if ticks:
        told.update(dict.fromkeys(await tick(conn, ticks, grouped=grouped), "message.status"))
    for tenant_id, message_id, change in found:
        if change["kind"] == "edit":
            await edit(conn, tenant_id, message_id, change["text"], at)
        elif change["kind"] == "deletion":
            await delete(conn, tenant_id, message_id, at)
        elif change["kind"] == "reaction":
            await react(conn, tenant_id, message_id, change["author"], change["emoji"])
        else:
            continue
        told[message_id] = "message.updated"
    if not told:
        return []
    owners = {message_id: tenant_id for tenant_id, message_id, _ in found}
    source, args = _OWNER.source([(owners[message_id], message_id) for message_id in told], grouped=grouped)
    scope = ""
    if not grouped:
        args.append(found[0][0])
        scope = f" and m.tenant_id = ${len(args)}"
    rows = await conn.fetch(
        f"select m.tenant_id, m.id, m.conversation_id from {source}"  # noqa: S608
        f" join messages m on m.tenant_id = r.tenant_id and m.id = r.id{scope}",
        *args,
    )
    return [(told[row["id"]], row["tenant_id"], row["id"], row["conversation_id"]) for row in rows]


_OWNER = Rows(tenant_id="uuid", id="uuid")


async def prove_sent(
    conn: Any, tenant_id: UUID, delivery_id: UUID, message_id: UUID, provider_id: str | None, evidence: str
) -> bool:
    """A doubtful send is proved: whether that was news."""
    proved = await conn.fetchval(
        "update deliveries set state = 'sent', provider_ref = coalesce($3, provider_ref), evidence = $4"
        " where tenant_id = $1 and id = $2 and state in ('attempting', 'uncertain') returning id",
        tenant_id,
        delivery_id,
        provider_id,
        evidence,
    )
    if proved is None:
        return False
    await conn.execute(
        "update messages set provider_message_id = coalesce(provider_message_id, $3),"
        " status = case when status in ('queued', 'uncertain') then 'sent' else status end"
        " where tenant_id = $1 and id = $2",
        tenant_id,
        message_id,
        provider_id,
    )
    return True
