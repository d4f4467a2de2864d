"""Evolution's webhooks at the door: one body into envelopes, cleaned of secrets and of what PostgreSQL cannot store.
What an event means is `evolution_parse.py`; this runs for every webhook and reads no more than it must."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import msgspec

from evoai.channels.adapters import jids
from evoai.channels.adapters.bodies import masked, printable, short_id, storable, unreadable, without
from evoai.channels.adapters.evolution_jids import event_jids, key_address
from evoai.channels.adapters.incoming import Envelope
from evoai.channels.adapters.loose import Json, object_of
from evoai.channels.adapters.protocol import Line

EVENTS = (
    "application.startup",
    "qrcode.updated",
    "connection.update",
    "status.instance",
    "instance.create",
    "instance.delete",
    "remove.instance",
    "logout.instance",
    "messages.set",
    "messages.upsert",
    "messages.edited",
    "messages.update",
    "messages.delete",
    "send.message",
    "send.message.update",
    "contacts.set",
    "contacts.upsert",
    "contacts.update",
    "presence.update",
    "chats.set",
    "chats.upsert",
    "chats.update",
    "chats.delete",
    "groups.upsert",
    "groups.update",
    "group-participants.update",
    "labels.edit",
    "labels.association",
    "call",
    "typebot.start",
    "typebot.change-status",
    "messaging-history.set",
)
_NAMES = {name: name for name in EVENTS} | {re.sub(r"[.-]", "_", name).upper(): name for name in EVENTS}
_NAMES["GROUP_UPDATE"] = "groups.update"

# History and live are one family: the same message may come by both. What our API sent is told by `send.message` only.
_MESSAGE_FAMILY = {"messages.upsert": "message", "messages.set": "message", "send.message": "sent"}
_OBJECT_NEEDED = frozenset(
    {"messages.delete", "messages.edited", "send.message.update", "connection.update", "qrcode.updated"}
)
# What a conversation, or a person who pairs a number, waits for; so does an update that says more than a tick.
_PROMPT = frozenset(
    {
        "messages.upsert",
        "messages.edited",
        "messages.delete",
        "connection.update",
        "qrcode.updated",
        "status.instance",
        "logout.instance",
    }
)
_LISTS = frozenset({"messages.upsert", "messages.set", "send.message", "messages.update"})

_SECRET_FIELDS = frozenset(
    {"apikey", "api_key", "token", "jwt_key", "headers", "authorization", "x-hook-token", "destination"}
)
_NESTED_SECRETS = frozenset({"apikey", "api_key", "jwt_key"})
_NESTED_MARK = re.compile(rb'"(?:apikey|api_key|jwt_key)"')
_KEY_LENGTH = 120


class _Head(msgspec.Struct):
    """What the door reads of a message or of an update of one."""

    key: Any = None
    keyId: Any = None
    remoteJid: Any = None
    remoteJidAlt: Any = None
    status: Any = None
    message: msgspec.Raw = msgspec.Raw(b"")
    pollUpdates: msgspec.Raw = msgspec.Raw(b"")


class _Schema(Exception):
    pass


_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])
_head = msgspec.json.Decoder(_Head)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_any = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


def event_name(raw: Any) -> str | None:
    """The dotted name of an event in either spelling; None for one that is not in the contract."""
    return _NAMES.get(raw) if isinstance(raw, str) else None


def open_body(line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
    raw = masked(storable(raw), line.secrets.values())
    try:
        fields = _envelope.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return [unreadable(raw, received_at)]
    for name in [name for name in fields if name.lower() in _SECRET_FIELDS]:
        del fields[name]
    try:
        return _split(line, fields, received_at)
    except (msgspec.DecodeError, RecursionError):
        return [unreadable(raw, received_at)]


def _split(line: Line, fields: dict[str, msgspec.Raw], received_at: datetime) -> Sequence[Envelope]:
    spelled = _any.decode(fields["event"]) if "event" in fields else None
    event = event_name(spelled)
    data = fields.get("data")
    if data is not None and _NESTED_MARK.search(data):
        data = fields["data"] = msgspec.Raw(_encode(without(_any.decode(data), _NESTED_SECRETS)))
    instance = _any.decode(fields["instance"]) if "instance" in fields else None
    own = _any.decode(fields["sender"]) if "sender" in fields else None
    seal = _Seal(fields, event or printable(spelled), own, received_at)
    if instance != line.config.get("instance"):
        return [seal.quarantined("instance-mismatch")]
    if event is None:
        return [seal.quarantined("unknown-event")]
    if _starts(data, b"[") and event in _LISTS:
        envelopes: list[Envelope] = []
        for item in _items.decode(cast(msgspec.Raw, data)):
            fields["data"] = item
            envelopes.append(_one(seal, event, item))
        return envelopes
    return [_one(seal, event, data)]


class _Seal:
    """Makes the envelopes of one body."""

    def __init__(self, fields: dict[str, msgspec.Raw], kind: str, own: Any, received_at: datetime) -> None:
        self.fields = fields
        self.kind = kind
        self.own = own
        self.received_at = received_at

    def envelope(self, key: str, chat: str | None, quarantine: str | None = None, *, prompt: bool = False) -> Envelope:
        return Envelope(
            kind=self.kind,
            dedupe_key=key,
            chat=chat or self.kind,
            body=_encode(self.fields),
            quarantine=quarantine,
            prompt=prompt or self.kind in _PROMPT,
        )

    def quarantined(self, reason: str) -> Envelope:
        return self.envelope(self.content_key(), None, reason)

    def content_key(self) -> str:
        """For events without an id: `date_time` is the moment of emission, which a retry repeats."""
        data = self.fields.get("data", msgspec.Raw(b""))
        moment = bytes(self.fields.get("date_time", msgspec.Raw(b"null")))
        if moment == b"null":
            moment = f"{self.received_at:%Y%m%d%H}".encode()
        return f"{self.kind}:{sha256(bytes(data) + moment).hexdigest()}"


def _one(seal: _Seal, event: str, data: msgspec.Raw | None) -> Envelope:
    is_object = _starts(data, b"{")
    try:
        if event in _MESSAGE_FAMILY:
            if not is_object:
                raise _Schema
            return _message(seal, _MESSAGE_FAMILY[event], _head.decode(cast(msgspec.Raw, data)))
        if event == "messages.update":
            if not is_object:
                raise _Schema
            return _update(seal, _head.decode(cast(msgspec.Raw, data)))
        if event in _OBJECT_NEEDED and not is_object:
            raise _Schema
        if event.startswith("contacts.") and not (is_object or _starts(data, b"[")):
            raise _Schema
        read = _any.decode(data) if data is not None else None
        return seal.envelope(seal.content_key(), jids.chat_of(_event_address(read, seal.own)))
    except (_Schema, msgspec.ValidationError):
        return seal.quarantined("schema")


def _starts(data: msgspec.Raw | None, bracket: bytes) -> bool:
    return data is not None and bytes(memoryview(data)[:1]) == bracket


def _message(seal: _Seal, family: str, head: _Head) -> Envelope:
    key = _key(head)
    from_me = 1 if key.get("fromMe") is True else 0
    return seal.envelope(f"{family}:{_id(key.get('id'))}:{from_me}", _chat(key, seal.own))


def _update(seal: _Seal, head: _Head) -> Envelope:
    key_id = head.keyId or (_key(head).get("id") if head.key is not None else None)
    said = bytes(head.message) + bytes(head.pollUpdates)
    key = f"update:{_id(key_id)}:{printable(head.status)}:{sha256(said).hexdigest() if said else ''}"
    address = jids.address_of([head.remoteJid, head.remoteJidAlt], seal.own)
    return seal.envelope(key, jids.chat_of(address), prompt=bool(said))


def _key(head: _Head) -> Json:
    key = object_of(head.key)
    if not key:
        raise _Schema
    return key


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _Schema
    return short_id(value)


def _chat(key: Json, own: Any) -> str | None:
    kind = jids.kind_of(key.get("remoteJid"))
    if kind in ("phone", "lid", ""):
        return jids.chat_of(key_address(key, own))
    return str(key["remoteJid"])[:_KEY_LENGTH].lower()


def _event_address(data: Any, own: Any) -> Any:
    candidates = event_jids(data)
    key = object_of(object_of(data).get("key"))
    candidates += [key.get("remoteJid"), key.get("remoteJidAlt")]
    # Of an edit the key is the author's, so its address is often ours: no chat is better than a wrong one.
    return jids.address_of([jid for jid in candidates if not jids.same_person(jid, own)])
