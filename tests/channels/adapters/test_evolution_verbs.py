"""The adapter's verbs against a small Evolution server on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from evoai.channels.adapters.evolution import SUBSCRIPTION, Evolution
from evoai.channels.adapters.evolution_http import ask
from evoai.channels.adapters.protocol import Connection, Line, Outgoing, Pairing, Qr, SendOutcome
from evoai.kit.errors import AppError, Conflict, Invalid, UpstreamFailed, UpstreamTimeout
from evoai.kit.net import Net
from tests.listening import listening

NAME = "t 1/ã"
PATH = "t%201%2F%C3%A3"
HOOK = "https://api.example.com/hooks/abc"
PN = "5511987654321@s.whatsapp.net"
NOW = datetime.now(UTC).replace(microsecond=0)
Json = dict[str, Any]


class Server:
    """Answers by method and path what the test wrote down; the last answer of a list stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.keys: list[str | None] = []
        self.url = ""

    def on(self, route: str, *answers: tuple[int, Any] | str) -> None:
        self.answers[route] = list(answers)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        self.calls.append((request.method, request.raw_path, msgspec.json.decode(raw) if raw else None))
        self.keys.append(request.headers.get("apikey"))
        found = self.answers.get(f"{request.method} {request.raw_path.partition('?')[0]}")
        if not found:
            return web.json_response(problem(404, ["Cannot find it"]), status=404)
        answer = found.pop(0) if len(found) > 1 else found[0]
        if answer == "hang":
            await asyncio.sleep(5)
        if answer in ("drop", "hang"):
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        status, body, *headers = answer
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status, headers=headers[0] if headers else None)


def problem(status: int, message: Any) -> Json:
    return {"status": status, "error": "x", "response": {"message": message}}


LICENCE = {"error": "x", "code": "LICENSE_REQUIRED", "register_url": "https://x", "message": "m"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    async with listening(made.serve) as url:
        made.url = url
        yield made


@pytest.fixture
def line(server: Server) -> Line:
    return line_to(f"{server.url}/evo/", instance_token="token")


def line_to(base_url: str, **secrets: str) -> Line:
    return Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": base_url, "instance": NAME},
        secrets={"api_key": "global", "hook_token": "hook", **secrets},
    )


def message(address: str = PN, text: str = "Olá!", quoted: str | None = None) -> Outgoing:
    return Outgoing(delivery_id=UUID(int=3), address=address, text=text, quoted_id=quoted)


evolution = Evolution()


# ---- create

WEBHOOK = {
    "url": HOOK,
    "byEvents": False,
    "base64": False,
    "headers": {"X-Hook-Token": "hook"},
    "events": list(SUBSCRIPTION),
}


async def test_create(net: Net, server: Server, line: Line) -> None:
    server.on("POST /evo/instance/create", (201, {"instance": {}, "hash": "NEW-TOKEN", "webhook": {}}))
    assert await evolution.create(net, line, HOOK) == {"instance_token": "NEW-TOKEN"}
    ((_, _, body),) = server.calls
    assert body["instanceName"] == NAME
    assert body["integration"] == "WHATSAPP-BAILEYS"
    assert body["webhook"] == WEBHOOK
    assert body["groupsIgnore"] is False
    assert "MESSAGES_UPSERT" in body["webhook"]["events"]
    assert "MESSAGES_EDITED" not in body["webhook"]["events"]
    assert server.keys == ["global"]


async def test_create_with_the_older_hash(net: Net, server: Server, line: Line) -> None:
    server.on("POST /evo/instance/create", (201, {"hash": {"apikey": "OLD"}}))
    assert await evolution.create(net, line, HOOK) == {"instance_token": "OLD"}


async def test_a_taken_name_that_the_key_opens_is_adopted(net: Net, server: Server, line: Line) -> None:
    server.on("POST /evo/instance/create", (403, problem(403, [f'This name "{NAME}" is already in use.'])))
    server.on(f"GET /evo/instance/connectionState/{PATH}", (200, {"instance": {"state": "open"}}))
    server.on(f"POST /evo/webhook/set/{PATH}", (201, {"url": HOOK}))
    server.on(
        "GET /evo/instance/fetchInstances", (200, [{"name": "other", "token": "no"}, {"name": NAME, "token": "T"}])
    )
    assert await evolution.create(net, line, HOOK) == {"instance_token": "T"}
    assert ("POST", f"/evo/webhook/set/{PATH}", {"webhook": {"enabled": True, **WEBHOOK}}) in server.calls
    assert set(server.keys) == {"global"}


async def test_a_taken_name_that_the_key_does_not_open_is_not_touched(net: Net, server: Server, line: Line) -> None:
    server.on("POST /evo/instance/create", (403, problem(403, ["This name is already in use."])))
    server.on(f"GET /evo/instance/connectionState/{PATH}", (401, problem(401, "Unauthorized")))
    with pytest.raises(Conflict, match="integration-not-configured"):
        await evolution.create(net, line, HOOK)
    assert [method for method, _, _ in server.calls] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("answer", "family", "code"),
    [
        ((401, problem(401, "Unauthorized")), Conflict, "integration-not-configured"),
        ((503, LICENCE), Conflict, "integration-not-configured"),
        ((503, "busy"), UpstreamFailed, "upstream-failed"),
        ((400, problem(400, ["Cannot read properties of undefined"])), UpstreamFailed, "upstream-failed"),
        ((500, "<html>"), UpstreamFailed, "upstream-failed"),
        ((302, {}), UpstreamFailed, "upstream-failed"),
        ("drop", UpstreamFailed, "upstream-failed"),
    ],
)
async def test_create_refused(
    net: Net, server: Server, line: Line, answer: Any, family: type[AppError], code: str
) -> None:
    server.on("POST /evo/instance/create", answer)
    with pytest.raises(family) as raised:
        await evolution.create(net, line, HOOK)
    assert raised.value.code == code
    assert ("LICENSE_REQUIRED" in (raised.value.detail or "")) == (answer == (503, LICENCE))
    assert len(server.calls) == 1


async def test_no_server_and_no_permission(net: Net) -> None:
    with pytest.raises(UpstreamFailed):
        await evolution.status(net, line_to("http://127.0.0.1:9"))
    with pytest.raises(Invalid, match="egress-denied"):
        await evolution.status(net, line_to("https://169.254.169.254"))


# ---- connect, status

CODE = {"pairingCode": None, "code": "2@abc", "base64": "data:image/png;base64,AA", "count": 1}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (CODE, Pairing(state="connecting", qr=Qr(code="2@abc"))),
        (CODE | {"pairingCode": "WZYE"}, Pairing(state="connecting", qr=Qr(code="2@abc", pairing_code="WZYE"))),
        ({"qrcode": CODE}, Pairing(state="connecting", qr=Qr(code="2@abc"))),
        ({"count": 0}, Pairing(state="connecting")),
        ({"instance": {"instanceName": NAME, "state": "connecting"}}, Pairing(state="connecting")),
        ({"instance": {"instanceName": NAME, "state": "close"}}, Pairing(state="disconnected")),
        ({"instance": {"instanceName": NAME, "state": "open"}}, Pairing(state="connected", phone="5531988120045")),
    ],
)
async def test_connect(net: Net, server: Server, line: Line, answer: Any, expected: Pairing) -> None:
    server.on(f"GET /evo/instance/connect/{PATH}", (200, answer))
    server.on("GET /evo/instance/fetchInstances", (200, [{"name": NAME, "ownerJid": "5531988120045@s.whatsapp.net"}]))
    assert await evolution.connect(net, line, None) == expected
    assert server.calls[0][1] == f"/evo/instance/connect/{PATH}"
    assert server.keys[0] == "token"


async def test_connect_asks_for_a_pairing_code(net: Net, server: Server, line: Line) -> None:
    server.on(f"GET /evo/instance/connect/{PATH}", (200, CODE))
    await evolution.connect(net, line, "5511987654321&x=1")
    assert server.calls[0][1] == f"/evo/instance/connect/{PATH}?number=5511987654321%26x%3D1"


async def test_an_error_hidden_in_a_200(net: Net, server: Server, line: Line) -> None:
    hidden = (200, {"error": True, "message": "[object Object]"})
    server.on(f"GET /evo/instance/connect/{PATH}", hidden)
    server.on(f"POST /evo/instance/restart/{PATH}", hidden)
    with pytest.raises(UpstreamFailed):
        await evolution.connect(net, line, None)
    with pytest.raises(UpstreamFailed):
        await evolution.restart(net, line)


async def test_connect_to_an_instance_that_is_gone(net: Net, line: Line) -> None:
    with pytest.raises(Conflict, match="integration-not-configured"):
        await evolution.connect(net, line, None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"instance": {"state": "open"}}), Connection(state="connected", phone="5531", profile_name="Lima")),
        ((200, {"instance": {"state": "connecting"}}), Connection(state="connecting")),
        ((200, {"instance": {"state": "close"}}), Connection(state="disconnected")),
        ((200, {"instance": {"instanceName": NAME}}), Connection(state="disconnected")),
        ((404, problem(404, ["no"])), Connection(state="disconnected", reason="unknown-instance")),
    ],
)
async def test_status(net: Net, server: Server, line: Line, answer: Any, expected: Connection) -> None:
    server.on(f"GET /evo/instance/connectionState/{PATH}", answer)
    row = {"name": NAME, "ownerJid": "5531@s.whatsapp.net", "profileName": "Lima"}
    server.on("GET /evo/instance/fetchInstances", (200, [row]))
    assert await evolution.status(net, line) == expected


async def test_status_without_the_row(net: Net, server: Server, line: Line) -> None:
    server.on(f"GET /evo/instance/connectionState/{PATH}", (200, {"instance": {"state": "open"}}))
    server.on("GET /evo/instance/fetchInstances", "drop")
    assert await evolution.status(net, line) == Connection(state="connected")


# ---- disconnect, remove, typing


@pytest.mark.parametrize("answer", [(200, {"status": "SUCCESS"}), (400, problem(400, ["not connected"])), (404, {})])
async def test_disconnect_is_content_with_already_done(net: Net, server: Server, line: Line, answer: Any) -> None:
    server.on(f"DELETE /evo/instance/logout/{PATH}", answer)
    await evolution.disconnect(net, line)


async def test_disconnect_that_fails(net: Net, server: Server, line: Line) -> None:
    server.on(f"DELETE /evo/instance/logout/{PATH}", (500, problem(500, "Connection Closed")))
    with pytest.raises(UpstreamFailed):
        await evolution.disconnect(net, line)


@pytest.mark.parametrize("logout", [(200, {}), (400, problem(400, ["x"])), (500, "x"), (404, {})])
@pytest.mark.parametrize("delete", [(200, {"status": "SUCCESS", "error": False}), (404, problem(404, ["gone"]))])
async def test_remove(net: Net, server: Server, line: Line, logout: Any, delete: Any) -> None:
    server.on(f"DELETE /evo/instance/logout/{PATH}", logout)
    server.on(f"DELETE /evo/instance/delete/{PATH}", delete)
    await evolution.remove(net, line)
    assert [path.split("/")[3] for _, path, _ in server.calls] == ["logout", "delete"]


async def test_remove_that_fails(net: Net, server: Server, line: Line) -> None:
    server.on(f"DELETE /evo/instance/delete/{PATH}", (400, problem(400, ["[object Object]"])))
    with pytest.raises(UpstreamFailed):
        await evolution.remove(net, line)


@pytest.mark.parametrize("answer", [(201, {"presence": "composing"}), (500, "x"), "drop"])
async def test_typing_is_silent(net: Net, server: Server, line: Line, answer: Any) -> None:
    server.on(f"POST /evo/chat/sendPresence/{PATH}", answer)
    await evolution.typing(net, line, PN)
    (call,) = server.calls
    assert call[2] == {"number": PN, "presence": "composing", "delay": 4000}


# ---- send

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


# ---- find_sent

FIND = f"POST /evo/chat/findMessages/{PATH}"


def record(
    provider_id: str = "3EB0", text: str = "Olá!", seconds: int = 0, jid: str = PN, from_me: bool = True
) -> Json:
    return {
        "id": "row",
        "key": {"id": provider_id, "remoteJid": jid, "fromMe": from_me},
        "message": {"conversation": text},
        "messageTimestamp": int(NOW.timestamp()) + seconds,
    }


def found(*records: Json) -> tuple[int, Json]:
    return 200, {"messages": {"total": len(records), "pages": 1, "currentPage": 1, "records": list(records)}}


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


async def test_a_slow_server_is_a_timeout(server: Server, line: Line, net: Net) -> None:
    server.on("GET /evo/slow", "hang")
    with pytest.raises(UpstreamTimeout):
        await ask(net, line, "GET", "/slow", timeout=0.3)
