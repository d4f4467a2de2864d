"""How a send through the Cloud API ended: what each code of an error asks of us, and what other answers mean."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evoai.channels.adapters.cloud_http import MEANINGS
from evoai.channels.adapters.incoming import Connection
from evoai.channels.adapters.protocol import Line
from evoai.kit.net import Net
from tests.channels.adapters.of_cloud import SEND, Graph, cloud, failed, graph, line, message

__all__ = ["graph", "line"]

RETRIED = {4: 60, 80007: 60, 130429: 5, 131056: 6, 131057: 60, 131000: None, 131016: None, 1: None, 2: None}
RETRIED |= {135000: None, 131052: None}
PAUSED = {
    190: ("disconnected", "credentials-refused"),
    0: ("disconnected", "credentials-refused"),
    3: ("disconnected", "credentials-refused"),
    10: ("disconnected", "credentials-refused"),
    200: ("disconnected", "credentials-refused"),
    299: ("disconnected", "credentials-refused"),
    131005: ("disconnected", "credentials-refused"),
    131031: ("banned", "account-restricted"),
    368: ("banned", "account-restricted"),
    130497: ("banned", "account-restricted"),
    131042: ("reconnecting", "payment-required"),
    131048: ("reconnecting", "spam-limited"),
    131045: ("disconnected", "not-registered"),
    133010: ("disconnected", "not-registered"),
}
STOPPED = {
    33: "unknown-instance",
    100: "invalid-request",
    130472: "experiment",
    131008: "invalid-request",
    131009: "invalid-request",
    131021: "own-number",
    131026: "not-on-whatsapp",
    131030: "not-in-test-list",
    131037: "name-not-approved",
    131047: "window-closed",
    131049: "marketing-limited",
    131050: "marketing-refused",
    131051: "unsupported-message",
    131053: "unsupported-media",
    131062: "needs-phone",
    131063: "marketing-disabled",
    131064: "template-paused",
    132000: "template-invalid",
    132001: "template-invalid",
    132005: "template-invalid",
    132007: "template-invalid",
    132008: "template-invalid",
    132012: "template-invalid",
    132015: "template-paused",
    132016: "template-paused",
    137000: "identity-changed",
}


def test_every_code_of_the_contract_is_tried_here() -> None:
    assert MEANINGS.keys() == (RETRIED.keys() | PAUSED.keys() | STOPPED.keys()) - {200, 299}


@pytest.mark.parametrize("code", RETRIED)
async def test_what_may_be_sent_again(net: Net, graph: Graph, line: Line, code: int) -> None:
    graph.answers[SEND] = failed(code, 500 if code < 3 else 400)
    how = await cloud.send(net, line, message(), 5)
    assert (how.result, how.retry_after, how.trouble) == ("not_delivered", RETRIED[code], None)
    assert how.detail == f"{code} why"


@pytest.mark.parametrize("code", PAUSED)
async def test_what_waits_until_the_number_is_mended(net: Net, graph: Graph, line: Line, code: int) -> None:
    graph.answers[SEND] = failed(code, 401 if code == 190 else 403)
    how = await cloud.send(net, line, message(), 5)
    state, reason = PAUSED[code]
    assert (how.result, how.code) == ("not_delivered", reason)
    assert how.trouble == Connection(state=state, reason=reason)  # type: ignore[arg-type]
    assert (how.retry_after or 0) >= 60


@pytest.mark.parametrize("code", STOPPED)
async def test_what_never_arrives(net: Net, graph: Graph, line: Line, code: int) -> None:
    graph.answers[SEND] = failed(code)
    how = await cloud.send(net, line, message(), 5)
    assert (how.result, how.code, how.trouble) == ("final", STOPPED[code], None)


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        (failed(999001), "final", "provider-refused"),
        (failed(999001, 500), "unknown", "answered-500"),
        ((429, {}), "not_delivered", "rate-limited"),
        ((503, b"<html>"), "not_delivered", "unavailable"),
        ((502, b""), "unknown", "answered-502"),
        ((400, b"<html>"), "unknown", "answered-400"),
        ((200, {"messages": []}), "unknown", "unreadable-answer"),
        ((200, b"OK"), "unknown", "unreadable-answer"),
        ("drop", "unknown", "broken"),
    ],
)
async def test_other_answers(net: Net, graph: Graph, line: Line, answer: Any, result: str, code: str) -> None:
    graph.answers[SEND] = answer
    how = await cloud.send(net, line, message(), 5)
    assert (how.result, how.code) == (result, code)


async def test_the_provider_says_how_long_to_wait(net: Net, graph: Graph, line: Line) -> None:
    status, body = failed(130429, 429)
    graph.answers[SEND] = (status, body, {"retry-after": "17"})
    assert (await cloud.send(net, line, message(), 5)).retry_after == 17


async def test_nobody_there_is_no_doubt(net: Net, line: Line) -> None:
    gone = msgspec.structs.replace(line, config=line.config | {"graph_url": "http://127.0.0.1:9"})
    how = await cloud.send(net, gone, message(), 5)
    assert (how.result, how.code) == ("not_delivered", "connection-refused")
