"""A provider that signs its bodies is verified over what came; one that does not is refused before its body is read."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from evoai.channels.service.door import MAX_BODY, Door
from evoai.channels.service.lines import OpenLine
from evoai.kit.errors import Unauthenticated
from tests.house import Clinic, House

SECRET = b"the app's own secret"


class _Signing:
    """Ours, but its webhooks carry a signature of the body instead of a token."""

    signs_bodies = True

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def verify(self, line: Any, headers: Mapping[str, str], raw: bytes) -> bool:
        return hmac.compare_digest(headers.get("x-hub-signature-256", ""), signature(raw))


class _Lines:
    def __init__(self, lines: Any) -> None:
        self._lines = lines

    async def by_hook(self, *key: Any) -> OpenLine | None:
        opened = await self._lines.by_hook(*key)
        return opened and replace(opened, adapter=_Signing(opened.adapter))


def signature(raw: bytes) -> str:
    return "sha256=" + hmac.new(SECRET, raw, hashlib.sha256).hexdigest()


@pytest.fixture(scope="module")
async def clinic(house: House) -> Clinic:
    return await house.clinic(quiet=30, max_wait=60)


def body(clinic: Clinic, provider_id: str) -> bytes:
    key = {"remoteJid": "5511987654321@s.whatsapp.net", "fromMe": False, "id": provider_id}
    data = {"key": key, "pushName": "Ana", "message": {"conversation": "Oi"}, "messageType": "conversation"}
    return json.dumps({"event": "messages.upsert", "instance": clinic.instance, "data": data}).encode()


async def in_pieces(raw: bytes) -> AsyncIterator[bytes]:
    for place in range(0, len(raw), 50_000):
        yield raw[place : place + 50_000]


def door(house: House) -> Door:
    resources = house.resources
    return Door(resources.db, resources.bell, _Lines(resources.lines), resources.settings)  # type: ignore[arg-type]


async def test_the_signature_is_of_the_body_as_it_came(house: House, clinic: Clinic) -> None:
    key, good, bad = clinic.hook_path.rsplit("/", 1)[1], uuid4().hex, uuid4().hex
    raw = body(clinic, good)
    await door(house).take(key, {"x-hub-signature-256": signature(raw)}, in_pieces(raw))
    forged = body(clinic, bad)
    for headers in ({}, {"x-hub-signature-256": signature(raw)}, {"x-hook-token": clinic.hook_token}):
        with pytest.raises(Unauthenticated):
            await door(house).take(key, headers, in_pieces(forged))
    large = b'{"x": "' + b"y" * MAX_BODY + b'"}'
    with pytest.raises(Unauthenticated):
        await door(house).take(key, {"x-hub-signature-256": signature(large)}, in_pieces(large))
    keys = {event["dedupe_key"] for event in await clinic.events()}
    assert f"message:{good}:0" in keys
    assert f"message:{bad}:0" not in keys
    assert not any(key.startswith("too-large") for key in keys)


async def test_who_shows_no_token_is_refused_before_the_body_comes(clinic: Clinic) -> None:
    async def never() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    with pytest.raises(Unauthenticated):
        async with asyncio.timeout(3):
            await clinic.house.resources.door.take(clinic.hook_path.rsplit("/", 1)[1], {}, never())
