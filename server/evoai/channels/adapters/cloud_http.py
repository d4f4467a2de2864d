"""How we speak to the Graph API: one request, its errors as ours, and what each error code asks of us."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

import msgspec

from evoai.channels.adapters.asking import json_of, unreached
from evoai.channels.adapters.incoming import ChannelState, Connection
from evoai.channels.adapters.loose import Json, integer_of, object_of, text_of
from evoai.channels.adapters.protocol import Line
from evoai.kit.errors import Conflict, UpstreamFailed
from evoai.kit.net import Net, NetError, NetResponse

GRAPH_URL = "https://graph.facebook.com"
VERSION = "v25.0"
TIMEOUT = 20.0
SERVER = "the Cloud API"

Act = Literal["retry", "stop", "pause"]
"""`retry`: it did not arrive, later it may. `stop`: this message never will. `pause`: nothing will until somebody
mends the number or its account; it waits."""


class Meaning(msgspec.Struct, frozen=True):
    """What a code asks of us. `code` is our word for it, `wait` the seconds until another try."""

    act: Act
    code: str
    wait: float | None = None
    state: ChannelState | None = None
    """For `pause`: the number's state from now on."""


_HELD = 300.0
"""A paused channel's messages are looked at again after this: a new token lets them go."""


def _pause(code: str, state: ChannelState = "disconnected") -> Meaning:
    return Meaning("pause", code, _HELD, state)


_REFUSED = _pause("credentials-refused")
_BUSY = Meaning("retry", "unavailable")
_INVALID = Meaning("stop", "invalid-request")
_TEMPLATE = Meaning("stop", "template-invalid")
_RESTRICTED = _pause("account-restricted", "banned")

MEANINGS: dict[int, Meaning] = {
    0: _REFUSED,
    1: _BUSY,
    2: _BUSY,
    3: _REFUSED,
    4: Meaning("retry", "rate-limited", 60.0),
    10: _REFUSED,
    33: Meaning("stop", "unknown-instance"),
    100: _INVALID,
    190: _REFUSED,
    368: _RESTRICTED,
    80007: Meaning("retry", "rate-limited", 60.0),
    130429: Meaning("retry", "rate-limited", 5.0),
    130472: Meaning("stop", "experiment"),
    130497: _RESTRICTED,
    131000: _BUSY,
    131005: _REFUSED,
    131008: _INVALID,
    131009: _INVALID,
    131016: _BUSY,
    131021: Meaning("stop", "own-number"),
    131026: Meaning("stop", "not-on-whatsapp"),
    131030: Meaning("stop", "not-in-test-list"),
    131031: _RESTRICTED,
    131037: Meaning("stop", "name-not-approved"),
    131042: _pause("payment-required", "reconnecting"),
    131045: _pause("not-registered"),
    131047: Meaning("stop", "window-closed"),
    131048: _pause("spam-limited", "reconnecting"),
    131049: Meaning("stop", "marketing-limited"),
    131050: Meaning("stop", "marketing-refused"),
    131051: Meaning("stop", "unsupported-message"),
    131052: Meaning("retry", "media-unavailable"),
    131053: Meaning("stop", "unsupported-media"),
    131056: Meaning("retry", "pair-limited", 6.0),
    131057: Meaning("retry", "unavailable", 60.0),
    131062: Meaning("stop", "needs-phone"),
    131063: Meaning("stop", "marketing-disabled"),
    131064: Meaning("stop", "template-paused"),
    132000: _TEMPLATE,
    132001: _TEMPLATE,
    132005: _TEMPLATE,
    132007: _TEMPLATE,
    132008: _TEMPLATE,
    132012: _TEMPLATE,
    132015: Meaning("stop", "template-paused"),
    132016: Meaning("stop", "template-paused"),
    133010: _pause("not-registered"),
    135000: _BUSY,
    137000: Meaning("stop", "identity-changed"),
}


def meaning_of(code: int | None) -> Meaning | None:
    """None for a code that the contract does not name."""
    if code is not None and 200 <= code <= 299:
        return _REFUSED
    return MEANINGS.get(code) if code is not None else None


def trouble_of(meaning: Meaning | None) -> Connection | None:
    """What a code says of the number itself."""
    if meaning is None or meaning.state is None:
        return None
    return Connection(state=meaning.state, reason=meaning.code)


def detail_of(error: Json) -> str | None:
    """The provider's own words, the only reason there is for people to read."""
    said = text_of(object_of(error.get("error_data")).get("details"))
    words = said or text_of(error.get("message")) or text_of(error.get("title"))
    code = integer_of(error.get("code"))
    text = " ".join(part for part in (str(code) if code is not None else None, words) if part)
    return text[:500] or None


def part(value: str) -> str:
    return quote(value, safe="")


def url_of(line: Line, path: str) -> str:
    base = line.config.get("graph_url", GRAPH_URL).rstrip("/")
    return f"{base}/{part(line.config.get('graph_version') or VERSION)}{path}"


def number_path(line: Line, rest: str = "") -> str:
    return f"/{part(line.config['phone_number_id'])}{rest}"


def waba_path(line: Line, rest: str = "") -> str:
    return f"/{part(line.config['waba_id'])}{rest}"


async def call(
    net: Net,
    line: Line,
    method: str,
    path: str,
    body: Json | None = None,
    *,
    timeout: float = TIMEOUT,
    form: tuple[str, bytes] | None = None,
) -> NetResponse:
    """One request, with a JSON `body` or a `form` (media type and bytes). Raises `NetError`."""
    headers = {"Authorization": f"Bearer {line.secrets['access_token']}"}
    return await net.request(
        method,
        url_of(line, path),
        headers=headers | ({"Content-Type": form[0]} if form else {}),
        json_body=msgspec.json.encode(body) if body is not None else None,
        data=form[1] if form else None,
        timeout=timeout,
        provider_base=True,
    )


async def ask(net: Net, line: Line, method: str, path: str, body: Json | None = None) -> Json:
    """The object of a good answer. Raises our error families."""
    try:
        return good(await call(net, line, method, path, body))
    except NetError as error:
        raise unreached(error, SERVER) from None


def good(answer: NetResponse) -> Json:
    body = object_of(json_of(answer))
    error = object_of(body.get("error"))
    if answer.status in (200, 201) and not error:
        return body
    meaning = meaning_of(integer_of(error.get("code")))
    if (meaning is not None and meaning.act != "retry") or answer.status in (401, 403, 404):
        why = detail_of(error) or f"answered {answer.status}"
        raise Conflict("integration-not-configured", f"{SERVER} refuses: {why}")
    raise UpstreamFailed(detail=f"{SERVER} answered {answer.status} with an error")
