"""What a UAZAPI message says: its `message` object turned into neutral content. Who said it, when and where is
`uazapi_parse.py`."""

from __future__ import annotations

import msgspec

from evoai.channels.adapters.incoming import Content, Media, MediaKind
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of
from evoai.channels.adapters.proto import ad_of, cards_of, place_of

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
    ad = ad_of(object_of(node.get("contextInfo")))
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
        return place_of(node, live=kind == "livelocationmessage")
    if kind == "contactmessage":
        return cards_of([node], said(message))
    if kind == "contactsarraymessage":
        return cards_of(list_of(node.get("contacts")), said(message))
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
