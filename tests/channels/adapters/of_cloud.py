"""A small Graph server on a real socket, and what its tests ask the adapter for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from evoai.channels.adapters.cloud import WhatsAppCloud
from evoai.channels.adapters.protocol import Line, Outgoing
from tests.listening import listening

NUMBER, ACCOUNT = "700000000000001", "900000000000001"
JOANA = "5521955500201"
DELIVERY = UUID("0199f3a2-7b1c-7d3e-8f4a-1b2c3d4e5f60")
Json = dict[str, Any]
cloud = WhatsAppCloud()


class Graph:
    """Answers by method and path what the test wrote down."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, str, bytes]] = []
        self.url = ""

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.calls.append((request.method, request.raw_path, await request.read()))
        assert request.headers.get("Authorization") == "Bearer the-token-of-the-number"
        answer = self.answers.get(f"{request.method} {request.path}")
        if answer == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if answer is None:
            return web.json_response({"error": {"code": 100, "message": "Unsupported get request"}}, status=404)
        status, body, *headers = answer
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status, headers=headers[0] if headers else None)

    @property
    def sent(self) -> Json:
        return msgspec.json.decode(self.calls[-1][2])


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    made = Graph()
    async with listening(made.serve) as url:
        made.url = url
        yield made


@pytest.fixture
def line(graph: Graph) -> Line:
    return Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={
            "graph_url": graph.url,
            "graph_version": "v24.0",
            "phone_number_id": NUMBER,
            "waba_id": ACCOUNT,
        },
        secrets={"access_token": "the-token-of-the-number"},
    )


SEND = f"POST /v24.0/{NUMBER}/messages"
TAKEN = (200, {"messaging_product": "whatsapp", "contacts": [{"wa_id": JOANA}], "messages": [{"id": "wamid.X"}]})


def message(text: str = "Olá", **more: Any) -> Outgoing:
    return Outgoing(delivery_id=DELIVERY, address=more.pop("address", JOANA), text=text, **more)


def failed(code: int, status: int = 400, **more: Any) -> tuple[Any, ...]:
    return status, {"error": {"code": code, "message": f"(#{code})", "error_data": {"details": "why"}} | more}
