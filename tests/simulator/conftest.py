"""A running simulator and a receiver of its webhooks, fresh for every test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from evoai.simulator.app import Simulator
from tests.listening import listening

KEY = {"apikey": "simulator-key"}
EVENTS = [
    "QRCODE_UPDATED",
    "CONNECTION_UPDATE",
    "STATUS_INSTANCE",
    "LOGOUT_INSTANCE",
    "REMOVE_INSTANCE",
    "MESSAGES_UPSERT",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "CONTACTS_UPDATE",
]


class Receiver:
    """What arrived as webhooks. `answers` gives the statuses of the next answers, 200 when it is empty."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: list[int] = []
        self.url = ""

    async def take(self, request: web.BaseRequest) -> web.Response:
        self.bodies.append(msgspec.json.decode(await request.read()))
        self.requests.append((request.path, {k.lower(): v for k, v in request.headers.items()}))
        return web.Response(status=self.answers.pop(0) if self.answers else 200, text="ok")

    def of(self, event: str) -> list[dict[str, Any]]:
        return [b for b in self.bodies if b["event"] == event]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with listening(receiver.take) as url:
        receiver.url = f"{url}/hooks/secret"
        yield receiver


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    quick = {"model_ms": 0, "scan_ms": 1, "server_ack_ms": 1, "delivery_ack_ms": 5, "read_ms": 10}
    async with Simulator(seed=1, **quick) as simulator:
        yield simulator


class Caller:
    """A client of the provider's wire."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self.session = session

    async def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] = KEY
    ) -> tuple[int, Any]:
        data = None if body is None else msgspec.json.encode(body)
        async with self.session.request(method, f"{self.base}{path}", data=data, headers=headers) as response:
            raw = await response.read()
            return response.status, msgspec.json.decode(raw) if raw else None


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session:
        yield session


@pytest.fixture
def call(sim: Simulator, session: aiohttp.ClientSession) -> Caller:
    return Caller(f"{sim.evolution_url}/", session)


@pytest.fixture
def control(sim: Simulator, session: aiohttp.ClientSession) -> Caller:
    return Caller(f"{sim.url}/_sim/", session)


@pytest.fixture
async def clinic(sim: Simulator, call: Caller, receiver: Receiver) -> str:
    """The name of a connected instance with its webhook set; what happened until then is forgotten."""
    hook = {"url": receiver.url, "headers": {"X-Hook-Token": "s3cret"}, "events": EVENTS}
    body = {"instanceName": "clinica-1", "integration": "WHATSAPP-BAILEYS", "qrcode": True, "webhook": hook}
    assert (await call("POST", "instance/create", body))[0] == 201
    sim.scan("clinica-1", phone="5511933334444", name="Clínica Sorriso")
    await sim.settled()
    assert sim.instance("clinica-1").state == "open"
    receiver.bodies.clear()
    receiver.requests.clear()
    sim.log.clear()
    return "clinica-1"


async def until(true: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
