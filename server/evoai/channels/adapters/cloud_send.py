"""Sending through the Cloud API. It offers no way to ask what became of a send: receipts name our delivery instead."""

from __future__ import annotations

from evoai.channels.adapters.asking import unsent
from evoai.channels.adapters.cloud_http import call, number_path
from evoai.channels.adapters.cloud_media import upload
from evoai.channels.adapters.cloud_outcomes import outcome_of
from evoai.channels.adapters.cloud_parse import BSUID
from evoai.channels.adapters.cloud_templates import components_of
from evoai.channels.adapters.loose import Json, list_of, object_of, text_of
from evoai.channels.adapters.protocol import Line, Outgoing, SendOutcome
from evoai.kit.net import Net, NetError

SENDS = (
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "interactive",
    "template",
)
_LISTED = 10
"""Rows of a list at most, over all of its sections."""
_BUTTONS = 3


async def send(net: Net, line: Line, message: Outgoing, timeout: float) -> SendOutcome:
    try:
        media_id = None
        if message.file is not None:
            uploaded = await upload(net, line, message.file, timeout)
            if isinstance(uploaded, SendOutcome):
                return uploaded
            media_id = uploaded
        body = envelope_of(message.address, message.quoted_id) | content_of(message, media_id)
        body["biz_opaque_callback_data"] = str(message.delivery_id)
        answer = await call(net, line, "POST", number_path(line, "/messages"), body, timeout=timeout)
    except NetError as error:
        return unsent(error)
    return outcome_of(answer, message.address)


def envelope_of(address: str, quoted_id: str | None = None) -> Json:
    """To whom. A business-scoped id goes by a field of its own: as `to` it would be dropped without a word."""
    to = {"recipient": address} if BSUID.match(address) else {"to": address}
    context = {"context": {"message_id": quoted_id}} if quoted_id else {}
    return {"messaging_product": "whatsapp", "recipient_type": "individual"} | to | context


def content_of(message: Outgoing, media_id: str | None = None) -> Json:
    extra = message.extra or {}
    match message.type:
        case "image" | "video" | "document" | "sticker" | "audio":
            return {"type": message.type, message.type: _file(message, media_id)}
        case "location":
            given = {name: extra.get(name) for name in ("latitude", "longitude", "name", "address")}
            place = {name: value for name, value in given.items() if value not in (None, "")}
            return {"type": "location", "location": place}
        case "contact":
            return {"type": "contacts", "contacts": [_card(object_of(one)) for one in list_of(extra.get("contacts"))]}
        case "interactive":
            return {"type": "interactive", "interactive": _asked(message.text, extra)}
        case "template":
            return {"type": "template", "template": _template(extra)}
        case _:
            return {"type": "text", "text": {"body": message.text, "preview_url": "://" in message.text}}


def _file(message: Outgoing, media_id: str | None) -> Json:
    node: Json = {"id": media_id}
    if message.text and message.type in ("image", "video", "document"):
        node["caption"] = message.text
    if message.type == "document" and message.file is not None:
        node["filename"] = message.file.name
    if message.type == "audio" and message.file is not None and message.file.voice:
        node["voice"] = True
    return node


def _card(person: Json) -> Json:
    name = text_of(person.get("name")) or next(iter(list_of(person.get("phones"))), None) or "?"
    phones: list[Json] = []
    for phone in list_of(person.get("phones")):
        digits = "".join(char for char in str(phone) if char.isdigit())
        phones.append({"phone": str(phone), "type": "CELL"} | ({"wa_id": digits} if len(digits) >= 10 else {}))
    return {"name": {"formatted_name": name, "first_name": name}, "phones": phones}


def _asked(text: str, extra: Json) -> Json:
    """Buttons to press, or a list to choose from; what is over the provider's limits is left out."""
    body: Json = {"body": {"text": text[:1024]}}
    if extra.get("header"):
        body["header"] = {"type": "text", "text": str(extra["header"])[:60]}
    if extra.get("footer"):
        body["footer"] = {"text": str(extra["footer"])[:60]}
    buttons = [object_of(button) for button in list_of(extra.get("buttons"))]
    if buttons:
        replies = [{"type": "reply", "reply": _reply(button, 256, 20)} for button in buttons[:_BUTTONS]]
        return body | {"type": "button", "action": {"buttons": replies}}
    sections: list[Json] = []
    room = _LISTED
    for section in map(object_of, list_of(extra.get("sections"))):
        rows = [_row(object_of(row)) for row in list_of(section.get("rows"))][:room]
        room -= len(rows)
        if rows:
            sections.append({"title": str(section.get("title") or "")[:24], "rows": rows})
    return body | {
        "type": "list",
        "action": {"button": str(extra.get("button") or "Ver opções")[:20], "sections": sections},
    }


def _reply(item: Json, id_length: int, title_length: int) -> Json:
    title = str(item.get("title") or "")[:title_length]
    return {"id": str(item.get("id") or title)[:id_length], "title": title}


def _row(item: Json) -> Json:
    described = {"description": str(item["description"])[:72]} if item.get("description") else {}
    return _reply(item, 200, 24) | described


def _template(extra: Json) -> Json:
    components = components_of(object_of(extra.get("variables")))
    return {
        "name": extra.get("name"),
        "language": {"code": extra.get("language")},
    } | ({"components": components} if components else {})
