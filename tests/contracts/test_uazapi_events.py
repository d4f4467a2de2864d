"""UAZAPI's events about messages and numbers, what cannot be read, and who is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from evoai.channels.adapters.incoming import (
    Connection,
    Deletion,
    Edit,
    Event,
    Inbound,
    Noted,
    Qr,
    ReadElsewhere,
    Receipt,
    Unreadable,
)
from evoai.channels.adapters.uazapi import Uazapi
from tests.contracts.of_uazapi import (
    LINE,
    MINE,
    NOW,
    PHONE,
    PREFIX,
    TEXT,
    TOKEN,
    Json,
    body,
    changed,
    connection,
    opened,
    through,
    update,
)

EVENTS: dict[str, tuple[Json, Event]] = {
    "the state in the event alone": (update(state="", Type="read"), Receipt(provider_message_id=MINE, status="read")),
    "words for booleans": (update(IsFromMe="False"), Receipt(provider_message_id=MINE, status="delivered")),
    "ISO times": (update(Timestamp="2026-11-20T13:00:00Z"), Receipt(provider_message_id=MINE, status="delivered")),
    "sent": (update(state="Sent"), Receipt(provider_message_id=MINE, status="sent")),
    "failed": (update(state="Failed"), Receipt(provider_message_id=MINE, status="failed", reason="failed")),
    "one id, not in a list": (update(MessageIDs=MINE), Receipt(provider_message_id=MINE, status="delivered")),
    "a long id": (update(MessageIDs=[f"5511955500100:{MINE}"]), Receipt(provider_message_id=MINE, status="delivered")),
    "the owner read it elsewhere": (update(state="Read", IsFromMe=True), ReadElsewhere(provider_message_id=MINE)),
    "the owner's other phone has it": (update(IsFromMe="True"), Noted(what="status")),
    "a group's": (update(IsGroup=True, type="GroupReceipts"), Noted(what="status")),
    "book-keeping": (update(state="FileDownloaded"), Noted(what="status")),
    "a state of tomorrow": (update(state="Seen"), Noted(what="status")),
    "we deleted it": (update(state="Deleted", IsFromMe=True), Deletion(provider_message_id=MINE)),
    "an edit of ours": (
        changed("message_edited", fromMe=True, wasSentByApi=True),
        Edit(provider_message_id=f"{PREFIX}0B02", text="Pode separar dois, por favor"),
    ),
    "an edit that names a long id": (
        changed("message_edited", edited=f"5511955500100:{PREFIX}0B02"),
        Edit(provider_message_id=f"{PREFIX}0B02", text="Pode separar dois, por favor"),
    ),
    "the protocol's own": (changed(TEXT, messageType="ProtocolMessage"), Noted(what="protocol")),
    "history without a message": ({"EventType": "history", "token": TOKEN, "event": {}}, Noted(what="history")),
    "a call": ({"EventType": "call", "token": TOKEN, "event": {"from": PHONE}}, Noted(what="call")),
    "hibernated": (connection(status="hibernated"), Connection(state="disconnected", reason="hibernated")),
    "a word of tomorrow": (connection(status="dreaming"), Noted(what="connection")),
    "connecting without a code": (connection(status="connecting", qrcode=""), Connection(state="connecting")),
    "a code to type": (
        connection(status="connecting", paircode="ABCD-1234"),
        Qr(code="", pairing_code="ABCD-1234", seconds=30),
    ),
    "a picture that is none": (
        connection(status="connecting", qrcode="data:text/html;base64,PHNjcmlwdD4="),
        Connection(state="connecting"),
    ),
    "logged out by the type": (
        connection(status="disconnected"),
        Connection(state="disconnected", reason="logged-out"),
    ),
    "gone for no told reason": (
        connection(status="disconnected", type=None),
        Connection(state="disconnected", reason="closed"),
    ),
    "forbidden": (
        connection(status="disconnected", type="Disconnected", lastDisconnectReason="403: forbidden"),
        Connection(state="banned", reason="forbidden"),
    ),
    "banned for a while": (
        connection(status="disconnected", type="TemporaryBan"),
        Connection(state="banned", reason="temporary-ban"),
    ),
    "another number of the list": (
        connection(status="disconnected", type="Disconnected", lastDisconnectReason="428: connection lost"),
        Connection(state="disconnected", reason="closed-428"),
    ),
    "connected, the owner with a server": (
        connection(status="connected", type=None, owner="5511955500100@s.whatsapp.net", profileName="Loja Aurora"),
        Connection(state="connected", phone="5511955500100", profile_name="Loja Aurora"),
    ),
    "connected, no owner yet": (connection(status="connected", type=None, owner=""), Connection(state="connected")),
}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_what_an_event_means(name: str) -> None:
    envelope, event = EVENTS[name]
    assert through(envelope) == event


QUARANTINED: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"<html>502 Bad Gateway</html>", "not-json"),
    "cut off": (b'{"EventType":"messages","token":"x', "not-json"),
    "a list": (b"[]", "not-json"),
    "nothing": (b"", "not-json"),
    "without a token": (json.dumps({k: v for k, v in body(TEXT).items() if k != "token"}).encode(), "token-missing"),
    "an empty token": (json.dumps(body(TEXT) | {"token": ""}).encode(), "token-missing"),
    "no event": (json.dumps({"token": TOKEN}).encode(), "unknown-event"),
    "the documented shape that nobody sends": (
        json.dumps({"event": "message", "instance": "x", "data": {}, "token": TOKEN}).encode(),
        "unknown-event",
    ),
    "an event of tomorrow": (json.dumps({"EventType": "stories", "token": TOKEN}).encode(), "unknown-event"),
    "a message that is none": (json.dumps(body(TEXT) | {"message": "oi"}).encode(), "schema"),
    "messages without one": (json.dumps({"EventType": "messages", "token": TOKEN}).encode(), "schema"),
    "a message without an id": (json.dumps(changed(TEXT, id="", messageid="")).encode(), "schema"),
    "an update without an event": (json.dumps({"EventType": "messages_update", "token": TOKEN}).encode(), "schema"),
    "an update without ids": (json.dumps(update(MessageIDs=[])).encode(), "schema"),
}


@pytest.mark.parametrize("name", sorted(QUARANTINED))
def test_what_cannot_be_read_is_kept_and_never_raises(name: str) -> None:
    raw, reason = QUARANTINED[name]
    assert Uazapi().verify(LINE, {}, raw)
    (one,) = Uazapi().open(LINE, raw, NOW)
    assert one.quarantine == reason
    assert one.dedupe_key
    assert TOKEN.encode() not in one.body


@pytest.mark.parametrize("token", ["another", 7, {"a": 1}, TOKEN[:-1], TOKEN.upper()])
def test_a_body_with_another_token_is_not_authentic(token: Any) -> None:
    assert not Uazapi().verify(LINE, {}, json.dumps(body(TEXT) | {"token": token}).encode())


def test_a_line_without_a_token_believes_nobody_who_shows_one() -> None:
    bare = msgspec.structs.replace(LINE, secrets={})
    assert not Uazapi().verify(bare, {}, json.dumps(body(TEXT)).encode())


def test_tokens_leave_no_trace_wherever_they_stand() -> None:
    envelope = connection(status="connecting", token=TOKEN, openai_apikey="sk-abcdefghijklmnop") | {
        "admintoken": "root"
    }
    envelope["chat"] = {"note": f"o token é {TOKEN}"}
    (one,) = opened(envelope)
    for secret in (TOKEN, "sk-abcdefghijklmnop", "root"):
        assert secret.encode() not in one.body


def test_what_PostgreSQL_cannot_store_is_replaced() -> None:
    raw = json.dumps(changed(TEXT, text="a\0b", content="x")).encode()
    (one,) = Uazapi().open(LINE, raw, NOW)
    event = Uazapi().parse(LINE, one.body)
    assert isinstance(event, Inbound)
    assert event.content.text == "a\ufffdb"


KEYS: list[tuple[str, Callable[[], Json], Callable[[], Json], bool]] = [
    ("the same message twice", lambda: body(TEXT), lambda: body(TEXT), True),
    ("live and history", lambda: body(TEXT), lambda: body(TEXT) | {"EventType": "history"}, True),
    ("two states of a message", lambda: update(state="Delivered"), lambda: update(state="Read"), False),
    ("an edit and what it edits", lambda: body("message_text_extended_reply"), lambda: body("message_edited"), False),
    ("an event by its id", lambda: body("connection_connected"), lambda: body("connection_connected"), True),
    (
        "the same words under another id",
        lambda: body("connection_connected"),
        lambda: body("connection_connected") | {"event_id": "another"},
        False,
    ),
    ("a group's message, whoever tells", lambda: body("message_group_text"), lambda: body("message_group_text"), True),
]


@pytest.mark.parametrize(("name", "one", "other", "same"), KEYS, ids=[row[0] for row in KEYS])
def test_what_is_the_same_event(name: str, one: Callable[[], Json], other: Callable[[], Json], same: bool) -> None:
    assert (opened(one())[0].dedupe_key == opened(other())[0].dedupe_key) is same


def test_parse_refuses_what_it_does_not_know() -> None:
    nobody = changed(TEXT, chatid="", chatlid="", sender="", sender_pn="", sender_lid="") | {"chat": {}}
    for raw, reason in (
        (b"x", "not-json"),
        (b"[]", "not-json"),
        (b'{"EventType":"stories"}', "unknown-event"),
        (b'{"EventType":"messages"}', "schema"),
        (json.dumps(nobody).encode(), "no-address"),
    ):
        with pytest.raises(Unreadable) as raised:
            Uazapi().parse(LINE, raw)
        assert raised.value.reason == reason
