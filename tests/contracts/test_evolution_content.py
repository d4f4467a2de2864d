"""What messages of an Evolution server say, in all the forms that the contract describes."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.incoming import Content, Inbound
from tests.contracts.of_evolution import (
    IMAGE,
    LINE,
    PN,
    at,
    body,
    content,
    inbound,
    interactive,
    keyed,
    text,
    wrapped,
)


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
