"""A client of MCP servers over Streamable HTTP: lists their tools and calls one. Speaks the stateless protocol, and to
servers that know only the one with a handshake, that one.

Nothing else of MCP is used: a server that asks for more (input, sampling) has failed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import Any, Final
from uuid import UUID

import msgspec

from evoai.assistant.service.mcp_wire import (
    McpError,
    McpTool,
    Refused,
    header_value,
    items,
    mirrored,
    objects,
    result_of,
    text_of,
    tool_of,
)
from evoai.kit.net import Net, NetError, NetResponse

MODERN: Final = "2026-07-28"
LEGACY: Final = ("2025-11-25", "2025-06-18", "2025-03-26")
"""With a handshake, newest first."""
CLIENT = {"name": "evoai-connect", "version": "1"}
MAX_BYTES = 1_000_000
MOST_TOOLS = 200
_PAGES = 10
_KEPT = 1_000
_UNSUPPORTED_VERSION = -32022
_MODERN_ERRORS = range(-32099, -32019)
_NO_METHOD = -32601


class McpServer(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    url: str
    headers: dict[str, str]
    timeout: float


@dataclass(frozen=True, slots=True)
class _Session:
    version: str
    session_id: str | None = None

    @property
    def modern(self) -> bool:
        return self.version == MODERN


class McpClient:
    """Keeps how each server speaks, and the session of those that have one."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._sessions: OrderedDict[tuple[UUID, str], _Session] = OrderedDict()
        self._ids = count(1)

    async def list_tools(self, server: McpServer) -> list[McpTool]:
        """Raises `McpError`."""
        ends_at = monotonic() + server.timeout
        found: list[McpTool] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            params = {"cursor": cursor} if cursor else {}
            result = await self._ask(server, "tools/list", params, ends_at)
            for entry in items(result.get("tools")):
                tool = tool_of(entry)
                if tool is not None and len(found) < MOST_TOOLS:
                    found.append(tool)
            cursor = result.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                break
        return found

    async def call(self, server: McpServer, tool: McpTool, args: dict[str, Any]) -> tuple[str, bool]:
        """What the tool gave back as text, and whether it did what it was asked. Raises `McpError`."""
        ends_at = monotonic() + server.timeout
        params = {"name": tool.name, "arguments": args}
        result = await self._ask(server, "tools/call", params, ends_at, mirrored(tool.schema, args))
        if result.get("resultType") == "input_required":
            raise McpError("needs-input", sent=True)
        return text_of(result), result.get("isError") is not True

    async def _ask(
        self,
        server: McpServer,
        method: str,
        params: dict[str, Any],
        ends_at: float,
        mirror: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        key = (server.id, server.url)
        session = self._sessions.get(key) or _Session(MODERN)
        try:
            result = await self._request(server, session, method, params, ends_at, mirror)
        except Refused as refused:
            session = await self._another(server, session, refused, ends_at)
            try:
                result = await self._request(server, session, method, params, ends_at, mirror)
            except Refused as again:
                raise _as_error(again) from None
        self._sessions[key] = session
        self._sessions.move_to_end(key)
        if len(self._sessions) > _KEPT:
            self._sessions.popitem(last=False)
        return result

    async def _another(self, server: McpServer, session: _Session, refused: Refused, ends_at: float) -> _Session:
        """How to speak to the server instead. Raises `McpError` if the refusal was about something else."""
        self._sessions.pop((server.id, server.url), None)
        if session.modern:
            if refused.code == _UNSUPPORTED_VERSION:
                supported = items(objects(refused.error.get("data")).get("supported"))
                if not set(supported) & set(LEGACY):
                    raise McpError("version", ", ".join(map(str, supported))[:200])
            elif not _may_be_older(refused):
                raise _as_error(refused)
        elif refused.status != 404 or session.session_id is None:
            raise _as_error(refused)
        try:
            return await self._greet(server, ends_at)
        except Refused as again:
            raise _as_error(again) from None

    async def _greet(self, server: McpServer, ends_at: float) -> _Session:
        """The handshake of the older protocols."""
        params = {"protocolVersion": LEGACY[0], "capabilities": {}, "clientInfo": CLIENT}
        answer = await self._post(server, {}, self._body("initialize", params), ends_at)
        version = result_of(answer, None).get("protocolVersion")
        if version not in LEGACY:
            raise McpError("version", str(version)[:200])
        session = _Session(str(version), answer.headers.get("mcp-session-id"))
        told = msgspec.json.encode({"jsonrpc": "2.0", "method": "notifications/initialized"})
        await self._post(server, _headers(session), told, ends_at)
        return session

    async def _request(
        self,
        server: McpServer,
        session: _Session,
        method: str,
        params: dict[str, Any],
        ends_at: float,
        mirror: dict[str, str] | None,
    ) -> dict[str, Any]:
        headers = _headers(session)
        if session.modern:
            params = params | {
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": MODERN,
                    "io.modelcontextprotocol/clientInfo": CLIENT,
                    "io.modelcontextprotocol/clientCapabilities": {},
                }
            }
            headers |= {"Mcp-Method": method, **(mirror or {})}
            if "name" in params:
                headers["Mcp-Name"] = header_value(params["name"])
        number = next(self._ids)
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return result_of(await self._post(server, headers, body, ends_at), number)

    def _body(self, method: str, params: dict[str, Any]) -> bytes:
        return msgspec.json.encode({"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params})

    async def _post(self, server: McpServer, headers: dict[str, str], body: bytes, ends_at: float) -> NetResponse:
        left = ends_at - monotonic()
        if left <= 0:
            raise McpError("unreachable", "no time is left")
        accepted = {"Accept": "application/json, text/event-stream"}
        try:
            return await self._net.request(
                "POST",
                server.url,
                headers={**accepted, **headers, **server.headers},
                json_body=body,
                timeout=left,
                max_bytes=MAX_BYTES,
            )
        except NetError as error:
            raise McpError("unreachable", sent=error.kind not in ("egress-denied", "refused")) from None


def _may_be_older(refused: Refused) -> bool:
    """Whether a refusal may come from a server that knows only the protocols with a handshake."""
    if refused.code in _MODERN_ERRORS or (refused.code == _NO_METHOD and refused.status == 404):
        return False
    return 400 <= refused.status < 500 and refused.status not in (401, 403)


def _headers(session: _Session) -> dict[str, str]:
    headers = {"MCP-Protocol-Version": session.version}
    if session.session_id is not None:
        headers["Mcp-Session-Id"] = session.session_id
    return headers


def _as_error(refused: Refused) -> McpError:
    detail = str(refused.error.get("message") or refused.status)[:200]
    return McpError("refused", detail, sent=refused.status >= 500)
