"""What goes over the wire to and from MCP servers: results in answers, definitions of tools, arguments repeated in
headers. No request is made here."""

from __future__ import annotations

import base64
from typing import Any, cast

import msgspec

from evoai.kit.net import NetResponse

_MAX_SAFE = 2**53 - 1
_DEPTH = 12


class McpError(Exception):
    """A server did not do what was asked. `sent`: it may have been done all the same. `code` is 'unreachable',
    'refused', 'protocol', 'version' or 'needs-input'."""

    def __init__(self, code: str, detail: str = "", *, sent: bool = False) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail, self.sent = code, detail, sent


class Refused(Exception):
    """An error of the protocol, or a status without one."""

    def __init__(self, status: int, error: dict[str, Any] | None) -> None:
        super().__init__(str(status))
        self.status, self.error = status, error or {}

    @property
    def code(self) -> int:
        code = self.error.get("code")
        return code if isinstance(code, int) else 0


class McpTool(msgspec.Struct, frozen=True):
    """As the server describes it."""

    name: str
    description: str
    schema: dict[str, Any]


def result_of(answer: NetResponse, number: int | None) -> dict[str, Any]:
    """The result in an answer, from JSON or from a stream of events. Raises `Refused`, `McpError`."""
    messages = _messages(answer)
    for message in messages:
        if number is not None and message.get("id") not in (number, None):
            continue
        if isinstance(message.get("error"), dict):
            raise Refused(answer.status, objects(message["error"]))
        if isinstance(message.get("result"), dict):
            return objects(message["result"])
    if answer.status >= 300:
        raise Refused(answer.status, None)
    raise McpError("protocol", "no answer in the answer", sent=True)


def _messages(answer: NetResponse) -> list[dict[str, Any]]:
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        texts = answer.body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n\n")
        bodies = ["\n".join(line[5:].lstrip() for line in text.split("\n") if line[:5] == "data:") for text in texts]
    else:
        bodies = [answer.body.decode("utf-8", "replace")]
    found: list[dict[str, Any]] = []
    for body in bodies:
        try:
            found.append(msgspec.json.decode(body, type=dict[str, Any]))
        except (ValueError, RecursionError):
            continue
    return found


def items(value: Any) -> list[Any]:
    """A list, or an empty one for whatever else a server may have sent."""
    return cast(list[Any], value) if isinstance(value, list) else []


def objects(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def tool_of(entry: Any) -> McpTool | None:
    """None for a definition that does not keep to the protocol, so that the others can be used."""
    told = objects(entry)
    name, schema = told.get("name"), objects(told.get("inputSchema"))
    if not isinstance(name, str) or not 1 <= len(name) <= 128 or not schema:
        return None
    try:
        _mirrors(schema)
    except (ValueError, RecursionError):
        return None
    description = told.get("description")
    return McpTool(name, description if isinstance(description, str) else "", schema)


def text_of(result: dict[str, Any]) -> str:
    """All text in a result; structured content where there is no other."""
    parts: list[str] = []
    for item in items(result.get("content")):
        told = objects(item)
        text = (objects(told.get("resource")) if told.get("type") == "resource" else told).get("text")
        if isinstance(text, str):
            parts.append(text)
    if not parts and "structuredContent" in result:
        parts.append(msgspec.json.encode(result["structuredContent"]).decode())
    return "\n".join(parts)


def mirrored(schema: dict[str, Any], args: dict[str, Any]) -> dict[str, str]:
    """The headers that repeat arguments, where a schema asks for it (`x-mcp-header`)."""
    headers: dict[str, str] = {}
    for name, path in _mirrors(schema).items():
        value: Any = args
        for step in path:
            value = objects(value).get(step)
        if isinstance(value, bool):
            headers[f"Mcp-Param-{name}"] = str(value).lower()
        elif isinstance(value, int) and abs(value) <= _MAX_SAFE:
            headers[f"Mcp-Param-{name}"] = str(value)
        elif isinstance(value, str):
            headers[f"Mcp-Param-{name}"] = header_value(value)
    return headers


def _mirrors(schema: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Names of headers with the way to their arguments. Raises `ValueError` where the protocol forbids one."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(part: Any, path: tuple[str, ...], *, reachable: bool) -> None:
        for item in items(part):
            walk(item, path, reachable=False)
        told = objects(part)
        if not told or len(path) > _DEPTH:
            return
        name = told.get("x-mcp-header")
        if name is not None:
            plain = isinstance(name, str) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()
            taken = {known.lower() for known in found}
            if not plain or not reachable or not path or name.lower() in taken:
                raise ValueError("x-mcp-header")
            if told.get("type") not in ("string", "integer", "boolean"):
                raise ValueError("x-mcp-header")
            found[name] = path
        for key, value in told.items():
            if key == "properties":
                for step, inner in objects(value).items():
                    walk(inner, (*path, step), reachable=reachable)
            else:
                walk(value, path, reachable=False)

    walk(schema, (), reachable=True)
    return found


def header_value(text: str) -> str:
    """As it stands where a header can carry it, else in Base64 between the protocol's marks."""
    marked = text.startswith("=?base64?") and text.endswith("?=")
    if text == text.strip() and text.isascii() and text.isprintable() and not marked:
        return text
    return f"=?base64?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="
