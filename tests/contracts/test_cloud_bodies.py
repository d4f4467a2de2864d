"""Whole bodies of the Cloud API: several events in one, what cannot be worked, signatures."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from evoai.channels.adapters.incoming import Inbound, Unreadable
from tests.contracts.of_cloud import ACCOUNT, LINE, META, NOW, body, change, cloud, opened, text, value_of


def test_a_batch_is_parted_and_each_has_its_own_contact() -> None:
    found = body("message_text")
    value = value_of(found)
    other = copy.deepcopy(value["messages"][0]) | {"id": "wamid.2", "from": "5511900000001", "from_user_id": "BR.7"}
    value["messages"].append(other)
    # In the other order: the index says nothing.
    value["contacts"].insert(0, {"profile": {"name": "Bia"}, "wa_id": "5511900000001", "user_id": "BR.7"})
    value["statuses"] = value_of(body("status_sent"))["statuses"]
    found["entry"].append(body("template_status_update")["entry"][0])
    events = [cloud.parse(LINE, one.body) for one in opened(found)]
    assert [type(event).__name__ for event in events] == ["Inbound", "Inbound", "Receipt", "TemplateChange"]
    assert [event.name for event in events if isinstance(event, Inbound)] == ["Joana Prado", "Bia"]


@pytest.mark.parametrize(
    ("change_", "reasons"),
    [
        (lambda b: b | {"object": "page"}, ["unknown-event"]),
        (lambda b: b | {"entry": []}, ["schema"]),
        (lambda b: b | {"entry": "x"}, ["schema"]),
        (lambda b: b | {"entry": [{"id": ACCOUNT, "changes": 5}]}, ["schema"]),
        (lambda b: b | {"entry": [{"id": ACCOUNT, "changes": [{"field": "messages"}]}]}, ["schema"]),
        (lambda b: b | {"entry": [{"id": ACCOUNT, "changes": [{"field": "messages", "value": {"x": 1}}]}]}, ["schema"]),
        (lambda b: b | {"entry": [b["entry"][0] | {"id": "900000000000002"}]}, ["instance-mismatch"]),
        (lambda b: change("flying", {"metadata": META}), ["unknown-event"]),
        (
            lambda b: change("messages", {"metadata": META | {"phone_number_id": "7"}, "messages": [{}]}),
            ["instance-mismatch"],
        ),
        (lambda b: change("messages", {"metadata": META, "messages": [{"id": 5}, "x"]}), ["schema", "schema"]),
        (lambda b: change("messages", {"metadata": META, "statuses": [{"id": "w"}]}), ["schema"]),
    ],
)
def test_what_cannot_be_worked_is_kept(change_: Any, reasons: list[str]) -> None:
    assert [one.quarantine for one in opened(change_(body("message_text")))] == reasons


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"5"])
def test_rubbish_is_kept(raw: bytes) -> None:
    (envelope,) = cloud.open(LINE, raw, NOW)
    assert envelope.quarantine == "not-json"


def test_what_no_database_stores_is_replaced() -> None:
    raw = json.dumps(text(text={"body": "a\x00b\ud800c"})).encode()
    (envelope,) = cloud.open(LINE, raw, NOW)
    event = cloud.parse(LINE, envelope.body)
    assert isinstance(event, Inbound)
    assert event.content.text == "a\ufffdb\ufffdc"


def test_the_token_is_not_stored() -> None:
    (envelope,) = opened(text(text={"body": f"meu token {LINE.secrets['access_token']}"}))
    assert LINE.secrets["access_token"].encode() not in envelope.body


@pytest.mark.parametrize("raw", [b"null", b"[]", b"{}", b'{"field": 5}', b'{"field": "messages"}', b"\xff", b""])
def test_parse_of_rubbish_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        cloud.parse(LINE, raw)


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (
            rb'{"object":"whatsapp_business_account","entry":[{"id":"900000000000001","changes":[]}]}',
            "sha256=6373dde45095226e87f9e21c0afcfed7f0737ccbe1af484dedeafa73a85b4334",
        ),
        (
            rb'{"object":"whatsapp_business_account","entry":[{"id":"900000000000001","changes":[{"field":"messages",'
            rb'"value":{"note":"Ol\u00e1 \ud83d\udc4b"}}]}]}',
            "sha256=cc9fe1ee517451d418b1ec167f1b5b0d4792beb544612f4c53aab03b4da97b16",
        ),
    ],
)
def test_the_signature_is_of_the_bytes(raw: bytes, signature: str) -> None:
    assert cloud.verify(LINE, {"x-hub-signature-256": signature}, raw)
    for wrong in (signature.upper(), signature[7:], signature[:-1], signature + "0", "", "sha256=", signature + "\n"):
        assert not cloud.verify(LINE, {"x-hub-signature-256": wrong}, raw)
    assert not cloud.verify(LINE, {}, raw)
    assert not cloud.verify(LINE, {"x-hub-signature-256": signature}, raw + b" ")
    if b"\\u" in raw:
        anew = json.dumps(json.loads(raw), separators=(",", ":"), ensure_ascii=False).encode()
        assert not cloud.verify(LINE, {"x-hub-signature-256": signature}, anew)
