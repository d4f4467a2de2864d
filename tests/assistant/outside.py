"""A small place outside the house, on an address of its own: an API, an MCP server, web pages."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from tests.house import Client, Clinic
from tests.listening import listening

SECRET = "Bearer s3cr3t-of-the-shop-42"
PORT = 8080


@dataclass
class Outside:
    base: str = ""
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    """Method, path with query, headers in lower case, body."""
    answers: dict[str, Any] = field(default_factory=dict)
    """By path: what is answered; a function is called with the request."""

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = msgspec.json.decode(raw) if raw else None
        self.asked.append((request.method, request.path_qs, headers, body))
        answer = self.answers.get(request.path, {"pedido": request.path_qs})
        if callable(answer):
            answer = answer(body, headers)
            if hasattr(answer, "__await__"):
                answer = await answer
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)


@asynccontextmanager
async def opened() -> AsyncIterator[Outside]:
    outside = Outside()
    # Ports that tools may call are few; addresses on loopback are many.
    host = f"127.{random.randrange(1, 250)}.{random.randrange(1, 250)}.{random.randrange(2, 250)}"
    async with listening(outside.serve, host, PORT) as outside.base:
        yield outside


def order_tool(base: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "find_order",
        "description": "Onde está um pedido.",
        "url": f"{base}/orders/{{order_id}}",
        "parameters": {
            "type": "object",
            "properties": {"order_id": {"type": "string", "maxLength": 40}, "lang": {"enum": ["pt", "en"]}},
            "required": ["order_id"],
            "additionalProperties": False,
        },
        "headers": [{"name": "Authorization", "value": SECRET}],
        **more,
    }


async def add_tool(client: Client, body: dict[str, Any]) -> str:
    added = await client.post("/tools", body)
    assert added.status == 201, added.body
    return added["id"]


async def give(clinic: Clinic, *tools: str, **fields: Any) -> None:
    """The clinic's assistant has these tools from now on."""
    assistant = (await clinic.client.get("/assistants"))["items"][0]
    path = f"/assistants/{assistant['id']}"
    changed = await clinic.client.patch(path, {"tools": list(tools), **fields})
    assert changed.status == 200, changed.body
    published = await clinic.client.post(f"{path}/publish", {})
    assert published.status == 200, published.body


def offered(call: Any) -> list[dict[str, Any]]:
    """The tools that a model call of the simulator's log offered."""
    return [tool["function"] for tool in msgspec.json.decode(call.body)["tools"]]


async def trace_of_last(clinic: Clinic, phone: str) -> Any:
    """The trace of the last answer on this phone."""
    answer = [message for message in await clinic.messages(phone) if message["author"] == "assistant"][-1]
    return (await clinic.client.get(f"/messages/{answer['id']}/trace")).body


Handler = Callable[[dict[str, Any], dict[str, str]], Any]

STOCK = {
    "name": "stock.look",
    "description": "How many are left.",
    "inputSchema": {
        "type": "object",
        "properties": {"item": {"$ref": "#/$defs/Item"}},
        "required": ["item"],
        "$defs": {"Item": {"type": "string", "maxLength": 20, "x-mcp-header": "Item"}},
    },
}


def result(body: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": body["id"], "result": value}


def error(body: dict[str, Any], status: int, code: int, **data: Any) -> web.Response:
    told = {"jsonrpc": "2.0", "id": body.get("id"), "error": {"code": code, "message": "no", "data": data}}
    return web.json_response(told, status=status)


def modern(tools: list[Any], call: Handler) -> Handler:
    """A server of the stateless protocol, which checks what it must check."""

    def serve(body: dict[str, Any], headers: dict[str, str]) -> Any:
        meta = body["params"].get("_meta", {})
        version = meta.get("io.modelcontextprotocol/protocolVersion")
        if body["method"] == "initialize" or version != headers.get("mcp-protocol-version"):
            return error(body, 400, -32020)
        if version != "2026-07-28":
            return error(body, 400, -32022, supported=["2026-07-28"])
        if headers.get("mcp-method") != body["method"]:
            return error(body, 400, -32020)
        if body["method"] == "tools/list":
            return result(body, {"resultType": "complete", "tools": tools})
        if body["method"] != "tools/call" or headers.get("mcp-name") != body["params"]["name"]:
            return error(body, 404, -32601)
        return call(body, headers)

    return serve


def legacy(tools: list[Any], call: Handler) -> Handler:
    """A server with a handshake and a session, which answers in streams of events."""
    sessions: list[str] = []

    def events(body: dict[str, Any], value: dict[str, Any], **headers: str) -> web.Response:
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {}}
        parts = [note, result(body, value)]
        text = "".join(f"event: message\ndata: {msgspec.json.encode(part).decode()}\n\n" for part in parts)
        return web.Response(text=f": hi\n\n{text}", content_type="text/event-stream", headers=headers)

    def serve(body: dict[str, Any], headers: dict[str, str]) -> Any:
        if body["method"] == "initialize":
            sessions.append(f"session-{len(sessions)}")
            told = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
            return events(body, told, **{"Mcp-Session-Id": sessions[-1]})
        if "mcp-session-id" not in headers:
            return error(body, 400, -32000)
        if headers["mcp-session-id"] != sessions[-1]:
            return error(body, 404, -32001)
        if headers.get("mcp-protocol-version") != "2025-06-18":
            return error(body, 400, -32000)
        if body["method"].startswith("notifications/"):
            return web.Response(status=202)
        if body["method"] == "tools/list":
            page = int(body["params"].get("cursor") or 0)
            more = {"nextCursor": str(page + 1)} if page + 1 < len(tools) else {}
            return events(body, {"tools": tools[page : page + 1], **more})
        return events(body, call(body, headers)["result"])

    serve.forget = lambda: sessions.append("gone")  # type: ignore[attr-defined]
    return serve
