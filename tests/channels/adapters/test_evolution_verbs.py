"""The adapter's verbs against a small Evolution server on a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from evoai.channels.adapters.evolution import SUBSCRIPTION
from evoai.channels.adapters.evolution_http import ask
from evoai.channels.adapters.incoming import Connection, Qr
from evoai.channels.adapters.protocol import Line, Pairing
from evoai.kit.errors import AppError, Conflict, Invalid, UpstreamFailed, UpstreamTimeout
from evoai.kit.net import Net
from tests.channels.adapters.of_evolution import (
    HOOK,
    LICENCE,
    NAME,
    PATH,
    PN,
    Server,
    evolution,
    line,
    line_to,
    problem,
    server,
)

__all__ = ["line", "server"]


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


async def test_a_slow_server_is_a_timeout(server: Server, line: Line, net: Net) -> None:
    server.on("GET /evo/slow", "hang")
    with pytest.raises(UpstreamTimeout):
        await ask(net, line, "GET", "/slow", timeout=0.3)
