"""The instance routes: lifecycle, guards in their order, error envelopes."""

from __future__ import annotations

import base64
from typing import Any

from evoai.simulator.app import Simulator

from .conftest import EVENTS, KEY, Caller, Receiver, until

NEW = {"instanceName": "loja", "integration": "WHATSAPP-BAILEYS"}


async def test_info_is_open(call: Caller) -> None:
    status, body = await call("GET", "", headers={})
    assert (status, body["version"], body["status"]) == (200, "2.3.7", 200)


async def test_create_answers_token_hook_and_qr(call: Caller, receiver: Receiver) -> None:
    hook = {"url": receiver.url, "headers": {"X-Hook-Token": "a"}, "events": EVENTS, "byEvents": False}
    status, body = await call("POST", "instance/create", {**NEW, "qrcode": True, "webhook": hook})
    assert status == 201
    assert body["instance"]["instanceName"] == "loja"
    assert body["instance"]["status"] == "connecting"
    assert isinstance(body["hash"], str)
    assert body["webhook"] == {
        "webhookUrl": receiver.url,
        "webhookHeaders": {"X-Hook-Token": "a"},
        "webhookByEvents": False,
        "webhookBase64": False,
    }
    assert body["qrcode"]["code"].startswith("2@")
    assert body["qrcode"]["count"] == 1
    assert base64.b64decode(body["qrcode"]["base64"].partition(",")[2]).startswith(b"\x89PNG")


async def test_create_without_qr_stays_closed(call: Caller) -> None:
    status, body = await call("POST", "instance/create", NEW)
    assert (status, body["instance"]["status"], "qrcode" in body) == (201, "close", False)


async def test_guards_are_existence_then_name_then_key(call: Caller) -> None:
    wrong = {"apikey": "nope"}
    await call("POST", "instance/create", NEW)
    missing = {"message": ['The "ghost" instance does not exist']}
    assert await call("GET", "instance/connectionState/ghost", headers=wrong) == (
        404,
        {"status": 404, "error": "Not Found", "response": missing},
    )
    taken = {"message": ['This name "loja" is already in use.']}
    assert await call("POST", "instance/create", NEW, headers=wrong) == (
        403,
        {"status": 403, "error": "Forbidden", "response": taken},
    )
    assert await call("GET", "instance/connectionState/loja", headers=wrong) == (
        401,
        {"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}},
    )


async def test_token_opens_its_own_instance_only(call: Caller) -> None:
    _, one = await call("POST", "instance/create", NEW)
    await call("POST", "instance/create", {**NEW, "instanceName": "outra"})
    token = {"apikey": one["hash"]}
    assert (await call("GET", "instance/connectionState/loja", headers=token))[0] == 200
    assert (await call("GET", "instance/connectionState/outra", headers=token))[0] == 401
    assert (await call("POST", "instance/create", {**NEW, "instanceName": "x"}, headers=token))[0] == 401
    _, rows = await call("GET", "instance/fetchInstances", headers=token)
    assert [(r["name"], r["token"]) for r in rows] == [("loja", one["hash"])]
    assert len((await call("GET", "instance/fetchInstances"))[1]) == 2


async def test_bad_creates(call: Caller, receiver: Receiver) -> None:
    status, body = await call("POST", "instance/create", {"instanceName": "a"})
    assert (status, body["response"]["message"]) == (400, ["Invalid integration"])
    status, body = await call("POST", "instance/create", {**NEW, "webhook": {"url": receiver.url}})
    assert status == 400
    assert body["response"]["message"] == ["Cannot read properties of undefined (reading 'length')"]
    assert (await call("GET", "instance/connectionState/loja"))[0] == 404


async def test_unknown_routes(call: Caller) -> None:
    for method, path in (("POST", "message/sendTxt/abc"), ("PUT", "instance/restart/abc"), ("GET", "nothing")):
        status, body = await call(method, path)
        assert (status, body["error"]) == (404, "Not Found")
        assert body["response"]["message"] == [f"Cannot {method} /{path}"]


async def test_connect_not_ready_then_qr_then_open(sim: Simulator, call: Caller) -> None:
    sim.set(connect_not_ready=2)
    await call("POST", "instance/create", NEW)
    answers = [(await call("GET", "instance/connect/loja"))[1] for _ in range(3)]
    assert answers[:2] == [{"count": 0}, {"count": 0}]
    assert answers[2]["count"] == 1
    assert answers[2]["base64"].startswith("data:image/png;base64,")
    assert (await call("GET", "instance/connectionState/loja"))[1]["instance"]["state"] == "connecting"
    sim.scan("loja")
    await until(lambda: sim.instance("loja").state == "open")
    opened = {"instance": {"instanceName": "loja", "state": "open"}}
    assert await call("GET", "instance/connect/loja") == (200, opened)
    assert await call("GET", "instance/connectionState/loja") == (200, opened)


async def test_a_number_gives_a_pairing_code(call: Caller) -> None:
    await call("POST", "instance/create", NEW)
    _, body = await call("GET", "instance/connect/loja?number=5511999990000")
    assert len(body["pairingCode"]) == 8


async def test_scan_tells_connecting_then_open(sim: Simulator, call: Caller, receiver: Receiver) -> None:
    hook = {"url": receiver.url, "events": EVENTS}
    await call("POST", "instance/create", {**NEW, "qrcode": True, "webhook": hook})
    await sim.settled()
    assert "sender" not in receiver.of("qrcode.updated")[0]
    sim.scan("loja", phone="5511955556666", name="Loja")
    await sim.settled()
    told = [b["data"] for b in receiver.of("connection.update")]
    assert [d["state"] for d in told] == ["connecting", "connecting", "open"]
    assert told[-1]["wuid"] == "5511955556666@s.whatsapp.net"
    assert told[-1]["profileName"] == "Loja"
    assert receiver.bodies[-1]["sender"] == "5511955556666@s.whatsapp.net"
    assert receiver.bodies[-1]["destination"] == receiver.url
    assert receiver.bodies[-1]["apikey"] is None
    assert receiver.bodies[-1]["date_time"].endswith("Z")


async def test_qr_codes_turn_and_then_are_refused(sim: Simulator, call: Caller, receiver: Receiver) -> None:
    sim.set(qr_seconds=0.02, qr_limit=3)
    await call("POST", "instance/create", {**NEW, "qrcode": True, "webhook": {"url": receiver.url, "events": EVENTS}})
    await until(lambda: any(b["data"].get("state") == "refused" for b in receiver.of("connection.update")))
    codes = [b["data"] for b in receiver.of("qrcode.updated")]
    assert len({c["qrcode"]["code"] for c in codes if "qrcode" in c}) == 3
    assert {"message": "QR code limit reached, please login again", "statusCode": 500} in codes
    assert receiver.of("connection.update")[-1]["data"]["statusReason"] == 428
    assert sim.instance("loja").state == "close"


async def test_logout_twice_and_send_after_it(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    done = {"status": "SUCCESS", "error": False, "response": {"message": "Instance logged out"}}
    assert await call("DELETE", f"instance/logout/{clinic}") == (200, done)
    status, body = await call("DELETE", f"instance/logout/{clinic}")
    assert (status, body["response"]["message"]) == (400, [f'The "{clinic}" instance is not connected'])
    status, body = await call("POST", f"message/sendText/{clinic}", {"number": "5511987654321", "text": "oi"})
    assert (status, body["response"]["message"]) == (500, "Connection Closed")
    await sim.settled()
    assert {b["event"]: b["data"] for b in receiver.bodies}["logout.instance"] is None
    assert receiver.of("connection.update")[0]["data"] == {"instance": clinic, "state": "close", "statusReason": 401}
    assert receiver.of("status.instance")[0]["data"]["disconnectionReasonCode"] == 401


async def test_restart(clinic: str, call: Caller) -> None:
    opened = {"instance": {"instanceName": clinic, "state": "open"}}
    assert await call("POST", f"instance/restart/{clinic}") == (200, opened)
    await call("POST", "instance/create", NEW)
    assert await call("POST", "instance/restart/loja") == (200, {"error": True, "message": "[object Object]"})


async def test_a_deleted_name_is_free_once_its_last_webhook_arrived(
    clinic: str, sim: Simulator, call: Caller, receiver: Receiver
) -> None:
    sim.set(retry_time_factor=0.02)
    receiver.answers = [503] * 4
    status, body = await call("DELETE", f"instance/delete/{clinic}")
    assert (status, body["response"]["message"]) == (200, "Instance deleted")
    again = {**NEW, "instanceName": clinic}
    assert (await call("POST", "instance/create", again))[0] == 403
    await sim.settled()
    assert receiver.of("remove.instance")
    assert (await call("POST", "instance/create", again))[0] == 201


async def test_webhook_set_and_find(clinic: str, call: Caller, receiver: Receiver) -> None:
    wanted: dict[str, Any] = {"enabled": True, "url": receiver.url, "events": ["MESSAGES_UPSERT"], "byEvents": True}
    status, row = await call("POST", f"webhook/set/{clinic}", {"webhook": wanted})
    assert (status, row["webhookByEvents"], row["events"]) == (201, True, ["MESSAGES_UPSERT"])
    assert await call("GET", f"webhook/find/{clinic}") == (200, row)
    _, row = await call("POST", f"webhook/set/{clinic}", {"webhook": {**wanted, "events": []}})
    assert len(row["events"]) == 31
    _, row = await call("POST", f"webhook/set/{clinic}", {"webhook": {**wanted, "enabled": False}})
    assert row["events"] == []


async def test_bad_webhook_sets(clinic: str, call: Caller) -> None:
    path = f"webhook/set/{clinic}"
    status, body = await call("POST", path, {"url": "http://a"})
    assert (status, body["response"]["message"]) == (400, [['instance requires property "webhook"']])
    status, body = await call("POST", path, {"webhook": {"enabled": True, "url": "http://a", "events": ["NOPE"]}})
    assert status == 400
    assert body["response"]["message"][0][0].startswith("webhook.events[0] is not one of enum values: ")
    status, body = await call("POST", path, {"webhook": {"enabled": True, "url": "http://a"}})
    assert (status, body["error"]) == (500, "Internal Server Error")
    assert isinstance(body["response"]["message"], str)


async def test_settings(clinic: str, call: Caller) -> None:
    names = ["rejectCall", "groupsIgnore", "alwaysOnline", "readMessages", "readStatus", "syncFullHistory"]
    status, body = await call("POST", f"settings/set/{clinic}", {"groupsIgnore": True})
    assert status == 400
    assert ['instance requires property "rejectCall"'] in body["response"]["message"]
    wanted = dict.fromkeys(names, True)
    status, body = await call("POST", f"settings/set/{clinic}", wanted)
    assert (status, body["settings"]["instanceName"]) == (201, clinic)
    status, found = await call("GET", f"settings/find/{clinic}")
    assert (status, {k: found[k] for k in names}) == (200, wanted)


async def test_fetch_by_name(clinic: str, call: Caller) -> None:
    _, rows = await call("GET", f"instance/fetchInstances?instanceName={clinic}")
    assert (rows[0]["connectionStatus"], rows[0]["ownerJid"]) == ("open", "5511933334444@s.whatsapp.net")
    status, body = await call("GET", "instance/fetchInstances?instanceName=ghost")
    assert (status, body["response"]["message"]) == (404, ['Instance "ghost" not found'])
    assert (await call("GET", "instance/fetchInstances", headers={"apikey": "no"}))[0] == 401


async def test_licence_gate(sim: Simulator, call: Caller, clinic: str) -> None:
    sim.set(license_required=True)
    status, body = await call("GET", f"instance/connectionState/{clinic}", headers=KEY)
    assert (status, body["code"]) == (503, "LICENSE_REQUIRED")


async def test_a_body_of_the_wrong_shape_is_an_uncaught_error(clinic: str, call: Caller) -> None:
    status, body = await call("POST", f"chat/markMessageAsRead/{clinic}", {"readMessages": 5})
    assert (status, body["error"], isinstance(body["response"]["message"], str)) == (500, "Internal Server Error", True)
