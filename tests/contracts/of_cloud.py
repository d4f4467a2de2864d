"""The Cloud API's bodies as the product meets them: opened at the door, stored, parsed later."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from evoai.channels.adapters.cloud import WhatsAppCloud
from evoai.channels.adapters.incoming import Address, Envelope, Event
from evoai.channels.adapters.protocol import Line

BODIES = Path(__file__).parent / "cloud-api"
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
NUMBER, ACCOUNT = "700000000000001", "900000000000001"
LINE = Line(
    tenant_id=UUID(int=1),
    channel_id=UUID(int=2),
    config={"phone_number_id": NUMBER, "waba_id": ACCOUNT},
    secrets={"access_token": "EAAB-a-token-of-the-number", "app_secret": "test_app_secret"},
)
JOANA = Address(phone="5521955500201", bsuid="BR.9000000000000201")
QUOTED = "wamid.HBgNNTUyMTk1NTUwMDIwMRUCABEYEkJJWjAwMDAwMDAwMDAwMDAwMDAA"
OURS = "wamid.HBgNNTUyMTk1NTUwMDIwMRUCABEYEk9VVDAwMDAwMDAwMDAwMDAwMDAA"
Json = dict[str, Any]
cloud = WhatsAppCloud()


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


def value_of(found: Json) -> Json:
    return found["entry"][0]["changes"][0]["value"]


def opened(found: Json) -> list[Envelope]:
    return list(cloud.open(LINE, json.dumps(found).encode(), NOW))


def through(found: Json) -> Event:
    (envelope,) = opened(found)
    assert envelope.quarantine is None
    return cloud.parse(LINE, envelope.body)


def change(field: str, value: Json, **entry: Any) -> Json:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT, **entry, "changes": [{"field": field, "value": value}]}],
    }


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def text(**change: Any) -> Json:
    """The text body, its message changed; None takes a field out."""
    found = body("message_text")
    message = value_of(found)["messages"][0]
    for name, value in change.items():
        if value is None:
            message.pop(name.rstrip("_"), None)
        else:
            message[name.rstrip("_")] = value
    return found


META = {"display_phone_number": "551130000001", "phone_number_id": NUMBER}
