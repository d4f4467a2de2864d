"""Who may bring webhooks of the Cloud API: signatures, tokens and keys, on a number's own address and on the shared
one; and that each part of a batch is stored under its own tenant alone."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from evoai.simulator.cloud import APP_SECRET
from tests.cloud import SHARED, CloudClinic, account_of, cloud_clinic, config_of, escaped, signed
from tests.house import OPERATOR_SECRET, VERIFY_TOKEN, House

Json = dict[str, Any]
TEXT: Json = json.loads((Path(__file__).parents[1] / "contracts/cloud-api/message_text.json").read_text())
CHALLENGE = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="


@pytest.fixture(scope="module")
async def own(house: House) -> CloudClinic:
    return await cloud_clinic(house)


@pytest.fixture(scope="module")
async def other(house: House) -> CloudClinic:
    return await cloud_clinic(house)


@pytest.fixture(scope="module")
async def shared(house: House) -> CloudClinic:
    return await cloud_clinic(house, shared=True)


async def stored(clinic: CloudClinic) -> int:
    sql = "select count(*) as n from channel_events where tenant_id = $1"
    return (await clinic.house.row(sql, clinic.client.tenant_id))["n"]


def text(clinic: CloudClinic, message_id: str, said: str = "Olá 👋 às 9h") -> Json:
    found = clinic.mine(copy.deepcopy(TEXT))
    message = found["entry"][0]["changes"][0]["value"]["messages"][0]
    message["id"], message["text"] = message_id, {"body": said}
    return found


async def post(house: House, path: str, raw: bytes, signature: str | None) -> tuple[int, Any]:
    headers = {"content-type": "application/json"} | ({"x_hub_signature_256": signature} if signature else {})
    answer = await house.client().call("POST", path, raw, **headers)
    return answer.status, answer.body


def plain(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "request_id"}


@pytest.mark.parametrize("road", ["own", "shared"])
async def test_T30_a_signature_is_of_these_bytes_by_this_app(
    house: House, own: CloudClinic, shared: CloudClinic, road: str
) -> None:
    clinic = own if road == "own" else shared
    raw, before = escaped(text(clinic, "wamid.FORGED")), await stored(clinic)
    foreign = OPERATOR_SECRET if road == "own" else APP_SECRET
    anew = json.dumps(json.loads(raw), ensure_ascii=False).encode()
    good = signed(clinic.secret, raw)
    answers = [
        await post(house, clinic.hook_path, body, signature)
        for body, signature in (
            (raw, None),
            (raw, "sha256="),
            (raw, good.upper()),
            (raw, good.removeprefix("sha256=")),
            (raw, "sha1=" + good.removeprefix("sha256=")),
            (raw, signed(foreign, raw)),
            (raw, signed("", raw)),
            (raw.replace(b"9h", b"8h"), good),
            (raw + b"\n", good),
            (anew, good),
        )
    ]
    unknown = await post(house, f"/hooks/{'0' * 32}.{'x' * 43}", raw, good)
    for status, body in [*answers, unknown]:
        assert status == 401
        assert plain(body) == plain(unknown[1])
    assert await stored(clinic) == before
    assert (await post(house, clinic.hook_path, raw, good))[0] == 200
    assert await stored(clinic) == before + 1


async def test_T30_the_key_of_another_channel_opens_nothing(house: House, own: CloudClinic, other: CloudClinic) -> None:
    """Both apps have one secret here, so only the address and the number tell the channels apart."""
    raw = escaped(text(own, "wamid.ASTRAY"))
    before = await stored(own)
    status, _ = await post(house, other.hook_path, raw, signed(APP_SECRET, raw))
    assert status == 200
    (row,) = await house.rows(
        "select state, reason, channel_id from channel_events where tenant_id = $1", other.client.tenant_id
    )
    assert (row["state"], row["reason"], str(row["channel_id"])) == (
        "quarantined",
        "instance-mismatch",
        other.channel_id,
    )
    assert await stored(own) == before
    assert await house.rows("select 1 from contacts where tenant_id = $1", other.client.tenant_id) == []


async def test_T32_a_body_of_yesterday_changes_nothing(house: House, own: CloudClinic) -> None:
    raw = escaped(text(own, "wamid.ONCE"))
    for _ in range(2):
        assert (await post(house, own.hook_path, raw, signed(APP_SECRET, raw)))[0] == 200
    sql = "select count(*) as n from messages where provider_message_id = 'wamid.ONCE'"
    await own.events()
    assert (await house.row(sql))["n"] == 1
    # The next day: the event is worked, its body may be gone, and the same signature is as good as ever.
    await house.run(
        "update channel_events set body_enc = null where channel_id = $1 and dedupe_key = 'message:wamid.ONCE'",
        UUID(own.channel_id),
    )
    assert (await post(house, own.hook_path, raw, signed(APP_SECRET, raw)))[0] == 200
    events = [event for event in await own.events() if event["dedupe_key"] == "message:wamid.ONCE"]
    assert [(event["state"], event["reason"]) for event in events] == [("processed", "old")]
    assert (await house.row(sql))["n"] == 1


async def test_an_own_number_is_not_told_of_by_the_shared_address(house: House, own: CloudClinic) -> None:
    raw, before = escaped(text(own, "wamid.SHARED")), await stored(own)
    assert (await post(house, SHARED, raw, signed(OPERATOR_SECRET, raw)))[0] == 200
    assert await stored(own) == before


async def test_a_number_of_the_operators_app_has_no_address_of_its_own(house: House, shared: CloudClinic) -> None:
    client, before = shared.client, await stored(shared)
    told = await client.get(f"/channels/{shared.channel_id}/webhook")
    assert told.body == {"url": f"{house.base}{SHARED}", "verify_token": None}
    row = await house.row("select hook_key_enc, config from channels where id = $1", UUID(shared.channel_id))
    assert "app_secret" not in row["config"]
    raw = escaped(text(shared, "wamid.NOWHERE"))
    for secret in (OPERATOR_SECRET, APP_SECRET, ""):
        path = f"/hooks/{client.tenant_id.hex if client.tenant_id else ''}.{'k' * 43}"
        assert (await post(house, path, raw, signed(secret, raw)))[0] == 401
    assert await stored(shared) == before


async def test_T37_a_batch_of_many_tenants_goes_to_each_its_own(house: House) -> None:
    clinics = [await cloud_clinic(house, shared=True) for _ in range(3)]
    entries = [text(clinic, f"wamid.BATCH{n}")["entry"][0] for n, clinic in enumerate(clinics)]
    stranger = copy.deepcopy(entries[0])
    stranger["id"] = "900000099999999"
    stranger["changes"][0]["value"]["metadata"]["phone_number_id"] = "700000099999999"
    # The right number under another's account, and another's number under the right account.
    crossed = copy.deepcopy(entries[1])
    crossed["id"] = entries[2]["id"]
    bad = copy.deepcopy(entries[0])
    bad["changes"][0]["value"]["messages"][0].pop("id")
    raw = escaped(
        {"object": "whatsapp_business_account", "entry": [stranger, *entries, crossed, bad, {"id": 5}, "x", {}]}
    )
    assert (await post(house, SHARED, raw, signed(OPERATOR_SECRET, raw)))[0] == 200
    found = [[(e["state"], e["reason"]) for e in await clinic.events()] for clinic in clinics]
    assert found == [[("processed", "old"), ("quarantined", "schema")], [("processed", "old")], [("processed", "old")]]
    for n, clinic in enumerate(clinics):
        sql = "select provider_message_id as pid from messages where tenant_id = $1"
        assert [row["pid"] for row in await house.rows(sql, clinic.client.tenant_id)] == [f"wamid.BATCH{n}"]
    assert await house.rows("select 1 from channel_events where dedupe_key like '%700000099999999%'") == []


async def test_what_concerns_an_account_is_told_to_all_of_its_numbers(house: House) -> None:
    """Two tenants with a number each of one account, as under an agency."""
    one, two = await cloud_clinic(house, shared=True), await cloud_clinic(house, shared=True)
    await house.run("update channels set hook_group = $2 where id = $1", UUID(two.channel_id), account_of(one.instance))
    await house.run(
        "update channels set config = jsonb_set(config, '{waba_id}', to_jsonb($2::text)) where id = $1",
        UUID(two.channel_id),
        account_of(one.instance),
    )
    change = {"field": "account_update", "value": {"event": "PARTNER_REMOVED"}}
    raw = escaped(
        {"object": "whatsapp_business_account", "entry": [{"id": account_of(one.instance), "changes": [change]}]}
    )
    assert (await post(house, SHARED, raw, signed(OPERATOR_SECRET, raw)))[0] == 200
    for clinic in (one, two):
        assert [event["kind"] for event in await clinic.events()] == ["account_update"]
        channel = await clinic.client.get(f"/channels/{clinic.channel_id}")
        assert (channel["state"], channel["state_reason"]) == ("disconnected", "access-withdrawn")


async def test_a_closed_number_is_acknowledged_and_forgotten(house: House) -> None:
    clinic = await cloud_clinic(house, shared=True)
    assert (await clinic.client.delete(f"/channels/{clinic.channel_id}")).status == 204
    clinic.house.resources.lines.forget(UUID(int=0), UUID(int=0))
    raw = escaped(text(clinic, "wamid.CLOSED"))
    status, _ = await post(house, SHARED, raw, signed(OPERATOR_SECRET, raw))
    assert status == 200


@pytest.mark.parametrize("path", ["/hooks/evolution", "/hooks/uazapi", "/hooks/pigeon", "/hooks", "/hooks/"])
async def test_other_names_are_no_addresses(house: House, path: str) -> None:
    raw = escaped(TEXT)
    assert (await post(house, path, raw, signed(OPERATOR_SECRET, raw)))[0] == 401


async def ask(house: House, path: str, query: str) -> tuple[int, Any, str]:
    answer = await house.client().call("GET", f"{path}?{query}")
    return answer.status, answer.body, answer.headers.get("content-type", "")


async def test_who_asks_with_the_token_gets_the_challenge_back(house: House, own: CloudClinic) -> None:
    token = (await own.client.get(f"/channels/{own.channel_id}/webhook"))["verify_token"]
    for path, shown in ((own.hook_path, token), (SHARED, VERIFY_TOKEN)):
        status, body, kind = await ask(house, path, CHALLENGE + shown)
        assert (status, body, kind) == (200, b"1158201444", "text/plain; charset=utf-8")


async def test_who_asks_otherwise_is_refused(house: House, own: CloudClinic, other: CloudClinic) -> None:
    token = (await own.client.get(f"/channels/{own.channel_id}/webhook"))["verify_token"]
    evolution = await house.clinic()
    for path, query in (
        (own.hook_path, CHALLENGE + "wrong"),
        (own.hook_path, CHALLENGE),
        (own.hook_path, CHALLENGE + VERIFY_TOKEN),
        (own.hook_path, CHALLENGE.replace("subscribe", "unsubscribe") + token),
        (own.hook_path, f"hub.mode=subscribe&hub.verify_token={token}"),
        (other.hook_path, CHALLENGE + token),
        (SHARED, CHALLENGE + token),
        (evolution.hook_path, CHALLENGE + token),
        (f"/hooks/{'0' * 32}.{'x' * 43}", CHALLENGE + token),
        ("/hooks/evolution", CHALLENGE + VERIFY_TOKEN),
    ):
        status, body, _ = await ask(house, path, query)
        assert (status, body["code"]) == (403, "forbidden"), path
    assert (await house.client().call("GET", own.hook_path)).status == 405


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"access_token": "another-token-than-that"}, 409, "integration-not-configured"),
        ({"waba_id": "900000000000099"}, 409, "integration-not-configured"),
        ({"phone_number_id": "123456789"}, 409, "integration-not-configured"),
        ({"phone_number_id": "abc"}, 422, "validation"),
        ({"access_token": None}, 422, "validation"),
        ({"app_secret": "short"}, 422, "validation"),
        ({"graph_version": "latest"}, 422, "validation"),
        ({"base_url": "https://evil.example"}, 422, "validation"),
    ],
)
async def test_a_channel_that_does_not_open_leaves_nothing(house: House, change: Json, status: int, code: str) -> None:
    client = await house.sign_up()
    config = config_of("700000000012345") | change
    answer = await client.post("/channels", {"name": "X", "provider": "whatsapp_cloud", "config": config})
    assert (answer.status, answer["code"]) == (status, code)
    if status == 422:
        assert answer["errors"][0]["pointer"] == f"/config/{next(iter(change))}"
    assert (await client.get("/channels"))["items"] == []
    assert (await client.get("/usage"))["channels"]["used"] == 0


async def test_a_channel_is_connected_once_it_is_made(own: CloudClinic, shared: CloudClinic) -> None:
    for clinic in (own, shared):
        channel = (await clinic.client.get(f"/channels/{clinic.channel_id}")).body
        assert (channel["state"], channel["profile_name"], channel["quality"]) == (
            "connected",
            "Clínica Sorriso",
            "high",
        )
        assert channel["phone"] == clinic.phone
        able = channel["capabilities"]
        assert {name for name, value in able.items() if value is True} == {
            "official",
            "templates",
            "window_24h",
            "typing",
            "reactions",
            "read_marks",
            "receipt_proof",
        }
        assert not able["pairing"]
        health = await clinic.client.get(f"/channels/{clinic.channel_id}/health")
        assert (health["quality"], health["messaging_limit"], health["advice"]) == ("high", 1000, None)
        assert "token" not in json.dumps(channel)


async def test_a_new_token_is_kept_if_it_opens_the_number(house: House, own: CloudClinic) -> None:
    path = f"/channels/{own.channel_id}/connect"
    before = (await house.row("select secrets_enc from channels where id = $1", UUID(own.channel_id)))["secrets_enc"]
    refused = await own.client.post(path, {"access_token": "a-token-that-opens-nothing"})
    assert (refused.status, refused["code"]) == (409, "integration-not-configured")
    after = (await house.row("select secrets_enc from channels where id = $1", UUID(own.channel_id)))["secrets_enc"]
    assert after == before
    done = await own.client.post(path, {})
    assert (done.status, done["state"], done["qr"]) == (200, "connected", None)
