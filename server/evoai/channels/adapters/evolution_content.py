"""What an Evolution message says: its `message` object turned into neutral content. Who said it, when and where is
`evolution_events.py`."""

from __future__ import annotations

from typing import cast

import msgspec

from evoai.channels.adapters.evolution_asked import buttons_of, choice, flow_of, menu_of, poll_of
from evoai.channels.adapters.incoming import Content, Media, MediaKind
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of
from evoai.channels.adapters.proto import ad_of, cards_of, place_of

WRAPPERS = frozenset(
    {
        "ephemeralMessage",
        "viewOnceMessage",
        "viewOnceMessageV2",
        "viewOnceMessageV2Extension",
        "documentWithCaptionMessage",
        "editedMessage",
        "groupMentionedMessage",
        "lottieStickerMessage",
        "associatedChildMessage",
        "groupStatusMessage",
        "botInvokeMessage",
    }
)
MAX_DEPTH = 8

# Beside the content, never content.
_BESIDE = frozenset(
    {"messageContextInfo", "contextInfo", "base64", "mediaUrl", "speechToText", "senderKeyDistributionMessage"}
)
_MEDIA: dict[str, MediaKind] = {
    "imageMessage": "image",
    "audioMessage": "audio",
    "videoMessage": "video",
    "ptvMessage": "video",
    "documentMessage": "document",
    "stickerMessage": "sticker",
}
# Bytes that fetching the file does not need, and that are most of the payload.
_HEAVY = frozenset(
    {
        "jpegThumbnail",
        "pngThumbnail",
        "waveform",
        "streamingSidecar",
        "firstFrameSidecar",
        "scansSidecar",
        "midQualityFileSha256",
        "contextInfo",
        "annotations",
        "interactiveAnnotations",
        "processedVideos",
        "scanLengths",
    }
)


class Unwrapped(msgspec.Struct, frozen=True):
    """The innermost message object, and whether a view-once wrapper was around it."""

    message: Json
    view_once: bool


def unwrap(message: Json) -> Unwrapped:
    view_once = False
    for _ in range(MAX_DEPTH):
        wrapper = next((key for key in message if key in WRAPPERS and isinstance(message[key], dict)), None)
        if wrapper is None:
            break
        inner = object_of(message[wrapper]).get("message")
        if not isinstance(inner, dict):
            break
        view_once = view_once or wrapper.startswith("viewOnce")
        message = cast(Json, inner)
    return Unwrapped(message, view_once)


def plain_text(message: Json) -> str | None:
    """The text or caption of a message, through wrappers and a protocol message's edit."""
    inner = unwrap(message).message
    edited = object_of(object_of(inner.get("protocolMessage")).get("editedMessage"))
    if edited:
        inner = unwrap(edited).message
    if isinstance(inner.get("conversation"), str):
        return inner["conversation"]
    for node in inner.values():
        fields = object_of(node)
        for field in ("text", "caption"):
            if isinstance(fields.get(field), str):
                return fields[field]
    return None


def content_of(message: Json, message_type: str | None, key: Json, context: Json) -> Content:
    """`context` is the envelope's own `contextInfo`; `key` goes into a file's reference."""
    unwrapped = unwrap(message)
    inner = unwrapped.message
    name = next((k for k in inner if k not in _BESIDE and inner[k] is not None), None)
    if "conversation" in inner and isinstance(inner["conversation"], str):
        name = "conversation"
    node = object_of(inner.get(name)) if name else {}
    content = _content(name or message_type or "unknown", node, inner, key)
    extra = dict(content.extra or {})
    if unwrapped.view_once or node.get("viewOnce") is True:
        extra["view_once"] = True
    ad = ad_of(context) or ad_of(object_of(node.get("contextInfo")))
    if ad:
        extra["ad"] = ad
    return msgspec.structs.replace(content, extra=extra or None)


def quoted_id(message: Json, context: Json) -> str | None:
    """The provider id of the message replied to. Some versions put device metadata where the quote should be, so only
    a `stanzaId` counts."""
    if text_of(context.get("stanzaId")):
        return text_of(context["stanzaId"])
    for node in unwrap(message).message.values():
        stanza = text_of(object_of(object_of(node).get("contextInfo")).get("stanzaId"))
        if stanza:
            return stanza
    return None


def _content(name: str, node: Json, message: Json, key: Json) -> Content:
    if name == "conversation":
        return Content(type="text", text=text_of(message.get("conversation")) or "")
    if name == "extendedTextMessage":
        return Content(type="text", text=text_of(node.get("text")) or "")
    if name in _MEDIA:
        return _media(name, node, key)
    match name:
        case "locationMessage" | "liveLocationMessage":
            return place_of(node, live=name == "liveLocationMessage" or node.get("isLive") is True)
        case "contactMessage":
            return cards_of([node])
        case "contactsArrayMessage":
            return cards_of(list_of(node.get("contacts")))
        case "reactionMessage":
            return Content(type="reaction", text=text_of(node.get("text")) or "")
        case "buttonsResponseMessage":
            return choice(text_of(node.get("selectedDisplayText")), text_of(node.get("selectedButtonId")))
        case "templateButtonReplyMessage":
            return choice(text_of(node.get("selectedDisplayText")), text_of(node.get("selectedId")))
        case "listResponseMessage":
            row = text_of(object_of(node.get("singleSelectReply")).get("selectedRowId"))
            return choice(text_of(node.get("title")), row)
        case "interactiveResponseMessage":
            return flow_of(node)
        case "pollCreationMessage" | "pollCreationMessageV2" | "pollCreationMessageV3":
            return poll_of(node)
        case "listMessage":
            return menu_of(node)
        case "buttonsMessage":
            return buttons_of(node)
        case _:
            return Content(type="unsupported", extra={"provider_type": name[:64]})


def _media(name: str, node: Json, key: Json) -> Content:
    kind = _MEDIA[name]
    light = {field: value for field, value in node.items() if field not in _HEAVY}
    # A number at the Cloud API behind the server has Meta's own names.
    file_name = text_of(node.get("fileName")) or text_of(node.get("filename")) or text_of(node.get("title"))
    media = Media(
        kind=kind,
        mime_type=text_of(node.get("mimetype")) or text_of(node.get("mime_type")),
        size=integer_of(node.get("fileLength")),
        name=file_name if kind == "document" else None,
        seconds=integer_of(node.get("seconds")),
        voice=kind == "audio" and (node.get("ptt") is True or node.get("voice") is True),
        reference={"key": key, "messageType": name, "message": {name: light}},
    )
    return Content(type=kind, text=text_of(node.get("caption")) or None, media=media)
