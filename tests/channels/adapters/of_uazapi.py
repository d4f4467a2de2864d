"""A small UAZAPI server on a real socket, and what its tests ask the adapter for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from evoai.channels.adapters.protocol import Line, Outgoing
from evoai.channels.adapters.uazapi import Uazapi
from tests.channels.adapters.of_evolution import Server
from tests.listening import listening

ANA = "5511987654321"
Json = dict[str, Any]
uazapi = Uazapi(pause=0.01)


class Uazapis(Server):
    """Keeps the tokens that it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[tuple[str | None, str | None]] = []

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.tokens.append((request.headers.get("admintoken"), request.headers.get("token")))
        return await super().serve(request)

    @property
    def asked(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.calls]


@pytest.fixture
async def server() -> AsyncIterator[Uazapis]:
    made = Uazapis()
    async with listening(made.serve) as url:
        made.url = url
        yield made


def line_to(server: Server, **secrets: str) -> Line:
    return Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": f"{server.url}/", "instance": "evoai_x"},
        secrets=secrets or {"instance_token": "own-token"},
    )


@pytest.fixture
def line(server: Uazapis) -> Line:
    return line_to(server)


def message(text: str = "Olá!", quoted: str | None = None) -> Outgoing:
    return Outgoing(delivery_id=UUID(int=3), address=ANA, text=text, quoted_id=quoted)


LOCK = {"reachout_timelock": {"active": True, "until": "2026-04-07T12:00:00Z", "enforcement_type": "BIZ_QUALITY"}}
UNTIL = datetime(2026, 4, 7, 12, tzinfo=UTC)
