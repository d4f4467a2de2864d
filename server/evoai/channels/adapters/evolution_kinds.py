"""What each kind of message is to the server: the verb that sends it, and its body."""

from __future__ import annotations

from typing import Any

from evoai.channels.adapters.incoming import Content, MessageType
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of
from evoai.channels.adapters.protocol import File, Outgoing

SENDS: tuple[MessageType, ...] = (
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "interactive",
    "poll",
)


def request_of(message: Outgoing) -> tuple[str, Json]:
    """The verb below `/message` and its body. Raises `ValueError` for a message that cannot be put so."""
    body: Json = {"number": message.address}
    if message.quoted_id:
        body["quoted"] = {"key": {"id": message.quoted_id}}
    if message.type == "text":
        return "sendText", body | {"text": message.text}
    if message.file is not None:
        return _file(message.file, message.text, body)
    extra = message.extra or {}
    match message.type:
        case "location":
            return "sendLocation", body | _location(extra)
        case "contact":
            return "sendContact", body | {
                "contact": [_card(object_of(card)) for card in list_of(extra.get("contacts"))]
            }
        case "poll":
            values, most = list_of(extra.get("options")), integer_of(extra.get("selectable"))
            return "sendPoll", body | {"name": message.text, "selectableCount": most or 0, "values": values}
        case "interactive" if extra.get("sections"):
            return "sendList", body | _list(message.text, extra)
        case "interactive" if extra.get("buttons"):
            return "sendButtons", body | _buttons(message.text, extra)
        case _:
            raise ValueError(message.type)


def is_said(content: Content, message: Outgoing) -> bool:
    """Whether what the server keeps is what we sent. Places and cards come back reworded, so their kind has to do."""
    if content.type != message.type:
        return False
    return message.type in ("location", "contact") or (content.text or "").strip() == message.text.strip()


def _file(file: File, caption: str, body: Json) -> tuple[str, Json]:
    # Bytes become bare base64, which is what the server takes; its own servers' addresses it refuses.
    if file.kind == "audio" and file.voice:
        return "sendWhatsAppAudio", body | {"audio": file.body}
    if file.kind == "sticker":
        return "sendSticker", body | {"sticker": file.body}
    about: Json = {"mediatype": file.kind, "mimetype": file.mime_type, "fileName": file.name, "media": file.body}
    return "sendMedia", body | about | ({"caption": caption} if caption else {})


def _location(extra: Json) -> Json:
    # All four are required over there.
    return {
        "latitude": extra.get("latitude"),
        "longitude": extra.get("longitude"),
        "name": text_of(extra.get("name")) or "",
        "address": text_of(extra.get("address")) or "",
    }


def _card(card: Json) -> Json:
    phones = [phone for phone in list_of(card.get("phones")) if isinstance(phone, str)]
    phone = phones[0] if phones else ""
    digits = "".join(char for char in phone if char.isdigit())
    return {"fullName": text_of(card.get("name")) or phone, "phoneNumber": phone, "wuid": digits}


def _list(text: str, extra: Json) -> Json:
    sections: list[Json] = []
    for section in map(object_of, list_of(extra.get("sections"))):
        rows = [
            {"rowId": row.get("id"), "title": row.get("title"), "description": row.get("description") or ""}
            for row in map(object_of, list_of(section.get("rows")))
        ]
        sections.append({"title": section.get("title") or "", "rows": rows})
    return {
        "title": text_of(extra.get("header")) or "",
        "description": text,
        "footerText": text_of(extra.get("footer")) or "",
        "buttonText": text_of(extra.get("button")) or "",
        "sections": sections,
    }


def _buttons(text: str, extra: Json) -> Json:
    return {
        "title": text_of(extra.get("header")) or "",
        "description": text,
        "footer": text_of(extra.get("footer")) or "",
        "buttons": [_button(object_of(button)) for button in list_of(extra.get("buttons"))],
    }


def _button(button: Json) -> dict[str, Any]:
    said: Json = {"displayText": button.get("title")}
    if button.get("url"):
        return {"type": "url", "url": button["url"], **said}
    if button.get("phone"):
        return {"type": "call", "phoneNumber": button["phone"], **said}
    if button.get("copy"):
        return {"type": "copy", "copyCode": button["copy"], **said}
    return {"type": "reply", "id": button.get("id"), **said}
