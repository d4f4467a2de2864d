"""A UAZAPI server's bodies as the product meets them: opened at the door, stored, parsed later."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from evoai.channels.adapters.incoming import Address, Content, Event, Inbound
from evoai.channels.adapters.protocol import Line
from evoai.channels.adapters.uazapi import Uazapi

PREFIX = "AC5F000000000000000000000000"
PHONE, LID = "5521955500201@s.whatsapp.net", "104200000000201@lid"
TEXT = "message_text_conversation"
MINE = "3EB0A10000000000000010"
BODIES = Path(__file__).parent / "uazapi"
TOKEN = "7d1f0a52-0000-4000-8000-00000000c0de"
LINE = Line(
    tenant_id=UUID(int=1),
    channel_id=UUID(int=2),
    config={"base_url": "https://demo-tenant.uazapi.com", "instance": "loja-aurora"},
    secrets={"instance_token": TOKEN},
)
JOANA = Address(phone="5521955500201", lid="104200000000201")
Json = dict[str, Any]
PLACE = {
    "latitude": -22.9249,
    "longitude": -43.2321,
    "name": "Praça de exemplo",
    "address": "Rua Exemplo, 10 - Rio de Janeiro",
}
NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


def opened(envelope: Json) -> list[Any]:
    raw = json.dumps(envelope).encode()
    assert Uazapi().verify(LINE, {}, raw)
    return list(Uazapi().open(LINE, raw, NOW))


def through(envelope: Json) -> Event:
    """As the product does it: opened at the door, stored, parsed later."""
    (one,) = opened(envelope)
    assert one.quarantine is None, one.quarantine
    assert TOKEN.encode() not in one.body
    return Uazapi().parse(LINE, one.body)


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def said(provider_id: str, when: int, content: Content, **more: Any) -> Inbound:
    plain: Json = {"from_me": False, "by_api": False, "name": "Joana Prado", "chat": JOANA}
    return Inbound(provider_message_id=provider_id, at=at(when), content=content, **(plain | more))


def text(words: str, **more: Any) -> Content:
    return Content(type="text", text=words, extra=more or None)


def media(content: Content, **fields: Any) -> None:
    assert content.media is not None
    found = {name: getattr(content.media, name) for name in fields}
    assert found == fields


def changed(name: str, **fields: Any) -> Json:
    """The body with fields of its message set; a name with a dot goes into `content`, one in capitals to the root."""
    made = copy.deepcopy(body(name))
    for field, value in fields.items():
        made["message"][field] = value
    return made


def inbound(envelope: Json) -> Inbound:
    event = through(envelope)
    assert isinstance(event, Inbound)
    return event


def update(**fields: Any) -> Json:
    made = body("messages_update_delivered")
    event = {name: value for name, value in fields.items() if name[0].isupper()}
    return (
        made | {name: value for name, value in fields.items() if name not in event} | {"event": made["event"] | event}
    )


def connection(**fields: Any) -> Json:
    made = body("connection_logged_out")
    root = {name: fields.pop(name) for name in ("type", "owner") if name in fields}
    return {k: v for k, v in (made | root).items() if v is not None} | {"instance": {"name": "loja-aurora", **fields}}
