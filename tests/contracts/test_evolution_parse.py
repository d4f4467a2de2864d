"""Every webhook body of the Evolution contract in neutral words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evoai.channels.adapters.incoming import (
    Address,
    Connection,
    ContactName,
    Content,
    Deletion,
    Event,
    Noted,
    Qr,
    Receipt,
)
from tests.contracts.of_evolution import (
    ANA,
    BODIES,
    EDITED,
    JOAO,
    MINE,
    PADARIA,
    body,
    inbound,
    interactive,
    said,
    text,
    through,
)

AD = {
    "title": "Promo de verão",
    "body": "Corte + hidratação",
    "source_id": "120210000000000001",
    "source_url": "https://fb.me/xxxxxxxx",
    "click_id": "ARAxxxxxxxxxxxxxxxx",
    "app": "instagram",
}
PLACE = {
    "latitude": -19.9245018,
    "longitude": -43.9352685,
    "name": "Praça Sete",
    "address": "Av. Afonso Pena, Centro, Belo Horizonte",
}
CARD = {"contacts": [{"name": "Carlos Eletricista", "phones": ["+553188887777"]}]}

EXPECTED: dict[str, Event] = {
    "call.offer": Noted(what="call"),
    "chats.upsert": Noted(what="chats.upsert"),
    "connection.update.close-logged-out": Connection(state="disconnected", reason="logged-out"),
    "connection.update.connecting": Connection(state="connecting"),
    "connection.update.open": Connection(state="connected", phone="5531988120045", profile_name="Studio Lima"),
    "connection.update.refused-qr-limit": Connection(state="disconnected", reason="qr-limit"),
    "contacts.update.array": ContactName(address=Address(phone="5521970001122"), name="Padaria Sol & Mar"),
    "contacts.update.object": ContactName(address=Address(phone="5511987654321"), name="Ana Beatriz"),
    "contacts.upsert.array": ContactName(address=Address(phone="5511987654321"), name="Ana Beatriz"),
    "group-participants.update": Noted(what="group-participants.update"),
    "logout.instance": Connection(state="disconnected", reason="logged-out"),
    "messages.delete.by-api": Deletion(provider_message_id="3EB0B4E85CB8ED9AC27AEA"),
    "messages.delete.revoked": Deletion(provider_message_id="AC2AAC1750061976EF0ABCF4C6CB2C3B"),
    "messages.edited": EDITED,
    "messages.update.delivery-ack": Receipt(provider_message_id=MINE, status="delivered"),
    "messages.update.from-edit": EDITED,
    "messages.update.read": Receipt(provider_message_id=MINE, status="read"),
    "messages.update.server-ack": Receipt(provider_message_id=MINE, status="sent"),
    "messages.upsert.ad-click": said(
        "AC15C29E0E63CE09245B3D6ABBDF425E",
        PADARIA,
        "Padaria Sol & Mar",
        1763640600,
        text("Olá! Tenho interesse e queria mais informações, por favor.", ad=AD),
    ),
    "messages.upsert.buttons-response": said(
        "AC41A3E8A087B1D051B042BA6E950477",
        ANA,
        "Ana Beatriz",
        1763640360,
        interactive("Sim, confirmo", "confirmar_sim"),
        quoted_id=MINE,
    ),
    "messages.upsert.contact": said(
        "AC447500D9A476642F5E4DD87CA581E9",
        JOAO,
        "João P.",
        1763640300,
        Content(type="contact", text="Carlos Eletricista: +553188887777", extra=CARD),
    ),
    "messages.upsert.ephemeral-wrapper": said(
        "AC7AB0F528F9F8D9F6B682FBC7D0136F", JOAO, "João P.", 1763640540, text("mensagem temporária")
    ),
    "messages.upsert.from-me-phone": said(
        "3A85EED9D649AC4EC72A", ANA, None, 1763640510, text("Oi Ana! Abrimos sim, até as 19h 🙂"), from_me=True
    ),
    "messages.upsert.group": said(
        "ACC2D02DFC4A78C467DF4E9F85D8BAEF",
        None,
        "Ana Beatriz",
        1763640450,
        text("@66120094417788 alguém confirma a entrega?"),
        ignore="group",
    ),
    "messages.upsert.interactive-response": said(
        "ACF9ED234F878A7D587D6D455D768E25",
        PADARIA,
        "Padaria Sol & Mar",
        1763640395,
        interactive("Falar com atendente", "humano"),
        quoted_id="3EB0576B24C32A82E6B823",
    ),
    "messages.upsert.list-response": said(
        "ACFDAA24974887453D67E45F1F6BDF06",
        ANA,
        "Ana Beatriz",
        1763640390,
        interactive("Corte feminino", "svc_corte_f"),
        quoted_id="3EB0C9DF0A81482DDA8526",
    ),
    "messages.upsert.location": said(
        "AC162E220EEB112529E9C6D0649246AA",
        ANA,
        "Ana Beatriz",
        1763640270,
        Content(type="location", extra=PLACE),
    ),
    "messages.upsert.quoted-reply": said(
        "AC77DA6003D08B71165EFEF90C370A46",
        Address(phone="553199887766"),
        "João P.",
        1763640420,
        text("Esse aqui, tamanho M"),
        quoted_id="3EB0095B720A808F1147B5",
    ),
    "messages.upsert.reaction": said(
        "ACF5FDF3A64FC0C154CC30E3BD9A327E",
        ANA,
        "Ana Beatriz",
        1763640330,
        Content(type="reaction", text="👍"),
        target_id=MINE,
    ),
    "messages.upsert.reaction-removed": said(
        "AC1B7A2A34E0C8A5621A89698DEB44D2",
        ANA,
        "Ana Beatriz",
        1763640345,
        Content(type="reaction", text=""),
        target_id=MINE,
    ),
    "messages.upsert.text.conversation": said(
        "AC58B2A2055BB55BCBB37D2F2A4276B0", ANA, "Ana Beatriz", 1763640000, text("Oi, bom dia! Vocês abrem hoje?")
    ),
    "messages.upsert.text.extended-flattened": said(
        "3AAD32B53E40FB73D93A",
        ANA,
        "Ana Beatriz",
        1763640090,
        text("Olha esse modelo: https://loja.example.com.br/p/981"),
    ),
    "messages.upsert.text.lid-rewritten": said(
        "ACB2C9780175E3FF9918F2191616116C",
        Address(phone="553199887766"),
        "João P.",
        1763640060,
        text("Quero agendar um horário"),
    ),
    "presence.update": Noted(what="presence.update"),
    "qrcode.updated": Qr(code=body("qrcode.updated")["data"]["qrcode"]["code"]),
    "qrcode.updated.limit": Connection(state="disconnected", reason="qr-limit"),
    "send.message.text": said(
        MINE,
        Address(phone="5511987654321"),
        None,
        1763640700,
        text("Seu horário está confirmado para amanhã às 14h."),
        from_me=True,
        by_api=True,
    ),
    "status.instance.closed": Connection(state="disconnected", reason="logged-out"),
}

# Files: kind, text, mime type, size, name, seconds, voice, extra.
FILES: dict[str, tuple[Any, ...]] = {
    "messages.upsert.audio-file": ("audio", None, "audio/mpeg", 3911204, None, 241, False, None),
    "messages.upsert.audio-ptt": ("audio", None, "audio/ogg; codecs=opus", 28411, None, 12, True, None),
    "messages.upsert.document": (
        "document",
        "Segue o orçamento",
        "application/pdf",
        99120,
        "Orçamento nº 44.pdf",
        None,
        False,
        None,
    ),
    "messages.upsert.image": ("image", "Comprovante do pix", "image/jpeg", 184233, None, None, False, None),
    "messages.upsert.status-broadcast": ("image", "Fornada das 7h", "image/jpeg", 61233, None, None, False, None),
    "messages.upsert.sticker": ("sticker", None, "image/webp", 21044, None, None, False, None),
    "messages.upsert.video": ("video", "Fachada nova", "video/mp4", 4821993, None, 37, False, None),
    "messages.upsert.view-once-v2": ("image", None, "image/jpeg", 77120, None, None, False, {"view_once": True}),
    "send.message.image": ("image", "Cardápio", "image/jpeg", 45120, None, None, False, None),
}


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == EXPECTED.keys() | FILES.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_body(name: str) -> None:
    assert through(body(name)) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(FILES))
def test_file(name: str) -> None:
    envelope = body(name)
    event = inbound(envelope)
    content, media = event.content, event.content.media
    assert media is not None
    assert (
        media.kind,
        content.text,
        media.mime_type,
        media.size,
        media.name,
        media.seconds,
        media.voice,
        content.extra,
    ) == FILES[name]
    assert content.type == media.kind
    reference = msgspec.json.encode(media.reference)
    assert envelope["data"]["key"]["id"].encode() in reference
    assert b"mediaKey" in reference
    assert b"jpegThumbnail" not in reference
    assert b"waveform" not in reference
    assert event.ignore == ("status-broadcast" if "status-broadcast" in name else None)
