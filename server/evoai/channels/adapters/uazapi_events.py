"""UAZAPI's webhooks at the door: one body into envelopes, without its token. What an event means is
`uazapi_parse.py`; this runs for every webhook and reads no more than it must."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import msgspec

from evoai.channels.adapters import jids
from evoai.channels.adapters.bodies import masked, printable, short_id, storable, unreadable, without
from evoai.channels.adapters.incoming import Address, Envelope
from evoai.channels.adapters.loose import Json, list_of, object_of
from evoai.channels.adapters.protocol import Line

EVENTS = frozenset(
    {
        "connection",
        "history",
        "messages",
        "messages_update",
        "newsletter_messages",
        "call",
        "contacts",
        "presence",
        "groups",
        "labels",
        "chats",
        "chat_labels",
        "blocks",
        "sender",
        "leads",
    }
)
_MESSAGES = frozenset({"messages", "history"})
_PROMPT = frozenset({"messages", "connection"})
_TOKENS = frozenset({"token", "admintoken", "apikey", "openai_apikey"})
_NESTED_MARK = re.compile(rb'"(?:token|admintoken|apikey|openai_apikey)"\s*:', re.I)
_KEY_LENGTH = 120

_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])
_any = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


class _Token(msgspec.Struct):
    token: Any = None


class _Head(msgspec.Struct):
    """What the door reads of a message."""

    id: Any = None
    messageid: Any = None
    chatid: Any = None
    chatlid: Any = None
    sender: Any = None
    sender_pn: Any = None
    sender_lid: Any = None
    fromMe: Any = None
    isGroup: Any = None


class _Chat(msgspec.Struct):
    wa_chatid: Any = None
    wa_chatlid: Any = None


class _Schema(Exception):
    pass


_token = msgspec.json.Decoder(_Token)
_head = msgspec.json.Decoder(_Head)
_chat = msgspec.json.Decoder(_Chat)


def is_authentic(line: Line, raw: bytes) -> bool:
    """Whether a body shows the instance's own token. One that shows none, or cannot be read, came to the channel's
    secret address: it is kept for people, and not worked."""
    try:
        shown = _token.decode(raw).token
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True
    if shown is None or shown == "":
        return True
    expected = line.secrets.get("instance_token")
    if not expected or not isinstance(shown, str):
        return False
    return hmac.compare_digest(expected.encode(), shown.encode("utf-8", "replace"))


def open_body(line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
    raw = storable(raw)
    try:
        fields = _envelope.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return [unreadable(masked(raw, line.secrets.values()), received_at)]
    shown = bytes(fields.get("token", b"null")) not in (b"null", b'""')
    for name in [name for name in fields if name.lower() in _TOKENS]:
        del fields[name]
    try:
        _hide(line, fields)
        seal = Seal(fields, received_at)
        return seal.split() if shown else [seal.quarantined("token-missing")]
    except (msgspec.MsgspecError, RecursionError):
        return [unreadable(masked(raw, line.secrets.values()), received_at)]


def _hide(line: Line, fields: dict[str, msgspec.Raw]) -> None:
    for name, value in fields.items():
        if _NESTED_MARK.search(value):
            fields[name] = msgspec.Raw(_encode(without(_any.decode(value), _TOKENS)))
        fields[name] = msgspec.Raw(masked(bytes(fields[name]), line.secrets.values()))


class Seal:
    """Makes the envelopes of one body, whose fields are free of tokens."""

    def __init__(self, fields: dict[str, msgspec.Raw], received_at: datetime) -> None:
        self.fields = fields
        spelled = _any.decode(fields["EventType"]) if "EventType" in fields else None
        self.event: str | None = spelled if isinstance(spelled, str) and spelled in EVENTS else None
        self.kind = self.event or printable(spelled)
        self._received_at = received_at

    def split(self) -> Sequence[Envelope]:
        try:
            if self.event is None:
                return [self.quarantined("unknown-event")]
            if self.event in _MESSAGES and "message" in self.fields:
                return [self._message()]
            if self.event == "messages_update":
                return self._updates()
            if self.event == "messages":
                raise _Schema
            return [self._envelope(self._content_key(), None)]
        except (_Schema, msgspec.ValidationError):
            return [self.quarantined("schema")]

    def quarantined(self, reason: str) -> Envelope:
        return self._envelope(self._content_key(), None, quarantine=reason)

    def _envelope(self, key: str, chat: str | None, *, quarantine: str | None = None, prompt: bool = False) -> Envelope:
        return Envelope(
            kind=self.kind,
            dedupe_key=key,
            chat=chat or self.kind,
            body=_encode(self.fields),
            quarantine=quarantine,
            prompt=prompt or self.kind in _PROMPT,
        )

    def _message(self) -> Envelope:
        head = _head.decode(self.fields["message"])
        # Live and history are one family: the same message may come by both.
        key = f"message:{short_id(message_id(head.messageid) or message_id(head.id) or _missing())}"
        if head.isGroup is True or jids.kind_of(head.chatid) not in ("phone", "lid", ""):
            return self._envelope(key, str(head.chatid)[:_KEY_LENGTH].lower())
        chat = _chat.decode(self.fields["chat"]) if _is_object(self.fields.get("chat")) else _Chat()
        return self._envelope(
            key, jids.chat_of(address_of(msgspec.structs.asdict(head), chat.wa_chatid, chat.wa_chatlid))
        )

    def _updates(self) -> list[Envelope]:
        """One event for each message that the body is about: most may be unknown to us, and each stands for itself."""
        event = self.fields.get("event")
        if not _is_object(event):
            raise _Schema
        read = object_of(_any.decode(cast(msgspec.Raw, event)))
        state = update_state(_any.decode(self.fields.get("state", msgspec.Raw(b"null"))), read)
        known = [found for one in message_ids(read) if (found := message_id(one))]
        if not known:
            raise _Schema
        address = jids.address_of([read.get(name) for name in ("Chat", "chatid", "sender_pn", "Sender", "sender_lid")])
        chat = jids.chat_of(address)
        envelopes: list[Envelope] = []
        for one in known:
            self.fields["event"] = msgspec.Raw(_encode(read | {"MessageIDs": [one]}))
            key = f"update:{short_id(one)}:{printable(state)}"
            envelopes.append(self._envelope(key, chat, prompt=state == "deleted"))
        return envelopes

    def _content_key(self) -> str:
        """For events without an id of a message: the server's own id of the event, or what it says and when it came."""
        event_id = _any.decode(self.fields["event_id"]) if "event_id" in self.fields else None
        if isinstance(event_id, str) and event_id:
            return f"{self.kind}:{short_id(event_id)}"
        # A number that comes, goes and comes again within the hour says the same words each time.
        moment = f"{self._received_at:%Y%m%d%H%M}" if self.kind == "connection" else f"{self._received_at:%Y%m%d%H}"
        said = b"".join(bytes(self.fields.get(name, b"")) for name in ("message", "event", "instance", "state", "type"))
        return f"{self.kind}:{sha256(said + moment.encode()).hexdigest()}"


def message_id(value: Any) -> str | None:
    """WhatsApp's id of a message, out of `owner:id` where it is given so."""
    if not isinstance(value, str):
        return None
    return value.rpartition(":")[2].strip() or None


def message_ids(event: Json) -> list[Any]:
    found = event.get("MessageIDs")
    return [found] if isinstance(found, str) else list_of(found)


def update_state(state: Any, event: Json) -> str:
    """The reliable one stands at the root; the event repeats it in any case."""
    said = state if isinstance(state, str) and state else event.get("Type")
    return said.lower() if isinstance(said, str) else ""


def address_of(head: Json, *more: Any) -> Address | None:
    """Who the chat is with. Of what we wrote ourselves, the sender is us."""
    candidates = [head.get("chatid"), head.get("chatlid"), *more]
    if not truthy(head.get("fromMe")):
        candidates += [head.get("sender_pn"), head.get("sender_lid"), head.get("sender")]
    return jids.address_of(candidates)


def truthy(value: Any) -> bool:
    """A boolean, which one build writes as a word."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _is_object(value: msgspec.Raw | None) -> bool:
    return value is not None and bytes(memoryview(value)[:1]) == b"{"


def _missing() -> str:
    raise _Schema
