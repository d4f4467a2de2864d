"""Every webhook body of the Evolution contract, and the other shapes that it describes, in neutral words."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.protocol import (
    Address,
    Connection,
    ContactName,
    Content,
    Deletion,
    Edit,
    Event,
    Inbound,
    Line,
    Noted,
    PollVotes,
    Qr,
    ReadElsewhere,
    Receipt,
    Unreadable,
)

BODIES = Path(__file__).parent / "evolution"
LINE = Line(
    tenant_id=UUID(int=1),
    channel_id=UUID(int=2),
    config={"base_url": "https://evo.example.com.br", "instance": "t_4821_atendimento"},
    secrets={"api_key": "0123456789abcdef0123456789abcdef", "hook_token": "hook-token-hook-token-hook-token"},
)
ANA = Address(phone="5511987654321", lid="128834450127931")
JOAO = Address(phone="553199887766", lid="90211876540032")
PADARIA = Address(phone="5521970001122", lid="231450998712345")
Json = dict[str, Any]


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


def through(envelope: Json) -> Event:
    """As the product does it: opened at the door, stored, parsed later."""
    (opened,) = Evolution().open(LINE, json.dumps(envelope).encode(), datetime(2026, 1, 1, tzinfo=UTC))
    assert opened.quarantine is None, opened.quarantine
    return Evolution().parse(LINE, opened.body)


def inbound(envelope: Json) -> Inbound:
    event = through(envelope)
    assert isinstance(event, Inbound)
    return event


def text(words: str, **more: Any) -> Content:
    return Content(type="text", text=words, extra=more or None)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def said(provider_id: str, who: Address | None, name: str | None, when: int, content: Content, **more: Any) -> Inbound:
    return Inbound(
        provider_message_id=provider_id,
        chat=who,
        from_me=more.pop("from_me", False),
        by_api=more.pop("by_api", False),
        name=name,
        at=at(when),
        content=content,
        **more,
    )


def interactive(words: str, choice: str) -> Content:
    return Content(type="interactive", text=words, extra={"choice_id": choice})


AD = {
    "title": "Promo de verão",
    "body": "Corte + hidratação",
    "source_id": "120210000000000001",
    "source_url": "https://fb.me/xxxxxxxx",
    "click_id": "ARAxxxxxxxxxxxxxxxx",
    "app": "instagram",
}
MINE = "3EB09C2FA6936DF11841BF"
EDITED = Edit(provider_message_id="AC61B6A134837723DC337ED74EE1E51A", text="Quero 3 unidades (corrigido)")
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


# ---- key generations


def keyed(key: Json, **data: Any) -> Json:
    envelope = body("messages.upsert.text.conversation")
    envelope["data"]["key"] = {"fromMe": False, "id": "X1", **key}
    envelope["data"].update(data)
    return envelope


PN, LID = "5511987654321@s.whatsapp.net", "128834450127931@lid"
OWN = "5531988120045@s.whatsapp.net"


@pytest.mark.parametrize(
    ("key", "phone", "lid"),
    [
        ({"remoteJid": LID}, None, ANA.lid),
        ({"remoteJid": LID, "senderPn": PN, "senderLid": LID}, ANA.phone, ANA.lid),
        ({"remoteJid": PN, "previousRemoteJid": LID, "senderPn": PN, "senderLid": LID}, ANA.phone, ANA.lid),
        ({"remoteJid": LID, "remoteJidAlt": PN, "addressingMode": "lid"}, ANA.phone, ANA.lid),
        ({"remoteJid": PN, "remoteJidAlt": PN, "addressingMode": "lid"}, ANA.phone, None),
        ({"remoteJid": PN, "remoteJidAlt": LID, "addressingMode": "pn"}, ANA.phone, ANA.lid),
        ({"remoteJid": "5511987654321:12@s.whatsapp.net"}, ANA.phone, None),
        ({"remoteJid": "5511987654321_1:3@S.WhatsApp.net"}, ANA.phone, None),
        ({"remoteJid": "5511987654321@c.us"}, ANA.phone, None),
        ({"remoteJid": "5511987654321@hosted"}, ANA.phone, None),
        ({"remoteJid": "128834450127931@hosted.lid"}, None, ANA.lid),
        ({"remoteJid": LID, "remoteJidAlt": None, "senderPn": ""}, None, ANA.lid),
        ({"remoteJid": LID, "senderPn": OWN}, None, ANA.lid),
        ({"remoteJid": OWN}, "5531988120045", None),
        ({"remoteJid": LID, "senderPn": OWN, "fromMe": True}, None, ANA.lid),
        ({"remoteJid": LID, "remoteJidAlt": PN, "fromMe": True}, ANA.phone, ANA.lid),
    ],
)
def test_key_generations(key: Json, phone: str | None, lid: str | None) -> None:
    assert inbound(keyed(key)).chat == Address(phone=phone, lid=lid)


def test_our_own_number_is_not_the_contact_even_without_its_ninth_digit() -> None:
    assert inbound(keyed({"remoteJid": LID, "senderPn": "553188120045@s.whatsapp.net"})).chat == Address(lid=ANA.lid)


def test_the_author_of_our_own_message_is_not_the_contact() -> None:
    envelope = keyed({"remoteJid": LID, "senderPn": OWN, "senderLid": "66120094417788@lid", "fromMe": True})
    del envelope["sender"]
    assert inbound(envelope).chat == Address(lid=ANA.lid)


@pytest.mark.parametrize(
    ("remote_jid", "reason"),
    [
        ("120363041122334455@g.us", "group"),
        ("5511987654321-1400000000@g.us", "group"),
        ("status@broadcast", "status-broadcast"),
        ("1763640000@broadcast", "broadcast"),
        ("120363999@newsletter", "newsletter"),
        ("867051314767696@bot", "bot"),
        ("0@s.whatsapp.net", "system"),
    ],
)
def test_what_is_none_of_our_business(remote_jid: str, reason: str) -> None:
    event = inbound(keyed({"remoteJid": remote_jid, "participant": LID, "participantAlt": PN}))
    assert (event.ignore, event.chat) == (reason, None)


@pytest.mark.parametrize("remote_jid", [None, "", "nobody", "x@s.whatsapp.net", "@lid", 17, "٣٤@lid"])
def test_a_message_of_nobody_is_unreadable(remote_jid: Any) -> None:
    with pytest.raises(Unreadable, match="no-address"):
        through(keyed({"remoteJid": remote_jid}))


# ---- times, names


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (1763640000, at(1763640000)),
        ("1763640000", at(1763640000)),
        ({"low": 1763640000, "high": 0, "unsigned": True}, at(1763640000)),
        (1763640000000, at(1763640000)),
        ("1763640000000", at(1763640000)),
        ({"low": -1591656448, "high": 410, "unsigned": False}, at(1763640000).replace(microsecond=0)),
        (1763640000.0, at(1763640000)),
        (1763640000000000, at(1763640000)),
        (0, None),
        (1, None),
        (-5, None),
        (86400, None),
        (4070908800, None),
        ("2025-11-20", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        ({"low": "x"}, None),
        (10**30, None),
        ("9" * 400, None),
        (1e308, None),
    ],
)
def test_timestamps(stamp: Any, expected: datetime | None) -> None:
    found = inbound(keyed({"remoteJid": PN}, messageTimestamp=stamp)).at
    if isinstance(stamp, dict) and stamp.get("high"):
        assert found is not None
        assert abs((found - at(410 * 2**32 // 1000 + (2**32 - 1591656448) // 1000)).total_seconds()) < 2
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("name", "from_me", "expected"),
    [
        ("Ana", False, "Ana"),
        ("  Ana  ", False, "Ana"),
        ("Ana", True, None),
        ("Você", False, None),
        ("5511987654321", False, None),
        ("+55 11 98765-4321", False, None),
        ("128834450127931@", False, None),
        ("", False, None),
        (None, False, None),
        (5, False, None),
        ("Loja 24h", False, "Loja 24h"),
        ("🌸", False, "🌸"),
    ],
)
def test_names(name: Any, from_me: bool, expected: str | None) -> None:
    assert inbound(keyed({"remoteJid": PN, "fromMe": from_me}, pushName=name)).name == expected


# ---- contents


def content(message: Any, **data: Any) -> Content:
    return inbound(keyed({"remoteJid": PN}, message=message, **data)).content


def wrapped(message: Json, *wrappers: str) -> Json:
    for wrapper in reversed(wrappers):
        message = {wrapper: {"message": message}}
    return {"messageContextInfo": {"x": 1}, **message}


IMAGE: Json = {"imageMessage": {"mimetype": "image/jpeg", "caption": "c", "fileLength": "10", "mediaKey": "b64=="}}


def test_wrappers_nest_and_have_an_end() -> None:
    deep = wrapped({"conversation": "oi"}, "ephemeralMessage", "groupMentionedMessage", "botInvokeMessage")
    assert content(deep) == text("oi")
    found = content(wrapped(IMAGE, "ephemeralMessage", "viewOnceMessageV2Extension"))
    assert (found.type, found.text, found.extra) == ("image", "c", {"view_once": True})
    endless = wrapped({"conversation": "oi"}, *["ephemeralMessage"] * 200)
    assert content(endless).type == "unsupported"
    assert content(wrapped({"stickerMessage": {}}, "lottieStickerMessage")).type == "sticker"


def test_a_view_once_flag_without_its_wrapper() -> None:
    assert content({"imageMessage": {"viewOnce": True}}).extra == {"view_once": True}


def test_the_older_encoding_of_bytes_and_sizes() -> None:
    media = content(IMAGE).media
    assert media is not None
    assert media.size == 10
    assert media.reference["message"]["imageMessage"]["mediaKey"] == "b64=="
    big = content({"videoMessage": {"fileLength": {"low": -1, "high": 0, "unsigned": True}}}).media
    assert big is not None
    assert big.size == 2**32 - 1


def test_text_forms() -> None:
    assert content({"extendedTextMessage": {"text": "oi"}}) == text("oi")
    assert content({"messageContextInfo": {}, "imageMessage": None, "conversation": "oi"}) == text("oi")
    assert content({"conversation": ""}) == text("")


def test_live_location() -> None:
    found = content({"liveLocationMessage": {"degreesLatitude": 1, "degreesLongitude": 2.5, "caption": "chegando"}})
    extra = {"latitude": 1.0, "longitude": 2.5, "live": True}
    assert found == Content(type="location", text="chegando", extra=extra)


def test_several_contacts() -> None:
    cards = [
        {"displayName": "Bia", "vcard": "BEGIN:VCARD\r\nFN:Bia\r\nTEL;type=CELL:+55 11 9\r\n 8765\r\nEND:VCARD"},
        {"vcard": "FN:Caio\nTEL:123\nitem1.TEL;waid=5511:x\nTEL:123"},
        {"displayName": "Sem número"},
        "rubbish",
    ]
    found = content({"contactsArrayMessage": {"displayName": "4 contatos", "contacts": cards}})
    assert found.text == "Bia: +55 11 98765\nCaio: 123, +5511\nSem número"


def test_template_and_flow_replies() -> None:
    template = {"selectedId": "b1", "selectedDisplayText": "Sim", "selectedIndex": 0}
    assert content({"templateButtonReplyMessage": template}) == interactive("Sim", "b1")
    assert content({"buttonsResponseMessage": {"selectedButtonId": "b2"}}) == interactive("b2", "b2")
    flow = {"nativeFlowResponseMessage": {"name": "flow", "paramsJson": '{"nome":"Ana"}'}, "body": {"text": "Enviado"}}
    expected = Content(type="interactive", text="Enviado", extra={"params": {"nome": "Ana"}})
    assert content({"interactiveResponseMessage": flow}) == expected
    broken = {"nativeFlowResponseMessage": {"paramsJson": "{"}, "body": {"text": "Oi"}}
    assert content({"interactiveResponseMessage": broken}) == Content(type="interactive", text="Oi")


@pytest.mark.parametrize(
    "kind",
    [
        "pollUpdateMessage",
        "albumMessage",
        "eventMessage",
        "orderMessage",
        "productMessage",
        "templateMessage",
        "interactiveMessage",
        "placeholderMessage",
        "somethingNewMessage",
    ],
)
def test_unsupported_types_are_named(kind: str) -> None:
    found = content({"messageContextInfo": {}, kind: {"name": "x"}})
    assert found == Content(type="unsupported", extra={"provider_type": kind})


@pytest.mark.parametrize("kind", ["pollCreationMessage", "pollCreationMessageV2", "pollCreationMessageV3"])
def test_a_poll_with_its_options(kind: str) -> None:
    poll = {"name": "Que dia?", "options": [{"optionName": "Seg"}, {"optionName": "Ter"}], "selectableOptionsCount": 1}
    expected = Content(type="poll", text="Que dia?", extra={"options": ["Seg", "Ter"], "selectable": 1})
    assert content({kind: poll}) == expected
    assert content({kind: {}}) == Content(type="poll", text="", extra={"options": [], "selectable": 0})


def test_a_list_and_buttons_that_ask() -> None:
    row = {"rowId": "r1", "title": "Corte", "description": "60 min"}
    asked = {"title": "Serviços", "buttonText": "Ver", "footerText": "Studio", "sections": [{"rows": [row]}]}
    found = content({"listMessage": asked})
    rows = [{"id": "r1", "title": "Corte", "description": "60 min"}]
    extra = {"button": "Ver", "sections": [{"title": None, "rows": rows}], "footer": "Studio"}
    assert found == Content(type="interactive", text="Serviços", extra=extra)
    buttons = [{"buttonId": "sim", "buttonText": {"displayText": "Sim"}}]
    found = content({"buttonsMessage": {"contentText": "Confirma?", "buttons": buttons}})
    assert found == Content(type="interactive", text="Confirma?", extra={"buttons": [{"id": "sim", "title": "Sim"}]})


def test_a_round_video_is_a_video() -> None:
    found = content({"ptvMessage": {"mimetype": "video/mp4", "seconds": 9}})
    assert found.type == "video"
    assert found.media is not None
    assert (found.media.kind, found.media.seconds) == ("video", 9)


@pytest.mark.parametrize("message", [None, {}, {"messageContextInfo": {}}, "text", []])
def test_a_message_without_content_is_named_by_its_type(message: Any) -> None:
    assert content(message, messageType="unknown") == Content(type="unsupported", extra={"provider_type": "unknown"})


def test_base64_beside_the_content_is_not_content() -> None:
    found = content({"base64": "QUJD", "mediaUrl": "https://x", **IMAGE})
    assert found.type == "image"
    assert found.media is not None
    assert b"QUJD" not in msgspec.json.encode(found.media.reference)


def test_an_ad_with_nothing_written() -> None:
    context = {"externalAdReply": {"title": "T", "sourceType": "ad"}}
    assert content({}, contextInfo=context, messageType="unknown").extra == {
        "provider_type": "unknown",
        "ad": {"title": "T"},
    }


def test_a_link_preview_is_no_ad() -> None:
    assert content({"conversation": "x"}, contextInfo={"externalAdReply": {"title": "T"}}).extra is None


def test_device_metadata_where_the_quote_should_be_is_no_quote() -> None:
    context = {"deviceListMetadata": {}, "quotedMessage": {"conversation": "x"}}
    assert inbound(keyed({"remoteJid": PN}, contextInfo=context)).quoted_id is None
    nested = wrapped({"extendedTextMessage": {"text": "a", "contextInfo": {"stanzaId": "Q1"}}}, "ephemeralMessage")
    assert inbound(keyed({"remoteJid": PN}, contextInfo=context, message=nested)).quoted_id == "Q1"


def test_history_is_marked_and_split() -> None:
    envelope = body("messages.upsert.text.conversation")
    second = copy.deepcopy(envelope["data"])
    second["key"]["id"] = "H2"
    envelope |= {"event": "messages.set", "data": [envelope["data"], second], "isLatest": True, "progress": 10}
    opened = Evolution().open(LINE, json.dumps(envelope).encode(), at(1763640000))
    events = [Evolution().parse(LINE, one.body) for one in opened]
    assert [isinstance(event, Inbound) and event.history for event in events] == [True, True]
    assert [event.provider_message_id for event in events if isinstance(event, Inbound)] == [
        "AC58B2A2055BB55BCBB37D2F2A4276B0",
        "H2",
    ]


# ---- updates, edits, deletions


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


# ---- connection, codes, names of contacts


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
