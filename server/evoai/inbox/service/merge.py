"""Two contacts that are one person become one, and can be taken apart again.

The younger thread stays as it is, under the other contact: no message is moved or renumbered. Where both have an open
conversation on a channel, the one that was spoken in last goes on, with the people that had either; the other is
resolved. Locks: shards, the contacts' quota, conversations, contacts, each by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.channels.service.door import shard_of
from evoai.inbox.events import contact_updated, conversation_event
from evoai.inbox.models.contacts import Consent, Contact, ContactAlias, ContactMerge
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.repository import contacts as people
from evoai.inbox.repository import merges as sql
from evoai.inbox.service import handling, indexing, read
from evoai.inbox.service.snapshot import CONTACT, CONVERSATION, restore, snapshot
from evoai.kit import phones
from evoai.kit.db import after_commit, new_id, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.kit.events import emit
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

_RANK = {"bot": 0, "queued": 1, "human": 2}
_POINTING = {"aliases": (ContactAlias, "contact_id"), "consents": (Consent, "contact_id")}


class Busy(Exception):
    """The conversation that would be resolved is being answered; later."""


async def merge(
    resources: Resources, db: AsyncSession, tenant_id: UUID, kept_id: UUID, lost_id: UUID, by: str | None
) -> Contact:
    """Make `lost_id` part of `kept_id`. Raises `Invalid` for one and the same, `NotFound`, and `Conflict` if somebody
    else was changing them. `by` None: nobody asked for it, so what is being answered is waited for (`Busy`)."""
    if kept_id == lost_id:
        error = FieldError("/contact_id", "invalid", "A contact cannot be merged with itself")
        raise Invalid(errors=(error,))
    contacts, conversations = await lock_contacts(db, tenant_id, [kept_id, lost_id])
    kept, lost = contacts.get(kept_id), contacts.get(lost_id)
    if kept is None or lost is None:
        raise NotFound()
    before: dict[str, Any] = {"kept": snapshot(kept, CONTACT), "lost": snapshot(lost, CONTACT)}
    closing = _both_open(conversations)
    if by is None:
        for goes, _ in closing:
            if await sql.is_busy(db, tenant_id, goes.id):
                raise Busy
    before["closed"] = [await _close(resources, db, goes, stays) for goes, stays in closing]
    # A conversation is resolved before the other is its contact's too: one is open on a channel.
    await db.flush()
    for name, (model, column) in _POINTING.items():
        ids = await sql.pass_on(db, tenant_id, model, column, lost_id, kept_id, None)
        before[name] = [str(one) for one in ids]
    moved = [one for one in conversations if one.contact_id == lost_id]
    for conversation in moved:
        conversation.contact_id = kept_id
    before["conversations"] = [str(one.id) for one in moved]
    before["merges"] = [
        str(one) for one in await sql.pass_on(db, tenant_id, ContactMerge, "kept_id", lost_id, kept_id, None)
    ]
    if not (kept.over_limit or lost.over_limit):
        await billing.give_back(db, tenant_id, "contacts")
    _join(kept, lost)
    before["after"] = snapshot(kept, CONTACT)
    db.add(
        ContactMerge(
            tenant_id=tenant_id,
            id=new_id(),
            kept_id=kept_id,
            lost_id=lost_id,
            lost_name=read.shown_name(lost),
            by=by,
            before=before,
        )
    )
    for module in resources.modules:
        if module.join is not None:
            await module.join(db, tenant_id, lost_id, kept_id)
    try:
        await db.flush()
        db.expunge(lost)
        await sql.drop(db, tenant_id, lost_id)
    except IntegrityError:
        raise Conflict("conflict", "Something of the contact came in at this moment; try again") from None
    await indexing.index(db, kept)
    _tell(resources, db, tenant_id, kept_id, conversations)
    return kept


async def undo(resources: Resources, db: AsyncSession, tenant_id: UUID, kept_id: UUID) -> tuple[Contact, Contact]:
    """Take the latest merge of a contact apart: the contact, and the one that is back. What was written meanwhile goes
    to whose conversation, or address, it was written to. Raises `Conflict` if there is none, and `LimitReached`."""
    contacts, conversations = await lock_contacts(db, tenant_id, [kept_id])
    kept = contacts.get(kept_id)
    if kept is None:
        raise NotFound()
    record = await sql.latest_merge(db, tenant_id, kept_id)
    if record is None:
        raise Conflict("conflict", "Nothing was merged into this contact")
    before, lost_id = record.before, record.lost_id
    counted = not kept.over_limit
    lost = Contact(tenant_id=tenant_id, id=lost_id)
    restore(lost, before["lost"])
    _part(kept, before)
    more = (not kept.over_limit) + (not lost.over_limit) - counted
    if more > 0:
        await billing.take(db, tenant_id, "contacts", more)
    elif more < 0:
        await billing.give_back(db, tenant_id, "contacts", -more)
    db.add(lost)
    await db.flush()
    for name, (model, column) in _POINTING.items():
        await sql.pass_on(db, tenant_id, model, column, kept_id, lost_id, [UUID(one) for one in before[name]])
    merges = [UUID(one) for one in before["merges"]]
    await sql.pass_on(db, tenant_id, ContactMerge, "kept_id", kept_id, lost_id, merges)
    theirs = {UUID(one) for one in before["conversations"]}
    addresses = {alias.address for alias in (await people.aliases(db, tenant_id, [lost_id])).get(lost_id, [])}
    for conversation in conversations:
        newer = conversation.created_at > record.created_at
        if conversation.id in theirs or (newer and conversation.address in addresses):
            conversation.contact_id = lost_id
    await db.flush()
    for closed in before["closed"]:
        _open_again(conversations, closed)
    record.undone_at = utcnow()
    await db.flush()
    await indexing.index(db, kept)
    await indexing.index(db, lost)
    _tell(resources, db, tenant_id, kept_id, conversations)
    emit(db, resources.publisher, contact_updated(tenant_id, lost_id))
    return kept, lost


async def paired(resources: Resources, tenant_id: UUID, payload: Mapping[str, Any]) -> None:
    """The tray's handler: a body showed two known contacts as one person. They become one, unless what else is known
    of them speaks against it: then they are two people, and a phone is whose LID came with it."""
    first, second = UUID(payload["first"]), UUID(payload["second"])
    async with resources.db.tenant_session(tenant_id) as db:
        known = await people.aliases(db, tenant_id, [first, second])
        if first not in known or second not in known:
            return
        if await sql.were_taken_apart(db, tenant_id, first, second):
            return
        if payload["sure"] or not await _two_people(db, tenant_id, known[first], known[second]):
            await merge(resources, db, tenant_id, min(first, second), max(first, second), None)
        elif payload["kind"] == "phone":
            await _give_phone(resources, db, tenant_id, first, second, payload["value"])


async def _two_people(db: AsyncSession, tenant_id: UUID, one: list[ContactAlias], other: list[ContactAlias]) -> bool:
    """A LID is an account's for ever, and an account has one phone at a time. A tenant's businesses may know a person
    under a BSUID each, but a channel belongs to one of them."""
    both = {alias.kind for alias in one} & {alias.kind for alias in other}
    if both & {"lid", "phone"}:
        return True
    if "bsuid" not in both:
        return False
    mine, theirs = [set(await sql.channels(db, tenant_id, [side[0].contact_id])) for side in (one, other)]
    return not mine.isdisjoint(theirs)


async def _give_phone(
    resources: Resources, db: AsyncSession, tenant_id: UUID, to_id: UUID, from_id: UUID, value: str
) -> None:
    """A number was given to somebody else: with it they are found, and shown, from now on."""
    contacts, _ = await lock_contacts(db, tenant_id, [to_id, from_id])
    aliases = (await people.aliases(db, tenant_id, [from_id])).get(from_id, [])
    alias = next((alias for alias in aliases if (alias.kind, alias.value) == ("phone", value)), None)
    if alias is None or len(contacts) < 2:
        return
    number = phones.shown(alias.address)
    alias.contact_id = to_id
    if contacts[from_id].phone == number:
        contacts[from_id].phone = None
    contacts[to_id].phone = number
    for contact in contacts.values():
        contact.updated_at = utcnow()
    await db.flush()
    for contact in contacts.values():
        await indexing.index(db, contact)
    emit(db, resources.publisher, *(contact_updated(tenant_id, one) for one in (to_id, from_id)))


async def lock_contacts(
    db: AsyncSession, tenant_id: UUID, ids: list[UUID]
) -> tuple[dict[UUID, Contact], list[Conversation]]:
    """Contacts and their conversations, which no message of theirs changes until the transaction ends."""
    known = await people.aliases(db, tenant_id, ids)
    chats = {alias.value for aliases in known.values() for alias in aliases}
    lines = await sql.channels(db, tenant_id, ids)
    await sql.lock_shards(db, {shard_of(line.bytes, chat) for line in lines for chat in chats})
    await billing.hold(db, tenant_id, "contacts")
    conversations = await sql.lock_conversations(db, tenant_id, await sql.conversations(db, tenant_id, ids))
    contacts = {contact.id: contact for contact in await people.lock(db, tenant_id, ids)}
    if len(conversations) != len(await sql.conversations(db, tenant_id, ids)):
        raise Conflict("conflict", "Something of the contact came in at this moment; try again")
    return contacts, conversations


def _both_open(conversations: list[Conversation]) -> list[tuple[Conversation, Conversation]]:
    """Where both have an open conversation on a channel: the one that ends, and the one that goes on."""
    found: dict[UUID, list[Conversation]] = {}
    for conversation in conversations:
        if conversation.state != "resolved":
            found.setdefault(conversation.channel_id, []).append(conversation)
    pairs = [sorted(both, key=lambda one: (one.last_activity_at, one.id)) for both in found.values() if len(both) > 1]
    return [(older, newer) for older, newer in pairs]


async def _close(resources: Resources, db: AsyncSession, goes: Conversation, stays: Conversation) -> dict[str, Any]:
    """Resolve one; the other goes on with whom either was with, and with what nobody read. What it takes to undo."""
    before = {"goes": snapshot(goes, CONVERSATION), "stays": snapshot(stays, CONVERSATION)}
    await handling.silence(resources, db, goes, "resolved")
    goes.state, goes.resolved_at = "resolved", utcnow()
    if _RANK[before["goes"]["state"]] > _RANK[stays.state]:
        if stays.state == "bot":
            await handling.silence(resources, db, stays, "taken-over")
        stays.state, stays.assignee_id = before["goes"]["state"], goes.assignee_id
        stays.handoff_reason, stays.handoff_note = goes.handoff_reason, goes.handoff_note
        stays.handoff_at = goes.handoff_at
    stays.unread_count += goes.unread_count
    goes.unread_count = 0
    after = [snapshot(one, (*CONVERSATION, "seq")) for one in (goes, stays)]
    return before | {"ids": [str(goes.id), str(stays.id)], "after": after}


def _open_again(conversations: list[Conversation], closed: dict[str, Any]) -> None:
    """As they were, where nobody has touched them since."""
    by_id = {str(one.id): one for one in conversations}
    for key, conversation_id, after in zip(("goes", "stays"), closed["ids"], closed["after"], strict=True):
        conversation = by_id.get(conversation_id)
        if conversation is None or snapshot(conversation, (*CONVERSATION, "seq")) != after:
            continue
        taken = any(
            other.state != "resolved" and other.id != conversation.id
            for other in conversations
            if (other.channel_id, other.contact_id) == (conversation.channel_id, conversation.contact_id)
        )
        if key == "stays" or not taken:
            restore(conversation, closed[key])
            conversation.fence += 1


def _join(kept: Contact, lost: Contact) -> None:
    """What the kept one lacks it gets; of blocks and wishes to be left alone the stricter holds."""
    kept.name = kept.name or lost.name
    kept.phone = kept.phone or lost.phone
    kept.username = kept.username or lost.username
    kept.tags = list(dict.fromkeys([*kept.tags, *lost.tags]))
    kept.fields, kept.facts = lost.fields | kept.fields, lost.facts | kept.facts
    kept.blocked_at = kept.blocked_at or lost.blocked_at
    kept.opted_out_at = kept.opted_out_at or lost.opted_out_at
    kept.over_limit = kept.over_limit and lost.over_limit
    kept.updated_at = utcnow()


def _part(kept: Contact, before: Mapping[str, Any]) -> None:
    """What a merge gave goes again, unless somebody has changed it since."""
    now, after, was, lost = snapshot(kept, CONTACT), before["after"], before["kept"], before["lost"]
    for name in ("name", "phone", "username", "blocked_at", "opted_out_at", "over_limit"):
        if now[name] == after[name]:
            restore(kept, {name: was[name]})
    kept.tags = [tag for tag in kept.tags if tag in was["tags"] or tag not in lost["tags"]]
    kept.fields = _without(kept.fields, was["fields"], lost["fields"])
    kept.facts = _without(kept.facts, was["facts"], lost["facts"])
    kept.updated_at = utcnow()


def _without(now: dict[str, Any], was: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in now.items() if name in was or name not in given or value != given[name]}


def _tell(
    resources: Resources, db: AsyncSession, tenant_id: UUID, contact_id: UUID, conversations: list[Conversation]
) -> None:
    emit(
        db,
        resources.publisher,
        contact_updated(tenant_id, contact_id),
        *(conversation_event("conversation.updated", tenant_id, one.id) for one in conversations[-50:]),
    )
    fences = [(one.id, one.fence) for one in conversations]
    after_commit(db, lambda: resources.fences.publish(fences))
