"""What asking any provider's server has in common: one request, its answer as JSON, and what failed as ours."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from evoai.channels.adapters.loose import Json, integer_of, text_of
from evoai.channels.adapters.protocol import Line, MediaGone, SendOutcome
from evoai.kit.errors import AppError, Invalid, UpstreamFailed, UpstreamTimeout
from evoai.kit.net import Net, NetError, NetResponse

MAX_BYTES = 5_000_000


async def request(
    net: Net,
    line: Line,
    method: str,
    path: str,
    body: Json | None,
    key: dict[str, str],
    *,
    timeout: float,
    max_bytes: int,
) -> NetResponse:
    """One request to a server that the channel's `base_url` names; `key` is the header that opens it. Raises
    `NetError`."""
    return await net.request(
        method,
        line.config["base_url"].rstrip("/") + path,
        headers=key,
        json_body=msgspec.json.encode(body) if body is not None else None,
        timeout=timeout,
        max_bytes=max_bytes,
        provider_base=True,
    )


def json_of(answer: NetResponse) -> Any:
    """None for what is no JSON: some gateways in front answer with a page."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def wait_of(answer: NetResponse) -> float | None:
    """The seconds of its `Retry-After`."""
    wait = integer_of(answer.headers.get("retry-after"))
    return float(wait) if wait is not None and wait >= 0 else None


def file_of(encoded: Any, max_bytes: int, server: str) -> bytes:
    """A file that came as base64. Raises `UpstreamFailed`, and `MediaGone` where it is too large."""
    try:
        found = base64.b64decode(text_of(encoded) or "", validate=True)
    except binascii.Error:
        raise UpstreamFailed(detail=f"{server}'s base64 is broken") from None
    if not found:
        raise UpstreamFailed(detail=f"{server} gave no file")
    if len(found) > max_bytes:
        raise MediaGone("too-large")
    return found


def unreached(error: NetError, server: str) -> AppError:
    """No answer to a question that people wait for."""
    if error.kind == "egress-denied":
        return Invalid("egress-denied", error.detail)
    if error.kind == "timeout":
        return UpstreamTimeout(detail=f"{server} did not answer in time")
    return UpstreamFailed(detail=f"{server} cannot be reached")


def unsent(error: NetError) -> SendOutcome:
    """No answer to a send."""
    match error.kind:
        case "refused":
            return SendOutcome(result="not_delivered", code="connection-refused", detail=error.detail)
        case "egress-denied":
            return SendOutcome(result="final", code="egress-denied", detail=error.detail)
        case _:
            return SendOutcome(result="unknown", code=error.kind, detail=error.detail)
