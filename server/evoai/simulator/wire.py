"""What the provider's routes share: one call, its answer, its error envelopes and the order of its guards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from evoai.simulator.engine import Engine
from evoai.simulator.world import Instance, World

JSON = {"content-type": "application/json"}
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Refused(Exception):
    """An error answer; `message` takes any of the provider's five shapes."""

    def __init__(self, status: int, message: Any) -> None:
        super().__init__(status)
        self.status = status
        self.message = message


class HungUp(Exception):
    """The connection is closed without an answer."""


class HotRequest:
    """A whole POST that the server in front took, with what handlers read of aiohttp's requests."""

    __slots__ = ("_body", "headers", "method", "query", "raw_path", "transport")

    def __init__(self, path: str, headers: Mapping[str, str], body: bytes, transport: asyncio.Transport) -> None:
        self.method = "POST"
        self.raw_path = path
        self.headers = headers
        self.query: Mapping[str, str] = {}
        self.transport: asyncio.Transport | None = transport
        self._body = body

    async def read(self) -> bytes:
        return self._body


Request = web.BaseRequest | HotRequest


@dataclass(slots=True)
class Call:
    """One provider call after the guards. `found` is unset on the routes without an instance."""

    world: World
    engine: Engine
    request: Request
    name: str
    apikey: str
    found: Instance | None = None
    body: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def instance(self) -> Instance:
        assert self.found is not None
        return self.found

    def require(self, *fields: str, within: dict[str, Any] | None = None) -> None:
        """The JSON schema's complaint about missing properties."""
        source = self.body if within is None else within
        missing = [[f'instance requires property "{name}"'] for name in fields if name not in source]
        if missing:
            raise Refused(400, missing)


def answer(status: int, value: Any) -> web.Response:
    return raw(status, msgspec.json.encode(value))


def raw(status: int, body: bytes) -> web.Response:
    return web.Response(body=body, status=status, headers=JSON)


def refusal(status: int, message: Any) -> web.Response:
    return answer(status, {"status": status, "error": REASONS[status], "response": {"message": message}})


def no_route(request: Request, path: str) -> web.Response:
    return refusal(404, [f"Cannot {request.method} /{path}"])


def licence_missing() -> web.Response:
    return answer(
        503,
        {
            "error": "service not activated",
            "code": "LICENSE_REQUIRED",
            "register_url": "https://licence.example.com/register",
            "instance_id": "simulator",
            "docs_url": "https://docs.example.com/licence",
            "message": "This server is not activated.",
        },
    )


async def trouble(world: World) -> None:
    """The switches that strike before anything happens."""
    status = await trouble_before(world)
    if status:
        raise Refused(status, "Connection Closed" if status == 500 else ["Service Unavailable"])


async def trouble_before(world: World) -> int:
    """The status to refuse a call with, 0 for none."""
    faults = world.faults
    if faults.latency_ms:
        await asyncio.sleep(faults.latency_ms / 1000)
    if world.chance(faults.hang_up_before_accept):
        raise HungUp
    if world.chance(faults.error_rate):
        return faults.error_status or world.random.choice((500, 503))
    return 0
