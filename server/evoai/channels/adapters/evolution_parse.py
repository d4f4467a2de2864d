"""What a stored Evolution event means, in neutral words. Splitting a webhook is `evolution_events.py`, what a message
says `evolution_content.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from evoai.channels.adapters import jids
from evoai.channels.adapters.bodies import stored_object
from evoai.channels.adapters.evolution_content import content_of, plain_text, quoted_id, unwrap
from evoai.channels.adapters.evolution_events import event_name
from evoai.channels.adapters.evolution_jids import key_address
from evoai.channels.adapters.incoming import (
    Connection,
    ContactName,
    Deletion,
    Edit,
    Event,
    Inbound,
    Noted,
    PollVotes,
    Qr,
    ReadElsewhere,
    Receipt,
    ReceiptStatus,
    Unreadable,
)
from evoai.channels.adapters.loose import Json, integer_of, list_of, moment_of, object_of, text_of, usable_name

_RECEIPTS: dict[str, ReceiptStatus] = {
    "ERROR": "failed",
    "FAILED": "failed",
    "PENDING": "sent",
    "SERVER_ACK": "sent",
    "SENT": "sent",
    "DELIVERY_ACK": "delivered",
    "DELIVERED": "delivered",
    "READ": "read",
    "PLAYED": "read",
}
_STATUS_NUMBERS = ("ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED")
# The server gives these to updates that carry none; on an edit or a vote they say nothing.
_MADE_UP = frozenset({"SERVER_ACK", "DELETED"})

_CLOSED = {401: "logged-out", 402: "payment-required", 406: "not-acceptable", 408: "timed-out"}


def parse_body(body: bytes) -> Event:
    envelope = stored_object(body)
    event = event_name(envelope.get("event"))
    if event is None:
        raise Unreadable("unknown-event")
    reader = _READERS.get(event)
    return reader(envelope, envelope.get("data")) if reader else Noted(what=event)


def _data(data: Any) -> Json:
    if not isinstance(data, dict):
        raise Unreadable("schema")
    return cast(Json, data)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Unreadable("schema")
    return value


def _message(envelope: Json, data: Any) -> Event:
    fields = _data(data)
    key = object_of(fields.get("key"))
    provider_id = _id(key.get("id"))
    event = event_name(envelope.get("event"))
    by_api = event == "send.message"
    from_me = by_api or key.get("fromMe") is True
    message = object_of(fields.get("message"))
    inner = unwrap(message).message
    if "protocolMessage" in inner:
        return _protocol(object_of(inner["protocolMessage"]))

    kind = jids.kind_of(key.get("remoteJid"))
    ignore = kind if kind not in ("phone", "lid", "") else None
    own = envelope.get("sender")
    chat = None if ignore else key_address(key | {"fromMe": from_me}, own)
    if chat is None and ignore is None:
        raise Unreadable("no-address")

    context = object_of(fields.get("contextInfo"))
    reference = {
        field: key[field] for field in ("remoteJid", "remoteJidAlt", "fromMe", "id", "participant") if field in key
    }
    content = content_of(message, text_of(fields.get("messageType")), reference, context)
    is_reaction = content.type == "reaction"
    target = object_of(object_of(inner.get("reactionMessage")).get("key")).get("id")
    return Inbound(
        provider_message_id=provider_id,
        chat=chat,
        from_me=from_me,
        by_api=by_api,
        name=None if from_me else usable_name(fields.get("pushName")),
        at=moment_of(fields.get("messageTimestamp")),
        content=content,
        quoted_id=None if is_reaction else quoted_id(message, context),
        target_id=_id(target) if is_reaction else None,
        history=event == "messages.set",
        ignore=ignore,
    )


def _protocol(protocol: Json) -> Event:
    """An edit, or one of the protocol's own messages, which are none of ours. A deletion comes as messages.delete."""
    if protocol.get("type") in ("MESSAGE_EDIT", 14):
        return _edit(object_of(protocol.get("key")).get("id"), object_of(protocol.get("editedMessage")))
    return Noted(what="protocol")


def _edited(envelope: Json, data: Any) -> Event:
    return _protocol(_data(data))


def _edit(provider_id: Any, message: Json) -> Event:
    text = plain_text(message)
    return Edit(provider_message_id=_id(provider_id), text=text) if text is not None else Noted(what="edit")


def _update(envelope: Json, data: Any) -> Event:
    fields = _data(data)
    key = object_of(fields.get("key"))
    provider_id = _id(fields.get("keyId") or key.get("id"))
    message = object_of(fields.get("message"))
    if "editedMessage" in message:
        return _edit(provider_id, object_of(object_of(message["editedMessage"]).get("message")))
    status = _status(fields.get("status"))
    if fields.get("pollUpdates") and status in _MADE_UP:
        return PollVotes(provider_message_id=provider_id, votes=_votes(list_of(fields["pollUpdates"])))
    if message and status in _MADE_UP:
        return Noted(what="message-update")
    tick = _RECEIPTS.get(status)
    if tick is None:
        return Noted(what="status")
    if fields.get("fromMe", key.get("fromMe")) is False:
        return ReadElsewhere(provider_message_id=provider_id) if tick == "read" else Noted(what="status")
    return Receipt(provider_message_id=provider_id, status=tick, reason=status.lower() if tick == "failed" else None)


def _votes(options: list[Any]) -> dict[str, int]:
    votes: dict[str, int] = {}
    for option in map(object_of, options):
        name = text_of(option.get("name"))
        if name:
            votes[name] = len(list_of(option.get("voters")))
    return votes


def _status(value: Any) -> str:
    number = integer_of(value)
    if number is not None:
        return _STATUS_NUMBERS[number] if 0 <= number < len(_STATUS_NUMBERS) else ""
    return value.upper() if isinstance(value, str) else ""


def _delete(envelope: Json, data: Any) -> Event:
    fields = _data(data)
    return Deletion(provider_message_id=_id(object_of(fields.get("key")).get("id") or fields.get("id")))


def _phone(jid: Any) -> str | None:
    return jids.split(jid)[0] if jids.kind_of(jid) == "phone" else None


def _connection(envelope: Json, data: Any) -> Event:
    fields = _data(data)
    match fields.get("state"):
        case "open":
            return Connection(
                state="connected",
                phone=_phone(fields.get("wuid")) or _phone(envelope.get("sender")),
                profile_name=usable_name(fields.get("profileName")),
            )
        case "connecting":
            return Connection(state="connecting")
        case "close":
            return _closed(integer_of(fields.get("statusReason")))
        case "refused":
            limit = integer_of(fields.get("statusReason")) == 428
            return Connection(state="disconnected", reason="qr-limit" if limit else "refused")
        case _:
            return Noted(what="connection.update")


def _closed(code: int | None) -> Connection:
    if code == 403:
        return Connection(state="banned", reason="forbidden")
    reason = "closed" if code is None else _CLOSED.get(code, f"closed-{code}")
    return Connection(state="disconnected", reason=reason)


def _instance_status(envelope: Json, data: Any) -> Event:
    fields = object_of(data)
    if fields.get("status") not in ("closed", "close"):
        return Noted(what="status.instance")
    return _closed(integer_of(fields.get("disconnectionReasonCode")))


def _logout(envelope: Json, data: Any) -> Event:
    return Connection(state="disconnected", reason="logged-out")


def _qr(envelope: Json, data: Any) -> Event:
    fields = _data(data)
    code = object_of(fields.get("qrcode"))
    if text_of(code.get("code")):
        return Qr(code=code["code"], pairing_code=text_of(code.get("pairingCode")) or None)
    if "statusCode" in fields or "message" in fields:
        return Connection(state="disconnected", reason="qr-limit")
    return Noted(what="qrcode.updated")


def _contacts(envelope: Json, data: Any) -> Event:
    own = envelope.get("sender")
    for item in list_of(data) or [data]:
        fields = object_of(item)
        name = usable_name(fields.get("pushName"))
        known = [fields.get("remoteJid"), fields.get("remoteJidAlt"), fields.get("id")]
        address = jids.address_of([jid for jid in known if not jids.same_person(jid, own)])
        if name and address:
            return ContactName(address=address, name=name)
    return Noted(what=event_name(envelope.get("event")) or "contacts")


_READERS: dict[str, Callable[[Json, Any], Event]] = {
    "messages.upsert": _message,
    "messages.set": _message,
    "send.message": _message,
    "messages.update": _update,
    "messages.edited": _edited,
    "send.message.update": _edited,
    "messages.delete": _delete,
    "connection.update": _connection,
    "status.instance": _instance_status,
    "logout.instance": _logout,
    "qrcode.updated": _qr,
    "contacts.upsert": _contacts,
    "contacts.update": _contacts,
    "contacts.set": _contacts,
}
