"""Every webhook body of the Cloud API contract in neutral words."""

from __future__ import annotations

from typing import Any

import pytest

from evoai.channels.adapters.incoming import Address, Content, Event, Inbound, NumberChange, Receipt, TemplateChange
from tests.contracts.of_cloud import BODIES, JOANA, OURS, QUOTED, Json, at, body, through, value_of

RAFA = Address(bsuid="BR.9000000000000777", username="rafa.exemplo")


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
