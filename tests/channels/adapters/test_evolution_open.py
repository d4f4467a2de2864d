"""Evolution's webhooks at the door: split, cleaned, keyed, and kept whatever they are."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.incoming import Envelope, Unreadable
from evoai.channels.adapters.protocol import Line

BODIES = Path(__file__).parents[2] / "contracts" / "evolution"
API_KEY, HOOK_TOKEN = "api-key-api-key-api-key", "hook-token-hook-token"
LINE = Line(
    tenant_id=UUID(int=1),
    channel_id=UUID(int=2),
    config={"base_url": "https://evo.example.com.br", "instance": "t_4821_atendimento"},
    secrets={"api_key": API_KEY, "hook_token": HOOK_TOKEN},
)
NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
PN, LID = "5511987654321@s.whatsapp.net", "128834450127931@lid"
Json = dict[str, Any]


def body(name: str = "messages.upsert.text.conversation") -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


def opened(raw: bytes | Json, at: datetime = NOW) -> Sequence[Envelope]:
    return Evolution().open(LINE, raw if isinstance(raw, bytes) else json.dumps(raw).encode(), at)


def one(raw: bytes | Json, at: datetime = NOW) -> Envelope:
    (envelope,) = opened(raw, at)
    return envelope


def stored_text(raw: bytes) -> str:
    return json.loads(one(raw).body)["data"]["message"]["conversation"]


@pytest.mark.parametrize(
    ("headers", "authentic"),
    [
        ({"x-hook-token": HOOK_TOKEN}, True),
        ({"x-hook-token": HOOK_TOKEN + "x"}, False),
        ({"x-hook-token": HOOK_TOKEN[:-1]}, False),
        ({"x-hook-token": ""}, False),
        ({"x-hook-token": "ação\udcff"}, False),
        ({"apikey": API_KEY}, False),
        ({}, False),
    ],
)
def test_verify(headers: dict[str, str], authentic: bool) -> None:
    assert Evolution().verify(LINE, headers, b"") is authentic


def test_verify_without_a_secret_of_our_own_is_never_authentic() -> None:
    for secrets in ({}, {"hook_token": ""}):
        line = Line(tenant_id=UUID(int=1), channel_id=UUID(int=2), config={}, secrets=secrets)
        assert not Evolution().verify(line, {"x-hook-token": ""}, b"")


@pytest.mark.parametrize("path", sorted(BODIES.glob("*.json")), ids=lambda path: path.stem)
def test_every_body_opens_without_our_secrets_and_keeps_the_rest(path: Path) -> None:
    sent = json.loads(path.read_text())
    secret = {"apikey": "s3cret", "token": "s3cret", "jwt_key": "s3cret", "headers": {"X-Hook-Token": "s3cret"}}
    envelope = one(sent | secret)
    kept = json.loads(envelope.body)
    assert kept == {name: value for name, value in sent.items() if name not in ("apikey", "destination")}
    assert envelope.quarantine is None
    assert envelope.kind == sent["event"]
    assert 0 < len(envelope.dedupe_key) <= 200


def test_an_apikey_deep_inside_is_removed() -> None:
    sent = body()
    sent["data"]["message"]["x"] = [{"apikey": "s3cret", "b": 1}, [{"ApiKey": "s3cret", "apikey": {"y": "s3cret"}}]]
    envelope = one(sent)
    assert b"s3cret" not in envelope.body
    assert json.loads(envelope.body)["data"]["message"]["x"] == [{"b": 1}, [{}]]
    assert json.loads(envelope.body)["data"]["message"]["conversation"] == sent["data"]["message"]["conversation"]


def test_our_own_secrets_are_removed_wherever_they_stand() -> None:
    sent = body()
    sent["data"]["message"]["conversation"] = f"minha chave é {API_KEY}"
    sent["server_url"] = f"https://evo/{HOOK_TOKEN}"
    envelope = one(sent)
    assert API_KEY.encode() not in envelope.body
    assert HOOK_TOKEN.encode() not in envelope.body
    assert envelope.quarantine is None


@pytest.mark.parametrize(
    ("escaped", "stored"),
    [
        (rb"a\u0000b", "a\ufffdb"),
        (b"a\0b", "a\ufffdb"),
        (rb"a\ud83db", "a\ufffdb"),
        (rb"a\uDE00b", "a\ufffdb"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ude00", "😀"),
        (rb"\uD83D\uDE00\u0000", "😀\ufffd"),
        (rb"\\u0000", r"\u0000"),
        (rb"\\\u0000", "\\\ufffd"),
        (rb"\\\\u0000\\ud83d", r"\\u0000\ud83d"),
        (rb"\ud83d\\ude00", "\ufffd\\ude00"),
        (rb"\"\ud83d\"", '"\ufffd"'),
        (rb"\u00e9\n\u0001", "é\n\x01"),
        ("é😀".encode(), "é😀"),
        (b"a\xffb", "a\ufffdb"),
        (b"a\xed\xa0\xbdb", "a\ufffd\ufffd\ufffdb"),
        (b"\xc3", "\ufffd"),
    ],
)
def test_what_cannot_be_stored_is_replaced_and_nothing_else(escaped: bytes, stored: str) -> None:
    raw = json.dumps(body()).encode()
    marked = raw.replace(json.dumps(body()["data"]["message"]["conversation"]).encode()[1:-1], escaped)
    assert marked != raw
    assert stored_text(marked) == stored


def test_a_surrogate_in_a_field_that_the_door_does_not_read() -> None:
    raw = json.dumps(body()).replace("Ana Beatriz", r"Ana \ud83d").encode()
    envelope = one(raw)
    assert json.loads(envelope.body)["data"]["pushName"] == "Ana \ufffd"
    assert envelope.quarantine is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"\xff\xfe{\x00}\x00",
        b"a=b&apikey=x",
        b"{}{}",
        b'{"event": "messages.upsert", "instance": "t_4821_atendimento", "data": {"key": {"id": NaN}}}',
        b'{"event":"messages.upsert","instance":"t_4821_atendimento","data":' + b"[" * 100_000,
        b'{"event":"call","instance":"t_4821_atendimento","data":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        json.dumps(body()).encode()[:-20],
        json.dumps(body()).encode()[:300],
    ],
)
def test_what_is_no_json_object_is_kept_as_text(raw: bytes) -> None:
    envelope = one(raw)
    assert envelope.quarantine == "not-json"
    text = json.loads(envelope.body)
    assert isinstance(text, str)
    assert len(text.encode()) <= 65_536 * 3
    assert "\0" not in text
    assert one(raw).dedupe_key == envelope.dedupe_key
    with pytest.raises(Unreadable):
        Evolution().parse(LINE, envelope.body)


def test_a_cut_body_keeps_its_beginning_but_no_secrets() -> None:
    raw = json.dumps({"apikey": "s3cret-1", "destination": "https://us/s3cret-2", "token": "s3cret-3"} | body())[:-1]
    envelope = one((raw + " " * 100_000).encode())
    text = json.loads(envelope.body)
    assert "s3cret" not in text
    assert "Ana Beatriz" in text
    assert len(text) <= 65_536
    assert "s3cret" not in json.loads(one(b'{"event":"x","apikey":"s3cret').body)


@pytest.mark.parametrize("instance", ["other", "", None, 5, "T_4821_ATENDIMENTO", ["t_4821_atendimento"], ...])
def test_a_foreign_instance_is_quarantined_whole(instance: Any) -> None:
    sent = body()
    if instance is ...:
        del sent["instance"]
    else:
        sent["instance"] = instance
    sent["data"] = [sent["data"], sent["data"]]
    assert one(sent).quarantine == "instance-mismatch"


@pytest.mark.parametrize("event", ["messages.upserted", "", None, 5, "error", "MESSAGES-UPSERT", {"a": 1}, "\n" * 500])
def test_an_unknown_event_is_quarantined(event: Any) -> None:
    envelope = one(body() | {"event": event, "api_key": "s3cret"})
    assert envelope.quarantine == "unknown-event"
    assert b"s3cret" not in envelope.body
    assert len(envelope.dedupe_key) <= 200
    assert re.fullmatch(r"[\w.-]{1,40}", envelope.kind)


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("messages.upsert", None),
        ("messages.upsert", "x"),
        ("messages.upsert", {}),
        ("messages.upsert", {"key": {}}),
        ("messages.upsert", {"key": "x"}),
        ("messages.upsert", {"key": {"id": None}}),
        ("messages.upsert", {"key": {"id": 5}}),
        ("messages.upsert", {"key": {"id": ""}}),
        ("send.message", 5),
        ("messages.update", {}),
        ("messages.update", {"keyId": 5}),
        ("messages.delete", []),
        ("messages.edited", None),
        ("connection.update", "open"),
        ("qrcode.updated", None),
        ("contacts.update", "x"),
    ],
)
def test_drifted_data_is_quarantined(event: str, data: Any) -> None:
    assert one(body() | {"event": event, "data": data}).quarantine == "schema"
    without = body() | {"event": event}
    del without["data"]
    assert one(without).quarantine == "schema"


def test_one_bad_item_of_a_list_is_quarantined_alone() -> None:
    sent = body()
    sent["data"] = [sent["data"], {"key": {}}, sent["data"] | {"key": {"id": "B", "remoteJid": LID}}, 7]
    envelopes = opened(sent)
    assert [envelope.quarantine for envelope in envelopes] == [None, "schema", None, "schema"]
    assert len({envelope.dedupe_key for envelope in envelopes}) == 4
    assert [json.loads(envelope.body)["data"] for envelope in envelopes] == sent["data"]


def test_no_events_in_an_empty_list() -> None:
    assert list(opened(body() | {"event": "messages.set", "data": []})) == []


def test_open_never_raises() -> None:
    dice = random.Random(7)
    bodies = [path.read_bytes() for path in sorted(BODIES.glob("*.json"))]
    for _ in range(3000):
        raw = bytearray(dice.choice(bodies))
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(raw))
            match dice.randint(0, 3):
                case 0:
                    raw[at] = dice.randrange(256)
                case 1:
                    del raw[at : at + dice.randint(1, 40)]
                case 2:
                    raw[at:at] = dice.choice([b"\\ud800", b"\\u0000", b"null", b"{", b"[", b'"', b"\xff", b"1e999"])
                case _:
                    del raw[at:]
            if not raw:
                break
        for envelope in Evolution().open(LINE, bytes(raw), NOW):
            json.loads(envelope.body)
            assert b"\0" not in envelope.body
            assert 0 < len(envelope.dedupe_key) <= 200
            assert envelope.chat
            if envelope.quarantine is None:
                try:
                    Evolution().parse(LINE, envelope.body)
                except Unreadable:
                    continue


def test_both_spellings_of_an_event() -> None:
    for path in BODIES.glob("*.json"):
        sent = json.loads(path.read_text())
        upper = sent["event"].upper().replace(".", "_").replace("-", "_")
        dotted, shouted = one(sent), one(sent | {"event": upper})
        assert (shouted.kind, shouted.dedupe_key, shouted.chat) == (dotted.kind, dotted.dedupe_key, dotted.chat)
        parse = Evolution().parse
        assert parse(LINE, shouted.body) == parse(LINE, dotted.body)
    assert one(body() | {"event": "GROUP_UPDATE"}).kind == "groups.update"


def keyed(event: str = "messages.upsert", **key: Any) -> Envelope:
    sent = body() | {"event": event}
    sent["data"]["key"] = {"id": "A", "fromMe": False, **key}
    return one(sent)


def test_a_message_is_one_event_by_any_address_and_road() -> None:
    first = keyed(remoteJid=PN)
    assert keyed(remoteJid=LID).dedupe_key == first.dedupe_key
    assert keyed("messages.set", remoteJid=PN).dedupe_key == first.dedupe_key
    others = [keyed(remoteJid=PN, fromMe=True), keyed(remoteJid=PN, id="B"), keyed("send.message", remoteJid=PN)]
    assert len({first.dedupe_key, *(other.dedupe_key for other in others)}) == 4


def test_long_ids_have_short_keys() -> None:
    one_key, other = keyed(id="x" * 500).dedupe_key, keyed(id="x" * 500 + "y").dedupe_key
    assert one_key != other
    assert len(one_key) <= 200


def test_an_update_is_told_by_status_and_content_not_by_address_or_time() -> None:
    sent = body("messages.update.read")
    first = one(sent).dedupe_key
    again = sent | {"data": sent["data"] | {"remoteJid": PN}, "date_time": "2025-11-21T00:00:00.000Z"}
    assert one(again).dedupe_key == first
    keys = {first}
    for change in (
        {"status": "DELIVERY_ACK"},
        {"keyId": "other"},
        {"message": {"editedMessage": {"message": {"conversation": "1"}}}},
        {"message": {"editedMessage": {"message": {"conversation": "2"}}}},
        {"pollUpdates": [{"name": "a", "voters": ["x"]}]},
        {"pollUpdates": [{"name": "a", "voters": []}]},
    ):
        keys.add(one(sent | {"data": sent["data"] | change}).dedupe_key)
    assert len(keys) == 7


def test_other_events_are_told_by_data_and_moment() -> None:
    sent = body("connection.update.connecting")
    first = one(sent).dedupe_key
    assert one(sent | {"server_url": "http://other"}).dedupe_key == first
    assert one(sent | {"date_time": "2025-11-20T11:55:02.599Z"}).dedupe_key != first
    assert one(sent | {"data": sent["data"] | {"state": "open"}}).dedupe_key != first
    del sent["date_time"]
    hourly = one(sent).dedupe_key
    assert one(sent, NOW.replace(minute=59)).dedupe_key == hourly
    assert one(sent, NOW.replace(hour=13)).dedupe_key != hourly


@pytest.mark.parametrize(
    ("key", "chat"),
    [
        ({"remoteJid": PN, "remoteJidAlt": LID}, "5511987654321"),
        ({"remoteJid": LID, "remoteJidAlt": PN}, "5511987654321"),
        ({"remoteJid": LID, "senderPn": PN}, "5511987654321"),
        ({"remoteJid": LID}, "128834450127931"),
        ({"remoteJid": "551187654321:3@s.whatsapp.net"}, "5511987654321"),
        ({"remoteJid": PN, "fromMe": True}, "5511987654321"),
        ({"remoteJid": LID, "fromMe": True, "senderPn": "5531988120045@s.whatsapp.net"}, "128834450127931"),
        ({"remoteJid": "551133334444@s.whatsapp.net"}, "551133334444"),
        ({"remoteJid": "5215512345678@s.whatsapp.net"}, "525512345678"),
        ({"remoteJid": "14155552671@s.whatsapp.net"}, "14155552671"),
        ({"remoteJid": "120363041122334455@g.us", "participantAlt": PN}, "120363041122334455@g.us"),
        ({"remoteJid": "status@broadcast", "remoteJidAlt": LID}, "status@broadcast"),
        ({}, "messages.upsert"),
    ],
)
def test_chat(key: Json, chat: str) -> None:
    assert keyed(**key).chat == chat


def test_chat_of_other_events() -> None:
    assert one(body("messages.update.server-ack")).chat == "5511987654321"
    assert one(body("messages.update.read")).chat == "128834450127931"
    assert one(body("contacts.update.object")).chat == "5511987654321"
    assert one(body("send.message.text")).chat == "5511987654321"
    assert one(body("connection.update.open")).chat == "connection.update"
    assert one(body("messages.edited")).chat == "messages.edited"
