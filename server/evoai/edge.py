"""What wraps the finished app: request ids, security headers, the access log, and the web app's files.

Plain ASGI, so that it also covers what no route answers. Nothing here knows a room.
"""

from __future__ import annotations

import ipaddress
import mimetypes
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Litestar, Request
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from evoai.kit import metrics
from evoai.kit.db import new_id
from evoai.kit.log import get_logger
from evoai.kit.module import Module
from evoai.kit.problems import render
from evoai.settings import Settings

log = get_logger("evoai.http")

SERVICE = "evoai-connect"
_HOSTS_KEPT = 256
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9-]{8,64}$")
_TRACE_PARENT = re.compile(rb"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_QUIET = ("/hooks/", "/health", "/metrics", "/assets/")
_API_CSP = b"default-src 'none'; frame-ancestors 'none'"
_NOT_FILES = ("/api/", "/hooks/", "/health", "/metrics", "/openapi.json", "/files/")


class Straight:
    """Calls ASGI handlers that are mounted in the API as `straight=True` without the framework's layers around them.
    Nothing in these concerns a webhook (CORS, principals, speed limits), and they cost it as much as its own work."""

    def __init__(self, api: Litestar, modules: Sequence[Module]) -> None:
        self._api = api
        roots = [root for module in modules for root in module.roots if isinstance(root, ASGIRouteHandler)]
        self._mounts = {f"{path}/": root.fn for root in roots if root.opt.get("straight") for path in root.paths}

    def find(self, method: str, path: str) -> str | None:
        """The mount that answers, if one does."""
        if method != "POST":
            return None
        return next((mount for mount in self._mounts if path.startswith(mount)), None)

    async def call(self, mount: str, scope: Any, receive: Receive, send: Send) -> None:
        scope["litestar_app"] = self._api
        try:
            await self._mounts[mount](scope, receive, send)
        except Exception as error:
            scope["state"]["route"] = mount
            request = Request[Any, Any, Any](scope, receive, send)
            refusal: Any = render(request, error)
            await refusal.to_asgi_response(None, request)(scope, receive, send)


class Edge:
    """Wraps the API; serves `web` (the built web app) where it is there."""

    def __init__(self, app: ASGIApp, straight: Straight, settings: Settings, version: str, web: Path | None) -> None:
        self._app, self._straight = app, straight
        self._files = _Files(web, settings) if web is not None and (web / "index.html").is_file() else None
        self._hosts = _hosts(settings)
        self._known_host = lru_cache(_HOSTS_KEPT)(self._is_known)
        self._fixed = [
            (b"x-service", SERVICE.encode()),
            (b"x-version", version.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            (b"permissions-policy", b"microphone=(self), camera=(), geolocation=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        if settings.cookie_secure:
            self._fixed.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        request_id, trace_id, host = _ids(headers)
        state: dict[str, Any] = scope.setdefault("state", {})  # type: ignore[assignment]
        state["request_id"] = request_id
        path, started = scope["path"], perf_counter()
        status = 0

        async def send_with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add(message, state, request_id, trace_id)
            await send(message)

        # The server gives each request a task, and so a context, of its own: nothing has to be taken back.
        structlog.contextvars.bind_contextvars(request_id=request_id, trace_id=trace_id)
        method = scope["method"]
        if not path.startswith("/health") and not self._known_host(host):
            await _refuse(send_with_headers, request_id)
        elif (mount := self._straight.find(method, path)) is not None:
            await self._straight.call(mount, scope, receive, send_with_headers)
        elif self._files is not None and self._files.answers(method, path):
            await self._files(method, path, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)
        if not path.startswith(_QUIET):
            seconds = perf_counter() - started
            if path.startswith("/api/"):
                metrics.answered(method, status, seconds)
            template = state.get("route", path) if status != 404 else "(none)"
            log.info(
                "request",
                method=method,
                route=template,
                status=status,
                ms=round(seconds * 1000, 1),
            )

    def _add(self, message: Any, state: dict[str, Any], request_id: str, trace_id: str) -> None:
        headers = [*message.get("headers", ()), *self._fixed]
        headers.append((b"x-request-id", request_id.encode()))
        headers.append((b"x-trace-id", trace_id.encode()))
        names = {name.lower() for name, _ in headers}
        if b"content-security-policy" not in names:
            headers.append((b"content-security-policy", _API_CSP))
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        principal = state.get("principal")
        if principal is not None:
            headers.append((b"x-tenant-id", str(principal.tenant_id).encode()))
            headers.append((b"vary", b"Authorization"))
        message["headers"] = headers

    def _is_known(self, host: bytes | None) -> bool:
        if host is None:
            return False
        name = urlsplit(f"//{host.decode('latin-1')}").hostname
        return name is not None and name in self._hosts


def _hosts(settings: Settings) -> frozenset[str]:
    names = {urlsplit(url).hostname or "" for url in (settings.api_url, *settings.frontend_urls)}
    if any(_loopback(name) for name in names):
        names |= {"127.0.0.1", "localhost", "::1"}
    return frozenset(names)


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _ids(headers: Any) -> tuple[str, str, bytes | None]:
    """The request's id, its trace's id and its Host. Ids from outside are taken if they are plain."""
    request_id = trace_id = None
    host: bytes | None = None
    for name, value in headers:
        if name == b"host":
            host = value
        elif name == b"x-request-id" and _REQUEST_ID.match(value):
            request_id = value.decode()
        elif name == b"traceparent" and (found := _TRACE_PARENT.match(value)):
            trace_id = found[1].decode()
    fresh = new_id()
    return request_id or str(fresh), trace_id or fresh.hex, host


async def _refuse(send: Any, request_id: str) -> None:
    body = msgspec.json.encode(
        {
            "type": "/problems/bad-request",
            "title": "Request cannot be read",
            "status": 400,
            "detail": "The Host header names no host of this service",
            "code": "bad-request",
            "request_id": request_id,
        }
    )
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Files:
    """The built web app: its files, and its page for every address that is the app's own."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root = root.resolve()
        self._kept: dict[str, tuple[bytes, bytes]] = {}
        sources = " ".join({settings.api_url, settings.api_url.replace("http", "ws", 1)})
        files = f" {settings.bucket.origin}" if settings.bucket is not None else ""
        self._csp = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
            f" img-src 'self' blob: data:{files};"
            f" font-src 'self'; media-src 'self' blob:{files}; connect-src 'self' {sources}; manifest-src 'self';"
            " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ).encode()

    def answers(self, method: str, path: str) -> bool:
        return method in ("GET", "HEAD") and not path.startswith(_NOT_FILES) and path != "/api"

    async def __call__(self, method: str, path: str, send: Any) -> None:
        asset = path.startswith("/assets/")
        found = self._read(path)
        status = 200
        if found is None:
            if asset or "." in path.rsplit("/", 1)[-1]:
                status, found = 404, (b"not found", b"text/plain; charset=utf-8")
            else:
                found = self._read("/index.html")
                assert found is not None
        body, kind = found
        cache = b"public, max-age=31536000, immutable" if asset and status == 200 else b"no-cache"
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", cache),
            (b"content-security-policy", self._csp),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    def _read(self, path: str) -> tuple[bytes, bytes] | None:
        kept = self._kept.get(path)
        if kept is not None:
            return kept
        file = (self._root / path.lstrip("/")).resolve()
        if not file.is_relative_to(self._root) or not file.is_file():
            return None
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/") or kind in ("application/javascript", "image/svg+xml"):
            kind += "; charset=utf-8"
        found = (file.read_bytes(), kind.encode())
        # Only what exists is kept, so the number of entries is that of the build's files.
        self._kept[path] = found
        return found
