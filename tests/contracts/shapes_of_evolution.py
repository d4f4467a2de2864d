"""Shapes of Evolution's webhooks: the contract's bodies, each message in other forms, and what versions write
differently."""

from __future__ import annotations

import copy
from typing import Any

from tests.contracts.corpus import GROUP, MESSAGE, SIGNAL, Event, Json, Said, Shape, reordered, varied, without
from tests.contracts.rows_of_evolution import EXPECTED, body

# Area 31 is one of those where WhatsApp knows many phones without the ninth digit.
EVA, EVA_SHORT, EVA_LID = "5531988110011", "553188110011", "200000000000011@lid"
PN, SHORT = f"{EVA}@s.whatsapp.net", f"{EVA_SHORT}@s.whatsapp.net"
OWN = "5531988120045@s.whatsapp.net"

KEYS: dict[str, Json] = {
    "2.2.3, the privacy id alone": {"remoteJid": EVA_LID},
    "2.3.0, both as the sender's": {"remoteJid": EVA_LID, "senderPn": PN, "senderLid": EVA_LID},
    "2.3.1, the id before": {"remoteJid": PN, "previousRemoteJid": EVA_LID, "senderPn": PN, "senderLid": EVA_LID},
    "2.3.4, a phone": {"remoteJid": PN, "senderLid": EVA_LID},
    "2.3.6, the id first": {"remoteJid": EVA_LID, "remoteJidAlt": PN, "addressingMode": "lid"},
    "2.3.7, the phone twice": {"remoteJid": PN, "remoteJidAlt": PN, "addressingMode": "lid"},
    "2.4.0, the phone first": {"remoteJid": PN, "remoteJidAlt": EVA_LID, "addressingMode": "pn"},
    "the phone alone": {"remoteJid": PN},
    "without the ninth digit": {"remoteJid": SHORT},
    "without the ninth digit, and the id": {"remoteJid": SHORT, "remoteJidAlt": EVA_LID},
    "the id, and no ninth digit": {"remoteJid": EVA_LID, "remoteJidAlt": SHORT},
    "a device": {"remoteJid": f"{EVA}:12@s.whatsapp.net", "remoteJidAlt": EVA_LID},
    "an agent and capitals": {"remoteJid": f"{EVA}_1:3@S.WhatsApp.Net"},
    "the older server": {"remoteJid": f"{EVA}@c.us"},
    "a hosted account": {"remoteJid": f"{EVA}@hosted", "remoteJidAlt": "200000000000011@hosted.lid"},
    "our own number as the sender": {"remoteJid": EVA_LID, "remoteJidAlt": PN, "senderPn": OWN},
    "empty and null beside it": {"remoteJid": PN, "remoteJidAlt": None, "senderPn": "", "participant": ""},
}
IMAGE: Json = {"imageMessage": {"mimetype": "image/jpeg", "caption": "Olha", "fileLength": "10", "mediaKey": "b64=="}}
QUOTE: Json = {"stanzaId": "3EB0AAAA", "quotedMessage": IMAGE}


def wrapped(message: Json, *wrappers: str) -> Json:
    for wrapper in reversed(wrappers):
        message = {wrapper: {"message": message}}
    return message


# Message, its type, and what we make of it.
CONTENTS: dict[str, tuple[Json, str, str, str | None]] = {
    "nothing but words": ({"conversation": "Oi"}, "conversation", "text", "Oi"),
    "words after device data": ({"messageContextInfo": {"x": 1}, "conversation": "Oi"}, "conversation", "text", "Oi"),
    "extended, not flattened": ({"extendedTextMessage": {"text": "Oi"}}, "extendedTextMessage", "text", "Oi"),
    "vanishing words": (
        wrapped({"extendedTextMessage": {"text": "Some"}}, "ephemeralMessage"),
        "ephemeralMessage",
        "text",
        "Some",
    ),
    "a vanishing reply to a picture": (
        wrapped({"extendedTextMessage": {"text": "Este", "contextInfo": QUOTE}}, "ephemeralMessage"),
        "ephemeralMessage",
        "text",
        "Este",
    ),
    "a vanishing picture": (wrapped(IMAGE, "ephemeralMessage"), "ephemeralMessage", "image", "Olha"),
    "seen once, first form": (wrapped(IMAGE, "viewOnceMessage"), "viewOnceMessage", "image", "Olha"),
    "seen once, third form": (
        wrapped({"audioMessage": {"ptt": True, "seconds": 3}}, "viewOnceMessageV2Extension"),
        "viewOnceMessageV2Extension",
        "audio",
        None,
    ),
    "seen once and vanishing": (
        wrapped(IMAGE, "ephemeralMessage", "viewOnceMessageV2"),
        "ephemeralMessage",
        "image",
        "Olha",
    ),
    "a document with words, not flattened": (
        wrapped(
            {"documentMessage": {"caption": "Segue", "fileName": "a.pdf", "mimetype": "application/pdf"}},
            "documentWithCaptionMessage",
        ),
        "documentWithCaptionMessage",
        "document",
        "Segue",
    ),
    "who is mentioned": (wrapped({"conversation": "@1 oi"}, "groupMentionedMessage"), "x", "text", "@1 oi"),
    "one picture of an album": (wrapped(IMAGE, "associatedChildMessage"), "x", "image", "Olha"),
    "an animated sticker": (wrapped({"stickerMessage": {}}, "lottieStickerMessage"), "x", "sticker", None),
    "a round film": ({"ptvMessage": {"mimetype": "video/mp4", "seconds": 4}}, "ptvMessage", "video", None),
    "sizes in words": (IMAGE, "imageMessage", "image", "Olha"),
    "sizes in halves": (
        {"imageMessage": {"caption": "Olha", "fileLength": {"low": -1, "high": 0, "unsigned": True}}},
        "imageMessage",
        "image",
        "Olha",
    ),
    "a picture by Meta's own words": (
        {"imageMessage": {"id": "800000000000004", "mime_type": "image/png", "sha256": "x", "caption": "Olha"}},
        "imageMessage",
        "image",
        "Olha",
    ),
    "the file beside it": ({"base64": "QUJD", "mediaUrl": "https://x", **IMAGE}, "imageMessage", "image", "Olha"),
    "a place that moves": (
        {"liveLocationMessage": {"degreesLatitude": 1, "degreesLongitude": 2, "caption": "Chegando"}},
        "liveLocationMessage",
        "location",
        "Chegando",
    ),
    "several cards": (
        {"contactsArrayMessage": {"contacts": [{"displayName": "Bia", "vcard": "FN:Bia\nTEL;waid=5511:x"}, {}]}},
        "contactsArrayMessage",
        "contact",
        "Bia: +5511",
    ),
    "a template's button": (
        {"templateButtonReplyMessage": {"selectedId": "b", "selectedDisplayText": "Sim", "selectedIndex": 0}},
        "templateButtonReplyMessage",
        "interactive",
        "Sim",
    ),
    "a poll": ({"pollCreationMessageV3": {"name": "Dia?", "options": []}}, "pollCreationMessageV3", "poll", "Dia?"),
    "a kind of tomorrow": ({"somethingNewMessage": {"x": 1}}, "somethingNewMessage", "unsupported", None),
    "nothing at all": ({}, "unknown", "unsupported", None),
}
STAMPS: tuple[Any, ...] = (
    "1763640000",
    1763640000000,
    {"low": 1763640000, "high": 0, "unsigned": True},
    1763640000.0,
)


def _spoken(number: int, key: Json, message: Json, kind: str, **more: Any) -> tuple[Json, str]:
    """A body of a message, and its id."""
    made = body("messages.upsert.text.conversation")
    pid = f"EVO{number:05d}"
    made["data"] |= {"key": {"fromMe": False, "id": pid, **key}, "message": message, "messageType": kind, **more}
    # The emission's moment is part of no key, and equal in all.
    return made, pid


def _renamed(found: Json, mark: str) -> str:
    key = found["data"]["key"]
    key["id"] = f"{key['id']}{mark}"
    return key["id"]


def _bare(found: Json) -> Json:
    """Without what no version has to write."""
    found = without(found, "destination", "date_time", "server_url", "apikey")
    found["data"] = without(found["data"], "status", "source", "instanceId")
    found["data"]["message"] = without(found["data"]["message"], "messageContextInfo")
    found["data"]["key"] = without(found["data"]["key"], "participant", "addressingMode")
    return found


def _nulls(found: Json) -> Json:
    found["data"] |= {"status": None, "source": None, "contextInfo": None, "chatwootMessageId": None}
    found["data"]["message"] |= {"messageContextInfo": None, "base64": None}
    found["data"]["key"] |= {"participant": None, "participantAlt": None, "senderPn": None, "senderLid": None}
    return found | {"apikey": None, "destination": None}


WAYS = (("reordered", reordered), ("bare", _bare), ("null for absent", _nulls))


def shapes() -> list[Shape]:
    found: list[Shape] = []
    for name, rows in EXPECTED.items():
        made = body(name)
        said: tuple[Said, ...] = ()
        event: Event = (rows.event[0], None if rows.event[1] == "old" else rows.event[1], rows.event[2])
        if rows.message is not None:
            row, pid = rows.message, made["data"]["key"]["id"]
            said = (Said(pid, row.type, row.text, row.contact[1], row.author),)
        found.append(Shape(name, made, said, (event,)))
        if said:
            found.extend(varied(found[-1], _renamed, WAYS))
    return found + _own()


def _own() -> list[Shape]:
    found: list[Shape] = []
    who = f"+{EVA}"
    pair = KEYS["2.4.0, the phone first"]
    for name, key in KEYS.items():
        made, pid = _spoken(len(found), key, {"conversation": name}, "conversation")
        found.append(Shape(f"key: {name}", made, (Said(pid, "text", name, who),)))
    for name, (message, kind, type_, text) in CONTENTS.items():
        made, pid = _spoken(len(found), pair, message, kind)
        found.append(Shape(f"content: {name}", made, (Said(pid, type_, text, who),)))
    for stamp in STAMPS:
        made, pid = _spoken(len(found), pair, {"conversation": "hora"}, "conversation", messageTimestamp=stamp)
        found.append(Shape(f"clock: {stamp}", made, (Said(pid, "text", "hora", who),)))
    made, pid = _spoken(len(found), pair, {"conversation": "em maiúsculas"}, "conversation")
    found.append(
        Shape("event in capitals", made | {"event": "MESSAGES_UPSERT"}, (Said(pid, "text", "em maiúsculas", who),))
    )
    made, pid = _spoken(len(found), pair | {"fromMe": True}, {"conversation": "do celular"}, "conversation")
    found.append(Shape("from the phone", made, (Said(pid, "text", "do celular", who, "phone"),)))
    made, pid = _spoken(len(found), {"remoteJid": "1203630@g.us", "participant": EVA_LID}, {"conversation": "x"}, "x")
    found.append(Shape("a group", made, (), (GROUP,)))
    first, one = _spoken(len(found), pair, {"conversation": "ontem"}, "conversation")
    second, two = _spoken(len(found) + 500, {"remoteJid": SHORT}, {"conversation": "anteontem"}, "conversation")
    past = first | {"event": "messages.set", "data": [first["data"], second["data"]], "isLatest": True}
    told = (Said(one, "text", "ontem", who), Said(two, "text", "anteontem", who))
    found.append(Shape("two of the history", past, told, (MESSAGE, MESSAGE)))
    return found + _updates()


def _updates() -> list[Shape]:
    """Ticks and edits of messages that nobody knows."""
    found: list[Shape] = []
    for status in ("SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED", "DELETED", 3, "4", None):
        made = copy.deepcopy(body("messages.update.read"))
        made["data"] |= {"keyId": f"UPD{len(found):03d}", "status": status}
        found.append(Shape(f"tick: {status}", made, (), (SIGNAL,)))
    for inner in (
        {"extendedTextMessage": {"text": "novo"}},
        {"imageMessage": {"caption": "novo"}},
        {"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "novo"}}}},
    ):
        made = copy.deepcopy(body("messages.update.from-edit"))
        made["data"] |= {"keyId": f"EDT{len(found):03d}", "message": {"editedMessage": {"message": inner}}}
        found.append(Shape(f"edit: {next(iter(inner))}", made, (), (SIGNAL,)))
    return found
