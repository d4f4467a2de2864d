"""What an Evolution message asks, or answers to: polls, lists, buttons, forms."""

from __future__ import annotations

from typing import Any

import msgspec

from evoai.channels.adapters.incoming import Content
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of


def choice(text: str | None, choice_id: str | None, **more: Any) -> Content:
    extra = ({"choice_id": choice_id} if choice_id else {}) | more
    return Content(type="interactive", text=text or choice_id or "", extra=extra or None)


def poll_of(node: Json) -> Content:
    options = [text_of(object_of(option).get("optionName")) for option in list_of(node.get("options"))]
    extra: Json = {
        "options": [option for option in options if option],
        "selectable": integer_of(node.get("selectableOptionsCount")) or 0,
    }
    return Content(type="poll", text=text_of(node.get("name")) or "", extra=extra)


def menu_of(node: Json) -> Content:
    sections: list[Json] = []
    for section in map(object_of, list_of(node.get("sections"))):
        rows = [
            {
                "id": text_of(row.get("rowId")),
                "title": text_of(row.get("title")),
                "description": text_of(row.get("description")),
            }
            for row in map(object_of, list_of(section.get("rows")))
        ]
        sections.append({"title": text_of(section.get("title")), "rows": rows})
    extra: Json = {"button": text_of(node.get("buttonText")), "sections": sections}
    return _asked(text_of(node.get("description")) or text_of(node.get("title")), node.get("footerText"), extra)


def buttons_of(node: Json) -> Content:
    buttons = [
        {
            "id": text_of(button.get("buttonId")),
            "title": text_of(object_of(button.get("buttonText")).get("displayText")),
        }
        for button in map(object_of, list_of(node.get("buttons")))
    ]
    return _asked(text_of(node.get("contentText")), node.get("footerText"), {"buttons": buttons})


def _asked(text: str | None, footer: Any, extra: Json) -> Content:
    if text_of(footer):
        extra["footer"] = footer
    return Content(type="interactive", text=text or "", extra=extra)


def flow_of(node: Json) -> Content:
    reply = object_of(node.get("nativeFlowResponseMessage"))
    raw = text_of(reply.get("paramsJson")) or ""
    try:
        params = object_of(msgspec.json.decode(raw)) if len(raw) <= 16_384 else {}
    except (msgspec.DecodeError, RecursionError):
        params = {}
    chosen = text_of(params.get("id"))
    more: Json = {"params": params} if params.keys() - {"id", "description"} else {}
    text = text_of(object_of(node.get("body")).get("text")) or text_of(params.get("description"))
    return choice(text, chosen, **more)
