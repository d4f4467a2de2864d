"""What a message of UAZAPI says, and what its file is, in neutral words."""

from __future__ import annotations

import pytest

from evoai.channels.adapters.incoming import Content
from tests.contracts.of_uazapi import PLACE, TEXT, Json, changed, inbound, media, text

LONG = "x" * 4000

CONTENTS: dict[str, tuple[Json, Content]] = {
    "text only where WhatsApp has it": (changed(TEXT, text=""), text("Bom dia! Vocês entregam na Tijuca?")),
    "extended text only in its content": (
        changed("message_text_extended_reply", text=""),
        text("Esse mesmo, pode separar"),
    ),
    "the type in another case": (changed(TEXT, messageType="conversation"), text("Bom dia! Vocês entregam na Tijuca?")),
    "a long text": (changed(TEXT, text=LONG, content=LONG), text(LONG)),
    "braces and emoji": (changed(TEXT, text="{{nome}} 👩‍👩‍👧", content="x"), text("{{nome}} 👩‍👩‍👧")),
    "an ad": (
        changed(
            "message_text_extended_reply",
            content={
                "text": "Oi",
                "contextInfo": {
                    "externalAdReply": {"title": "Promo", "sourceType": "ad", "sourceID": "12", "ctwaClid": "ARA"}
                },
            },
            text="Oi",
        ),
        text("Oi", ad={"title": "Promo", "source_id": "12", "click_id": "ARA"}),
    ),
    "a link preview is no ad": (
        changed(
            "message_text_extended_reply",
            content={"text": "Oi", "contextInfo": {"externalAdReply": {"title": "Loja"}}},
            text="Oi",
        ),
        text("Oi"),
    ),
    "a live location": (
        changed(
            "message_location",
            messageType="LiveLocationMessage",
            content={"degreesLatitude": 1, "degreesLongitude": 2.5, "caption": "chegando"},
        ),
        Content(type="location", text="chegando", extra={"latitude": 1.0, "longitude": 2.5, "live": True}),
    ),
    "a location that is called text": (
        changed("message_location", type="text", mediaType=""),
        Content(type="location", extra=PLACE),
    ),
    "several cards": (
        changed(
            "message_contact_vcard",
            messageType="ContactsArrayMessage",
            content={
                "contacts": [
                    {"displayName": "Ana", "vcard": "BEGIN:VCARD\nFN:Ana\nTEL;waid=5511988887777:+55 11\nEND:VCARD"},
                    {"vcard": "BEGIN:VCARD\nFN:Beto\nTEL:+55 11 2222\nEND:VCARD"},
                ]
            },
        ),
        Content(
            type="contact",
            text="Ana: +5511988887777\nBeto: +55 11 2222",
            extra={
                "contacts": [
                    {"name": "Ana", "phones": ["+5511988887777"]},
                    {"name": "Beto", "phones": ["+55 11 2222"]},
                ]
            },
        ),
    ),
    "a card without a card": (
        changed("message_contact_vcard", content={}),
        Content(
            type="contact",
            text="Marcos Oficina\nPhone (Celular): +55 21 95550-0377",
            extra={"contacts": [{"name": None, "phones": []}]},
        ),
    ),
    "a vote for two": (
        changed(TEXT, messageType="PollUpdateMessage", vote="Sim,Talvez", text="", content={}),
        Content(type="interactive", text="Sim,Talvez"),
    ),
    "a row known by its content alone": (
        changed("message_list_response", buttonOrListid="", vote=""),
        Content(type="interactive", text="Entrega", extra={"choice_id": "opt_entrega"}),
    ),
    "a button known by its content alone": (
        changed("message_buttons_response", buttonOrListid="", vote="", text=""),
        Content(type="interactive", text="Falar com atendente", extra={"choice_id": "btn_humano"}),
    ),
    "a template's button": (
        changed(TEXT, messageType="TemplateButtonReplyMessage", buttonOrListid="b1", text="Sim", content={}),
        Content(type="interactive", text="Sim", extra={"choice_id": "b1"}),
    ),
    "a flow's answer": (
        changed(
            TEXT,
            messageType="InteractiveResponseMessage",
            buttonOrListid="f1",
            text="",
            content={"body": {"text": "Ok"}},
        ),
        Content(type="interactive", text="Ok", extra={"choice_id": "f1"}),
    ),
    "a choice without words": (
        changed(TEXT, messageType="ButtonsResponseMessage", buttonOrListid="b9", text="", content={}),
        Content(type="interactive", text="b9", extra={"choice_id": "b9"}),
    ),
    "a reaction taken back": (changed("message_reaction", text=""), Content(type="reaction", text="")),
    "a poll": (
        changed(TEXT, messageType="PollCreationMessageV3", text="Qual dia?", convertOptions="Hoje|Amanhã", content={}),
        Content(type="poll", text="Qual dia?", extra={"options": ["Hoje", "Amanhã"], "selectable": 0}),
    ),
    "a kind of tomorrow": (
        changed(TEXT, messageType="EventMessage", text="", content={"name": "Festa"}),
        Content(type="unsupported", extra={"provider_type": "EventMessage"}),
    ),
    "no kind at all": (
        changed(TEXT, messageType=None, text="oi", content=None),
        Content(type="unsupported", text="oi", extra={"provider_type": "unknown"}),
    ),
}


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_what_a_message_says(name: str) -> None:
    envelope, content = CONTENTS[name]
    assert inbound(envelope).content == content


FILES: dict[str, tuple[Json, Json]] = {
    "a gif": (
        changed(
            "message_image_caption",
            messageType="VideoMessage",
            mediaType="gif",
            content={"mimetype": "video/mp4", "gifPlayback": True, "seconds": 3},
        ),
        {"kind": "video", "seconds": 3, "mime_type": "video/mp4"},
    ),
    "a round video": (
        changed("message_image_caption", messageType="PtvMessage", mediaType="ptv", content={"seconds": 4}),
        {"kind": "video", "seconds": 4},
    ),
    "a song": (
        changed("message_audio_ptt", mediaType="audio", content={"mimetype": "audio/mpeg", "seconds": "61"}),
        {"kind": "audio", "voice": False, "seconds": 61},
    ),
    "a voice note known by its content": (
        changed("message_audio_ptt", mediaType="audio", content={"PTT": True}),
        {"kind": "audio", "voice": True},
    ),
    "a sticker of WhatsApp's own": (changed("message_sticker", mediaType="1p_sticker"), {"kind": "sticker"}),
    "a document with words": (
        changed("message_document_pdf", messageType="DocumentWithCaptionMessage", text="Segue"),
        {"kind": "document", "name": "orçamento-0142.pdf"},
    ),
    "a document without a name": (
        changed("message_document_pdf", content={"mimetype": "application/pdf", "title": "Laudo"}),
        {"kind": "document", "name": "Laudo", "size": None},
    ),
    "a size in words": (changed("message_image_caption", content={"fileLength": "12"}), {"kind": "image", "size": 12}),
    "media of a new type": (
        changed("message_image_caption", messageType="ImageMessageV2", content={}),
        {"kind": "image", "mime_type": None},
    ),
    "media without a content": (changed("message_sticker", content=None), {"kind": "sticker", "size": None}),
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_a_file_is(name: str) -> None:
    envelope, fields = FILES[name]
    media(inbound(envelope).content, **fields)


def test_what_is_to_be_seen_once_says_so() -> None:
    extra = inbound(changed("message_image_caption", content={"viewOnce": True})).content.extra
    assert extra == {"view_once": True}
