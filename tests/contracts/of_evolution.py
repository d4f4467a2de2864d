"""An Evolution server's bodies as the product meets them: opened at the door, stored, parsed later."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.incoming import Address, Content, Edit, Event, Inbound
from evoai.channels.adapters.protocol import Line

BODIES = Path(__file__).parent / "evolution"
LINE = Line(
    tenant_id=UUID(int=1),
    channel_id=UUID(int=2),
    config={"base_url": "https://evo.example.com.br", "instance": "t_4821_atendimento"},
    secrets={"api_key": "0123456789abcdef0123456789abcdef", "hook_token": "hook-token-hook-token-hook-token"},
)
ANA = Address(phone="5511987654321", lid="128834450127931")
JOAO = Address(phone="553199887766", lid="90211876540032")
PADARIA = Address(phone="5521970001122", lid="231450998712345")
PN, LID = "5511987654321@s.whatsapp.net", "128834450127931@lid"
OWN = "5531988120045@s.whatsapp.net"
MINE = "3EB09C2FA6936DF11841BF"
EDITED = Edit(provider_message_id="AC61B6A134837723DC337ED74EE1E51A", text="Quero 3 unidades (corrigido)")
Json = dict[str, Any]
IMAGE: Json = {"imageMessage": {"mimetype": "image/jpeg", "caption": "c", "fileLength": "10", "mediaKey": "b64=="}}


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


def through(envelope: Json) -> Event:
    """As the product does it: opened at the door, stored, parsed later."""
    (opened,) = Evolution().open(LINE, json.dumps(envelope).encode(), datetime(2026, 1, 1, tzinfo=UTC))
    assert opened.quarantine is None, opened.quarantine
    return Evolution().parse(LINE, opened.body)


def inbound(envelope: Json) -> Inbound:
    event = through(envelope)
    assert isinstance(event, Inbound)
    return event


def text(words: str, **more: Any) -> Content:
    return Content(type="text", text=words, extra=more or None)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def said(provider_id: str, who: Address | None, name: str | None, when: int, content: Content, **more: Any) -> Inbound:
    return Inbound(
        provider_message_id=provider_id,
        chat=who,
        from_me=more.pop("from_me", False),
        by_api=more.pop("by_api", False),
        name=name,
        at=at(when),
        content=content,
        **more,
    )


def interactive(words: str, choice: str) -> Content:
    return Content(type="interactive", text=words, extra={"choice_id": choice})


def keyed(key: Json, **data: Any) -> Json:
    envelope = body("messages.upsert.text.conversation")
    envelope["data"]["key"] = {"fromMe": False, "id": "X1", **key}
    envelope["data"].update(data)
    return envelope


def content(message: Any, **data: Any) -> Content:
    return inbound(keyed({"remoteJid": PN}, message=message, **data)).content


def wrapped(message: Json, *wrappers: str) -> Json:
    for wrapper in reversed(wrappers):
        message = {wrapper: {"message": message}}
    return {"messageContextInfo": {"x": 1}, **message}
