"""The Cloud API's webhooks at the door: one body into its parts by number, and a part into envelopes. What an event
means is `cloud_parse.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from evoai.channels.adapters.bodies import masked, printable, short_id, storable, unreadable
from evoai.channels.adapters.incoming import Envelope
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of
from evoai.channels.adapters.protocol import Line
from evoai.channels.adapters.roles import SharedPart
from evoai.kit import phones

OBJECT = "whatsapp_business_account"
# A message is the same whether it comes live, as an echo of the phone's app, or with the history.
_MESSAGES = {"messages": "messages", "smb_message_echoes": "message_echoes"}
NOTED = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "automatic_events",
        "business_status_update",
        "calls",
        "consumer_profile",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "message_echoes",
        "message_template_components_update",
        "messaging_handovers",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "security",
        "tracking_events",
    }
)
"""Fields of a subscription that carry nothing to act on."""
FIELDS = NOTED | {
    "messages",
    "smb_message_echoes",
    "history",
    "smb_app_state_sync",
    "user_preferences",
    "account_update",
    "business_capability_update",
    "phone_number_quality_update",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
}
_PROMPT = frozenset({"smb_message_echoes", "account_update", "phone_number_quality_update"})

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_DecodeError = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def split_shared(raw: bytes) -> Sequence[SharedPart]:
    """What a body for several numbers holds, each part a body of its own; what names no account is left out."""
    try:
        body = object_of(_decode(storable(raw)))
    except _DecodeError:
        return []
    parts: list[SharedPart] = []
    for entry in map(object_of, list_of(body.get("entry"))):
        waba = text_of(entry.get("id"))
        for change in map(object_of, list_of(entry.get("changes"))):
            if waba:
                alone = {"object": body.get("object"), "entry": [{**entry, "changes": [change]}]}
                number = text_of(object_of(object_of(change.get("value")).get("metadata")).get("phone_number_id"))
                parts.append(SharedPart(group=waba, number=number, body=_encode(alone)))
    return parts


def open_body(line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
    raw = masked(storable(raw), line.secrets.values())
    try:
        body: Any = _decode(raw)
    except _DecodeError:
        return [unreadable(raw, received_at)]
    if not isinstance(body, dict):
        return [unreadable(raw, received_at)]
    fields = object_of(body)
    entries = fields.get("entry")
    if fields.get("object") != OBJECT:
        return [_whole(fields, "unknown-event", received_at)]
    if not isinstance(entries, list) or not entries:
        return [_whole(fields, "schema", received_at)]
    envelopes: list[Envelope] = []
    for entry in map(object_of, list_of(entries)):
        changes = entry.get("changes")
        if not isinstance(changes, list):
            envelopes.append(_whole(entry, "schema", received_at))
        envelopes.extend(
            envelope
            for change in list_of(changes)
            for envelope in _Change(line, entry, object_of(change), received_at).envelopes()
        )
    return envelopes


class _Change:
    """Makes the envelopes of one change."""

    def __init__(self, line: Line, entry: Json, change: Json, received_at: datetime) -> None:
        self._line, self._received_at = line, received_at
        self._waba, self._time = entry.get("id"), entry.get("time")
        self._field = text_of(change.get("field"))
        self._kind = printable(self._field)
        self._value = object_of(change.get("value"))

    def envelopes(self) -> Iterable[Envelope]:
        if not self._value:
            return [self._seal(self._kind, self._content_key(), self._value, quarantine="schema")]
        number = object_of(self._value.get("metadata")).get("phone_number_id")
        config = self._line.config
        if self._waba != config["waba_id"] or number not in (None, config["phone_number_id"]):
            return [self._seal(self._kind, self._content_key(), self._value, quarantine="instance-mismatch")]
        if self._field not in FIELDS:
            return [self._seal(self._kind, self._content_key(), self._value, quarantine="unknown-event")]
        if self._field in _MESSAGES:
            return self._spoken(_MESSAGES[self._field])
        if self._field == "history":
            return self._history()
        if self._field == "smb_app_state_sync":
            return self._each("state_sync")
        if self._field == "user_preferences":
            return self._each("user_preferences")
        return [self._seal(self._field, self._content_key(), self._value)]

    def _spoken(self, name: str) -> list[Envelope]:
        about = {"metadata": self._value.get("metadata")}
        people = [object_of(person) for person in list_of(self._value.get("contacts"))]
        found = [self._message(name, object_of(item), about, people) for item in list_of(self._value.get(name))]
        found.extend(self._status(object_of(status), about) for status in list_of(self._value.get("statuses")))
        for error in list_of(self._value.get("errors")):
            # An error beside a message belongs to it; alone it is about the number.
            if not found:
                found.append(self._seal("errors", self._content_key(error), about | {"errors": [error]}))
        return found or [self._seal(self._kind, self._content_key(), self._value, quarantine="schema")]

    def _message(self, name: str, message: Json, about: Json, people: list[Json]) -> Envelope:
        message_id = text_of(message.get("id"))
        mine = [person for person in people if _is_about(person, message)]
        value = about | {"contacts": mine, name: [message]}
        if not message_id:
            return self._seal(self._kind, self._content_key(message), value, quarantine="schema")
        return self._seal(self._kind, f"message:{short_id(message_id)}", value, chat=_chat(message), prompt=True)

    def _status(self, status: Json, about: Json) -> Envelope:
        message_id, word = text_of(status.get("id")), text_of(status.get("status"))
        value = about | {"statuses": [status]}
        if not message_id or not word:
            return self._seal("statuses", self._content_key(status), value, quarantine="schema")
        # Of a group each participant reports for themselves.
        who = printable(status.get("recipient_participant_id") or status.get("recipient_participant_user_id") or "")
        at = integer_of(status.get("timestamp"))
        key = f"status:{short_id(message_id)}:{printable(word)}:{at}" + (f":{who}" if who != "unknown" else "")
        chat = text_of(status.get("recipient_id")) or text_of(status.get("recipient_user_id"))
        return self._seal("statuses", key, value, chat=_canonical(chat))

    def _history(self) -> list[Envelope]:
        """Each message of the threads by itself; what says only how far the history is, or that it is refused, too."""
        found: list[Envelope] = []
        about = {"metadata": self._value.get("metadata")}
        for chunk in map(object_of, list_of(self._value.get("history"))):
            for thread in map(object_of, list_of(chunk.get("threads"))):
                who = text_of(thread.get("id"))
                found.extend(self._past(who, object_of(item), about) for item in list_of(thread.get("messages")))
            if not list_of(chunk.get("threads")):
                found.append(self._seal("history", self._content_key(chunk), about | {"history": [chunk]}))
        # Files of the history come afterwards, as messages without their thread.
        found.extend(self._past(None, object_of(item), about) for item in list_of(self._value.get("messages")))
        return found or [self._seal("history", self._content_key(), self._value)]

    def _past(self, who: str | None, message: Json, about: Json) -> Envelope:
        message_id = text_of(message.get("id"))
        value = about | {"history": [{"threads": [{"id": who, "messages": [message]}]}]}
        if not message_id:
            return self._seal("history", self._content_key(message), value, quarantine="schema")
        # What only holds the place of a file must not keep the file itself out.
        family = "placeholder" if message.get("type") == "media_placeholder" else "message"
        chat = _canonical(who) or _chat(message)
        return self._seal("history", f"{family}:{short_id(message_id)}", value, chat=chat)

    def _each(self, name: str) -> list[Envelope]:
        items = list_of(self._value.get(name))
        about = {"metadata": self._value.get("metadata")}
        return [self._seal(self._kind, self._content_key(item), about | {name: [item]}) for item in items] or [
            self._seal(self._kind, self._content_key(), self._value, quarantine="schema")
        ]

    def _content_key(self, value: Any = None) -> str:
        """For what has no id: its content and the time of the change, which a retry repeats."""
        return _content_key(self._kind, self._value if value is None else value, self._time, self._received_at)

    def _seal(
        self,
        kind: str,
        key: str,
        value: Json,
        *,
        chat: str | None = None,
        quarantine: str | None = None,
        prompt: bool = False,
    ) -> Envelope:
        body = {"account": self._waba, "field": self._field, "value": value}
        return Envelope(
            kind=kind,
            dedupe_key=key,
            chat=chat or kind,
            body=_encode(body),
            quarantine=quarantine,
            prompt=prompt or kind in _PROMPT,
        )


def _content_key(kind: str, value: Any, moment: Any, received_at: datetime) -> str:
    moment = f"{received_at:%Y%m%d%H}" if moment is None else str(moment)
    return f"{kind}:{sha256(_encode(value) + moment.encode()).hexdigest()}"


def _whole(value: Json, quarantine: str, received_at: datetime) -> Envelope:
    return Envelope(
        kind="unreadable",
        dedupe_key=_content_key("unreadable", value, None, received_at),
        chat="unreadable",
        body=_encode(value),
        quarantine=quarantine,
    )


def _is_about(person: Json, message: Json) -> bool:
    """Whether a contact of the body is this message's: by its ids, for the order of the two lists says nothing."""
    ids = {_canonical(text_of(message.get(name))) for name in ("from", "to", "from_user_id", "to_user_id")}
    theirs = {_canonical(text_of(person.get(name))) for name in ("wa_id", "user_id")}
    return not (ids - {None, ""}).isdisjoint(theirs)


def _chat(message: Json) -> str | None:
    names = ("to", "to_user_id") if message.get("to") or message.get("to_user_id") else ("from", "from_user_id")
    return _canonical(next((text for name in names if (text := text_of(message.get(name)))), None))


def _canonical(address: str | None) -> str | None:
    return phones.canonical(address) if address and address.isdecimal() else address
