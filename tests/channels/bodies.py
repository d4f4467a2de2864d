"""Webhook bodies as an Evolution server posts them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

PHONE = "5511987654321"


def message(provider_id: str | None = None, text: str = "Oi", **data: Any) -> dict[str, Any]:
    """A text from Ana, of now."""
    key = {"remoteJid": f"{PHONE}@s.whatsapp.net", "fromMe": False, "id": provider_id or uuid4().hex.upper()}
    fields = {"key": key, "pushName": "Ana", "message": {"conversation": text}, "messageType": "conversation"}
    return {"event": "messages.upsert", "data": fields | data, "date_time": "2025-11-20T12:00:00.000Z"}
