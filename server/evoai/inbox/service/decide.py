"""The message step's routing: what each stored event is, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from evoai.channels.adapters.incoming import (
    Connection,
    ContactName,
    Deletion,
    Edit,
    Inbound,
    Noted,
    NumberChange,
    PollVotes,
    Qr,
    Rating,
    ReadElsewhere,
    Receipt,
    TemplateChange,
    Unreadable,
)
from evoai.channels.events import channel_qr, channel_updated
from evoai.channels.service import stored
from evoai.inbox.service.batch import Batch, Change, Item
from evoai.inbox.service.intake import Intake
from evoai.inbox.service.views import Verdict
from evoai.kit.crypto import SealError
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.channels.service.stored import StoredEvent

log = get_logger(__name__)

UNMATCHED = timedelta(minutes=5)
"""How long an echo through the API waits for the send that it may belong to."""


async def parse(batch: Batch, event: StoredEvent) -> Item:
    opened = await batch.resources.lines.by_id(event.tenant_id, event.channel_id)
    if opened is None:
        return Item(event, None, Verdict("quarantined", "channel-gone"))
    try:
        return Item(event, opened.adapter.parse(opened.line, event.body(opened.box)))
    except Unreadable as error:
        return Item(event, None, Verdict("quarantined", error.reason))
    except SealError:
        return Item(event, None, Verdict("quarantined", "unsealable"))
    except Exception as error:
        # A defect of the adapter must not hold up its neighbours; the event is kept, and can be replayed.
        log.error("event.parse_failed", event_id=str(event.id), exc_info=error)
        return Item(event, None, Verdict("quarantined", "parser-failed"))


async def decide(batch: Batch, conn: Any, intake: Intake, item: Item) -> Verdict:
    event, parsed = item.event, item.parsed
    if isinstance(parsed, Inbound):
        return _message(batch, intake, item, parsed)
    if isinstance(parsed, Receipt):
        told = {"status": parsed.status, "reason": parsed.reason}
        if parsed.detail is not None:
            told["detail"] = parsed.detail
        _change(batch, event, parsed.provider_message_id, kind="tick", **told)
        if parsed.trouble is not None:
            await _connection(batch, conn, event, parsed.trouble)
    elif isinstance(parsed, Edit):
        _change(batch, event, parsed.provider_message_id, kind="edit", text=parsed.text)
    elif isinstance(parsed, Deletion):
        _change(batch, event, parsed.provider_message_id, kind="deletion")
    elif isinstance(parsed, PollVotes):
        _change(batch, event, parsed.provider_message_id, kind="votes", votes=parsed.votes)
    elif isinstance(parsed, ReadElsewhere):
        known = batch.known.get((event.channel_id, parsed.provider_message_id))
        for view in intake.conversations.values():
            if known is not None and view.id == known.conversation_id:
                view.unread, view.touched = 0, True
    elif isinstance(parsed, Connection):
        await _connection(batch, conn, event, parsed)
    elif isinstance(parsed, Rating):
        if await stored.set_rating(conn, event, parsed):
            batch.facts.append(channel_updated(event.tenant_id, event.channel_id))
    elif isinstance(parsed, TemplateChange):
        await stored.change_template(conn, event, parsed)
        batch.facts.append(channel_updated(event.tenant_id, event.channel_id))
    elif isinstance(parsed, Qr):
        await stored.note_code(conn, event.tenant_id, event.channel_id, event.now)
        expires = event.now + timedelta(seconds=parsed.seconds)
        batch.facts.append(channel_qr(event.tenant_id, event.channel_id, parsed.code, expires))
    else:
        # What is told of contacts was taken up when they were looked up.
        assert isinstance(parsed, ContactName | NumberChange | Noted)
    return Verdict("processed", signal=True)


async def _connection(batch: Batch, conn: Any, event: StoredEvent, told: Connection) -> None:
    if await stored.set_connection(conn, event, told):
        batch.facts.append(channel_updated(event.tenant_id, event.channel_id))


def _message(batch: Batch, intake: Intake, item: Item, inbound: Inbound) -> Verdict:
    event, contact = item.event, item.contact
    if inbound.ignore is not None or inbound.chat is None:
        return Verdict("ignored", inbound.ignore or "no-contact")
    key = (event.channel_id, inbound.provider_message_id)
    known = batch.known[key]
    if known.message_id is not None:
        return Verdict("ignored", "echo" if inbound.from_me else "duplicate", message_id=known.message_id)
    if inbound.by_api and inbound.content.type == "reaction" and inbound.target_id is not None:
        # Set by a person here, who need not wait for this.
        _change(batch, event, inbound.target_id, kind="reaction", author="agent", emoji=inbound.content.text or "")
        return Verdict("ignored", "echo")
    assert contact is not None
    # Nobody's message is received before it was said, whatever the provider's clock says.
    said_at = min(inbound.at or event.received_at, event.received_at)
    if inbound.from_me:
        verdict = intake.from_us(contact, event.channel_id, inbound, said_at)
    else:
        verdict = intake.from_contact(contact, event.channel_id, inbound, said_at, found=event.reconciled)
    if verdict.again_at is not None and event.received_at < event.now - UNMATCHED:
        return Verdict("ignored", "unmatched-echo")
    known.message_id, known.conversation_id = verdict.message_id, verdict.conversation_id
    known.status = "sent" if inbound.from_me else "received"
    if inbound.target_id is not None and verdict.state == "processed":
        author = "phone" if inbound.from_me else "contact"
        _change(batch, event, inbound.target_id, kind="reaction", author=author, emoji=inbound.content.text or "")
    return verdict


def _change(batch: Batch, event: StoredEvent, provider_id: str, **what: Any) -> None:
    batch.changes.append(Change(event.tenant_id, event.channel_id, provider_id, what))
