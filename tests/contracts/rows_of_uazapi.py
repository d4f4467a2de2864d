"""The rows that each body of the UAZAPI contract leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.contracts.rows_of_evolution import SIGNAL, Row, Rows, parked

BODIES = Path(__file__).parent / "uazapi"
Json = dict[str, Any]
JOANA = ("Joana Prado", "+5521955500201")


def said(kind: str, text: str | None) -> Rows:
    # A test's clock may stand before the contract's: then they are new, and somebody is waiting.
    return Rows(("processed", None, False), Row(kind, text, JOANA))


NOTED = Rows(SIGNAL)
EXPECTED: dict[str, Rows] = {
    "connection_connected": NOTED,
    "connection_connecting_qr": NOTED,
    "connection_logged_out": Rows(SIGNAL, channel=("disconnected", "logged-out")),
    "groups_participant_join": NOTED,
    "message_audio_ptt": said("audio", None),
    "message_buttons_response": said("interactive", "Falar com atendente"),
    "message_contact_vcard": said("contact", "Marcos Oficina: +5521955500377"),
    "message_document_pdf": said("document", None),
    "message_echo_sent_by_api": Rows(
        ("processed", None, False),
        Row("text", "Seu pedido saiu para entrega.", ("", JOANA[1]), "phone", "sent"),
    ),
    "message_edited": parked(kind="edit", text="Pode separar dois, por favor"),
    "message_group_text": Rows(("ignored", "group", False)),
    "message_image_caption": said("image", "Comprovante do pix"),
    "message_list_response": said("interactive", "Entrega"),
    "message_location": said("location", None),
    "message_reaction": Rows(
        ("processed", None, False),
        Row("reaction", "❤️", JOANA),
        parked={"kind": "reaction", "author": "contact", "emoji": "❤️"},
    ),
    "message_sticker": said("sticker", None),
    "message_text_conversation": said("text", "Bom dia! Vocês entregam na Tijuca?"),
    "message_text_extended_reply": said("text", "Esse mesmo, pode separar"),
    "messages_update_deleted": parked(kind="deletion"),
    "messages_update_delivered": parked(kind="tick", status="delivered", reason=None),
    "messages_update_played": parked(kind="tick", status="read", reason=None),
    "messages_update_read_batch": Rows(SIGNAL, parked={"kind": "tick", "status": "read", "reason": None}),
    "presence_composing": NOTED,
}


def body(name: str) -> Json:
    read = json.loads((BODIES / f"{name}.json").read_text())
    del read["token"]
    return read
