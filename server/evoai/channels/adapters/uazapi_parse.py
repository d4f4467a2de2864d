"""What a stored UAZAPI event means, in neutral words. Splitting a webhook is `uazapi_events.py`, what a message says
`uazapi_content.py`."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import UUID

from evoai.channels.adapters import jids
from evoai.channels.adapters.bodies import stored_object
from evoai.channels.adapters.incoming import (
    ChannelState,
    Connection,
    Deletion,
    Edit,
    Event,
    Inbound,
    Noted,
    Qr,
    ReadElsewhere,
    Receipt,
    ReceiptStatus,
    Unreadable,
)
from evoai.channels.adapters.loose import Json, integer_of, moment_of, object_of, text_of, usable_name
from evoai.channels.adapters.uazapi_content import content_of, kind_of, quoted_id, said
from evoai.channels.adapters.uazapi_events import (
    EVENTS,
    address_of,
    message_id,
    message_ids,
    truthy,
    update_state,
)

SOURCE = "evoai-connect"
"""Our name in `track_source`, so that the echo of another program's send is not taken for ours."""
QR_SECONDS = 30
"""Ten more than a code lives: who watches looks every few seconds, and shows the next one before this one ends."""

_RECEIPTS: dict[str, ReceiptStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
    "error": "failed",
}
_STATES: dict[Any, ChannelState] = {
    "connected": "connected",
    "connecting": "connecting",
    "disconnected": "disconnected",
    "hibernated": "disconnected",
}
_CLOSED = {401: "logged-out", 402: "payment-required", 406: "not-acceptable", 408: "timed-out"}
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}\Z")
_LARGEST_PICTURE = 65_536


def parse_body(body: bytes) -> Event:
    envelope = stored_object(body)
    match envelope.get("EventType"):
        case "messages":
            return _message(envelope)
        case "history":
            return _message(envelope) if isinstance(envelope.get("message"), dict) else Noted(what="history")
        case "messages_update":
            return _update(envelope)
        case "connection":
            return connection_of(object_of(envelope.get("instance")), envelope)
        case str() as event if event in EVENTS:
            return Noted(what=event)
        case _:
            raise Unreadable("unknown-event")


def _id(value: Any) -> str:
    found = message_id(value)
    if found is None:
        raise Unreadable("schema")
    return found


def _message(envelope: Json) -> Event:
    message = envelope.get("message")
    if not isinstance(message, dict):
        raise Unreadable("schema")
    message = cast(Json, message)
    provider_id = message_id(message.get("messageid")) or _id(message.get("id"))
    if message_id(message.get("edited")):
        # The event has an id of its own; what it changes keeps the first one.
        return Edit(provider_message_id=_id(message["edited"]), text=said(message))
    if kind_of(message) == "protocolmessage":
        return Noted(what="protocol")
    chat_row = object_of(envelope.get("chat"))
    kind = jids.kind_of(message.get("chatid"))
    ignore = kind if kind not in ("phone", "lid", "") else "group" if truthy(message.get("isGroup")) else None
    chat = None if ignore else address_of(message, chat_row.get("wa_chatid"), chat_row.get("wa_chatlid"))
    if chat is None and ignore is None:
        raise Unreadable("no-address")
    from_me = truthy(message.get("fromMe"))
    content = content_of(message, provider_id)
    name = None if from_me else usable_name(message.get("senderName")) or usable_name(chat_row.get("wa_name"))
    return Inbound(
        provider_message_id=provider_id,
        chat=chat,
        from_me=from_me,
        by_api=from_me and truthy(message.get("wasSentByApi")),
        name=name,
        at=moment_of(message.get("messageTimestamp")),
        content=content,
        quoted_id=None if content.type == "reaction" else quoted_id(message),
        target_id=_target(message) if content.type == "reaction" else None,
        delivery_id=_delivery(message) if from_me else None,
        history=envelope.get("EventType") == "history",
        ignore=ignore,
    )


def _target(message: Json) -> str:
    key = object_of(object_of(message.get("content")).get("key"))
    return message_id(message.get("reaction")) or _id(key.get("ID"))


def _delivery(message: Json) -> UUID | None:
    track = text_of(message.get("track_id"))
    if message.get("track_source") != SOURCE or not track:
        return None
    try:
        return UUID(track)
    except ValueError:
        return None


def _update(envelope: Json) -> Event:
    event = object_of(envelope.get("event"))
    provider_id = _id(next(iter(message_ids(event)), None))
    state = update_state(envelope.get("state"), event)
    if state == "deleted":
        return Deletion(provider_message_id=provider_id)
    tick = _RECEIPTS.get(state)
    if tick is None or truthy(event.get("IsGroup")):
        return Noted(what="status")
    if truthy(event.get("IsFromMe")):
        # Of what the contact wrote: the owner saw it on another device.
        return ReadElsewhere(provider_message_id=provider_id) if tick == "read" else Noted(what="status")
    return Receipt(provider_message_id=provider_id, status=tick, reason=state if tick == "failed" else None)


def connection_of(instance: Json, envelope: Json) -> Event:
    """What an instance's own words say of the number: of a webhook, or of the server's answer."""
    status = instance.get("status")
    state = _STATES.get(status)
    if state is None:
        return Noted(what="connection")
    if state == "connecting":
        qr = qr_of(instance)
        return qr if qr is not None else Connection(state="connecting")
    if state == "connected":
        return Connection(
            state="connected",
            phone=phone_of(envelope.get("owner")) or phone_of(instance.get("owner")),
            profile_name=usable_name(instance.get("profileName")),
        )
    return _closed("hibernated" if status == "hibernated" else None, instance, envelope)


def _closed(reason: str | None, instance: Json, envelope: Json) -> Connection:
    if reason is not None:
        return Connection(state="disconnected", reason=reason)
    why = text_of(instance.get("lastDisconnectReason")) or ""
    found = re.match(r"\s*([0-9]{3})\b", why)
    code = integer_of(found[1]) if found else None
    if envelope.get("type") == "TemporaryBan" or code == 403:
        return Connection(state="banned", reason="temporary-ban" if code != 403 else "forbidden")
    if envelope.get("type") == "LoggedOut" or code == 401:
        return Connection(state="disconnected", reason="logged-out")
    return Connection(state="disconnected", reason="closed" if code is None else _CLOSED.get(code, f"closed-{code}"))


def qr_of(instance: Json) -> Qr | None:
    """The pairing that waits, if there is one: a picture, a code to type, or both."""
    picture, code = text_of(instance.get("qrcode")) or "", text_of(instance.get("paircode"))
    if len(picture) > _LARGEST_PICTURE or not _PICTURE.match(picture):
        picture = ""
    return Qr(code=picture, pairing_code=code or None, seconds=QR_SECONDS) if picture or code else None


def phone_of(value: Any) -> str | None:
    """The digits of a number, written alone or as an address."""
    if not isinstance(value, str):
        return None
    if "@" in value:
        return jids.split(value)[0] if jids.kind_of(value) == "phone" else None
    return value if value.isascii() and value.isdigit() and len(value) <= 15 else None
