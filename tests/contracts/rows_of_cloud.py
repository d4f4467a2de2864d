"""The rows that each body of the Cloud API contract leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BODIES = Path(__file__).parent / "cloud-api"
Json = dict[str, Any]
JOANA = ("Joana Prado", "+5521955500201")
RAFA = ("Rafa", None)
SIGNAL = ("processed", None, True)


@dataclass(frozen=True)
class Rows:
    """What a body leaves: its event, perhaps a message (type, text) of a contact, an update kept for its message."""

    event: tuple[str, str | None, bool]
    message: tuple[str, str | None] | None = None
    contact: tuple[str, str | None] = JOANA
    parked: Json | None = None


def said(kind: str, text: str | None, contact: tuple[str, str | None] = JOANA, **more: Any) -> Rows:
    # The contract's bodies are older than a day: they are kept, and nobody answers them.
    return Rows(("processed", "old", False), (kind, text), contact, **more)


def parked(**change: Any) -> Rows:
    return Rows(SIGNAL, parked={"kind": "tick", "reason": None} | change)


EXPECTED: dict[str, Rows] = {
    "message_audio_voice": said("audio", None),
    "message_button_template_reply": said("interactive", "Confirmar"),
    "message_contacts": said("contact", "Marcos Oficina: +5521955500377"),
    "message_document": said("document", None),
    "message_image": said("image", "Comprovante do pix"),
    "message_interactive_button_reply": said("interactive", "Falar com atendente"),
    "message_interactive_flow_reply": said("interactive", "Sent"),
    "message_interactive_list_reply": said("interactive", "Entrega"),
    "message_location": said("location", None),
    "message_order": said("interactive", "2 x SKU-01 (30.50 BRL)\nsem cebola"),
    "message_reaction": said("reaction", "👍", parked={"kind": "reaction", "author": "contact", "emoji": "👍"}),
    "message_sticker": said("sticker", None),
    "message_system_number_change": Rows(SIGNAL),
    "message_text": said("text", "Bom dia! Vocês entregam na Tijuca?"),
    "message_text_ad_referral": said("text", "Oi, vi o anúncio"),
    "message_text_reply": said("text", "Esse mesmo"),
    "message_text_username_user": said("text", "Oi, sem telefone visível", RAFA),
    "message_unsupported": said("unsupported", None),
    "message_video": said("video", "Olha o barulho"),
    "status_delivered": parked(status="delivered"),
    "status_failed_window_closed": parked(
        status="failed",
        reason="window-closed",
        detail="131047 Message failed to send because more than 24 hours have passed since the customer last replied"
        " to this number.",
    ),
    "status_read": parked(status="read"),
    "status_sent": parked(status="sent"),
    "status_sent_cbp_conversation": parked(status="sent"),
    "template_status_update": Rows(SIGNAL),
}


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())
