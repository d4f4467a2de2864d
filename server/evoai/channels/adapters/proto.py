"""WhatsApp's own message, as servers that connect like a device hand it on: what stands in it whichever wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evoai.channels.adapters.incoming import Content
from evoai.channels.adapters.loose import Json, number_of, object_of, text_of, vcard


def place_of(node: Json, *, live: bool) -> Content:
    extra: Json = {
        "latitude": number_of(node.get("degreesLatitude")),
        "longitude": number_of(node.get("degreesLongitude")),
    }
    for field in ("name", "address"):
        if text_of(node.get(field)):
            extra[field] = node[field]
    if live:
        extra["live"] = True
    return Content(type="location", text=text_of(node.get("caption")) or text_of(node.get("comment")), extra=extra)


def cards_of(cards: Iterable[Any], otherwise: str | None = None) -> Content:
    """`otherwise` is the text of cards that say nothing."""
    people: list[Json] = []
    for card in cards:
        fields = object_of(card)
        name, phones = vcard(text_of(fields.get("vcard")) or "")
        people.append({"name": text_of(fields.get("displayName")) or name, "phones": phones})
    lines = [": ".join(part for part in (person["name"], ", ".join(person["phones"])) if part) for person in people]
    text = "\n".join(line for line in lines if line) or otherwise
    return Content(type="contact", text=text or None, extra={"contacts": people})


def ad_of(context: Json) -> Json | None:
    """The advertisement that somebody came by."""
    ad = object_of(context.get("externalAdReply"))
    from_ad = (
        ad.get("sourceType") == "ad" or ad.get("ctwaClid") or context.get("entryPointConversionSource") == "ctwa_ad"
    )
    if not from_ad:
        return None
    found = {
        "title": ad.get("title"),
        "body": ad.get("body"),
        "source_id": ad.get("sourceId", ad.get("sourceID")),
        "source_url": ad.get("sourceUrl", ad.get("sourceURL")),
        "click_id": ad.get("ctwaClid"),
        "app": context.get("entryPointConversionApp"),
    }
    return {name: value for name, value in found.items() if isinstance(value, str) and value}
