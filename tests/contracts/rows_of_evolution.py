"""The rows that each body of the Evolution contract leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BODIES = Path(__file__).parent / "evolution"
Json = dict[str, Any]
ANA = ("Ana Beatriz", "+5511987654321")
JOAO = ("João P.", "+5531999887766")
PADARIA = ("Padaria Sol & Mar", "+5521970001122")


@dataclass(frozen=True)
class Row:
    """A message as it is stored: type, text, and whose it is."""

    type: str
    text: str | None
    contact: tuple[str, str]
    author: str = "contact"
    status: str = "received"


@dataclass(frozen=True)
class Rows:
    """What a body leaves: its event, perhaps a message, the channel's state, an update kept for its message."""

    event: tuple[str, str | None, bool]
    """State, reason, and whether it is a signal."""
    message: Row | None = None
    channel: tuple[str, str | None] = ("connected", None)
    parked: Json | None = None


def said(kind: str, text: str | None, who: tuple[str, str]) -> Rows:
    # The contract's bodies are older than a day: they are kept, and nobody answers them.
    return Rows(("processed", "old", False), Row(kind, text, who))


def wrote(kind: str, text: str, phone: str) -> Rows:
    return Rows(("processed", "old", False), Row(kind, text, ("", phone), "phone", "sent"))


def parked(**change: Any) -> Rows:
    return Rows(SIGNAL, parked=change)


SIGNAL = ("processed", None, True)
NOTED = Rows(SIGNAL)
LOGGED_OUT = Rows(SIGNAL, channel=("disconnected", "logged-out"))
NO_MORE_CODES = Rows(SIGNAL, channel=("disconnected", "qr-limit"))
EXPECTED: dict[str, Rows] = {
    "call.offer": NOTED,
    "chats.upsert": NOTED,
    "connection.update.close-logged-out": LOGGED_OUT,
    "connection.update.connecting": Rows(SIGNAL, channel=("connecting", None)),
    "connection.update.open": NOTED,
    "connection.update.refused-qr-limit": NO_MORE_CODES,
    "contacts.update.array": NOTED,
    "contacts.update.object": NOTED,
    "contacts.upsert.array": NOTED,
    "group-participants.update": NOTED,
    "logout.instance": LOGGED_OUT,
    "messages.delete.by-api": parked(kind="deletion"),
    "messages.delete.revoked": parked(kind="deletion"),
    "messages.edited": parked(kind="edit", text="Quero 3 unidades (corrigido)"),
    "messages.update.delivery-ack": parked(kind="tick", status="delivered", reason=None),
    "messages.update.from-edit": parked(kind="edit", text="Quero 3 unidades (corrigido)"),
    "messages.update.read": parked(kind="tick", status="read", reason=None),
    "messages.update.server-ack": parked(kind="tick", status="sent", reason=None),
    "messages.upsert.ad-click": said("text", "Olá! Tenho interesse e queria mais informações, por favor.", PADARIA),
    "messages.upsert.audio-file": said("audio", None, JOAO),
    "messages.upsert.audio-ptt": said("audio", None, JOAO),
    "messages.upsert.buttons-response": said("interactive", "Sim, confirmo", ANA),
    "messages.upsert.contact": said("contact", "Carlos Eletricista: +553188887777", JOAO),
    "messages.upsert.document": said("document", "Segue o orçamento", PADARIA),
    "messages.upsert.ephemeral-wrapper": said("text", "mensagem temporária", JOAO),
    "messages.upsert.from-me-phone": wrote("text", "Oi Ana! Abrimos sim, até as 19h 🙂", ANA[1]),
    "messages.upsert.group": Rows(("ignored", "group", False)),
    "messages.upsert.image": said("image", "Comprovante do pix", ANA),
    "messages.upsert.interactive-response": said("interactive", "Falar com atendente", PADARIA),
    "messages.upsert.list-response": said("interactive", "Corte feminino", ANA),
    "messages.upsert.location": said("location", None, ANA),
    "messages.upsert.quoted-reply": said("text", "Esse aqui, tamanho M", JOAO),
    "messages.upsert.reaction": Rows(
        ("processed", "old", False),
        Row("reaction", "👍", ANA),
        parked={"kind": "reaction", "author": "contact", "emoji": "👍"},
    ),
    "messages.upsert.reaction-removed": Rows(
        ("processed", "old", False),
        Row("reaction", "", ANA),
        parked={"kind": "reaction", "author": "contact", "emoji": ""},
    ),
    "messages.upsert.status-broadcast": Rows(("ignored", "status-broadcast", False)),
    "messages.upsert.sticker": said("sticker", None, ANA),
    "messages.upsert.text.conversation": said("text", "Oi, bom dia! Vocês abrem hoje?", ANA),
    "messages.upsert.text.extended-flattened": said("text", "Olha esse modelo: https://loja.example.com.br/p/981", ANA),
    "messages.upsert.text.lid-rewritten": said("text", "Quero agendar um horário", JOAO),
    "messages.upsert.video": said("video", "Fachada nova", PADARIA),
    "messages.upsert.view-once-v2": said("image", None, ANA),
    "presence.update": NOTED,
    "qrcode.updated": NOTED,
    "qrcode.updated.limit": NO_MORE_CODES,
    "send.message.image": wrote("image", "Cardápio", JOAO[1]),
    "send.message.text": wrote("text", "Seu horário está confirmado para amanhã às 14h.", ANA[1]),
    "status.instance.closed": LOGGED_OUT,
}


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())
