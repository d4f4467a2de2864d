"""What a UAZAPI message says: its `message` object turned into neutral content. Who said it, when and where is
`uazapi_parse.py`."""

from __future__ import annotations

from typing import Any

import msgspec

from evoai.channels.adapters.loose import Json, integer_of, list_of, number_of, object_of, text_of, vcard
from evoai.channels.adapters.protocol import Content, Media, MediaKind

_TEXTS = frozenset({"conversation", "extendedtextmessage"})
_MEDIA: dict[str, MediaKind] = {
    "imagemessage": "image",
    "audiomessage": "audio",
    "videomessage": "video",
    "ptvmessage": "video",
    "documentmessage": "document",
    "documentwithcaptionmessage": "document",
    "stickermessage": "sticker",
    "lottiestickermessage": "sticker",
}
# What the coarse field says of media whose type is new to us.
_COARSE: dict[str, MediaKind] = {
    "image": "image",
    "video": "video",
    "gif": "video",
    "ptv": "video",
    "ptt": "audio",
    "audio": "audio",
    "myaudio": "audio",
    "document": "document",
    "sticker": "sticker",
    "1p_sticker": "sticker",
    "user_created_sticker": "sticker",
}
_CHOICES = frozenset(
    {
        "listresponsemessage",
        "buttonsresponsemessage",
        "templatebuttonreplymessage",
        "interactiveresponsemessage",
        "pollupdatemessage",
    }
)


def kind_of(message: Json) -> str:
    return (text_of(message.get("messageType")) or "").lower()


def content_of(message: Json, message_id: str) -> Content:
    node = object_of(message.get("content"))
    content = _content(message, kind_of(message), node, message_id)
    extra = dict(content.extra or {})
    if node.get("viewOnce") is True:
        extra["view_once"] = True
    ad = _ad(object_of(node.get("contextInfo")))
    if ad:
        extra["ad"] = ad
    return msgspec.structs.replace(content, extra=extra or None)


def said(message: Json) -> str:
    """The words of a message: extracted by the server, or where WhatsApp has them."""
    content = message.get("content")
    if text_of(message.get("text")):
        return message["text"]
    if isinstance(content, str):
        return content
    node = object_of(content)
    return text_of(node.get("text")) or text_of(node.get("caption")) or ""


def quoted_id(message: Json) -> str | None:
    quoted = message.get("quoted")
    if isinstance(quoted, dict):
        quoted = object_of(message["quoted"]).get("messageid")
    stanza = object_of(object_of(message.get("content")).get("contextInfo")).get("stanzaID")
    return text_of(quoted) or text_of(stanza) or None


def _content(message: Json, kind: str, node: Json, message_id: str) -> Content:
    if kind in _TEXTS:
        return Content(type="text", text=said(message))
    if text_of(message.get("reaction")) or kind == "reactionmessage":
        # An empty text takes it back, whatever the content still says.
        emoji = text_of(message.get("text"))
        return Content(type="reaction", text=said(message) if emoji is None else emoji)
    if kind in ("locationmessage", "livelocationmessage"):
        return _location(message, node, live=kind == "livelocationmessage")
    if kind == "contactmessage":
        return _cards([node], message)
    if kind == "contactsarraymessage":
        return _cards(list_of(node.get("contacts")), message)
    if kind in _CHOICES:
        return _choice(message, node)
    if kind.startswith("pollcreationmessage"):
        return _poll(message, node)
    coarse = text_of(message.get("mediaType")) or ""
    media = _MEDIA.get(kind) or _COARSE.get(coarse.lower())
    if media is not None:
        return _media(media, message, node, coarse.lower(), message_id)
    return Content(
        type="unsupported",
        text=said(message) or None,
        extra={"provider_type": (text_of(message.get("messageType")) or "unknown")[:64]},
    )


def _media(kind: MediaKind, message: Json, node: Json, coarse: str, message_id: str) -> Content:
    name = text_of(node.get("fileName")) or text_of(node.get("title"))
    media = Media(
        kind=kind,
        mime_type=text_of(node.get("mimetype")),
        size=integer_of(node.get("fileLength")),
        name=name if kind == "document" else None,
        seconds=integer_of(node.get("seconds")),
        voice=kind == "audio" and (coarse in ("ptt", "myaudio") or node.get("PTT") is True),
        # The file itself is only to be had by the message's id; the address in the content is of sealed bytes.
        reference={"id": message_id},
    )
    caption = text_of(message.get("text")) or text_of(node.get("caption"))
    return Content(type=kind, text=caption or None, media=media)


def _location(message: Json, node: Json, live: bool) -> Content:
    latitude, longitude = number_of(node.get("degreesLatitude")), number_of(node.get("degreesLongitude"))
    extra: Json = {"latitude": latitude, "longitude": longitude}
    for field in ("name", "address"):
        if text_of(node.get(field)):
            extra[field] = node[field]
    if live:
        extra["live"] = True
    return Content(type="location", text=text_of(node.get("caption")) or text_of(node.get("comment")), extra=extra)


def _cards(cards: list[Any], message: Json) -> Content:
    people: list[Json] = []
    for card in cards:
        fields = object_of(card)
        name, phones = vcard(text_of(fields.get("vcard")) or "")
        people.append({"name": text_of(fields.get("displayName")) or name, "phones": phones})
    lines = [": ".join(part for part in (person["name"], ", ".join(person["phones"])) if part) for person in people]
    text = "\n".join(line for line in lines if line) or said(message)
    return Content(type="contact", text=text or None, extra={"contacts": people})


def _poll(message: Json, node: Json) -> Content:
    told = text_of(message.get("convertOptions")) or ""
    options = [option for option in told.split("|") if option]
    most = integer_of(node.get("selectableOptionsCount")) or 0
    text = text_of(message.get("text")) or text_of(node.get("name")) or ""
    return Content(type="poll", text=text, extra={"options": options, "selectable": most})


def _choice(message: Json, node: Json) -> Content:
    """A button, a row or a vote. The words that were chosen stand in one of several places."""
    chosen = text_of(message.get("buttonOrListid")) or text_of(node.get("selectedButtonID"))
    chosen = chosen or text_of(object_of(node.get("singleSelectReply")).get("selectedRowID"))
    words = text_of(message.get("vote")) or text_of(message.get("text")) or text_of(node.get("selectedDisplayText"))
    words = words or text_of(node.get("title")) or text_of(object_of(node.get("body")).get("text"))
    return Content(type="interactive", text=words or chosen or "", extra={"choice_id": chosen} if chosen else None)


def _ad(context: Json) -> Json | None:
    ad = object_of(context.get("externalAdReply"))
    from_ad = (
        ad.get("sourceType") == "ad" or ad.get("ctwaClid") or context.get("entryPointConversionSource") == "ctwa_ad"
    )
    if not from_ad:
        return None
    found = {
        "title": ad.get("title"),
        "body": ad.get("body"),
        "source_id": ad.get("sourceID"),
        "source_url": ad.get("sourceURL"),
        "click_id": ad.get("ctwaClid"),
        "app": context.get("entryPointConversionApp"),
    }
    return {name: value for name, value in found.items() if isinstance(value, str) and value}
