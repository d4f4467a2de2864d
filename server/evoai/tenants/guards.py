"""Who may pass: the access token of each request, the speed limit of its principal, and the permission of its route."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from evoai.kit import problems
from evoai.kit.errors import AppError, BadRequest, Forbidden, RateLimited, Unauthenticated
from evoai.kit.http import Principal, principal_of, resources_of
from evoai.kit.limits import Verdict
from evoai.tenants.audit import Actor
from evoai.tenants.service.standing import principal_for_token

if TYPE_CHECKING:
    from evoai.resources import Resources

AnyConnection = ASGIConnection[Any, Any, Any, Any]


def needs(permission: str) -> Callable[[AnyConnection, BaseRouteHandler], None]:
    """The route is for those who have `permission`."""

    def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        _check(connection.scope["state"]["principal"], permission)

    guard.__dict__["permission"] = permission
    return guard


class Authentication(ASGIMiddleware):
    """Every route is closed unless it says `public=True`; every one counts against its principal's speed limit unless
    it says `unlimited=True`."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        handler = cast(BaseRouteHandler, scope["route_handler"])  # type: ignore[typeddict-item]
        state = scope["state"]
        state["route"] = scope.get("path_template", "")  # type: ignore[typeddict-item]
        if scope["type"] != "http" or scope["method"] == "OPTIONS":
            await next_app(scope, receive, send)
            return
        send = _with_limit(state, send)
        if not handler.opt.get("public"):
            resources: Resources = scope["litestar_app"].state["resources"]
            try:
                await _admit(resources, scope, unlimited=bool(handler.opt.get("unlimited")))
            except RateLimited as refusal:
                # Raised from here it would be rendered outside, where `send` adds no headers.
                request = Request[Any, Any, Any](scope, receive, send)
                render = cast(Any, problems).EXCEPTION_HANDLERS[AppError]
                await render(request, refusal).to_asgi_response(None, request)(scope, receive, send)
                return
        await next_app(scope, receive, send)


async def _admit(resources: Resources, scope: Any, *, unlimited: bool) -> Principal:
    """Raises `Unauthenticated`, `RateLimited`."""
    state = scope["state"]
    principal = state["principal"] = await principal_for_token(resources, bearer_token(scope["headers"]))
    if not unlimited:
        key = f"t:{principal.tenant_id}:limit:{principal}"
        verdict = state["limit"] = await resources.limiter.hit(key, _api_limits(resources))
        if not verdict.allowed:
            raise RateLimited(retry_after=verdict.retry_after)
    return principal


async def admit(resources: Resources, scope: Any, permission: str) -> Principal:
    """Who asks at a route that is open because somebody else has another proof for it. Raises `Unauthenticated`,
    `RateLimited`, `Forbidden`."""
    principal = await _admit(resources, scope, unlimited=False)
    _check(principal, permission)
    return principal


def _check(principal: Principal, permission: str) -> None:
    if permission not in principal.permissions:
        raise Forbidden("forbidden", f"Needs {permission}")


def _with_limit(state: dict[str, Any], send: Send) -> Send:
    """Says on each answer of a limited route how much is left."""

    async def send_with_limit(message: Any) -> None:
        verdict: Verdict | None = state.get("limit")
        if verdict is not None and message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"ratelimit-limit", str(verdict.limit).encode()),
                (b"ratelimit-remaining", str(verdict.remaining).encode()),
                (b"ratelimit-reset", str(verdict.reset).encode()),
            ]
        await send(message)

    return send_with_limit


def _api_limits(resources: Resources) -> tuple[tuple[int, int], ...]:
    limits = resources.settings.limits
    return ((limits.api_window_ms, limits.api_max), (3_600_000, limits.api_hour_max))


def bearer_token(headers: Any) -> str:
    """Raises `Unauthenticated`, `BadRequest` for two of them."""
    found = [value for name, value in headers if name == b"authorization"]
    if len(found) > 1:
        raise BadRequest(detail="Two Authorization headers")
    scheme, _, token = found[0].partition(b" ") if found else (b"", b"", b"")
    if scheme.lower() != b"bearer" or not token or b" " in token:
        raise Unauthenticated()
    try:
        return token.decode("ascii")
    except UnicodeDecodeError:
        raise Unauthenticated() from None


async def limit_road_in(resources: Resources, kind: str, request: Any, email: str | None) -> None:
    """Sign-up counts the client's address; login the account, and the address at ten times that. Raises
    `RateLimited`."""
    limits = resources.settings.limits
    address = client_address(resources, request)
    keys = [(f"auth:{kind}:address:{address}", 10 if email is not None else 1)]
    if email is not None:
        keys.insert(0, (f"auth:{kind}:account:{email}", 1))
    for key, times in keys:
        verdict = await resources.limiter.hit(
            key, ((60_000, limits.auth_max * times), (3_600_000, limits.auth_hour_max * times))
        )
        told: Verdict | None = request.scope["state"].get("limit")
        if told is None or not verdict.allowed or verdict.remaining < told.remaining:
            request.scope["state"]["limit"] = verdict
        if not verdict.allowed:
            raise RateLimited(retry_after=verdict.retry_after)


def actor_of(request: Any) -> Actor:
    """Who asks, and from where, for the audit log."""
    return Actor(principal_of(request), client_address(resources_of(request), request))


def client_address(resources: Resources, request: Any) -> str:
    """The client's address, an IPv6 one by its /64; what a proxy says counts only from the proxies we know."""
    client = request.scope.get("client")
    address = client[0] if client else "unknown"
    trusted = resources.settings.trusted_proxies
    # A header given twice is one list: what the client sent comes first, what our proxy added comes last.
    said = ",".join(request.headers.getall("x-forwarded-for", []))
    chain = [part.strip() for part in said.split(",") if part.strip()]
    while chain and _within(address, trusted):
        address = chain.pop()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _within(address: str, networks: Any) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
