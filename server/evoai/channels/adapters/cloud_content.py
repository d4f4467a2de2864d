"""What a Cloud API message says, in neutral content. Who said it, when and where is `cloud_parse.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from evoai.channels.adapters.incoming import Content, Media, MediaKind
from evoai.channels.adapters.loose import Json, integer_of, list_of, number_of, object_of, text_of

_MEDIA: dict[str, MediaKind] = {
    "image": "image",
    "audio": "audio",
    "voice": "audio",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
}
_FLOW_LENGTH = 16_384


def content_of(message: Json) -> Content:
    """A body that is missing for its type, or a type that nobody knows, is unsupported: kept, and shown as such."""
    kind = text_of(message.get("type")) or "unknown"
    reader = _READERS.get(kind)
    content = reader(kind, message.get(kind)) if reader else None
    if content is None:
        content = _unsupported(kind, message)
    extra = dict(content.extra or {}) | _beside(message)
    return msgspec.structs.replace(content, extra=extra or None)


def plain_text(message: Json) -> str | None:
    """The text or caption of an edited message."""
    node = object_of(message.get(text_of(message.get("type")) or "text"))
    return text_of(node.get("body")) or text_of(node.get("caption"))


def _unsupported(kind: str, message: Json) -> Content:
    error = object_of(next(iter(list_of(message.get("errors"))), None))
    named = text_of(object_of(message.get("unsupported")).get("type"))
    extra: Json = {"provider_type": (named or kind)[:64]}
    if integer_of(error.get("code")) is not None:
        extra["provider_code"] = integer_of(error.get("code"))
    return Content(type="unsupported", extra=extra)


def _beside(message: Json) -> Json:
    """What stands beside any content: that it was forwarded, the product or the ad that it is about."""
    found: Json = {}
    context, referral = object_of(message.get("context")), object_of(message.get("referral"))
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        found["forwarded"] = True
    product = object_of(context.get("referred_product"))
    if product:
        found["product"] = _texts(product, catalog_id="catalog_id", product_id="product_retailer_id")
    if referral:
        found["ad"] = _texts(
            referral,
            title="headline",
            body="body",
            source_id="source_id",
            source_url="source_url",
            click_id="ctwa_clid",
        )
    return found


def _texts(source: Json, **names: str) -> Json:
    found = {ours: text_of(source.get(theirs)) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if value}


def _text(kind: str, node: Any) -> Content | None:
    said = text_of(object_of(node).get("body"))
    return Content(type="text", text=said) if said is not None else None


def _file(kind: str, node: Any) -> Content | None:
    fields = object_of(node)
    media_id = text_of(fields.get("id"))
    if not media_id:
        return None
    ours = _MEDIA[kind]
    media = Media(
        kind=ours,
        mime_type=text_of(fields.get("mime_type")),
        size=integer_of(fields.get("file_size")),
        name=text_of(fields.get("filename")) if ours == "document" else None,
        voice=ours == "audio" and (fields.get("voice") is True or kind == "voice"),
        reference={"id": media_id} | _texts(fields, sha256="sha256"),
    )
    return Content(type=ours, text=text_of(fields.get("caption")) or None, media=media)


def _location(kind: str, node: Any) -> Content | None:
    fields = object_of(node)
    latitude, longitude = number_of(fields.get("latitude")), number_of(fields.get("longitude"))
    if latitude is None or longitude is None:
        return None
    extra: Json = {"latitude": latitude, "longitude": longitude} | _texts(fields, name="name", address="address")
    return Content(type="location", extra=extra)


def _contacts(kind: str, node: Any) -> Content | None:
    people: list[Json] = []
    for card in map(object_of, list_of(node)):
        name = object_of(card.get("name"))
        phones = [_phone(object_of(phone)) for phone in list_of(card.get("phones"))]
        shown = text_of(name.get("formatted_name")) or text_of(name.get("first_name"))
        people.append({"name": shown, "phones": list(dict.fromkeys(phone for phone in phones if phone))})
    if not people:
        return None
    lines = [": ".join(part for part in (one["name"], ", ".join(one["phones"])) if part) for one in people]
    return Content(type="contact", text="\n".join(line for line in lines if line) or None, extra={"contacts": people})


def _phone(phone: Json) -> str | None:
    digits = text_of(phone.get("wa_id"))
    return f"+{digits}" if digits and digits.isdecimal() else text_of(phone.get("phone"))


def _reaction(kind: str, node: Any) -> Content | None:
    fields = object_of(node)
    return Content(type="reaction", text=text_of(fields.get("emoji")) or "") if fields else None


def _button(kind: str, node: Any) -> Content | None:
    fields = object_of(node)
    return _choice(text_of(fields.get("text")), text_of(fields.get("payload"))) if fields else None


def _interactive(kind: str, node: Any) -> Content | None:
    fields = object_of(node)
    reply = object_of(fields.get(text_of(fields.get("type")) or ""))
    if not reply:
        return None
    if fields.get("type") == "nfm_reply":
        return _form(reply)
    return _choice(text_of(reply.get("title")), text_of(reply.get("id")))


def _choice(said: str | None, choice: str | None, **more: Any) -> Content | None:
    if not said and not choice and not more:
        return None
    extra: Json = ({"choice_id": choice} if choice else {}) | more
    return Content(type="interactive", text=said or choice or "", extra=extra or None)


def _form(reply: Json) -> Content | None:
    raw = text_of(reply.get("response_json")) or ""
    try:
        params = object_of(msgspec.json.decode(raw)) if len(raw) <= _FLOW_LENGTH else {}
    except (msgspec.DecodeError, RecursionError):
        params = {}
    more: Json = {"params": params} if params else {}
    return _choice(text_of(reply.get("body")) or text_of(reply.get("name")), None, **more)


def _order(kind: str, node: Any) -> Content | None:
    """A cart: what is ordered, one line each, and the note beside it."""
    fields = object_of(node)
    lines: list[str] = []
    items: list[Json] = []
    for item in map(object_of, list_of(fields.get("product_items"))):
        product, quantity = text_of(item.get("product_retailer_id")), integer_of(item.get("quantity"))
        price, currency = number_of(item.get("item_price")), text_of(item.get("currency"))
        items.append({"product_id": product, "quantity": quantity, "price": price, "currency": currency})
        cost = f" ({price:.2f} {currency or ''})".replace(" )", ")") if price is not None else ""
        lines.append(f"{quantity or 1} x {product or '?'}{cost}")
    if not items:
        return None
    lines.extend([note] if (note := text_of(fields.get("text"))) else [])
    order = _texts(fields, catalog_id="catalog_id") | {"items": items}
    return Content(type="interactive", text="\n".join(lines), extra={"order": order})


_READERS: dict[str, Callable[[str, Any], Content | None]] = {
    "text": _text,
    **dict.fromkeys(_MEDIA, _file),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
}
