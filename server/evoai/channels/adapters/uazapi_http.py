"""How we speak to a UAZAPI server: one request with the number's own token, and its errors as ours."""

from __future__ import annotations

from evoai.channels.adapters.asking import MAX_BYTES, json_of, request, unreached
from evoai.channels.adapters.loose import Json, object_of, text_of
from evoai.channels.adapters.protocol import Line
from evoai.kit.errors import Conflict, UpstreamFailed
from evoai.kit.net import Net, NetError, NetResponse

TIMEOUT = 20.0
SERVER = "the UAZAPI server"


async def call(
    net: Net,
    line: Line,
    method: str,
    path: str,
    body: Json | None = None,
    *,
    timeout: float,
    admin: bool = False,
    max_bytes: int = MAX_BYTES,
) -> NetResponse:
    """One request with the instance's token, or with the server's where `admin`. Raises `NetError`."""
    key = {"admintoken": line.secrets["admin_token"]} if admin else {"token": line.secrets["instance_token"]}
    return await request(net, line, method, path, body, key, timeout=timeout, max_bytes=max_bytes)


async def ask(
    net: Net,
    line: Line,
    method: str,
    path: str,
    body: Json | None = None,
    *,
    admin: bool = False,
    timeout: float = TIMEOUT,
) -> NetResponse:
    try:
        return await call(net, line, method, path, body, timeout=timeout, admin=admin)
    except NetError as error:
        raise unreached(error, SERVER) from None


def error_of(answer: NetResponse) -> str:
    """What the server says went wrong, for telling causes apart; never shown."""
    body = object_of(json_of(answer))
    return (text_of(body.get("message")) or text_of(body.get("error")) or "")[:300]


def without_session(answer: NetResponse) -> bool:
    """Whether no WhatsApp is behind the instance, which is told by either of two statuses."""
    return answer.status in (401, 500) and any(
        words in error_of(answer).lower() for words in ("no session", "not connected", "not logged in")
    )


def good(answer: NetResponse) -> Json:
    """The object of a good answer."""
    if answer.status in (401, 403):
        raise Conflict("integration-not-configured", f"{SERVER} refuses the token")
    if answer.status == 404:
        raise Conflict("integration-not-configured", f"{SERVER} does not know this instance", cause="unknown-instance")
    if answer.status == 405:
        raise Conflict("integration-not-configured", "this UAZAPI server is too old for what it was asked")
    if answer.status == 429:
        raise UpstreamFailed(detail=f"{SERVER} is full, or asked too often")
    if answer.status not in (200, 201):
        raise UpstreamFailed(detail=f"{SERVER} answered {answer.status} with an error")
    return object_of(json_of(answer))
