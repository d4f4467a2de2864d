"""A small Evolution server on a real socket, and what its tests ask the adapter for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.protocol import Line, Outgoing
from tests.listening import listening

NAME = "t 1/ã"
PATH = "t%201%2F%C3%A3"
HOOK = "https://api.example.com/hooks/abc"
PN = "5511987654321@s.whatsapp.net"
NOW = datetime.now(UTC).replace(microsecond=0)
Json = dict[str, Any]


class Server:
    """Answers by method and path what the test wrote down; the last answer of a list stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.keys: list[str | None] = []
        self.url = ""

    def on(self, route: str, *answers: tuple[int, Any] | str) -> None:
        self.answers[route] = list(answers)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        self.calls.append((request.method, request.raw_path, msgspec.json.decode(raw) if raw else None))
        self.keys.append(request.headers.get("apikey"))
        found = self.answers.get(f"{request.method} {request.raw_path.partition('?')[0]}")
        if not found:
            return web.json_response(problem(404, ["Cannot find it"]), status=404)
        answer = found.pop(0) if len(found) > 1 else found[0]
        if answer == "hang":
            await asyncio.sleep(5)
        if answer in ("drop", "hang"):
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        status, body, *headers = answer
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status, headers=headers[0] if headers else None)


def problem(status: int, message: Any) -> Json:
    return {"status": status, "error": "x", "response": {"message": message}}


LICENCE = {"error": "x", "code": "LICENSE_REQUIRED", "register_url": "https://x", "message": "m"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    async with listening(made.serve) as url:
        made.url = url
        yield made


@pytest.fixture
def line(server: Server) -> Line:
    return line_to(f"{server.url}/evo/", instance_token="token")


def line_to(base_url: str, **secrets: str) -> Line:
    return Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": base_url, "instance": NAME},
        secrets={"api_key": "global", "hook_token": "hook", **secrets},
    )


def message(address: str = PN, text: str = "Olá!", quoted: str | None = None) -> Outgoing:
    return Outgoing(delivery_id=UUID(int=3), address=address, text=text, quoted_id=quoted)


evolution = Evolution()


FIND = f"POST /evo/chat/findMessages/{PATH}"


def record(
    provider_id: str = "3EB0", text: str = "Olá!", seconds: int = 0, jid: str = PN, from_me: bool = True
) -> Json:
    return {
        "id": "row",
        "key": {"id": provider_id, "remoteJid": jid, "fromMe": from_me},
        "message": {"conversation": text},
        "messageTimestamp": int(NOW.timestamp()) + seconds,
    }


def found(*records: Json) -> tuple[int, Json]:
    return 200, {"messages": {"total": len(records), "pages": 1, "currentPage": 1, "records": list(records)}}
