"""What a batch learned of contacts becomes rows: names, numbers, wishes to be left alone with our confirmation, and who
of them are one person."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

import msgspec

from evoai.inbox.events import contact_updated
from evoai.inbox.repository import receive as sql
from evoai.inbox.service import search
from evoai.inbox.service.batch import Batch
from evoai.inbox.service.consent import NOTICE
from evoai.inbox.service.intake import Intake, body_hash
from evoai.inbox.service.views import ContactView, ConversationView, Notice
from evoai.kit.db import new_id
from evoai.kit.outbox import enqueue_in_group
from evoai.kit.sql import Writes

PAIRED = "inbox.paired"
"""The topic under which the tray hears of two contacts that are one person."""
MOVED = "inbox.moved"
"""And of one that is reached elsewhere."""
_PAIR_AGAIN = 60.0


async def keep_contacts(batch: Batch, conn: Any, writes: Writes, intake: Intake) -> None:
    """What became known of contacts, and which of them are one person. Their rows are changed behind the
    conversations' locks, as everywhere."""
    grouped, now = batch.grouped, intake.now
    found = {view.id: view for view in intake.contacts.values() if view.touched}
    views = [found[one] for one in sorted(found)]
    if views:
        sql.update_contacts(writes, [_learned(view, now) for view in views], grouped=grouped)
        sql.add_words(writes, [row for view in views for row in word_rows(view)], grouped=grouped)
        batch.facts.extend(contact_updated(view.tenant_id, view.id) for view in views)
    if intake.left:
        sql.leave_aliases(writes, [(tenant, *alias, at) for tenant, alias, at in intake.left], grouped=grouped)
    if intake.wishes:
        rows = [(w.tenant_id, new_id(), w.contact_id, w.wish, w.message_id, w.text, w.at) for w in intake.wishes]
        sql.insert_consents(writes, rows, grouped=grouped)
    kept, clock = batch.kept.paired, monotonic()
    for key, pair in intake.pairs.items():
        if kept.get(key, 0.0) < clock - _PAIR_AGAIN:
            payload = {
                "first": str(pair.first),
                "second": str(pair.second),
                "kind": pair.alias[0],
                "value": pair.alias[1],
                "sure": pair.sure,
            }
            entry_id = await enqueue_in_group(conn, pair.tenant_id, PAIRED, payload)
            batch.entries.append((pair.tenant_id, entry_id))
            batch.paired.append(key)
    for moved in intake.moved:
        payload = {
            "contact": str(moved.contact_id),
            "left": moved.left,
            "now": moved.now,
            "address": moved.address,
            "phone": moved.phone,
        }
        entry_id = await enqueue_in_group(conn, moved.tenant_id, MOVED, payload)
        batch.entries.append((moved.tenant_id, entry_id))


def _learned(view: ContactView, now: datetime) -> tuple[Any, ...]:
    phone = view.phone if any(kind == "phone" for kind, _ in view.aliases) else None
    return (view.tenant_id, view.id, view.name, view.username, phone, view.wished, now)


def word_rows(view: ContactView) -> list[tuple[Any, ...]]:
    """What a contact is found by, as far as this batch tells."""
    numbers = [value for kind, value in view.aliases if kind == "phone"]
    words = search.words_of(view.name, numbers, view.username)
    return [(view.tenant_id, new_id(), view.id, word) for word in words]


def notice_row(view: ConversationView, notice: Notice, now: datetime) -> tuple[Any, ...]:
    said = "system", "text", notice.text, None, msgspec.json.encode({NOTICE: f"opted-{notice.wish}"}).decode()
    return (
        view.tenant_id,
        notice.id,
        view.id,
        view.channel_id,
        notice.seq,
        "out",
        *said,
        None,
        None,
        "queued",
        None,
        now,
    )


def notice_delivery(view: ConversationView, notice: Notice, now: datetime) -> tuple[Any, ...]:
    ids = view.tenant_id, new_id(), notice.id, view.id, view.channel_id
    return (*ids, notice.seq, body_hash(notice.text), "ready", now, 0, None, now)
