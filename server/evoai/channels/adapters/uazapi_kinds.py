"""What each kind of message is to a UAZAPI server: the address that sends it, and its body."""

from __future__ import annotations

from evoai.channels.adapters.incoming import MessageType
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
    """Raises `ValueError` for a message that cannot be put so."""
    extra, text = message.extra or {}, literal(message.text)
    if message.type == "text":
        return "/send/text", {"text": text}
    if message.file is not None:
        return "/send/media", _file(message.file, text)
    match message.type:
        case "location":
            return "/send/location", _location(extra)
        case "contact":
            return "/send/contact", _card(extra)
        case "poll":
            options = [literal(option) for option in list_of(extra.get("options")) if isinstance(option, str)]
            # None of them chosen means any number of them, which over there is all.
            most = integer_of(extra.get("selectable")) or len(options)
            return "/send/menu", {"type": "poll", "text": text, "choices": options, "selectableCount": most}
        case "interactive" if extra.get("sections"):
            return "/send/menu", _list(text, extra)
        case "interactive" if extra.get("buttons"):
            return "/send/menu", _buttons(text, extra)
        case _:
            raise ValueError(message.type)


def literal(text: str) -> str:
    """The server fills `{{…}}` from its own customer list; a zero-width space keeps what people wrote."""
    return text.replace("{{", "{\u200b{")


def _file(file: File, caption: str) -> Json:
    kind = "ptt" if file.kind == "audio" and file.voice else file.kind
    body: Json = {"type": kind, "file": file.body, "mimetype": file.mime_type}
    if file.kind == "document":
        body["docName"] = file.name
    return body | ({"text": caption} if caption else {})


def _location(extra: Json) -> Json:
    body: Json = {"latitude": extra.get("latitude"), "longitude": extra.get("longitude")}
    return body | {name: extra[name] for name in ("name", "address") if text_of(extra.get(name))}


def _card(extra: Json) -> Json:
    """One card; its phones are a list in a text."""
    card = next((object_of(card) for card in list_of(extra.get("contacts"))), None)
    phones = [phone for phone in list_of((card or {}).get("phones")) if isinstance(phone, str)]
    if card is None or not phones:
        raise ValueError("contact")
    return {"fullName": text_of(card.get("name")) or phones[0], "phoneNumber": ",".join(phones)}


def _list(text: str, extra: Json) -> Json:
    choices: list[str] = []
    for section in map(object_of, list_of(extra.get("sections"))):
        if text_of(section.get("title")):
            choices.append(f"[{_part(section['title'])}]")
        for row in map(object_of, list_of(section.get("rows"))):
            parts = [_part(row.get("title")), _part(row.get("id")), _part(row.get("description"))]
            choices.append("|".join(parts).rstrip("|"))
    return _menu("list", text, choices, extra) | {"listButton": text_of(extra.get("button")) or ""}


def _buttons(text: str, extra: Json) -> Json:
    choices: list[str] = []
    for button in map(object_of, list_of(extra.get("buttons"))):
        title = _part(button.get("title"))
        if button.get("url"):
            choices.append(f"{title}|{button['url']}")
        elif button.get("phone"):
            choices.append(f"{title}|call:{button['phone']}")
        elif button.get("copy"):
            choices.append(f"{title}|copy:{button['copy']}")
        else:
            choices.append(f"{title}|{_part(button.get('id'))}".rstrip("|"))
    return _menu("button", text, choices, extra)


def _menu(kind: str, text: str, choices: list[str], extra: Json) -> Json:
    footer = text_of(extra.get("footer"))
    return {"type": kind, "text": text, "choices": choices} | ({"footerText": literal(footer)} if footer else {})


def _part(value: object) -> str:
    """A part of a choice, without what parts choices over there."""
    text = literal(value) if isinstance(value, str) else ""
    return text.replace("|", "/").replace("\n", " ").strip()
