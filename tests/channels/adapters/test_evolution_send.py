"""Sending through an Evolution server, and what became of a doubtful send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evoai.channels.adapters.protocol import Line, SendOutcome
from evoai.kit.net import Net
from tests.channels.adapters.of_evolution import (
    FIND,
    LICENCE,
    NOW,
    PATH,
    PN,
    Json,
    Server,
    evolution,
    found,
    line,
    line_to,
    message,
    problem,
    record,
    server,
)

__all__ = ["line", "server"]


SEND = f"POST /evo/message/sendText/{PATH}"
TAKEN = {"key": {"remoteJid": PN, "fromMe": True, "id": "3EB0"}, "status": "PENDING", "messageTimestamp": 1}


async def test_send(net: Net, server: Server, line: Line) -> None:
    server.on(SEND, (201, TAKEN))
    outcome = await evolution.send(net, line, message(quoted="Q1"), 2)
    assert outcome == SendOutcome(result="accepted", provider_message_id="3EB0")
    assert server.calls[0][2] == {"number": PN, "text": "Olá!", "quoted": {"key": {"id": "Q1"}}}
    assert server.keys == ["token"]


async def test_send_tells_the_address_that_the_server_resolved(net: Net, server: Server, line: Line) -> None:
    server.on(SEND, (201, TAKEN | {"key": {"remoteJid": "551187654321@s.whatsapp.net", "id": "3EB0"}}))
    assert (await evolution.send(net, line, message(), 2)).address == "551187654321@s.whatsapp.net"


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        ((400, problem(400, [['instance requires property "text"']])), "final", "invalid-request"),
        ((400, problem(400, [{"jid": PN, "exists": False, "number": "5511"}])), "final", "not-on-whatsapp"),
        ((400, problem(400, [{"jid": PN, "exists": True}])), "unknown", "answered-400"),
        ((400, problem(400, ["Error: Connection Closed"])), "unknown", "answered-400"),
        ((400, problem(400, "text")), "unknown", "answered-400"),
        ((400, problem(400, [])), "unknown", "answered-400"),
        ((400, "<html>"), "unknown", "answered-400"),
        ((401, problem(401, "Unauthorized")), "final", "credentials-refused"),
        ((403, problem(403, ["x"])), "final", "forbidden"),
        ((404, problem(404, ["x"])), "final", "unknown-instance"),
        ((413, "too big"), "final", "too-large"),
        ((415, "x"), "final", "unsupported-media"),
        ((429, {}), "not_delivered", "rate-limited"),
        ((503, "busy"), "not_delivered", "unavailable"),
        ((503, LICENCE), "not_delivered", "license-required"),
        ((500, problem(500, "Connection Closed")), "unknown", "answered-500"),
        ((502, "<html>"), "unknown", "answered-502"),
        ((504, "<html>"), "unknown", "answered-504"),
        ((302, {}), "unknown", "answered-302"),
        ((422, {}), "unknown", "answered-422"),
        ((409, {}), "unknown", "answered-409"),
        ((201, {}), "unknown", "unreadable-answer"),
        ((201, "<html>"), "unknown", "unreadable-answer"),
        ((201, {"key": {"id": None}}), "unknown", "unreadable-answer"),
        ((200, {"error": True, "message": "[object Object]"}), "unknown", "unreadable-answer"),
        ((200, []), "unknown", "unreadable-answer"),
        ("drop", "unknown", "broken"),
        ("hang", "unknown", "timeout"),
    ],
)
async def test_send_outcomes(net: Net, server: Server, line: Line, answer: Any, result: str, code: str) -> None:
    server.on(SEND, answer)
    outcome = await evolution.send(net, line, message(), 0.5 if answer == "hang" else 5)
    assert (outcome.result, outcome.code) == (result, code)
    assert outcome.provider_message_id is None
    assert len(server.calls) == 1


async def test_send_hears_how_long_to_wait(net: Net, server: Server, line: Line) -> None:
    server.on(SEND, (429, {}, {"Retry-After": "7"}), (503, {}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    assert (await evolution.send(net, line, message(), 2)).retry_after == 7
    assert (await evolution.send(net, line, message(), 2)).retry_after is None


async def test_send_to_nobody_there(net: Net) -> None:
    refused = await evolution.send(net, line_to("http://127.0.0.1:9"), message(), 2)
    assert (refused.result, refused.code) == ("not_delivered", "connection-refused")
    for base_url in ("https://169.254.169.254", "nonsense", ""):
        denied = await evolution.send(net, line_to(base_url), message(), 2)
        assert (denied.result, denied.code) == ("final", "egress-denied")


async def test_find_sent(net: Net, server: Server, line: Line) -> None:
    server.on(FIND, found(record("OTHER", text="outra"), record("3EB0", seconds=-30)))
    outcome = await evolution.find_sent(net, line, message(), NOW)
    assert outcome == SendOutcome(result="accepted", provider_message_id="3EB0")
    where = {"key": {"remoteJid": PN, "fromMe": True}}
    assert server.calls == [("POST", f"/evo/chat/findMessages/{PATH}", {"where": where, "page": 1, "offset": 50})]


@pytest.mark.parametrize(
    "wrong",
    [
        record(text="Olá"),
        record(seconds=-61),
        record(jid="5511900000000@s.whatsapp.net"),
        record(from_me=False),
        record() | {"message": None},
        record() | {"messageTimestamp": None},
        record() | {"key": {"remoteJid": PN, "fromMe": True}},
    ],
)
async def test_find_sent_filters_again(net: Net, server: Server, line: Line, wrong: Json) -> None:
    server.on(FIND, found(wrong))
    assert await evolution.find_sent(net, line, message(), NOW) is None


async def test_find_sent_asks_for_both_forms_of_a_brazilian_mobile(net: Net, server: Server, line: Line) -> None:
    short = "551187654321@s.whatsapp.net"
    for address, resolved in ((PN, short), ("5511987654321", short), (short, PN)):
        server.calls.clear()
        server.on(FIND, found(), found(record(jid=resolved)))
        outcome = await evolution.find_sent(net, line, message(address), NOW)
        assert outcome == SendOutcome(result="accepted", provider_message_id="3EB0", address=resolved)
        assert [call[2]["where"]["key"]["remoteJid"] for call in server.calls][1] == resolved


async def test_find_sent_asks_a_lid_as_it_is(net: Net, server: Server, line: Line) -> None:
    server.on(FIND, found(record(jid="128834450127931@lid")))
    outcome = await evolution.find_sent(net, line, message("128834450127931@lid"), NOW)
    assert outcome == SendOutcome(result="accepted", provider_message_id="3EB0")


async def test_find_sent_reads_further_pages_while_they_are_recent(net: Net, server: Server, line: Line) -> None:
    full = found(*[record(f"X{n}", text="outra") for n in range(50)])
    server.on(FIND, full, found(record()))
    outcome = await evolution.find_sent(net, line, message(), NOW)
    assert isinstance(outcome, SendOutcome)
    assert [call[2]["page"] for call in server.calls] == [1, 2]
    server.on(FIND, full)
    assert await evolution.find_sent(net, line, message(), NOW) == "unknown"
    server.calls.clear()
    server.on(FIND, found(*[record(f"X{n}", text="outra", seconds=-n * 10) for n in range(50)]))
    assert await evolution.find_sent(net, line, message("128834450127931@lid"), NOW) is None
    assert [call[2]["where"] for call in server.calls][1:] == [{}]


async def test_a_server_that_stores_nothing_cannot_say_no(net: Net, server: Server, line: Line) -> None:
    server.on(FIND, found())
    assert await evolution.find_sent(net, line, message(), NOW) == "unknown"
    server.on(FIND, found(), found(), found(record(from_me=False)))
    assert await evolution.find_sent(net, line, message(), NOW) is None


@pytest.mark.parametrize(
    "answer",
    [(500, "x"), (404, {}), (401, {}), (503, LICENCE), (200, {}), (200, {"messages": {}}), (200, "<html>"), "drop"],
)
async def test_find_sent_that_could_not_ask(net: Net, server: Server, line: Line, answer: Any) -> None:
    server.on(FIND, answer)
    assert await evolution.find_sent(net, line, message(), NOW - timedelta(seconds=1)) == "unknown"
