"""How we speak to an Evolution server: one request, and its errors as ours."""

from __future__ import annotations

from urllib.parse import quote

from evoai.channels.adapters.asking import MAX_BYTES, json_of, request, unreached
from evoai.channels.adapters.loose import Json, object_of
from evoai.channels.adapters.protocol import Line
from evoai.kit.errors import Conflict, UpstreamFailed
from evoai.kit.net import Net, NetError, NetResponse

# `connect` waits 2 s for a code, a logout for the socket: a slow server is not a broken one.
TIMEOUT = 20.0
SERVER = "the Evolution server"


def name_of(line: Line) -> str:
    return quote(line.config["instance"], safe="")


async def call(
    net: Net,
    line: Line,
    method: str,
    path: str,
    body: Json | None = None,
    *,
    timeout: float,
    key: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> NetResponse:
    """One request with the narrowest key that opens the instance. Raises `NetError`."""
    opens = {"apikey": key or line.secrets.get("instance_token") or line.secrets["api_key"]}
    return await request(net, line, method, path, body, opens, timeout=timeout, max_bytes=max_bytes)


async def ask(
    net: Net,
    line: Line,
    method: str,
    path: str,
    body: Json | None = None,
    key: str | None = None,
    timeout: float = TIMEOUT,
) -> NetResponse:
    try:
        return await call(net, line, method, path, body, timeout=timeout, key=key)
    except NetError as error:
        raise unreached(error, SERVER) from None


def good(answer: NetResponse) -> Json:
    """The object of a good answer; failures hide in a 200 too."""
    body = object_of(json_of(answer))
    if answer.status == 503 and body.get("code") == "LICENSE_REQUIRED":
        raise Conflict(
            "integration-not-configured",
            f"{SERVER} waits for its licence (LICENSE_REQUIRED): its operator must activate it",
            cause="licence-missing",
        )
    if answer.status in (401, 403):
        raise Conflict("integration-not-configured", f"{SERVER} refuses the key")
    if answer.status == 404:
        raise Conflict("integration-not-configured", f"{SERVER} does not know this instance", cause="unknown-instance")
    if answer.status not in (200, 201) or body.get("error") is True:
        raise UpstreamFailed(detail=f"{SERVER} answered {answer.status} with an error")
    return body
