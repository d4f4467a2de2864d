"""The message step's writing: what a batch decided becomes rows, in the batch's transaction."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from evoai.channels.service import stored
from evoai.inbox.events import conversation_event, message_event
from evoai.inbox.repository import answers, updates
from evoai.inbox.repository import store as sql
from evoai.inbox.service.batch import Batch, Change
from evoai.inbox.service.intake import Intake
from evoai.inbox.service.learn import keep_contacts, notice_delivery, notice_row
from evoai.inbox.service.turns import Known, Line, line_of, open_turn
from evoai.inbox.service.views import ConversationView, NewMessage
from evoai.kit.db import new_id
from evoai.kit.path import OpenTurn
from evoai.kit.sql import Writes


async def store(batch: Batch, conn: Any, intake: Intake, marks: Sequence[stored.Mark]) -> list[OpenTurn]:
    """In two round trips where nothing rare happens: first what others point at, then what follows from it."""
    views = list(intake.in_order())
    await _end_turns(batch, conn, views)
    opened = await _add(batch, conn, intake, views)
    writes = Writes()
    await _apply_changes(batch, conn, writes, intake.now)
    opened |= await _renew(batch, conn, intake, opened)
    # One that waits for files is taken up again by whoever has the last of them, or by the sweep.
    waiting = {id_ for id_, row in opened.items() if row["waits_until"] is not None and row["waits_until"] > intake.now}
    for view in intake.conversations.values():
        if view.id in opened:
            view.fence += 1
            view.touched = True
    views = list(intake.in_order())
    if views:
        rows = [_conversation_change(batch, view, opened.keys(), waiting, intake.now) for view in views]
        sql.update_conversations(writes, rows, grouped=batch.grouped)
    stored.mark(writes, marks, grouped=batch.grouped)
    await keep_contacts(batch, conn, writes, intake)
    mine = [view for view in views if view.id in opened and view.id not in waiting]
    if mine:
        wanted = [(view.tenant_id, view.id, opened[view.id]["first_in_seq"], view.seq) for view in mine]
        sql.recent_lines(writes, wanted, batch.tenant_id)
    found = await writes.run(conn, grouped=batch.grouped)
    _tell(batch, views, opened, waiting)
    return await _turns(batch, conn, intake, mine, opened, found) if mine else []


async def _end_turns(batch: Batch, conn: Any, views: Sequence[ConversationView]) -> None:
    """Where people take over, or are asked to, nothing of the assistant's goes on."""
    for because, ended in (
        ("taken-over", [(view.tenant_id, view.id) for view in views if view.taken_over]),
        ("opted-out", [(view.tenant_id, view.id) for view in views if view.hushed and not view.new]),
    ):
        if ended:
            await sql.close_turns(conn, ended, because, batch.tenant_id)
            for row in await sql.withdraw_deliveries(conn, ended, because, batch.tenant_id):
                batch.facts.append(
                    message_event("message.status", row["tenant_id"], row["message_id"], row["conversation_id"])
                )
    queued = [(view.tenant_id, view.id) for view in views if view.handoff == "set" and not view.new]
    if queued:
        await sql.close_turns(conn, queued, "handed-over", batch.tenant_id)


async def _add(batch: Batch, conn: Any, intake: Intake, views: Sequence[ConversationView]) -> dict[UUID, Any]:
    """New conversations and messages, proofs of doubtful sends, and turns; the turns opened, by conversation."""
    grouped, writes = batch.grouped, Writes()
    new = [_conversation_row(view, intake.now) for view in views if view.new]
    if new:
        sql.insert_conversations(writes, new, grouped=grouped)
    files = [_media_row(view, message) for view in views for message in view.messages if message.media_id is not None]
    if files:
        sql.insert_media(writes, files, grouped=grouped)
        batch.files.extend((row[0], row[1]) for row in files if row[10] == "waiting")
    messages = [_message_row(view, message) for view in views for message in view.messages]
    notices = [(view, notice) for view in views for notice in view.notices]
    messages += [notice_row(view, notice, intake.now) for view, notice in notices]
    if messages:
        sql.insert_messages(writes, messages, grouped=grouped)
    if notices:
        rows = [notice_delivery(view, notice, intake.now) for view, notice in notices]
        answers.insert_deliveries(writes, rows, grouped=grouped)
        batch.proved.update((view.tenant_id, view.id) for view, _ in notices)
    if intake.settled:
        proofs = [(row["tenant_id"], row["message_id"], provider_id, "echo") for row, provider_id in intake.settled]
        updates.name_sent(writes, proofs, grouped=grouped)
        updates.settle_doubtful(writes, proofs, "sent", grouped=grouped)
        for row, _ in intake.settled:
            ids = row["tenant_id"], row["message_id"], row["conversation_id"]
            batch.facts.append(message_event("message.sent", *ids))
            batch.proved.add((ids[0], ids[2]))
    if intake.named:
        # What the receipt says of them is applied after this, as to any message.
        named = [(tenant, message, provider_id, "receipt") for message, (tenant, provider_id) in intake.named.items()]
        updates.name_sent(writes, named, grouped=grouped)
    wait = timedelta(seconds=batch.resources.timers.media_wait)
    turns = [_turn_row(intake, view, wait) for view in views if view.first_in_seq is not None]
    if turns:
        sql.open_turns(writes, turns, grouped=grouped)
    rows = await writes.run(conn, grouped=grouped)
    return {row["conversation_id"]: row for row in rows} if turns else {}


async def _renew(batch: Batch, conn: Any, intake: Intake, opened: dict[UUID, Any]) -> dict[UUID, Any]:
    """Turns whose waiting messages were edited or deleted begin anew: the answer is to what stands there now."""
    views = {view.id: view for view in intake.conversations.values() if view.state == "bot" and view.id not in opened}
    rows: dict[UUID, tuple[Any, ...]] = {}
    for known in batch.known.values():
        view = None if known.waits is None or known.conversation_id is None else views.get(known.conversation_id)
        if view is not None and view.tenant_id in intake.responders:
            quiet = timedelta(seconds=intake.responders[view.tenant_id].quiet)
            rows[view.id] = (view.tenant_id, view.id, known.waits, intake.now, intake.now + quiet)
    if not rows:
        return {}
    renewed = await sql.renew_turns(conn, list(rows.values()), batch.tenant_id)
    return {row["conversation_id"]: row for row in renewed}


def _conversation_change(
    batch: Batch, view: ConversationView, opened: Set[UUID], waiting: Set[UUID], now: datetime
) -> tuple[Any, ...]:
    """Turns that are `opened` go on in this process; those among them that are `waiting` are nobody's meanwhile."""
    lease, owner, until = "keep" if view.state == "bot" and not view.hushed else "end", None, None
    if view.id in waiting:
        lease = "end"
    elif view.id in opened:
        lease, owner = "take", batch.resources.process
        until = now + timedelta(seconds=batch.resources.timers.lease)
    return (
        view.tenant_id,
        view.id,
        view.state,
        view.seq,
        view.last_in_seq,
        view.fence,
        owner,
        lease,
        until,
        view.unread,
        view.last_message_id,
        view.handoff_reason,
        view.handoff,
        view.address,
        view.rating,
        now,
        view.last_in_at,
    )


def _tell(batch: Batch, views: Sequence[ConversationView], opened: dict[UUID, Any], waiting: Set[UUID]) -> None:
    for view in views:
        for message in view.messages:
            name = "message.received" if message.direction == "in" else "message.sent"
            batch.facts.append(message_event(name, view.tenant_id, message.id, view.id))
            if message.direction == "in":
                batch.facts.append(message_event("message.processed", view.tenant_id, message.id, view.id))
        for notice in view.notices:
            batch.facts.append(message_event("message.queued", view.tenant_id, notice.id, view.id))
        batch.facts.append(conversation_event("conversation.updated", view.tenant_id, view.id))
        if view.handoff == "set":
            batch.facts.append(conversation_event("handoff.requested", view.tenant_id, view.id))
        superseded = view.id in waiting or (view.leased_by_other and view.id in opened)
        if superseded or view.taken_over or view.hushed or view.handoff == "set":
            batch.fences.append((view.id, view.fence))


async def _turns(
    batch: Batch,
    conn: Any,
    intake: Intake,
    views: Sequence[ConversationView],
    opened: dict[UUID, Any],
    found: Sequence[Any],
) -> list[OpenTurn]:
    """The turns to run, with their lines. One whose messages were all taken back has nothing to answer and ends."""
    lines: dict[UUID, list[Line]] = {}
    for row in found:
        lines.setdefault(row["conversation_id"], []).append(line_of(row))
    turns: list[OpenTurn] = []
    withdrawn: list[tuple[UUID, UUID]] = []
    for view in views:
        turn, said = opened[view.id], lines.get(view.id, [])
        if not any(line.author == "contact" and line.seq >= turn["first_in_seq"] for line in said):
            withdrawn.append((view.tenant_id, view.id))
            batch.fences.append((view.id, view.fence))
            continue
        turns.append(
            open_turn(
                view.tenant_id,
                view.channel_id,
                turn,
                view.fence,
                (turn["due_at"] - intake.now).total_seconds(),
                view.contact.name,
                view.contact.phone,
                view.address,
                intake.responders[view.tenant_id],
                said,
                view.answers,
                view.contact.known or Known(contact_id=view.contact.id),
                view.summary,
                view.heard,
            )
        )
    if withdrawn:
        await sql.close_turns(conn, withdrawn, "withdrawn", batch.tenant_id)
    return turns


async def _apply_changes(batch: Batch, conn: Any, writes: Writes, now: datetime) -> None:
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
        if known is None or known.message_id is None or known.conversation_id is None:
            parked.append((change.tenant_id, change.channel_id, change.provider_id, change.what))
            continue
        status = known.status or ""
        found.append(updates.Found(change.tenant_id, known.message_id, known.conversation_id, status, change.what))
        if change.what["kind"] == "tick" and status in updates.DOUBTFUL:
            batch.proved.add((change.tenant_id, known.conversation_id))
    if parked:
        await updates.park(conn, parked, now, grouped=batch.grouped)
    for told in await updates.apply(conn, writes, found, now, grouped=batch.grouped):
        batch.facts.append(message_event(*told))


def _turn_row(intake: Intake, view: ConversationView, wait: timedelta) -> tuple[Any, ...]:
    responder, now = intake.responders[view.tenant_id], intake.now
    quiet, longest = timedelta(seconds=responder.quiet), timedelta(seconds=responder.max_wait)
    return (
        view.tenant_id,
        new_id(),
        view.id,
        view.first_in_seq,
        view.last_in_seq,
        now,
        now + quiet,
        now + longest,
        now + wait if view.waits else None,
    )


def _conversation_row(view: ConversationView, now: datetime) -> tuple[Any, ...]:
    return (view.tenant_id, view.id, view.channel_id, view.contact.id, view.state, view.address, now, now, now)


def _media_row(view: ConversationView, message: NewMessage) -> tuple[Any, ...]:
    media, history = message.inbound.content.media, message.inbound.history
    assert media is not None
    return (
        view.tenant_id,
        message.media_id,
        view.channel_id,
        media.kind,
        media.mime_type,
        media.size,
        media.name,
        media.seconds,
        media.voice,
        msgspec.json.encode(media.reference).decode(),
        # A phone's whole past is not fetched file by file; a person may ask for one.
        "failed" if history else "waiting",
        "from-history" if history else None,
        message.created_at,
        message.created_at,
    )


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
        message.media_id,
        msgspec.json.encode(content.extra).decode() if content.extra is not None else None,
        message.inbound.provider_message_id,
        message.inbound.quoted_id or message.inbound.target_id,
        message.status,
        message.inbound.at,
        message.created_at,
    )
