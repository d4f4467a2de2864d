"""Templates of a WhatsApp account: as they are listed, and the variables of one as a send names them.

A variable is named by its place: `body.1` or `body.name`, `header.1`, `header.media` (the link of a file), and
`button.0` (what a link's end, or a code to copy, is filled with)."""

from __future__ import annotations

import re
from typing import Any

from evoai.channels.adapters.cloud_http import ask, waba_path
from evoai.channels.adapters.loose import Json, list_of, object_of, text_of
from evoai.channels.adapters.protocol import Line
from evoai.channels.adapters.roles import Template, TemplateButton
from evoai.kit.net import Net

_PAGE = 100
_PAGES = 20
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,40})\s*\}\}")
_FILES = ("IMAGE", "VIDEO", "DOCUMENT")
_FIELDS = "id,name,language,category,status,components,quality_score,rejected_reason,parameter_format"


async def list_templates(net: Net, line: Line) -> list[Template]:
    found: list[Template] = []
    after = ""
    for _ in range(_PAGES):
        path = waba_path(line, f"/message_templates?fields={_FIELDS}&limit={_PAGE}{after}")
        page = await ask(net, line, "GET", path)
        found.extend(read for item in list_of(page.get("data")) if (read := template_of(object_of(item))) is not None)
        paging = object_of(page.get("paging"))
        cursor = text_of(object_of(paging.get("cursors")).get("after"))
        if not cursor or not paging.get("next"):
            break
        after = f"&after={cursor}"
    return found


def template_of(item: Json) -> Template | None:
    name, language = text_of(item.get("name")), text_of(item.get("language"))
    if not name or not language:
        return None
    header = body = footer = None
    header_file: str | None = None
    buttons: list[TemplateButton] = []
    variables: list[str] = []
    for component in map(object_of, list_of(item.get("components"))):
        match text_of(component.get("type")):
            case "HEADER":
                header = text_of(component.get("text"))
                shape = text_of(component.get("format"))
                if shape in _FILES:
                    header_file = shape.lower()
                    variables.append("header.media")
                variables.extend(_named("header", header))
            case "BODY":
                body = text_of(component.get("text"))
                variables.extend(_named("body", body))
            case "FOOTER":
                footer = text_of(component.get("text"))
            case "BUTTONS":
                for index, button in enumerate(map(object_of, list_of(component.get("buttons")))):
                    made, asked = _button(button)
                    buttons.append(made)
                    variables.extend([f"button.{index}"] if asked else [])
            case _:
                pass
    reason = text_of(item.get("rejected_reason"))
    return Template(
        provider_id=text_of(item.get("id")),
        name=name,
        language=language,
        category=_word(item.get("category")),
        status=_word(item.get("status")) or "unknown",
        quality=_word(object_of(item.get("quality_score")).get("score")),
        reason=reason if reason and reason != "NONE" else None,
        header=header,
        header_file=header_file,
        body=body,
        footer=footer,
        buttons=tuple(buttons),
        variables=tuple(dict.fromkeys(variables)),
    )


def _named(place: str, text: str | None) -> list[str]:
    return [f"{place}.{name}" for name in _VARIABLE.findall(text or "")]


def _button(button: Json) -> tuple[TemplateButton, bool]:
    kind = _word(button.get("type")) or "unknown"
    url = text_of(button.get("url"))
    asked = kind in ("copy-code", "otp") or bool(url and _VARIABLE.search(url))
    title = text_of(button.get("text")) or ""
    return TemplateButton(kind=kind, title=title, url=url), asked


def _word(value: Any) -> str | None:
    text = text_of(value)
    return text.lower().replace("_", "-")[:40] if text else None


def components_of(variables: Json) -> list[Json]:
    """The components of a send, from its variables by place."""
    header: list[Json] = []
    body: list[Json] = []
    buttons: list[Json] = []
    for place, value in variables.items():
        where, _, name = place.partition(".")
        if where == "header" and name == "media":
            header.append(_file(value))
        elif where == "header":
            header.append(_text(name, str(value)))
        elif where == "body":
            body.append(_text(name, str(value)))
        elif where == "button" and name.isdecimal():
            buttons.append(_filled(int(name), value))
    parts = (("header", header), ("body", body))
    return [{"type": kind, "parameters": given} for kind, given in parts if given] + buttons


def _text(name: str, value: str) -> Json:
    """Numbered parameters go by their order, named ones by their name."""
    return {"type": "text", "text": value} | ({} if name.isdecimal() else {"parameter_name": name})


def _file(value: Any) -> Json:
    fields = object_of(value)
    kind = text_of(fields.get("kind")) or "image"
    return {"type": kind, kind: {"link": text_of(fields.get("link"))}}


def _filled(index: int, value: Any) -> Json:
    fields = object_of(value)
    kind, text = text_of(fields.get("kind")) or "url", str(fields.get("text", value))
    parameter = {"type": "coupon_code", "coupon_code": text} if kind == "copy-code" else {"type": "text", "text": text}
    sub_type = "copy_code" if kind == "copy-code" else "url"
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}
