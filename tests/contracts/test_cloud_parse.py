"""Every webhook body of the Cloud API contract, and the other shapes that it describes, in neutral words."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from evoai.channels.adapters.cloud import WhatsAppCloud
from evoai.channels.adapters.incoming import (
    Address,
    Connection,
    ContactName,
    Content,
    Deletion,
    Edit,
    Envelope,
    Event,
    Inbound,
    Noted,
    NumberChange,
    Rating,
    Receipt,
    Restriction,
    TemplateChange,
    Unreadable,
)
from evoai.channels.adapters.protocol import Line

BODIES = Path(__file__).parent / "cloud-api"
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
NUMBER, ACCOUNT = "700000000000001", "900000000000001"
LINE = Line(
    tenant_id=UUID(int=1),
    channel_id=UUID(int=2),
    config={"phone_number_id": NUMBER, "waba_id": ACCOUNT},
    secrets={"access_token": "EAAB-a-token-of-the-number", "app_secret": "test_app_secret"},
)
JOANA = Address(phone="5521955500201", bsuid="BR.9000000000000201")
RAFA = Address(bsuid="BR.9000000000000777", username="rafa.exemplo")
QUOTED = "wamid.HBgNNTUyMTk1NTUwMDIwMRUCABEYEkJJWjAwMDAwMDAwMDAwMDAwMDAA"
OURS = "wamid.HBgNNTUyMTk1NTUwMDIwMRUCABEYEk9VVDAwMDAwMDAwMDAwMDAwMDAA"
Json = dict[str, Any]
cloud = WhatsAppCloud()


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


def value_of(found: Json) -> Json:
    return found["entry"][0]["changes"][0]["value"]


def opened(found: Json) -> list[Envelope]:
    return list(cloud.open(LINE, json.dumps(found).encode(), NOW))


def through(found: Json) -> Event:
    (envelope,) = opened(found)
    assert envelope.quarantine is None
    return cloud.parse(LINE, envelope.body)


def change(field: str, value: Json, **entry: Any) -> Json:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT, **entry, "changes": [{"field": field, "value": value}]}],
    }


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def said(message: Json, chat: Address = JOANA, name: str | None = "Joana Prado", **more: Any) -> Json:
    return {
        "provider_message_id": message["id"],
        "chat": chat,
        "from_me": False,
        "by_api": False,
        "name": name,
        "at": at(int(message["timestamp"])),
    } | more


CONTENTS: dict[str, Content] = {
    "message_button_template_reply": Content(
        type="interactive", text="Confirmar", extra={"choice_id": "CONFIRMAR_0142"}
    ),
    "message_contacts": Content(
        type="contact",
        text="Marcos Oficina: +5521955500377",
        extra={"contacts": [{"name": "Marcos Oficina", "phones": ["+5521955500377"]}]},
    ),
    "message_interactive_button_reply": Content(
        type="interactive", text="Falar com atendente", extra={"choice_id": "btn_humano"}
    ),
    "message_interactive_flow_reply": Content(
        type="interactive",
        text="Sent",
        extra={"params": {"flow_token": "ft_example", "cep": "20500-000", "quantidade": "2"}},
    ),
    "message_interactive_list_reply": Content(type="interactive", text="Entrega", extra={"choice_id": "opt_entrega"}),
    "message_location": Content(
        type="location",
        extra={
            "latitude": -22.9249,
            "longitude": -43.2321,
            "name": "Praça de exemplo",
            "address": "Rua Exemplo, 10 - Rio de Janeiro",
        },
    ),
    "message_order": Content(
        type="interactive",
        text="2 x SKU-01 (30.50 BRL)\nsem cebola",
        extra={
            "order": {
                "catalog_id": "600000000000001",
                "items": [{"product_id": "SKU-01", "quantity": 2, "price": 30.5, "currency": "BRL"}],
            }
        },
    ),
    "message_reaction": Content(type="reaction", text="👍"),
    "message_text": Content(type="text", text="Bom dia! Vocês entregam na Tijuca?"),
    "message_text_ad_referral": Content(
        type="text",
        text="Oi, vi o anúncio",
        extra={
            "ad": {
                "title": "Fale com a gente",
                "body": "Promoção de novembro",
                "source_id": "120200000000000001",
                "source_url": "https://fb.me/example01",
                "click_id": "ARexampleClickId000000000000000000",
            }
        },
    ),
    "message_text_reply": Content(type="text", text="Esse mesmo"),
    "message_text_username_user": Content(type="text", text="Oi, sem telefone visível"),
    "message_unsupported": Content(
        type="unsupported", extra={"provider_type": "poll_creation", "provider_code": 131051}
    ),
}
FILES = {
    "message_audio_voice": ("audio", "800000000000005", "audio/ogg; codecs=opus", None, None, {}),
    "message_document": ("document", "800000000000007", "application/pdf", None, "orçamento-0142.pdf", {}),
    "message_image": ("image", "800000000000004", "image/jpeg", "Comprovante do pix", None, {}),
    "message_sticker": ("sticker", "800000000000008", "image/webp", None, None, {}),
    "message_video": ("video", "800000000000006", "video/mp4", "Olha o barulho", None, {"forwarded": True}),
}
QUOTING = {
    "message_button_template_reply",
    "message_interactive_button_reply",
    "message_interactive_flow_reply",
    "message_interactive_list_reply",
    "message_text_reply",
}
EVENTS: dict[str, Event] = {
    "message_system_number_change": NumberChange(
        before=Address(phone="5521955500201"),
        now=Address(phone="5521955500299", bsuid="BR.9000000000000299"),
        at=at(1795180560),
    ),
    "status_delivered": Receipt(provider_message_id=OURS, status="delivered", at=at(1795180802)),
    "status_failed_window_closed": Receipt(
        provider_message_id=OURS[:-2] + "CA",
        status="failed",
        at=at(1795180900),
        reason="window-closed",
        detail="131047 Message failed to send because more than 24 hours have passed since the customer last replied"
        " to this number.",
    ),
    "status_read": Receipt(provider_message_id=OURS, status="read", at=at(1795180830)),
    "status_sent": Receipt(provider_message_id=OURS, status="sent", at=at(1795180800)),
    "status_sent_cbp_conversation": Receipt(provider_message_id=OURS[:-2] + "BA", status="sent", at=at(1795180860)),
    "template_status_update": TemplateChange(name="pedido_confirmado", language="pt_BR", status="approved"),
}


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == CONTENTS.keys() | FILES.keys() | EVENTS.keys()


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_a_message(name: str) -> None:
    found = body(name)
    message = value_of(found)["messages"][0]
    chat = (RAFA, "Rafa") if name == "message_text_username_user" else (JOANA, "Joana Prado")
    quoted = QUOTED if name in QUOTING else None
    target = QUOTED if name == "message_reaction" else None
    assert through(found) == Inbound(**said(message, *chat, content=CONTENTS[name], quoted_id=quoted, target_id=target))


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file(name: str) -> None:
    kind, media_id, mime, caption, file_name, extra = FILES[name]
    found = body(name)
    event = through(found)
    assert isinstance(event, Inbound)
    content = event.content
    assert (content.type, content.text, content.extra) == (kind, caption, extra or None)
    assert content.media is not None
    assert (content.media.kind, content.media.mime_type, content.media.name) == (kind, mime, file_name)
    assert content.media.reference["id"] == media_id
    assert content.media.voice is (kind == "audio")
    # The address of a webhook is for the moment; a new one is asked for.
    assert "url" not in content.media.reference


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event(name: str) -> None:
    assert through(body(name)) == EVENTS[name]


def text(**change: Any) -> Json:
    """The text body, its message changed; None takes a field out."""
    found = body("message_text")
    message = value_of(found)["messages"][0]
    for name, value in change.items():
        if value is None:
            message.pop(name.rstrip("_"), None)
        else:
            message[name.rstrip("_")] = value
    return found


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


def status(**change: Any) -> Json:
    found = body("status_sent")
    value_of(found)["statuses"][0] |= change
    return found


DELIVERY = "0199f3a2-7b1c-7d3e-8f4a-1b2c3d4e5f60"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "played"}, {"status": "read"}),
        ({"biz_opaque_callback_data": DELIVERY}, {"delivery_id": UUID(DELIVERY)}),
        ({"biz_opaque_callback_data": "0" * 36}, {}),
        ({"pricing": None, "conversation": None, "recipient_id": None}, {}),
        ({"status": "failed"}, {"status": "failed"}),
        (
            {"status": "failed", "errors": [{"code": 131026, "title": "Message undeliverable"}]},
            {"status": "failed", "reason": "not-on-whatsapp", "detail": "131026 Message undeliverable"},
        ),
        (
            {"status": "failed", "errors": [{"code": 999999, "message": "New"}]},
            {"status": "failed", "detail": "999999 New"},
        ),
        (
            {"status": "failed", "errors": [{"code": 131042}]},
            {
                "status": "failed",
                "reason": "payment-required",
                "detail": "131042",
                "trouble": Connection(state="reconnecting", reason="payment-required"),
            },
        ),
        (
            {"status": "failed", "errors": [{"code": 131031}]},
            {
                "status": "failed",
                "reason": "account-restricted",
                "detail": "131031",
                "trouble": Connection(state="banned", reason="account-restricted"),
            },
        ),
    ],
)
def test_statuses(change: Json, expected: Json) -> None:
    expected = {"provider_message_id": OURS, "status": "sent", "at": at(1795180800)} | expected
    assert through(status(**change)) == Receipt(**expected)


def test_a_status_of_tomorrow() -> None:
    assert through(status(status="pinned")) == Noted(what="status-pinned")


def test_statuses_have_keys_by_message_state_and_time() -> None:
    keys = [opened(status(**change))[0].dedupe_key for change in ({}, {"status": "read"}, {"timestamp": "1795180801"})]
    assert len(set(keys)) == 3
    assert opened(status())[0].dedupe_key == keys[0]
    group = {"recipient_type": "group", "group_id": "g"}
    two = [opened(status(**group, recipient_participant_id=who))[0].dedupe_key for who in ("551", "552")]
    assert len(set(two)) == 2


META = {"display_phone_number": "551130000001", "phone_number_id": NUMBER}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("account_update", {"event": "PARTNER_REMOVED"}, Connection(state="disconnected", reason="access-withdrawn")),
        ("account_update", {"event": "ACCOUNT_DELETED"}, Connection(state="disconnected", reason="access-withdrawn")),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            Connection(state="banned", reason="account-restricted"),
        ),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            Connection(state="connected"),
        ),
        ("account_update", {"event": "DISABLED_UPDATE"}, Noted(what="account_update")),
        ("account_update", {"event": "ACCOUNT_RECONNECTED"}, Connection(state="connected")),
        (
            "account_update",
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "expiration": 1},
                    {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1900000000},
                ],
            },
            Connection(state="connected", restriction=Restriction(code="new-chat-limit", until=at(1900000000))),
        ),
        ("account_update", {"event": "ACCOUNT_RESTRICTION"}, Noted(what="account_update")),
        ("account_update", {"event": "AD_ACCOUNT_LINKED"}, Noted(what="account_update")),
        ("account_update", {"event": 7}, Noted(what="account_update")),
        (
            "phone_number_quality_update",
            {"display_phone_number": "+55 11 3000-0001", "event": "FLAGGED", "current_limit": "TIER_1K"},
            Rating(quality="low", messaging_limit=1000, phone="551130000001"),
        ),
        ("phone_number_quality_update", {"event": "UNFLAGGED"}, Rating(quality="medium")),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": -1},
            Rating(messaging_limit=-1),
        ),
        ("business_capability_update", {"max_daily_conversation_per_phone": 250}, Rating(messaging_limit=250)),
        (
            "message_template_status_update",
            {
                "event": "REJECTED",
                "message_template_name": "a",
                "message_template_language": "en",
                "reason": "INVALID_FORMAT",
                "message_template_category": "MARKETING",
            },
            TemplateChange(name="a", language="en", status="rejected", reason="INVALID_FORMAT", category="marketing"),
        ),
        (
            "message_template_quality_update",
            {"message_template_name": "a", "message_template_language": "en", "new_quality_score": "YELLOW"},
            TemplateChange(name="a", language="en", quality="yellow"),
        ),
        (
            "template_category_update",
            {"message_template_name": "a", "message_template_language": "he", "new_category": "MARKETING"},
            TemplateChange(name="a", language="he", category="marketing"),
        ),
        (
            "smb_app_state_sync",
            {
                "metadata": META,
                "state_sync": [
                    {"action": "add", "contact": {"full_name": "Dona Maria", "phone_number": "5511911112222"}}
                ],
            },
            ContactName(address=Address(phone="5511911112222"), name="Dona Maria"),
        ),
        (
            "smb_app_state_sync",
            {"metadata": META, "state_sync": [{"action": "remove", "contact": {"phone_number": "5511911112222"}}]},
            Noted(what="smb_app_state_sync"),
        ),
        (
            "user_preferences",
            {"metadata": META, "user_preferences": [{"wa_id": "551", "value": "stop", "timestamp": 1731705721}]},
            Noted(what="user_preferences"),
        ),
        ("account_review_update", {"decision": "APPROVED"}, Noted(what="account_review_update")),
        ("calls", {"metadata": META, "calls": [{}]}, Noted(what="calls")),
        (
            "messages",
            {"metadata": META, "errors": [{"code": 131042, "title": "Payment"}]},
            Connection(state="reconnecting", reason="payment-required"),
        ),
        ("messages", {"metadata": META, "errors": [{"code": 130429}]}, Noted(what="errors")),
        ("history", {"metadata": META, "history": [{"errors": [{"code": 2593109}]}]}, Noted(what="history")),
        (
            "history",
            {"metadata": META, "history": [{"metadata": {"phase": 0, "progress": 55}}]},
            Noted(what="history"),
        ),
    ],
)
def test_other_fields(field: str, value: Json, expected: Event) -> None:
    assert through(change(field, value)) == expected


def echo(**more: Any) -> Json:
    said = {"from": "551130000001", "to": "5521955500201", "to_user_id": "BR.9000000000000201", "id": "wamid.E"}
    said |= {"timestamp": "1795179600", "type": "text", "text": {"body": "Já vou ver"}} | more
    return change("smb_message_echoes", {"metadata": META, "contacts": [], "message_echoes": [said]})


def test_what_the_owner_writes_in_the_app() -> None:
    found = through(echo())
    assert isinstance(found, Inbound)
    assert (found.from_me, found.by_api, found.chat, found.name) == (True, False, JOANA, None)
    assert opened(echo())[0].chat == "5521955500201"
    revoke = echo(type="revoke", text=None, revoke={"original_message_id": QUOTED})
    assert through(revoke) == Deletion(provider_message_id=QUOTED)


def past(*messages: Json, who: str = "5521955500201") -> Json:
    threads = [{"id": who, "messages": list(messages)}]
    return change("history", {"metadata": META, "history": [{"metadata": {"phase": 0}, "threads": threads}]})


def test_the_history_in_single_messages() -> None:
    theirs = {
        "from": "5521955500201",
        "id": "wamid.A",
        "timestamp": "1795000000",
        "type": "text",
        "text": {"body": "a"},
    }
    ours = {"from": "551130000001", "to": "5521955500201", "id": "wamid.B", "timestamp": "1795000001"}
    ours |= {"type": "text", "text": {"body": "b"}, "history_context": {"status": "READ"}}
    file = {"from": "5521955500201", "id": "wamid.C", "timestamp": "1495000000", "type": "media_placeholder"}
    envelopes = opened(past(theirs, ours, file))
    assert [one.dedupe_key for one in envelopes] == ["message:wamid.A", "message:wamid.B", "placeholder:wamid.C"]
    first, second, third = (cloud.parse(LINE, one.body) for one in envelopes)
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert isinstance(third, Inbound)
    assert (first.history, first.from_me, first.content.text) == (True, False, "a")
    assert (second.history, second.from_me) == (True, True)
    assert first.chat == second.chat == Address(phone="5521955500201")
    # Too old for its file to come.
    assert third.content == Content(type="unsupported", extra={"provider_type": "media_placeholder"})
    young = file | {"timestamp": str(int(datetime.now(UTC).timestamp()) - 60)}
    assert through(past(young)) == Noted(what="media-placeholder")


def test_live_echo_and_history_are_one_message() -> None:
    live = opened(text())[0].dedupe_key
    message = value_of(body("message_text"))["messages"][0]
    assert opened(past(message))[0].dedupe_key == live


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
