"""Every webhook body of the UAZAPI contract, and the other messages that it describes, in neutral words."""

from __future__ import annotations

from uuid import UUID

import pytest

from evoai.channels.adapters.incoming import (
    Address,
    Connection,
    Content,
    Deletion,
    Edit,
    Event,
    Inbound,
    Noted,
    Qr,
    Receipt,
)
from evoai.channels.adapters.uazapi import Uazapi
from tests.contracts.of_uazapi import (
    BODIES,
    JOANA,
    LID,
    LINE,
    MINE,
    PHONE,
    PLACE,
    PREFIX,
    TEXT,
    Json,
    at,
    body,
    changed,
    inbound,
    media,
    opened,
    said,
    text,
    through,
)

CARD = {"contacts": [{"name": "Marcos Oficina", "phones": ["+5521955500377"]}]}
PICTURE = body("connection_connecting_qr")["instance"]["qrcode"]

EXPECTED: dict[str, Event] = {
    "connection_connected": Connection(state="connected", phone="5511955500100"),
    "connection_connecting_qr": Qr(code=PICTURE, seconds=30),
    "connection_logged_out": Connection(state="disconnected", reason="logged-out"),
    "groups_participant_join": Noted(what="groups"),
    "message_buttons_response": said(
        f"{PREFIX}150C",
        1795180260000,
        Content(type="interactive", text="Falar com atendente", extra={"choice_id": "btn_humano"}),
        quoted_id="3EB0A10000000000000009",
    ),
    "message_contact_vcard": said(
        f"{PREFIX}1108",
        1795180020000,
        Content(type="contact", text="Marcos Oficina: +5521955500377", extra=CARD),
    ),
    "message_echo_sent_by_api": said(
        MINE, 1795180320412, text("Seu pedido saiu para entrega."), from_me=True, by_api=True, name=None
    ),
    "message_edited": Edit(provider_message_id=f"{PREFIX}0B02", text="Pode separar dois, por favor"),
    "message_group_text": said(f"{PREFIX}160D", 1795180380000, text("Chego em 10 min"), chat=None, ignore="group"),
    "message_list_response": said(
        f"{PREFIX}140B",
        1795180200000,
        Content(type="interactive", text="Entrega", extra={"choice_id": "opt_entrega"}),
        quoted_id="3EB0A10000000000000007",
    ),
    "message_location": said(f"{PREFIX}1007", 1795179960000, Content(type="location", extra=PLACE)),
    "message_reaction": said(
        f"{PREFIX}1209",
        1795180080000,
        Content(type="reaction", text="❤️"),
        target_id="3EB0A10000000000000001",
    ),
    "message_text_conversation": said(
        "3A5F00000000000000A1", 1795179600000, text("Bom dia! Vocês entregam na Tijuca?")
    ),
    "message_text_extended_reply": said(
        f"{PREFIX}0B02", 1795179661000, text("Esse mesmo, pode separar"), quoted_id="3EB0A10000000000000001"
    ),
    "messages_update_deleted": Deletion(provider_message_id=f"{PREFIX}0B02"),
    "messages_update_delivered": Receipt(provider_message_id=MINE, status="delivered"),
    "messages_update_played": Receipt(provider_message_id="3EB0A10000000000000012", status="read"),
    "presence_composing": Noted(what="presence"),
}
# Media, compared field by field below; and the batch, which becomes several events.
MEDIA: dict[str, Json] = {
    "message_audio_ptt": {"kind": "audio", "voice": True, "seconds": 6, "mime_type": "audio/ogg; codecs=opus"},
    "message_document_pdf": {"kind": "document", "name": "orçamento-0142.pdf", "size": 482113, "voice": False},
    "message_image_caption": {"kind": "image", "mime_type": "image/jpeg", "size": 182344, "name": None},
    "message_sticker": {"kind": "sticker", "mime_type": "image/webp", "size": 60412},
}


def test_every_body_has_its_expectation() -> None:
    names = {path.stem for path in BODIES.glob("*.json")}
    assert names == EXPECTED.keys() | MEDIA.keys() | {"messages_update_read_batch"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_body_in_neutral_words(name: str) -> None:
    assert through(body(name)) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(MEDIA))
def test_a_file_is_had_by_the_messages_id_alone(name: str) -> None:
    event = through(body(name))
    assert isinstance(event, Inbound)
    media(event.content, **MEDIA[name], reference={"id": event.provider_message_id})
    assert event.content.type == MEDIA[name]["kind"]
    assert event.content.text == ("Comprovante do pix" if name == "message_image_caption" else None)


def test_a_batch_of_reads_is_an_event_for_each() -> None:
    envelopes = opened(body("messages_update_read_batch"))
    ids = body("messages_update_read_batch")["event"]["MessageIDs"]
    assert [Uazapi().parse(LINE, one.body) for one in envelopes] == [
        Receipt(provider_message_id=one, status="read") for one in ids
    ]
    assert len({one.dedupe_key for one in envelopes}) == len(ids) == 4
    assert {one.chat for one in envelopes} == {"5521955500201"}
    again = {one.dedupe_key for one in opened(body("messages_update_read_batch"))}
    assert again == {one.dedupe_key for one in envelopes}


OURS = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

WHO: dict[str, tuple[Json, Address | None]] = {
    "a chat under its privacy id": (changed(TEXT, chatid=LID), JOANA),
    "no phone anywhere": (
        changed(TEXT, chatid=LID, sender_pn="", sender=LID) | {"chat": {}},
        Address(lid="104200000000201"),
    ),
    "the sender's phone alone": (
        changed(TEXT, chatid="", chatlid="", sender_lid="", sender=PHONE) | {"chat": {}},
        Address(phone="5521955500201"),
    ),
    "without a row of the customer": (
        {name: value for name, value in body(TEXT).items() if name != "chat"},
        JOANA,
    ),
    "a device in the address": (changed(TEXT, chatid="5521955500201:7@s.whatsapp.net"), JOANA),
    "without the ninth digit": (
        changed(TEXT, chatid="552155500201@s.whatsapp.net", sender_pn="552155500201@s.whatsapp.net") | {"chat": {}},
        Address(phone="552155500201", lid="104200000000201"),
    ),
    "of ours, whose sender is us": (
        changed("message_echo_sent_by_api", chatid=LID, chatlid=LID)
        | {"chat": {"wa_chatid": PHONE, "wa_chatlid": LID}},
        JOANA,
    ),
    "of ours, to who is known by a privacy id": (
        changed("message_echo_sent_by_api", chatid=LID, chatlid=LID) | {"chat": {}},
        Address(lid="104200000000201"),
    ),
}


@pytest.mark.parametrize("name", sorted(WHO))
def test_who_the_chat_is_with(name: str) -> None:
    envelope, address = WHO[name]
    assert inbound(envelope).chat == address


FLAGS: dict[str, tuple[Json, Json]] = {
    "written on the phone": (
        changed("message_echo_sent_by_api", wasSentByApi=False, track_id="", track_source=""),
        {"from_me": True, "by_api": False, "delivery_id": None},
    ),
    "ours": (
        changed("message_echo_sent_by_api", track_source="evoai-connect", track_id=OURS),
        {"from_me": True, "by_api": True, "delivery_id": UUID(OURS)},
    ),
    "another program's": (
        changed("message_echo_sent_by_api", track_source="chatwoot", track_id=OURS),
        {"by_api": True, "delivery_id": None},
    ),
    "ours, with an id that is none": (
        changed("message_echo_sent_by_api", track_source="evoai-connect", track_id="7"),
        {"delivery_id": None},
    ),
    "a contact cannot name a delivery": (
        changed(TEXT, track_source="evoai-connect", track_id=OURS),
        {"from_me": False, "delivery_id": None},
    ),
    "booleans as words": (changed("message_echo_sent_by_api", fromMe="True"), {"from_me": True}),
    "only the long id": (changed(TEXT, messageid=""), {"provider_message_id": "3A5F00000000000000A1"}),
    "a reply told as an object": (
        changed("message_text_extended_reply", quoted={"messageid": "Q1"}),
        {"quoted_id": "Q1"},
    ),
    "a reply told by its content": (
        changed("message_text_extended_reply", quoted=""),
        {"quoted_id": "3EB0A10000000000000001"},
    ),
    "a name of digits": (changed(TEXT, senderName="+55 21 95550-0201"), {"name": "Joana Prado"}),
    "no name": (changed(TEXT, senderName="") | {"chat": {}}, {"name": None}),
    "no clock": (changed(TEXT, messageTimestamp=0), {"at": None}),
    "a clock of seconds": (changed(TEXT, messageTimestamp=1795179600), {"at": at(1795179600000)}),
    "a clock in words": (changed(TEXT, messageTimestamp="1795179600000"), {"at": at(1795179600000)}),
    "history": (body(TEXT) | {"EventType": "history"}, {"history": True}),
    "a status": (changed(TEXT, chatid="status@broadcast"), {"ignore": "status-broadcast", "chat": None}),
    "a newsletter": (changed(TEXT, chatid="120363@newsletter"), {"ignore": "newsletter", "chat": None}),
    "a group that is only flagged": (changed(TEXT, isGroup=True), {"ignore": "group", "chat": None}),
    "a reaction in its content alone": (
        changed("message_reaction", reaction=""),
        {"target_id": "3EB0A10000000000000001", "quoted_id": None},
    ),
    "a reaction to a long id": (
        changed("message_reaction", reaction="5511955500100:3EB0A1"),
        {"target_id": "3EB0A1"},
    ),
}


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_what_is_known_of_a_message(name: str) -> None:
    envelope, fields = FLAGS[name]
    event = inbound(envelope)
    assert {field: getattr(event, field) for field in fields} == fields
