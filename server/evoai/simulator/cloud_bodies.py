"""Webhook bodies as Meta writes them: non-ASCII as escapes, times as text, a person by phone or by an id alone."""

from __future__ import annotations

import json
import time
from typing import Any

from evoai.simulator.world import Contact, Instance, Said, World

MEDIA = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
PRICING = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}


def encode(value: Any) -> bytes:
    """Whoever hashes anything but these bytes gets another signature."""
    return json.dumps(value, separators=(",", ":")).encode()


def waba_of(number_id: str) -> str:
    """The account that a number belongs to: here each has its own."""
    return "9" + number_id[1:]


def entry(instance: Instance, field: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": waba_of(instance.name), "changes": [{"value": value, "field": field}]}


def about(instance: Instance) -> dict[str, Any]:
    metadata = {"display_phone_number": instance.owner_phone, "phone_number_id": instance.name}
    return {"messaging_product": "whatsapp", "metadata": metadata}


def person(contact: Contact) -> dict[str, Any]:
    profile: dict[str, Any] = {"name": contact.name}
    if contact.addressing == "bsuid":
        return {"profile": profile | {"username": f"pessoa.{contact.bsuid[-6:]}"}, "user_id": contact.bsuid}
    return {"profile": profile, "wa_id": contact.phone, "user_id": contact.bsuid}


def sides(contact: Contact, way: str) -> dict[str, Any]:
    """`from` or `to`: whoever hides the phone has the id alone."""
    if contact.addressing == "bsuid":
        return {f"{way}_user_id": contact.bsuid}
    return {way: contact.phone, f"{way}_user_id": contact.bsuid}


def message(world: World, instance: Instance, contact: Contact, said: Said) -> dict[str, Any]:
    who = {"from": instance.owner_phone} | sides(contact, "to") if said.from_me else sides(contact, "from")
    told: dict[str, Any] = who | {"id": said.id, "timestamp": str(int(said.at))}
    told |= content(world, said.kind, said.options)
    if quoted := said.options.get("quoted"):
        told["context"] = {"from": instance.owner_phone, "id": quoted}
    return told


def content(world: World, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Raises `ValueError` for a kind it does not know."""
    text = options.get("text") or ""
    if kind == "text":
        return {"type": "text", "text": {"body": text}}
    if kind in MEDIA:
        node: dict[str, Any] = {
            "id": options.get("media_id") or media_id(world),
            "mime_type": options.get("mimetype") or MEDIA[kind],
            "sha256": "U0hBMjU2LWV4YW1wbGU=",
        }
        if kind == "audio":
            node["voice"] = True
        elif kind == "document":
            node["filename"] = options.get("file_name") or "documento.pdf"
        elif kind == "sticker":
            node["animated"] = False
        if text and kind in ("image", "video", "document"):
            node["caption"] = text
        return {"type": kind, kind: node}
    if kind == "location":
        place = {
            "latitude": float(options.get("latitude") or -23.5613991),
            "longitude": float(options.get("longitude") or -46.6565712),
            "name": text or "Avenida Paulista",
            "address": options.get("address") or "Av. Paulista, Bela Vista, São Paulo",
        }
        return {"type": "location", "location": place}
    if kind == "contact":
        name, phone = text or "Carlos Eletricista", str(options.get("phone") or "5531988887777")
        card = {"name": {"formatted_name": name}, "phones": [{"phone": f"+{phone}", "wa_id": phone, "type": "CELL"}]}
        return {"type": "contacts", "contacts": [card]}
    if kind == "reaction":
        return {"type": "reaction", "reaction": {"message_id": options.get("target") or "", "emoji": text}}
    if kind == "button":
        reply = {"id": options.get("choice") or text, "title": text}
        return {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
    if kind == "poll":
        error = {"code": 131051, "title": "Message type unknown"}
        return {"type": "unsupported", "errors": [error], "unsupported": {"type": "poll_creation"}}
    raise ValueError(f"unknown kind {kind!r}")


def media_id(world: World) -> str:
    return str(world.random.randrange(8 * 10**14, 9 * 10**14))


def drawn(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """What the phone page draws of a message, in the words that it knows."""
    if kind == "location":
        place = said["location"]
        return {"degreesLatitude": place["latitude"], "degreesLongitude": place["longitude"]}
    return {"options": []} if kind == "poll" else {}


def status(contact: Contact, message_id: str, word: str, opaque: str | None, error: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = {"id": message_id, "status": word, "timestamp": str(int(time.time()))}
    if contact.addressing != "bsuid":
        told["recipient_id"] = contact.phone
    told["recipient_user_id"] = contact.bsuid
    if error:
        told["errors"] = [{**problem(error), "title": "failed"}]
    else:
        told["pricing"] = PRICING
    return told | ({"biz_opaque_callback_data": opaque} if opaque else {})


WORDS = {
    100: "Invalid parameter",
    190: "Invalid OAuth access token.",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132001: "Template name does not exist in the translation",
}


class Refusal(Exception):
    """An error answer by its code."""

    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def problem(code: int) -> dict[str, Any]:
    said = WORDS.get(code, "Something went wrong")
    details = {"messaging_product": "whatsapp", "details": said}
    return {"message": f"(#{code}) {said}", "code": code, "error_data": details}


def templates() -> list[dict[str, Any]]:
    """What a new account has: two that may be sent, one that may not."""
    return [
        {
            "id": "500000000000001",
            "name": "pedido_confirmado",
            "language": "pt_BR",
            "category": "UTILITY",
            "status": "APPROVED",
            "components": [
                {"type": "BODY", "text": "Olá, {{1}}! Seu horário de {{2}} está confirmado."},
                {"type": "FOOTER", "text": "Clínica Sorriso"},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Confirmar"}]},
            ],
        },
        {
            "id": "500000000000002",
            "name": "retomar_conversa",
            "language": "pt_BR",
            "category": "UTILITY",
            "status": "APPROVED",
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Oi, {{1}}"},
                {"type": "BODY", "text": "Podemos continuar sobre {{assunto}}?"},
                {
                    "type": "BUTTONS",
                    "buttons": [{"type": "URL", "text": "Ver agenda", "url": "https://example.com/a/{{1}}"}],
                },
            ],
        },
        {
            "id": "500000000000003",
            "name": "promocao_verao",
            "language": "pt_BR",
            "category": "MARKETING",
            "status": "REJECTED",
            "rejected_reason": "PROMOTIONAL",
            "components": [{"type": "BODY", "text": "Promoção de verão"}],
        },
    ]
