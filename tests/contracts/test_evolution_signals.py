"""What an Evolution server tells beside messages: ticks, edits, deletions, connections, names; and rubbish."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.incoming import (
    Connection,
    Edit,
    Event,
    Noted,
    PollVotes,
    Qr,
    ReadElsewhere,
    Receipt,
    Unreadable,
)
from tests.contracts.of_evolution import EDITED, LID, LINE, OWN, PN, Json, body, keyed, through, wrapped


def update(**data: Any) -> Event:
    envelope = body("messages.update.read")
    fields = {"keyId": "K", "fromMe": True, **data}
    envelope["data"] = {name: value for name, value in fields.items() if value is not ...}
    return through(envelope)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ERROR", "failed"),
        ("FAILED", "failed"),
        ("PENDING", "sent"),
        ("SERVER_ACK", "sent"),
        ("SENT", "sent"),
        ("DELIVERY_ACK", "delivered"),
        ("DELIVERED", "delivered"),
        ("READ", "read"),
        ("PLAYED", "read"),
        (0, "failed"),
        (2, "sent"),
        (4, "read"),
        ("3", "delivered"),
    ],
)
def test_ticks(status: Any, expected: Any) -> None:
    reason = ("failed" if status == "FAILED" else "error") if expected == "failed" else None
    assert update(status=status) == Receipt(provider_message_id="K", status=expected, reason=reason)


@pytest.mark.parametrize("status", ["DELETED", ..., None, "SOMETHING", 99, {}])
@pytest.mark.parametrize("from_me", [True, False])
def test_a_made_up_status_never_deletes_and_never_ticks(status: Any, from_me: bool) -> None:
    assert isinstance(update(status=status, fromMe=from_me), Noted)


@pytest.mark.parametrize("status", ["READ", "PLAYED", 4])
def test_reading_on_another_device(status: Any) -> None:
    assert update(status=status, fromMe=False) == ReadElsewhere(provider_message_id="K")


def test_other_ticks_of_the_contacts_messages_say_nothing() -> None:
    assert isinstance(update(status="DELIVERY_ACK", fromMe=False), Noted)


def test_votes_and_contents_with_a_made_up_status_are_no_ticks() -> None:
    votes = [{"name": "a", "voters": []}, {"name": "b", "voters": ["x", "y"]}, {"voters": []}, None]
    expected = PollVotes(provider_message_id="K", votes={"a": 0, "b": 2})
    assert update(status="SERVER_ACK", pollUpdates=votes) == expected
    assert update(status="SERVER_ACK", message={"conversation": "x"}) == Noted(what="message-update")
    assert update(status="READ", message={"conversation": "x"}) == Receipt(provider_message_id="K", status="read")


@pytest.mark.parametrize(
    "inner",
    [
        {"conversation": "novo"},
        {"extendedTextMessage": {"text": "novo"}},
        {"imageMessage": {"caption": "novo"}},
        {"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "novo"}}}},
        {"protocolMessage": {"type": "MESSAGE_EDIT", "editedMessage": {"conversation": "novo"}}},
    ],
)
@pytest.mark.parametrize("status", ["SERVER_ACK", "DELETED", "READ", ...])
def test_edits_among_the_updates(inner: Json, status: Any) -> None:
    assert update(status=status, message={"editedMessage": {"message": inner}}) == Edit(
        provider_message_id="K", text="novo"
    )


def test_an_edit_without_text_changes_nothing() -> None:
    assert update(message={"editedMessage": {"message": {"pollCreationMessage": {}}}}) == Noted(what="edit")


@pytest.mark.parametrize("event", ["messages.edited", "send.message.update", "MESSAGES_EDITED"])
def test_protocol_events(event: str) -> None:
    envelope = body("messages.edited") | {"event": event}
    assert through(envelope) == EDITED
    for kind in ("REVOKE", "EPHEMERAL_SETTING", "HISTORY_SYNC_NOTIFICATION", "APP_STATE_SYNC_KEY_SHARE", None, 0):
        envelope["data"]["type"] = kind
        assert through(envelope) == Noted(what="protocol")


def test_protocol_messages_among_the_messages() -> None:
    edit = {"type": 14, "key": {"id": "OLD"}, "editedMessage": {"conversation": "novo"}}
    message = wrapped({"protocolMessage": edit}, "editedMessage")
    assert through(keyed({"remoteJid": PN}, message=message)) == Edit(provider_message_id="OLD", text="novo")
    revoke = {"protocolMessage": {"type": 0, "key": {"id": "OLD"}}}
    assert through(keyed({"remoteJid": PN}, message=revoke)) == Noted(what="protocol")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"state": "close", "statusReason": 403}, Connection(state="banned", reason="forbidden")),
        ({"state": "close", "statusReason": 402}, Connection(state="disconnected", reason="payment-required")),
        ({"state": "close", "statusReason": 515}, Connection(state="disconnected", reason="closed-515")),
        ({"state": "close"}, Connection(state="disconnected", reason="closed")),
        ({"state": "refused", "statusReason": 500}, Connection(state="disconnected", reason="refused")),
        ({"state": "open"}, Connection(state="connected", phone="5531988120045")),
        ({"state": "new"}, Noted(what="connection.update")),
    ],
)
def test_connections(data: Json, expected: Event) -> None:
    assert through(body("connection.update.open") | {"data": data}) == expected


def test_a_pairing_code() -> None:
    envelope = body("qrcode.updated")
    envelope["data"]["qrcode"] |= {"code": "2@x", "pairingCode": "WZYEH1YY"}
    assert through(envelope) == Qr(code="2@x", pairing_code="WZYEH1YY")


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        [{"remoteJid": LID, "pushName": "128834450127931"}],
        [{"remoteJid": PN, "pushName": ""}, {"remoteJid": "1@g.us", "pushName": "Grupo"}],
        [{"remoteJid": OWN, "pushName": "Studio Lima"}],
        ["x", None],
    ],
)
def test_contacts_without_a_usable_name(data: Any) -> None:
    assert through(body("contacts.update.object") | {"data": data}) == Noted(what="contacts.update")


@pytest.mark.parametrize(
    "make", [lambda b: b[:-5], lambda b: b"[]", lambda b: b'"x"', lambda b: b"", lambda b: b"\xff"]
)
def test_parse_of_rubbish_is_unreadable(make: Callable[[bytes], bytes]) -> None:
    raw = json.dumps(body("messages.upsert.image")).encode()
    with pytest.raises(Unreadable):
        Evolution().parse(LINE, make(raw))


@pytest.mark.parametrize("data", [None, [], "x", 5, {}, {"key": None}, {"key": {"id": 5}}, {"key": {"id": ""}}])
@pytest.mark.parametrize("event", ["messages.upsert", "messages.update", "messages.delete", "send.message"])
def test_parse_of_drifted_data_is_unreadable(event: str, data: Any) -> None:
    with pytest.raises(Unreadable, match="schema"):
        Evolution().parse(LINE, json.dumps({"event": event, "data": data}).encode())
