"""The message step's reading: what is stored about a batch's events; and the contacts first heard of in it are made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from evoai.billing import service as billing
from evoai.channels.adapters.incoming import (
    Address,
    ContactName,
    Deletion,
    Edit,
    Inbound,
    NumberChange,
    PollVotes,
    ReadElsewhere,
    Receipt,
)
from evoai.inbox.events import contact_updated
from evoai.inbox.repository import receive as sql
from evoai.inbox.service.batch import Batch, Item, Known
from evoai.inbox.service.identity import aliases_of
from evoai.inbox.service.intake import Intake
from evoai.inbox.service.learn import word_rows
from evoai.inbox.service.turns import Business, Summary, known_of
from evoai.inbox.service.views import ContactView, ConversationView, ResponderView
from evoai.kit.db import new_id


class Raced(Exception):
    """Somebody else made the same contact at the same time; the batch reads again."""


async def gather(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> None:
    """Lock order: shards (held), contact quotas, conversations. What is about stored messages alone, as receipts and
    the echoes of our own sends are, is looked up, and locks nothing."""
    wanted = await _look_up(batch, conn, intake, items)
    await _add_contacts(batch, conn, intake, items)
    if wanted:
        await _read_conversations(batch, conn, intake, sorted(wanted, key=lambda pair: pair[1]))
    await _read_doubtful(batch, conn, intake, items)
    await _read_named(batch, conn, intake, items)


async def _look_up(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> set[tuple[UUID, UUID]]:
    """Read messages, contacts and responders; the conversations that the batch will change."""
    asked: list[tuple[Any, ...]] = []
    for place, item in enumerate(items):
        aliases = [alias for address in _addresses(item.parsed) for alias in aliases_of(address)]
        answers = isinstance(item.parsed, Inbound | Edit | Deletion)
        for provider_id, alias in zip_longest(_provider_ids(item.parsed), aliases):
            event, (kind, value) = item.event, alias or (None, None)
            asked.append((place, event.tenant_id, event.channel_id, provider_id, kind, value, answers))
    if not asked:
        return set()
    views: dict[UUID, ContactView] = {}
    chats: list[tuple[Item, UUID]] = []
    wanted: set[tuple[UUID, UUID]] = set()
    responders: dict[UUID, Any] = {}
    for row in await sql.look_up(conn, asked, batch.tenant_id):
        place: int = row["ord"]
        item = items[place]
        event = item.event
        if row["provider_message_id"] is not None:
            said_in = _know(batch, item, row)
            if said_in is not None:
                wanted.add((event.tenant_id, said_in))
        if row["contact_id"] is not None:
            view = views.get(row["contact_id"])
            if view is None:
                view = views[row["contact_id"]] = _contact(event.tenant_id, row)
            key = (event.tenant_id, (row["kind"], row["value"]))
            intake.contacts[key] = view
            if row["gone_at"] is not None:
                intake.gone[key] = row["gone_at"]
        if row["conversation_id"] is not None and isinstance(item.parsed, Inbound):
            chats.append((item, row["conversation_id"]))
        if row["profile_at"] is not None:
            responders[event.tenant_id] = row
    for item, conversation_id in chats:
        if _is_new(batch, item):
            wanted.add((item.event.tenant_id, conversation_id))
    await _read_responders(batch, conn, intake, responders)
    return wanted


def _know(batch: Batch, item: Item, row: Any) -> UUID | None:
    """Remember what is stored under the provider's id; the conversation, if the event changes it by that message."""
    event, said_in = item.event, row["said_in"]
    known = Known(event.tenant_id, row["message_id"], said_in, row["status"], row["parked"])
    batch.known[(event.channel_id, row["provider_message_id"])] = known
    if row["direction"] != "in" or not isinstance(item.parsed, ReadElsewhere | Edit | Deletion):
        return None
    if not isinstance(item.parsed, ReadElsewhere):
        known.waits = row["seq"]
    return said_in


def _contact(tenant_id: UUID, row: Any) -> ContactView:
    return ContactView(
        tenant_id,
        row["contact_id"],
        row["name"],
        row["phone"],
        row["blocked"],
        row["over_limit"],
        row["opted_out"],
        row["username"],
        known_of(row["contact_id"], row["tags"], row["fields"], row["facts"]),
    )


def _is_new(batch: Batch, item: Item) -> bool:
    """Whether the event's message is stored by this batch."""
    known = batch.known.get((item.event.channel_id, item.parsed.provider_message_id))
    return known is None or known.message_id is None


async def _read_responders(batch: Batch, conn: Any, intake: Intake, rows: dict[UUID, Any]) -> None:
    """Who answers for each tenant; profiles are read again when they have changed."""
    kept = batch.kept.profiles
    stale = [tenant for tenant, row in rows.items() if tenant not in kept or kept[tenant][0] != row["profile_at"]]
    if stale:
        batch.kept.trim()
        for row in await sql.profiles(conn, stale, grouped=batch.grouped):
            kept[row["tenant_id"]] = (row["updated_at"], _profile(row), row["budgeted"])
    for tenant_id, row in rows.items():
        intake.responders[tenant_id] = ResponderView(
            tenant_id,
            kept[tenant_id][1],
            row["assistant_id"],
            row["version"] or 0,
            row["quiet_seconds"] or 0.0,
            row["max_wait_seconds"] or 0.0,
            row["enabled"],
            kept[tenant_id][2],
            row["hours"] or "always",
            bool(row["shadow"]),
        )


async def _read_doubtful(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> None:
    """For messages of ours that nobody knows: the sends they may be echoes of."""
    asked: list[tuple[Any, ...]] = []
    for place, item in enumerate(items):
        inbound = item.parsed
        if not (isinstance(inbound, Inbound) and inbound.from_me and inbound.chat and not inbound.ignore):
            continue
        event, contact = item.event, item.contact
        view = None if contact is None else intake.conversations.get((event.channel_id, contact.id))
        if view is not None and _is_new(batch, item):
            asked.append((place, event.tenant_id, event.channel_id, view.id, inbound.provider_message_id))
    if not asked:
        return
    doubtful: dict[UUID, Any] = {}
    for row in await sql.doubtful_sends(conn, asked, batch.tenant_id):
        place: int = row["ord"]
        item = items[place]
        if row["known_id"] is not None:
            # The sent step was faster than this one.
            known = batch.known[(item.event.channel_id, item.parsed.provider_message_id)]
            known.message_id, known.conversation_id, known.status = (
                row["known_id"],
                row["known_in"],
                row["known_status"],
            )
        if row["id"] is not None:
            doubtful[row["id"]] = row
    for row in doubtful.values():
        intake.attempting.setdefault(row["conversation_id"], []).append(row)


async def _read_named(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> None:
    """For receipts and echoes of messages that nobody knows, though they name a send of ours. If what became of it is
    not written yet, or in doubt, the receipt tells the provider's id. If it has another id, it was sent twice."""
    doubtful = {row["id"] for rows in intake.attempting.values() for row in rows}
    asked = [
        (place, item.event.tenant_id, item.event.channel_id, item.parsed.delivery_id)
        for place, item in enumerate(items)
        if _names_send(item.parsed) and item.parsed.delivery_id not in doubtful and _is_new(batch, item)
    ]
    if not asked:
        return
    for row in await sql.named_sends(conn, asked, batch.tenant_id):
        place: int = row["ord"]
        item = items[place]
        provider_id = item.parsed.provider_message_id
        known = batch.known[(item.event.channel_id, provider_id)]
        if row["known"] not in (None, provider_id):
            # No message ever has that id, so its first tick is parked, and the others tell nothing new.
            if not known.parked:
                batch.repeated.append((item.event.tenant_id, item.parsed.delivery_id))
            continue
        if row["known"] is None:
            if not row["doubtful"] or not isinstance(item.parsed, Receipt):
                continue
            intake.named[row["message_id"]] = (item.event.tenant_id, provider_id)
        # Or else the sent step was faster than this one.
        known.message_id, known.conversation_id, known.status = row["message_id"], row["conversation_id"], row["status"]


def _names_send(parsed: Any) -> bool:
    if isinstance(parsed, Inbound):
        return parsed.from_me and parsed.delivery_id is not None and parsed.ignore is None
    return isinstance(parsed, Receipt) and parsed.delivery_id is not None


async def _add_contacts(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> None:
    """Find who each message is from, and make the contacts that this batch is the first to hear of, as far as the plan
    has room; who comes beyond it is stored as over the limit."""
    for item in items:
        parsed, tenant_id = item.parsed, item.event.tenant_id
        if isinstance(parsed, Inbound) and parsed.chat and not parsed.ignore and _is_new(batch, item):
            item.contact = intake.contact(tenant_id, parsed)
        elif isinstance(parsed, ContactName):
            intake.known(tenant_id, parsed.address, None, parsed.name)
        elif isinstance(parsed, NumberChange):
            intake.move(tenant_id, parsed.before, parsed.now, min(parsed.at or intake.now, intake.now))
    views = {view.id: view for view in intake.contacts.values() if view.new or view.aliases}
    new = [view for view in views.values() if view.new]
    if new:
        admitted = await billing.admit(
            conn, "contacts", [view.tenant_id for view in new], [1] * len(new), batch.facts, tenant_id=batch.tenant_id
        )
        for view, fits in zip(new, admitted, strict=True):
            view.over_limit = not fits
        batch.facts.extend(contact_updated(view.tenant_id, view.id) for view in new)
    aliases = [
        (view.tenant_id, new_id(), view.id, kind, value, address, intake.now)
        for view in views.values()
        for (kind, value), address in view.aliases.items()
    ]
    rows = [(v.tenant_id, v.id, v.name, v.phone, v.username, v.over_limit, intake.now, intake.now) for v in new]
    words = [row for view in new for row in word_rows(view)]
    if aliases and await sql.insert_contacts(conn, rows, words, aliases, grouped=batch.grouped) < len(aliases):
        raise Raced
    for view in new:
        view.touched = False


async def _read_conversations(batch: Batch, conn: Any, intake: Intake, ids: Sequence[tuple[UUID, UUID]]) -> None:
    by_id = {view.id: view for view in intake.contacts.values()}
    for row in await sql.lock_conversations(conn, ids, batch.tenant_id):
        contact = by_id.get(row["contact_id"]) or _contact(row["tenant_id"], row)
        intake.conversations[(row["channel_id"], row["contact_id"])] = ConversationView(
            tenant_id=row["tenant_id"],
            id=row["id"],
            channel_id=row["channel_id"],
            contact=contact,
            state=row["state"],
            seq=row["seq"],
            last_in_seq=row["last_in_seq"],
            fence=row["fence"],
            unread=row["unread_count"],
            address=row["address"],
            resolved_at=row["resolved_at"],
            last_in_at=row["last_in_at"],
            leased_by_other=bool(row["leased"]) and row["lease_owner"] != batch.resources.process,
            answers=row["answers"],
            summary=Summary(text=row["summary"], up_to_seq=row["summary_seq"]) if row["summary"] else None,
            rating_due=bool(row["rating_due"]),
        )


def _provider_ids(parsed: Any) -> list[str]:
    if isinstance(parsed, Inbound):
        if parsed.ignore is not None:
            return []
        return [parsed.provider_message_id, *([parsed.target_id] if parsed.target_id else [])]
    if isinstance(parsed, Receipt | Edit | Deletion | PollVotes | ReadElsewhere):
        return [parsed.provider_message_id]
    return []


def _addresses(parsed: Any) -> list[Address]:
    if isinstance(parsed, Inbound):
        return [parsed.chat] if parsed.chat is not None and parsed.ignore is None else []
    if isinstance(parsed, NumberChange):
        return [parsed.before, parsed.now]
    return [parsed.address] if isinstance(parsed, ContactName) else []


def _profile(row: Any) -> Business:
    return Business(
        name=row["name"],
        time_zone=row["time_zone"],
        language=row["language"],
        description=row["description"],
        business_hours=json.loads(row["business_hours"]),
    )
