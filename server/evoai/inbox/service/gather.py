"""The message step's reading: what is stored about a batch's events; and the contacts first heard of in it are made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evoai.billing import service as billing
from evoai.channels.adapters.protocol import (
    Address,
    ContactName,
    Deletion,
    Edit,
    Inbound,
    ReadElsewhere,
    Receipt,
)
from evoai.inbox.events import contact_updated
from evoai.inbox.repository import receive as sql
from evoai.inbox.service.batch import Batch, Item, Known
from evoai.inbox.service.identity import aliases_of
from evoai.inbox.service.intake import ContactView, ConversationView, Intake, ResponderView
from evoai.inbox.service.turns import Business
from evoai.kit.db import new_id


class Raced(Exception):
    """Somebody else made the same contact at the same time; the batch reads again."""


async def gather(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> None:
    """Lock order: shards (held), contact quotas, conversations."""
    await _read_known(batch, conn, items)
    ids = await _read_contacts(batch, conn, intake, items)
    await _add_contacts(batch, conn, intake, items)
    read_elsewhere = {
        (known.tenant_id, known.conversation_id)
        for item in items
        if isinstance(item.parsed, ReadElsewhere)
        and (known := batch.known.get((item.event.channel_id, item.parsed.provider_message_id))) is not None
        and known.conversation_id is not None
    }
    wanted = sorted(ids | read_elsewhere, key=lambda pair: pair[1])
    if wanted:
        await _read_conversations(batch, conn, intake, wanted)
    if ids and any(isinstance(item.parsed, Inbound) and item.parsed.from_me for item in items):
        for row in await sql.attempting_deliveries(conn, sorted(ids), batch.tenant_id):
            intake.attempting.setdefault(row["conversation_id"], []).append(row)
    tenants = sorted({item.event.tenant_id for item in items if isinstance(item.parsed, Inbound)})
    if tenants:
        for row in await sql.responders(conn, tenants, batch.tenant_id):
            intake.responders[row["tenant_id"]] = _responder(row)


async def _read_known(batch: Batch, conn: Any, items: Sequence[Item]) -> None:
    tenants = {
        (item.event.channel_id, provider_id): item.event.tenant_id
        for item in items
        for provider_id in _provider_ids(item.parsed)
    }
    if not tenants:
        return
    keys = list(tenants)
    rows = [(ordinal, tenants[key], *key) for ordinal, key in enumerate(keys)]
    for row in await sql.known_messages(conn, rows, batch.tenant_id):
        place: int = row["ord"]
        key = keys[place]
        batch.known[key] = Known(tenants[key], row["id"], row["conversation_id"], row["parked"])


async def _read_contacts(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> set[tuple[UUID, UUID]]:
    wanted = [
        (ordinal, item.event.tenant_id, item.event.channel_id, kind, value)
        for ordinal, item in enumerate(items)
        for address in _addresses(item.parsed)
        for kind, value in aliases_of(address)
    ]
    ids: set[tuple[UUID, UUID]] = set()
    views: dict[UUID, ContactView] = {}
    for row in await sql.resolve(conn, wanted, batch.tenant_id) if wanted else []:
        place: int = row["ord"]
        tenant_id = items[place].event.tenant_id
        view = views.get(row["contact_id"])
        if view is None:
            view = views[row["contact_id"]] = ContactView(
                tenant_id,
                row["contact_id"],
                row["name"],
                row["phone"],
                row["blocked_at"] is not None,
                row["over_limit"],
            )
        intake.contacts[(tenant_id, (row["kind"], row["value"]))] = view
        if row["conversation_id"] is not None:
            ids.add((tenant_id, row["conversation_id"]))
    return ids


async def _add_contacts(batch: Batch, conn: Any, intake: Intake, items: Sequence[Item]) -> None:
    """Make the contacts that this batch is the first to hear of, as far as the plan has room; who comes beyond it
    is stored as over the limit."""
    for item in items:
        inbound = item.parsed
        if isinstance(inbound, Inbound) and inbound.chat is not None and inbound.ignore is None:
            known = batch.known.get((item.event.channel_id, inbound.provider_message_id))
            if known is None or known.message_id is None:
                intake.contact(item.event.tenant_id, inbound)
    views = {view.id: view for view in intake.contacts.values() if view.new or view.aliases or view.rename}
    new = [view for view in views.values() if view.new]
    if new:
        admitted = await billing.admit(
            conn, "contacts", [view.tenant_id for view in new], [1] * len(new), tenant_id=batch.tenant_id
        )
        for view, fits in zip(new, admitted, strict=True):
            view.over_limit = not fits
        rows = [(v.tenant_id, v.id, v.name, v.phone, v.over_limit, intake.now, intake.now) for v in new]
        await sql.insert_contacts(conn, rows, grouped=batch.grouped)
        batch.facts.extend(contact_updated(view.tenant_id, view.id) for view in new)
    aliases = [
        (view.tenant_id, new_id(), view.id, kind, value, address, intake.now)
        for view in views.values()
        for (kind, value), address in view.aliases.items()
    ]
    if aliases and await sql.insert_aliases(conn, aliases, grouped=batch.grouped) < len(aliases):
        raise Raced
    for view in views.values():
        if view.rename is not None and not view.new:
            await sql.rename_contact(conn, view.tenant_id, view.id, view.rename, intake.now)
            batch.facts.append(contact_updated(view.tenant_id, view.id))


async def _read_conversations(batch: Batch, conn: Any, intake: Intake, ids: Sequence[tuple[UUID, UUID]]) -> None:
    by_id = {view.id: view for view in intake.contacts.values()}
    for row in await sql.lock_conversations(conn, ids, batch.tenant_id):
        contact = by_id.get(row["contact_id"])
        if contact is None:
            contact = ContactView(row["tenant_id"], row["contact_id"], "", None, False, False)
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
            leased_by_other=bool(row["leased"]) and row["lease_owner"] != batch.resources.process,
        )


def _provider_ids(parsed: Any) -> list[str]:
    if isinstance(parsed, Inbound):
        if parsed.ignore is not None:
            return []
        return [parsed.provider_message_id, *([parsed.target_id] if parsed.target_id else [])]
    if isinstance(parsed, Receipt | Edit | Deletion | ReadElsewhere):
        return [parsed.provider_message_id]
    return []


def _addresses(parsed: Any) -> list[Address]:
    if isinstance(parsed, Inbound):
        return [parsed.chat] if parsed.chat is not None and parsed.ignore is None else []
    return [parsed.address] if isinstance(parsed, ContactName) else []


def _responder(row: Any) -> ResponderView:
    profile = Business(
        name=row["name"],
        time_zone=row["time_zone"],
        language=row["language"],
        description=row["description"],
        business_hours=json.loads(row["business_hours"]),
    )
    return ResponderView(
        row["tenant_id"],
        profile,
        row["assistant_id"],
        row["version"] or 0,
        row["quiet_seconds"] or 0.0,
        row["max_wait_seconds"] or 0.0,
        row["enabled"],
    )
