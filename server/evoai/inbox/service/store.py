"""The message step's writing: what a batch decided becomes rows, in the batch's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from evoai.inbox.events import conversation_event, message_event
from evoai.inbox.repository import receive as sql
from evoai.inbox.repository import updates
from evoai.inbox.service.batch import Batch, Change
from evoai.inbox.service.intake import ConversationView, Intake, NewMessage
from evoai.inbox.service.turns import Line, line_of, open_turn
from evoai.kit.db import new_id
from evoai.kit.path import OpenTurn

LINES = 30
"""Messages of the conversation handed to a turn at most; the answerer cuts them to its budget."""


async def store(batch: Batch, conn: Any, intake: Intake) -> list[OpenTurn]:
    grouped, views = batch.grouped, list(intake.in_order())
    await _settle_echoes(batch, conn, intake)
    if not views:
        return []
    new = [view for view in views if view.new]
    if new:
        await sql.insert_conversations(conn, [_conversation_row(view, intake.now) for view in new], grouped=grouped)
    messages = [_message_row(view, message) for view in views for message in view.messages]
    if messages:
        await sql.insert_messages(conn, messages, grouped=grouped)
    taken = [(view.tenant_id, view.id) for view in views if view.taken_over]
    if taken:
        await sql.close_turns(conn, taken, "taken-over", batch.tenant_id)
        for row in await sql.withdraw_deliveries(conn, taken, batch.tenant_id):
            batch.facts.append(
                message_event("message.status", row["tenant_id"], row["message_id"], row["conversation_id"])
            )
    queued = [(view.tenant_id, view.id) for view in views if view.handoff == "set"]
    if queued:
        await sql.close_turns(conn, queued, "handed-over", batch.tenant_id)
    opened = await _open_turns(batch, conn, intake, views)
    await sql.update_conversations(
        conn, [_conversation_change(batch, view, opened, intake.now) for view in views], grouped=grouped
    )
    _tell(batch, views, opened)
    return await _turns(batch, conn, intake, views, opened)


async def _open_turns(batch: Batch, conn: Any, intake: Intake, views: Sequence[ConversationView]) -> dict[UUID, Any]:
    rows: list[Any] = []
    for view in views:
        if view.first_in_seq is None:
            continue
        responder = intake.responders[view.tenant_id]
        quiet, longest = timedelta(seconds=responder.quiet), timedelta(seconds=responder.max_wait)
        rows.append(
            (
                view.tenant_id,
                new_id(),
                view.id,
                view.first_in_seq,
                view.last_in_seq,
                intake.now,
                intake.now + quiet,
                intake.now + longest,
            )
        )
    if not rows:
        return {}
    opened = {row["conversation_id"]: row for row in await sql.open_turns(conn, rows, grouped=batch.grouped)}
    for view in views:
        if view.id in opened:
            view.fence += 1
    return opened


def _conversation_change(
    batch: Batch, view: ConversationView, opened: dict[UUID, Any], now: datetime
) -> tuple[Any, ...]:
    lease = batch.resources.timers.lease if view.id in opened else 0.0 if view.state != "bot" else None
    return (
        view.tenant_id,
        view.id,
        view.state,
        view.seq,
        view.last_in_seq,
        view.fence,
        batch.resources.process if view.id in opened else None,
        lease,
        view.unread,
        view.last_message_id,
        view.handoff_reason,
        view.handoff,
        view.address,
        now,
    )


def _tell(batch: Batch, views: Sequence[ConversationView], opened: dict[UUID, Any]) -> None:
    for view in views:
        for message in view.messages:
            name = "message.received" if message.direction == "in" else "message.sent"
            batch.facts.append(message_event(name, view.tenant_id, message.id, view.id))
            if message.direction == "in":
                batch.facts.append(message_event("message.processed", view.tenant_id, message.id, view.id))
        batch.facts.append(conversation_event("conversation.updated", view.tenant_id, view.id))
        if view.handoff == "set":
            batch.facts.append(conversation_event("handoff.requested", view.tenant_id, view.id))
        superseded = view.leased_by_other and view.id in opened
        if superseded or view.taken_over or view.handoff == "set":
            batch.fences.append((view.id, view.fence))


async def _turns(
    batch: Batch, conn: Any, intake: Intake, views: Sequence[ConversationView], opened: dict[UUID, Any]
) -> list[OpenTurn]:
    mine = [view for view in views if view.id in opened]
    if not mine:
        return []
    lines: dict[UUID, list[Line]] = {}
    wanted = [(view.tenant_id, view.id, view.seq) for view in mine]
    for row in await sql.recent_lines(conn, wanted, LINES, batch.tenant_id):
        lines.setdefault(row["conversation_id"], []).append(line_of(row))
    return [
        open_turn(
            view.tenant_id,
            view.channel_id,
            opened[view.id],
            view.fence,
            (opened[view.id]["due_at"] - intake.now).total_seconds(),
            view.contact.name,
            view.contact.phone,
            view.address,
            intake.responders[view.tenant_id],
            lines.get(view.id, []),
        )
        for view in mine
    ]


async def _settle_echoes(batch: Batch, conn: Any, intake: Intake) -> None:
    for row, provider_id in intake.settled:
        if await updates.prove_sent(conn, row["tenant_id"], row["id"], row["message_id"], provider_id, "echo"):
            batch.facts.append(
                message_event("message.sent", row["tenant_id"], row["message_id"], row["conversation_id"])
            )
            batch.proved.add((row["tenant_id"], row["conversation_id"]))


async def apply_changes(batch: Batch, conn: Any, now: datetime) -> None:
    """Apply changes to their messages, those that were parked for this batch's messages first; park the rest."""
    owed = [
        (known.tenant_id, *key) for key, known in batch.known.items() if known.parked and known.message_id is not None
    ]
    if owed:
        early = await updates.unpark(conn, owed, grouped=batch.grouped)
        batch.changes[:0] = [Change(*row) for row in early]
    if not batch.changes:
        return
    parked: list[tuple[UUID, UUID, str, dict[str, Any]]] = []
    found: list[updates.Found] = []
    for change in batch.changes:
        known = batch.known.get((change.channel_id, change.provider_id))
        if known is None or known.message_id is None:
            parked.append((change.tenant_id, change.channel_id, change.provider_id, change.what))
        else:
            found.append((change.tenant_id, known.message_id, change.what))
    if parked:
        await updates.park(conn, parked, now, grouped=batch.grouped)
    if found:
        for name, tenant_id, message_id, conversation_id in await updates.apply(
            conn, found, now, grouped=batch.grouped
        ):
            batch.facts.append(message_event(name, tenant_id, message_id, conversation_id))


def _conversation_row(view: ConversationView, now: datetime) -> tuple[Any, ...]:
    return (view.tenant_id, view.id, view.channel_id, view.contact.id, view.state, view.address, now, now, now)


def _message_row(view: ConversationView, message: NewMessage) -> tuple[Any, ...]:
    content = message.inbound.content
    return (
        view.tenant_id,
        message.id,
        view.id,
        view.channel_id,
        message.seq,
        message.direction,
        message.author,
        content.type,
        content.text,
        msgspec.json.encode(content.media).decode() if content.media is not None else None,
        msgspec.json.encode(content.extra).decode() if content.extra is not None else None,
        message.inbound.provider_message_id,
        message.inbound.quoted_id or message.inbound.target_id,
        message.status,
        message.inbound.at,
        message.created_at,
    )
