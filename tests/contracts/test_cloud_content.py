"""What messages of the Cloud API may say besides the contract's bodies, and who they may be from."""

from __future__ import annotations

from typing import Any

import pytest

from evoai.channels.adapters.incoming import (
    Address,
    Content,
    Deletion,
    Edit,
    Event,
    Inbound,
    Noted,
    NumberChange,
    Unreadable,
)
from tests.contracts.of_cloud import JOANA, LINE, QUOTED, Json, at, cloud, opened, text, through, value_of


def content(kind: str, node: Any, **more: Any) -> Content:
    event = through(text(**({"text": None, "type": kind, kind: node} | more)))
    assert isinstance(event, Inbound)
    return event.content


@pytest.mark.parametrize(
    ("kind", "node", "expected"),
    [
        ("text", {"body": ""}, Content(type="text", text="")),
        ("text", None, Content(type="unsupported", extra={"provider_type": "text"})),
        ("text", {"body": 5}, Content(type="unsupported", extra={"provider_type": "text"})),
        ("image", {"mime_type": "image/png"}, Content(type="unsupported", extra={"provider_type": "image"})),
        ("location", {"latitude": 1}, Content(type="unsupported", extra={"provider_type": "location"})),
        ("location", {"latitude": 1, "longitude": 2}, Content(type="location", extra={"latitude": 1, "longitude": 2})),
        ("contacts", [], Content(type="unsupported", extra={"provider_type": "contacts"})),
        (
            "contacts",
            [{"phones": [{"phone": "+55 11 4000-1000"}]}],
            Content(
                type="contact",
                text="+55 11 4000-1000",
                extra={"contacts": [{"name": None, "phones": ["+55 11 4000-1000"]}]},
            ),
        ),
        (
            "contacts",
            [{"name": {"formatted_name": "A"}, "phones": []}, {"name": {"first_name": "B"}}],
            Content(
                type="contact",
                text="A\nB",
                extra={"contacts": [{"name": "A", "phones": []}, {"name": "B", "phones": []}]},
            ),
        ),
        ("interactive", {"type": "button_reply"}, Content(type="unsupported", extra={"provider_type": "interactive"})),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "x"}},
            Content(type="interactive", text="x", extra={"choice_id": "x"}),
        ),
        (
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{not json"}},
            Content(type="interactive", text="flow"),
        ),
        ("button", {"text": "Sim"}, Content(type="interactive", text="Sim")),
        ("order", {"product_items": []}, Content(type="unsupported", extra={"provider_type": "order"})),
        (
            "order",
            {"product_items": [{"product_retailer_id": "A", "quantity": "3"}]},
            Content(
                type="interactive",
                text="3 x A",
                extra={"order": {"items": [{"product_id": "A", "quantity": 3, "price": None, "currency": None}]}},
            ),
        ),
        ("holo", {"x": 1}, Content(type="unsupported", extra={"provider_type": "holo"})),
        ("unknown", {}, Content(type="unsupported", extra={"provider_type": "unknown"})),
    ],
)
def test_contents(kind: str, node: Any, expected: Content) -> None:
    assert content(kind, node) == expected


def test_an_audio_file_is_no_voice_note() -> None:
    found = content("audio", {"id": "1", "mime_type": "audio/mpeg", "file_size": "1200"})
    assert found.media is not None
    assert (found.media.voice, found.media.size) == (False, 1200)


def test_content_that_is_not_available() -> None:
    error = {"code": 131060, "title": "This message is currently unavailable."}
    found = content("unsupported", None, errors=[error])
    assert found == Content(type="unsupported", extra={"provider_type": "unsupported", "provider_code": 131060})


def test_a_forwarded_product_inquiry() -> None:
    product = {"catalog_id": "1", "product_retailer_id": "SKU"}
    found = through(text(context={"forwarded": True, "from": "1", "id": "wamid.P", "referred_product": product}))
    assert isinstance(found, Inbound)
    assert found.quoted_id == "wamid.P"
    assert found.content.extra == {"forwarded": True, "product": {"catalog_id": "1", "product_id": "SKU"}}


@pytest.mark.parametrize("emoji", [None, ""])
def test_a_reaction_taken_back(emoji: str | None) -> None:
    node = {"message_id": QUOTED} | ({} if emoji is None else {"emoji": emoji})
    found = through(text(text=None, type="reaction", reaction=node))
    assert isinstance(found, Inbound)
    assert (found.content.text, found.target_id) == ("", QUOTED)


@pytest.mark.parametrize(
    ("message", "people", "expected"),
    [
        ({}, None, JOANA),
        ({"from_user_id": None}, [{"wa_id": "5521955500201"}], Address(phone="5521955500201")),
        ({"from": None}, [], Address(bsuid="BR.9000000000000201")),
        # An id where the phone should be, as some bodies have it.
        ({"from": "BR.9000000000000201", "from_user_id": None}, [], Address(bsuid="BR.9000000000000201")),
        # The phone beside it alone, with or without its ninth digit.
        ({"from": None}, [{"wa_id": "5521955500201", "user_id": "BR.9000000000000201"}], JOANA),
        (
            {"from": "5521987654321", "from_user_id": None},
            [{"wa_id": "552187654321", "user_id": "BR.9"}],
            Address(phone="5521987654321", bsuid="BR.9"),
        ),
        # Another's contact does not name this one.
        ({}, [{"wa_id": "5511900000000", "user_id": "BR.1", "profile": {"name": "Outro"}}], JOANA),
        ({"from_user_id": None}, [{"wa_id": "5511900000000", "user_id": "BR.1"}], Address(phone="5521955500201")),
    ],
)
def test_addresses(message: Json, people: list[Json] | None, expected: Address) -> None:
    found = text(**message)
    if people is not None:
        value_of(found)["contacts"] = people
    event = through(found)
    assert isinstance(event, Inbound)
    assert event.chat == expected
    if people and people[0].get("profile"):
        assert event.name is None


def test_nobody_to_answer_is_kept() -> None:
    (envelope,) = opened(text(from_=None, from_user_id=None))
    with pytest.raises(Unreadable, match="no-address"):
        cloud.parse(LINE, envelope.body)


def test_a_group_is_nobody_in_particular() -> None:
    found = through(text(group_id="Y2FwaV9ncm91cA=="))
    assert isinstance(found, Inbound)
    assert (found.ignore, found.chat) == ("group", None)


@pytest.mark.parametrize("stamp", ["", "x", "0", "99999999999999999999", None])
def test_a_clock_that_is_none(stamp: str | None) -> None:
    found = through(text(timestamp=stamp))
    assert isinstance(found, Inbound)
    assert found.at is None


def test_an_edit_and_a_deletion() -> None:
    edit = {"original_message_id": QUOTED, "message": {"type": "text", "text": {"body": "corrigido"}}}
    assert through(text(text=None, type="edit", edit=edit)) == Edit(provider_message_id=QUOTED, text="corrigido")
    caption = {"original_message_id": QUOTED, "message": {"type": "image", "image": {"caption": "nova"}}}
    assert through(text(text=None, type="edit", edit=caption)) == Edit(provider_message_id=QUOTED, text="nova")
    revoke = {"original_message_id": QUOTED}
    assert through(text(text=None, type="revoke", revoke=revoke)) == Deletion(provider_message_id=QUOTED)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ({"type": "customer_identity_changed"}, Noted(what="customer_identity_changed")),
        (
            {"type": "user_changed_user_id", "user_id": "BR.2"},
            NumberChange(before=JOANA, now=Address(phone=JOANA.phone, bsuid="BR.2"), at=at(1795179600)),
        ),
        ({"type": "user_changed_number"}, Noted(what="user_changed_number")),
        ({}, Noted(what="system")),
    ],
)
def test_system_messages(system: Json, expected: Event) -> None:
    found = text(text=None, type="system", system=system)
    value_of(found).pop("contacts")
    assert through(found) == expected
