"""Shapes of UAZAPI's webhooks: the contract's bodies, each message in other forms, and what builds write otherwise."""

from __future__ import annotations

import copy
from typing import Any

from tests.contracts.corpus import GROUP, SIGNAL, Event, Json, Said, Shape, reordered, varied, without
from tests.contracts.rows_of_uazapi import EXPECTED, body

IVO, IVO_SHORT, IVO_LID = "5541988110012", "554188110012", "200000000000012@lid"
PN, SHORT = f"{IVO}@s.whatsapp.net", f"{IVO_SHORT}@s.whatsapp.net"
WHO = f"+{IVO}"
BOTH: Json = {"chatid": PN, "chatlid": IVO_LID, "sender": IVO_LID, "sender_pn": PN, "sender_lid": IVO_LID}

# Addresses of a message, and of the customer's row beside it.
ADDRESSES: dict[str, tuple[Json, Json | None]] = {
    "the phone first": (BOTH, {"wa_chatid": PN, "wa_chatlid": IVO_LID}),
    "the sender by phone": (BOTH | {"sender": PN}, {}),
    "the privacy id as the chat": (BOTH | {"chatid": IVO_LID}, {}),
    "the phone in the row alone": ({"chatid": IVO_LID, "chatlid": IVO_LID, "sender": IVO_LID}, {"wa_chatid": PN}),
    "the privacy id alone": ({"chatid": IVO_LID, "chatlid": "", "sender": IVO_LID}, {}),
    "the phone alone": ({"chatid": PN, "sender": PN}, None),
    "no ninth digit": ({"chatid": SHORT, "sender": SHORT, "sender_pn": SHORT}, {}),
    "no ninth digit, and the privacy id": ({"chatid": SHORT, "chatlid": IVO_LID, "sender_lid": IVO_LID}, {}),
    "no ninth digit in the row alone": (BOTH, {"wa_chatid": SHORT}),
    "a device": ({"chatid": f"{IVO}:7@s.whatsapp.net", "sender_lid": "200000000000012:7@lid"}, {}),
    "null beside it": ({"chatid": PN, "chatlid": None, "sender_pn": None, "sender_lid": None, "sender": None}, None),
}
# Fields of the text body that builds write differently; type and words that we make of it.
FIELDS: dict[str, tuple[Json, str, str | None]] = {
    "the type in small letters": ({"messageType": "conversation"}, "text", "Oi"),
    "words in the content alone": ({"text": "", "content": "Oi"}, "text", "Oi"),
    "words in an object": ({"messageType": "ExtendedTextMessage", "text": "", "content": {"text": "Oi"}}, "text", "Oi"),
    "a clock of seconds": ({"messageTimestamp": 1795179600}, "text", "Oi"),
    "a clock in words": ({"messageTimestamp": "1795179600000"}, "text", "Oi"),
    "no clock": ({"messageTimestamp": 0}, "text", "Oi"),
    "booleans as words": ({"fromMe": "False", "isGroup": "False", "wasSentByApi": "False"}, "text", "Oi"),
    "booleans left out": ({"fromMe": None, "isGroup": None, "wasSentByApi": None}, "text", "Oi"),
    "pinned": ({"pinned": False, "error": "", "fileURL": "", "sendFunction": ""}, "text", "Oi"),
    "a reply told by an object": ({"quoted": {"messageid": "Q1"}}, "text", "Oi"),
    "a reply to a picture": (
        {
            "messageType": "ExtendedTextMessage",
            "quoted": "Q2",
            "content": {"text": "Oi", "contextInfo": {"stanzaID": "Q2", "quotedMessage": {"imageMessage": {}}}},
        },
        "text",
        "Oi",
    ),
    "a picture": (
        {"messageType": "ImageMessage", "mediaType": "image", "content": {"mimetype": "image/png"}},
        "image",
        "Oi",
    ),
    "a picture of a new type": ({"messageType": "ImageMessageV2", "mediaType": "image", "content": {}}, "image", "Oi"),
    "a film that turns": (
        {"messageType": "VideoMessage", "mediaType": "gif", "text": "", "content": {"gifPlayback": True}},
        "video",
        None,
    ),
    "a round film": ({"messageType": "PtvMessage", "mediaType": "ptv", "text": "", "content": {}}, "video", None),
    "a voice note by its content": (
        {"messageType": "AudioMessage", "mediaType": "audio", "text": "", "content": {"PTT": True, "seconds": "4"}},
        "audio",
        None,
    ),
    "a document with words": (
        {"messageType": "DocumentWithCaptionMessage", "mediaType": "document", "content": {"title": "Laudo"}},
        "document",
        "Oi",
    ),
    "a sticker of WhatsApp's": (
        {"messageType": "StickerMessage", "mediaType": "1p_sticker", "text": "", "content": None},
        "sticker",
        None,
    ),
    "seen once": (
        {"messageType": "ImageMessage", "mediaType": "image", "content": {"viewOnce": True}},
        "image",
        "Oi",
    ),
    "a place that moves": (
        {
            "messageType": "LiveLocationMessage",
            "content": {"degreesLatitude": 1, "degreesLongitude": 2, "caption": "Chegando"},
        },
        "location",
        "Chegando",
    ),
    "several cards": (
        {
            "messageType": "ContactsArrayMessage",
            "content": {"contacts": [{"displayName": "Bia", "vcard": "FN:Bia\nTEL;waid=5511:x"}]},
        },
        "contact",
        "Bia: +5511",
    ),
    "a poll": ({"messageType": "PollCreationMessageV3", "convertOptions": "Seg|Ter", "content": {}}, "poll", "Oi"),
    "a vote for two": (
        {"messageType": "PollUpdateMessage", "vote": "Seg,Ter", "text": "", "content": {}},
        "interactive",
        "Seg,Ter",
    ),
    "a template's button": (
        {"messageType": "TemplateButtonReplyMessage", "buttonOrListid": "b1", "content": {}},
        "interactive",
        "Oi",
    ),
    "a flow's answer": (
        {"messageType": "InteractiveResponseMessage", "text": "", "content": {"body": {"text": "Enviado"}}},
        "interactive",
        "Enviado",
    ),
    "a reaction taken back": (
        {"messageType": "ReactionMessage", "reaction": "GONE", "text": "", "content": {}},
        "reaction",
        "",
    ),
    "a kind of tomorrow": (
        {"messageType": "EventMessage", "text": "", "content": {"name": "Festa"}},
        "unsupported",
        None,
    ),
}


def _spoken(number: int, **fields: Any) -> tuple[Json, str]:
    made, pid = copy.deepcopy(body("message_text_conversation")), f"UAZ{number:05d}"
    named = {"messageid": pid, "id": f"5511955500100:{pid}"}
    made["message"] |= dict.fromkeys(BOTH, "") | {"text": "Oi", "content": "Oi"} | named | fields
    made["chat"] = {}
    return made, pid


def _renamed(found: Json, mark: str) -> str:
    message = found["message"]
    message["messageid"], message["id"] = f"{message['messageid']}{mark}", f"{message['id']}{mark}"
    return message["messageid"]


def _bare(found: Json) -> Json:
    """Without what is empty, and without the provider's own row."""
    message = {name: value for name, value in found["message"].items() if value not in ("", None)}
    return without(found, "BaseUrl", "chatSource", "instanceName", "chat") | {"message": message}


def _nulls(found: Json) -> Json:
    found["message"] = {name: None if value == "" else value for name, value in found["message"].items()}
    return found | {"chat": None, "event_id": None}


WAYS = (("reordered", reordered), ("bare", _bare), ("null for absent", _nulls))


def shapes() -> list[Shape]:
    found: list[Shape] = []
    for name, rows in EXPECTED.items():
        made = body(name)
        said: tuple[Said, ...] = ()
        event: Event = (rows.event[0], None if rows.event[1] == "old" else rows.event[1], rows.event[2])
        if rows.message is not None:
            row = rows.message
            said = (Said(made["message"]["messageid"], row.type, row.text, row.contact[1], row.author),)
        many = 4 if name == "messages_update_read_batch" else 1
        found.append(Shape(name, made, said, (event,) * many))
        if said:
            found.extend(varied(found[-1], _renamed, WAYS))
    return found + _own()


def _own() -> list[Shape]:
    found: list[Shape] = []
    for name, (fields, row) in ADDRESSES.items():
        made, pid = _spoken(len(found), **fields)
        made = made | {"chat": row} if row is not None else without(made, "chat")
        found.append(Shape(f"address: {name}", made, (Said(pid, "text", "Oi", WHO),)))
    for name, (fields, kind, text) in FIELDS.items():
        made, pid = _spoken(len(found), **(BOTH | fields))
        found.append(Shape(f"field: {name}", made, (Said(pid, kind, text, WHO),)))
    made, pid = _spoken(len(found), **(BOTH | {"messageid": ""}))
    found.append(Shape("the long id alone", made, (Said(pid, "text", "Oi", WHO),)))
    made, pid = _spoken(len(found), **(BOTH | {"fromMe": True, "sender": "x", "sender_pn": "", "sender_lid": ""}))
    found.append(Shape("from the phone", made, (Said(pid, "text", "Oi", WHO, "phone"),)))
    made, pid = _spoken(len(found), **BOTH)
    found.append(Shape("of the history", made | {"EventType": "history"}, (Said(pid, "text", "Oi", WHO),)))
    made, pid = _spoken(len(found), **(BOTH | {"chatid": "1203630@g.us", "isGroup": True}))
    found.append(Shape("a group", made, (), (GROUP,)))
    made, pid = _spoken(len(found), **(BOTH | {"chatid": "status@broadcast"}))
    found.append(Shape("a status", made, (), (("ignored", "status-broadcast", False),)))
    for fields in (
        {"IsFromMe": "False", "IsGroup": "False"},
        {"Timestamp": "2026-11-20T13:00:00Z"},
        {"Timestamp": "1795179600"},
        {"Type": "delivered"},
    ):
        made = copy.deepcopy(body("messages_update_delivered"))
        made["event"] |= fields | {"MessageIDs": [f"TICK{len(found)}"]}
        found.append(Shape(f"tick: {next(iter(fields.items()))}", made, (), (SIGNAL,)))
    made = copy.deepcopy(body("messages_update_delivered"))
    made["event"] |= {"MessageIDs": [f"FILE{len(found)}"]}
    found.append(Shape("the provider's own bookkeeping", made | {"state": "FileDownloaded"}, (), (SIGNAL,)))
    return found
