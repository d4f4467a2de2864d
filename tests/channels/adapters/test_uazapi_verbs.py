"""The UAZAPI adapter's verbs against a small server on a real socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from evoai.channels.adapters.incoming import Connection, Inbound, Qr, Restriction
from evoai.channels.adapters.protocol import Line, Pairing
from evoai.channels.adapters.uazapi import SUBSCRIPTION
from evoai.channels.adapters.uazapi_history import PAGES
from evoai.channels.adapters.uazapi_http import ask
from evoai.kit.errors import Conflict, Invalid, UpstreamFailed, UpstreamTimeout
from evoai.kit.net import Net
from tests.channels.adapters.of_uazapi import ANA, LOCK, UNTIL, Json, Uazapis, line, line_to, server, uazapi

__all__ = ["line", "server"]

HOOK = "https://api.example.com/hooks/abc"
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def instance(status: str = "disconnected", **more: Any) -> Json:
    return {"instance": {"status": status, "owner": "", **more}, "status": {"connected": status == "connected"}}


WEBHOOK = {
    "url": HOOK,
    "enabled": True,
    "events": list(SUBSCRIPTION),
    "excludeMessages": [],
    "addUrlEvents": False,
    "addUrlTypesMessages": False,
}


async def test_create_uses_the_servers_token_once_and_the_instances_from_then_on(net: Net, server: Uazapis) -> None:
    server.on("POST /instance/create", (200, {"token": "new", "instance": {"token": "new"}}))
    server.on("POST /webhook", (200, [{}]))
    given = await uazapi.create(net, line_to(server, admin_token="root"), HOOK)
    assert given == {"instance_token": "new", "admin_token": ""}
    assert server.tokens == [("root", None), (None, "new")]
    assert [call[2] for call in server.calls] == [{"name": "evoai_x"}, WEBHOOK]


@pytest.mark.parametrize("status", [404, 405])
async def test_an_older_server_is_asked_at_the_older_address(net: Net, server: Uazapis, status: int) -> None:
    server.on("POST /instance/create", (status, {"error": "x"}))
    server.on("POST /instance/init", (200, {"instance": {"token": "old"}}))
    server.on("POST /webhook", (200, []))
    given = await uazapi.create(net, line_to(server, admin_token="root"), HOOK)
    assert given["instance_token"] == "old"


async def test_an_instance_is_adopted_by_its_token(net: Net, server: Uazapis, line: Line) -> None:
    server.on("GET /instance/status", (200, instance("connected")))
    server.on("POST /webhook", (200, []))
    assert await uazapi.create(net, line, HOOK) == {"admin_token": ""}
    assert server.tokens == [(None, "own-token")] * 2


async def test_a_refused_token_is_a_setting_and_nothing_is_left_behind(net: Net, server: Uazapis) -> None:
    server.on("POST /instance/create", (401, {"error": "Unauthorized"}))
    with pytest.raises(Conflict, match="integration-not-configured"):
        await uazapi.create(net, line_to(server, admin_token="wrong"), HOOK)
    server.on("POST /instance/create", (200, {"token": "new"}))
    server.on("POST /webhook", (500, {"error": "boom"}))
    server.on("DELETE /instance", (200, {"response": "Instance Deleted"}))
    with pytest.raises(UpstreamFailed):
        await uazapi.create(net, line_to(server, admin_token="root"), HOOK)
    assert server.asked[-1] == "DELETE /instance"


async def test_a_server_that_gives_no_token_has_made_nothing_for_us(net: Net, server: Uazapis) -> None:
    server.on("POST /instance/create", (200, {"response": "ok"}))
    with pytest.raises(UpstreamFailed):
        await uazapi.create(net, line_to(server, admin_token="root"), HOOK)


async def test_a_code_is_shown(net: Net, server: Uazapis, line: Line) -> None:
    server.on("GET /instance/status", (200, instance()))
    server.on("POST /instance/connect", (200, instance("connecting", qrcode=PICTURE)))
    assert await uazapi.connect(net, line, None) == Pairing(state="connecting", qr=Qr(code=PICTURE, seconds=30))
    assert server.calls[-1][2] == {}


async def test_a_code_that_is_shown_already_is_not_begun_anew(net: Net, server: Uazapis, line: Line) -> None:
    server.on("GET /instance/status", (200, instance("connecting", qrcode=PICTURE)))
    pairing = await uazapi.connect(net, line, None)
    assert pairing.qr == Qr(code=PICTURE, seconds=30)
    assert server.asked == ["GET /instance/status"]


async def test_a_code_that_is_not_ready_is_waited_for(net: Net, server: Uazapis, line: Line) -> None:
    server.on(
        "GET /instance/status",
        (200, instance()),
        (200, instance("connecting")),
        (200, instance("connecting", qrcode=PICTURE)),
    )
    server.on("POST /instance/connect", (200, instance("connecting")))
    pairing = await uazapi.connect(net, line, None)
    assert pairing.qr is not None
    assert pairing.qr.code == PICTURE


async def test_no_code_at_all_is_still_an_answer(net: Net, server: Uazapis, line: Line) -> None:
    server.on("GET /instance/status", (200, instance()), (200, instance("connecting")))
    server.on("POST /instance/connect", (200, instance("connecting")))
    assert await uazapi.connect(net, line, None) == Pairing(state="connecting")


async def test_a_code_to_type_begins_from_a_number_that_is_down(net: Net, server: Uazapis, line: Line) -> None:
    server.on(
        "GET /instance/status",
        (200, instance("connecting", qrcode=PICTURE)),
        (200, instance("connecting", qrcode=PICTURE)),
        (200, instance()),
    )
    server.on("POST /instance/disconnect", (200, {"response": "Disconnected"}))
    server.on("POST /instance/connect", (200, instance("connecting", paircode="ABCD-1234")))
    pairing = await uazapi.connect(net, line, ANA)
    assert pairing.qr == Qr(code="", pairing_code="ABCD-1234", seconds=300)
    assert server.asked == [
        "GET /instance/status",
        "POST /instance/disconnect",
        "GET /instance/status",
        "GET /instance/status",
        "POST /instance/connect",
    ]
    assert server.calls[-1][2] == {"phone": ANA}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_has_no_room_fails(net: Net, server: Uazapis, line: Line, status: int) -> None:
    server.on("GET /instance/status", (200, instance()))
    server.on("POST /instance/connect", (status, {"error": "x"}))
    with pytest.raises(UpstreamFailed):
        await uazapi.connect(net, line, None)


JIDS: list[tuple[Any, str | None]] = [
    ("5511955500100:12@s.whatsapp.net", "5511955500100"),
    ({"user": "5511955500100", "agent": 0, "device": 12, "server": "s.whatsapp.net"}, "5511955500100"),
    (None, None),
]


@pytest.mark.parametrize(("jid", "phone"), JIDS)
async def test_the_numbers_own_address_in_all_its_forms(
    net: Net,
    server: Uazapis,
    line: Line,
    jid: Any,
    phone: str | None,
) -> None:
    body = {"instance": {"status": "connected", "owner": ""}, "status": {"connected": True, "jid": jid}}
    server.on("GET /instance/status", (200, body))
    assert await uazapi.status(net, line) == Connection(state="connected", phone=phone)


async def test_a_number_that_is_gone_is_not_the_last_one_that_was_paired(net: Net, server: Uazapis, line: Line) -> None:
    reason = "401: logged out from another device"
    server.on("GET /instance/status", (200, instance(owner=ANA, lastDisconnectReason=reason)))
    assert await uazapi.status(net, line) == Connection(state="disconnected", reason="logged-out")


async def test_a_state_of_tomorrow_is_judged_by_the_booleans(net: Net, server: Uazapis, line: Line) -> None:
    body = {"instance": {"status": "dreaming"}, "status": {"connected": True, "loggedIn": True, "jid": None}}
    server.on("GET /instance/status", (200, body), (200, {"instance": {"status": "dreaming"}}))
    assert (await uazapi.status(net, line)).state == "connected"
    assert (await uazapi.status(net, line)).state == "disconnected"


LIMITS: list[tuple[Any, Restriction | None]] = [
    ((200, LOCK), Restriction(code="reachout-timelock", until=UNTIL)),
    (
        (200, {"new_chat_message_capping": {"used_quota": 10, "total_quota": 10, "cycle_end": 1775563200}}),
        Restriction(code="new-chat-limit", until=UNTIL),
    ),
    ((200, {"can_send_new_messages": False}), Restriction(code="reachout-timelock")),
    ((200, {"can_send_new_messages": True, "new_chat_message_capping": {"used_quota": 3, "total_quota": 10}}), None),
    ((200, {"can_send_new_messages": None}), None),
    ((404, {"error": "x"}), None),
    ((500, {"error": "x"}), None),
    ("drop", None),
]


@pytest.mark.parametrize(("answer", "restriction"), LIMITS)
async def test_whether_the_number_may_write_first(
    net: Net,
    server: Uazapis,
    line: Line,
    answer: Any,
    restriction: Restriction | None,
) -> None:
    server.on("GET /instance/status", (200, instance("connected", owner=ANA)))
    server.on("GET /instance/wa_messages_limits", answer)
    assert (await uazapi.status(net, line)).restriction == restriction


async def test_ends_that_have_come_already_are_fine(net: Net, server: Uazapis, line: Line) -> None:
    for answer in ((200, {}), (404, {"error": "x"}), (500, {"error": "WhatsApp client is not connected"})):
        server.on("POST /instance/disconnect", answer)
        await uazapi.disconnect(net, line)
    for answer in ((200, {}), (404, {"error": "x"}), (401, {"error": "client not found"})):
        server.on("DELETE /instance", answer)
        await uazapi.remove(net, line)
    server.on("DELETE /instance", (500, {"error": "x"}))
    with pytest.raises(UpstreamFailed):
        await uazapi.remove(net, line)
    server.on("POST /instance/disconnect", (401, {"error": "Invalid token"}))
    with pytest.raises(Conflict):
        await uazapi.disconnect(net, line)


async def test_a_restart(net: Net, server: Uazapis, line: Line) -> None:
    server.on("POST /instance/reset", (200, {"response": "already running"}), (409, {"error": "refused"}))
    await uazapi.restart(net, line)
    with pytest.raises(Conflict) as raised:
        await uazapi.restart(net, line)
    assert raised.value.code == "conflict"


async def test_errors_are_ours(net: Net, server: Uazapis, line: Line) -> None:
    for answer, kind in (
        ((401, {"error": "Invalid token"}), Conflict),
        ((403, {"error": "x"}), Conflict),
        ((404, {"error": "x"}), Conflict),
        ((405, "nginx"), Conflict),
        ((502, "<html>Bad Gateway</html>"), UpstreamFailed),
        ("drop", UpstreamFailed),
    ):
        server.on("POST /webhook", answer)
        with pytest.raises(kind):
            await uazapi.set_webhook(net, line, HOOK)
    inside = msgspec.structs.replace(line, config={"base_url": "http://10.0.0.1", "instance": "x"})
    with pytest.raises(Invalid, match="egress-denied"):
        await uazapi.status(net, inside)


async def test_a_silent_server_is_a_timeout(net: Net, server: Uazapis, line: Line) -> None:
    server.on("GET /instance/status", "hang")
    with pytest.raises(UpstreamTimeout):
        await ask(net, line, "GET", "/instance/status", timeout=0.3)


def stored(number: int, when: datetime) -> Json:
    return {
        "id": f"1:M{number}",
        "messageid": f"M{number}",
        "chatid": f"{ANA}@s.whatsapp.net",
        "messageTimestamp": int(when.timestamp() * 1000),
        "messageType": "Conversation",
        "content": f"oi {number}",
        "text": f"oi {number}",
        "fromMe": False,
        "sendPayload": "secret",
    }


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def test_what_the_server_has_is_pulled_oldest_first_under_the_webhooks_own_keys(
    net: Net,
    server: Uazapis,
    line: Line,
) -> None:
    rows = [stored(n, NOW - timedelta(minutes=n)) for n in range(5)]
    server.on("POST /message/find", (200, {"messages": rows, "hasMore": False}))
    pulled = await uazapi.pull(net, line, NOW - timedelta(minutes=3), NOW - timedelta(minutes=1))
    assert pulled.complete
    assert [one.dedupe_key for one in pulled.envelopes] == ["message:M3", "message:M2", "message:M1"]
    assert all(one.quarantine is None and b"secret" not in one.body for one in pulled.envelopes)
    event = uazapi.parse(line, pulled.envelopes[0].body)
    assert isinstance(event, Inbound)
    assert (event.provider_message_id, event.content.text) == ("M3", "oi 3")


async def test_pages_are_read_until_one_is_older_and_no_further_than_is_sensible(
    net: Net,
    server: Uazapis,
    line: Line,
) -> None:
    fresh = (200, {"messages": [stored(1, NOW)], "hasMore": True})
    old = (200, {"messages": [stored(2, NOW - timedelta(days=2))], "hasMore": True})
    server.on("POST /message/find", fresh, old)
    assert (await uazapi.pull(net, line, NOW - timedelta(hours=1), NOW)).complete
    assert len(server.calls) == 2
    server.on("POST /message/find", fresh)
    assert not (await uazapi.pull(net, line, NOW - timedelta(hours=1), NOW)).complete
    assert len(server.calls) == 2 + PAGES
    assert [call[2]["offset"] for call in server.calls[2:5]] == [0, 100, 200]
