"""What the door for webhooks takes and refuses, posted as a provider or a stranger would."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from evoai.channels.service.door import KEPT_OF_TOO_LARGE, MAX_BODY
from evoai.kit.crypto import place
from tests.channels.bodies import message
from tests.house import Answer, Clinic, House, eventually


def without_ids(answer: Answer) -> tuple[int, Any, dict[str, str]]:
    changing = ("x-request-id", "x-trace-id", "date")
    body = {name: value for name, value in answer.body.items() if name != "request_id"}
    return answer.status, body, {n.lower(): v for n, v in answer.headers.items() if n.lower() not in changing}


@pytest.fixture(scope="module")
async def clinic(house: House) -> Clinic:
    """One whose assistant never gets to answer: its window outlasts the tests."""
    clinic = await house.clinic(quiet=30, max_wait=60)
    await house.sim.settled()
    return clinic


async def new_events(clinic: Clinic, since: set[UUID]) -> list[Any]:
    return [event for event in await clinic.events() if event["id"] not in since]


async def ids(clinic: Clinic) -> set[UUID]:
    return {event["id"] for event in await clinic.events()}


async def messages_of(clinic: Clinic, provider_id: str) -> list[Any]:
    return await clinic.house.rows(
        "select * from messages where tenant_id = $1 and provider_message_id = $2", clinic.client.tenant_id, provider_id
    )


async def kept_body(clinic: Clinic, event: Any) -> bytes:
    """A stored body, unsealed."""
    resources, tenant_id = clinic.house.resources, clinic.client.tenant_id
    assert tenant_id is not None
    async with resources.db.tenant_session(tenant_id) as db:
        box = await resources.keys.box(db, tenant_id)
    return box.open(event["body_enc"], place(tenant_id, "channel_events", "body_enc", event["id"]))


async def test_B133_T30_every_wrong_caller_gets_the_same_401(house: House, clinic: Clinic) -> None:
    before, other = await ids(clinic), await house.clinic()
    path, body = clinic.hook_path, json.dumps(message() | {"instance": clinic.instance}).encode()
    tenant, secret = path.rsplit("/", 1)[1].split(".")
    wrong = [
        (path, {"x_hook_token": "wrong"}),
        (path, {"x_hook_token": ""}),
        (path, {}),
        (path, {"x_hook_token": other.hook_token}),
        (path, {"x_hook_token": clinic.hook_token + "x"}),
        (path, {"authorization": f"Bearer {clinic.hook_token}"}),
        (f"/hooks/{tenant}.{secret[:-1]}_", {"x_hook_token": clinic.hook_token}),
        (f"/hooks/{uuid4().hex}.{secret}", {"x_hook_token": clinic.hook_token}),
        (f"/hooks/{other.hook_path.rsplit('/', 1)[1].split('.')[0]}.{secret}", {"x_hook_token": clinic.hook_token}),
        (f"/hooks/{tenant}", {"x_hook_token": clinic.hook_token}),
        ("/hooks/x", {"x_hook_token": clinic.hook_token}),
        ("/hooks/" + "9" * 3000, {"x_hook_token": clinic.hook_token}),
        (f"/hooks/{'z' * 32}.{secret}", {"x_hook_token": clinic.hook_token}),
    ]
    answers = [without_ids(await house.client().call("POST", to, body, **headers)) for to, headers in wrong]
    assert answers[0][0] == 401
    assert answers[0][1]["code"] == "unauthenticated"
    assert all(answer == answers[0] for answer in answers)
    assert await ids(clinic) == before


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-json"),
        (b"not json", "not-json"),
        (b"\xff\xfe\x00", "not-json"),
        (b'{"event": "messages.upsert", "data": {"key"', "not-json"),
        (b"[]", "not-json"),
        (b"null", "not-json"),
        (b"[" * 100_000, "not-json"),
        ({"event": "messages.invented", "data": {}}, "unknown-event"),
        ({"event": 7, "data": {}}, "unknown-event"),
        ({"data": {}}, "unknown-event"),
        ({"event": "messages.upsert", "data": None}, "schema"),
        ({"event": "messages.upsert", "data": {}}, "schema"),
        ({"event": "messages.upsert", "data": {"key": {"id": 5}}}, "schema"),
        ({"event": "messages.update", "data": {"status": "READ"}}, "schema"),
        ({"event": "messages.upsert", "data": {"key": {"id": "A1", "remoteJid": "nobody"}}}, "no-address"),
        ({"event": "messages.delete", "data": "x"}, "schema"),
        ({"event": "messages.delete", "data": {"fromMe": True}}, "schema"),
        ({"event": "connection.update", "data": []}, "schema"),
    ],
)
async def test_B136_an_authentic_body_that_says_nothing_is_kept_for_people(
    clinic: Clinic, body: Any, reason: str
) -> None:
    before = await ids(clinic)
    answer = await clinic.hook(body)
    assert (answer.status, answer.body) == (200, {"ok": True})
    assert [(e["state"], e["reason"]) for e in await new_events(clinic, before)] == [("quarantined", reason)]
    assert (await clinic.hook(body)).status == 200
    assert len(await new_events(clinic, before)) == 1


async def test_B137_a_hundred_equal_posts_are_one_row_and_one_message(clinic: Clinic) -> None:
    before, body = await ids(clinic), message("B137" + uuid4().hex)
    answers = await asyncio.gather(*(clinic.hook(body) for _ in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert len(await new_events(clinic, before)) == 1
    assert len(await messages_of(clinic, body["data"]["key"]["id"])) == 1


@pytest.mark.parametrize(
    ("jid", "from_me", "reason"),
    [
        ("status@broadcast", False, "status-broadcast"),
        ("120363041122334455@newsletter", False, "newsletter"),
        ("1763640000@broadcast", False, "broadcast"),
        ("120363041122334455@g.us", False, "group"),
        ("120363041122334455@g.us", True, "group"),
    ],
)
async def test_B139_what_is_no_conversation_is_ignored(clinic: Clinic, jid: str, from_me: bool, reason: str) -> None:
    before, body = await ids(clinic), message()
    body["data"]["key"] |= {"remoteJid": jid, "fromMe": from_me}
    assert (await clinic.hook(body)).status == 200
    assert [(e["state"], e["reason"]) for e in await new_events(clinic, before)] == [("ignored", reason)]
    assert await messages_of(clinic, body["data"]["key"]["id"]) == []


async def test_B139_the_owner_writing_on_the_phone_gets_no_answer(house: House) -> None:
    clinic, body = await house.clinic(), message(text="Já te respondo")
    body["data"]["key"]["fromMe"] = True
    assert (await clinic.hook(body)).status == 200
    await clinic.events()
    (stored,) = await messages_of(clinic, body["data"]["key"]["id"])
    assert (stored["direction"], stored["author"]) == ("out", "phone")
    assert await house.rows("select id from turns where tenant_id = $1", clinic.client.tenant_id) == []


async def test_B140_T34_a_body_of_another_channel_is_kept_aside_and_reaches_nobody(
    house: House, clinic: Clinic
) -> None:
    other = await house.clinic()
    await house.sim.settled()
    before, theirs = await ids(clinic), await ids(other)
    body = message()
    for instance in (other.instance, "nobody", "", None, 7):
        answer = await clinic.hook(json.dumps(body | {"instance": instance, "n": str(instance)}).encode())
        assert answer.status == 200
    raw = {name: value for name, value in body.items() if name != "instance"}
    assert (await clinic.hook(json.dumps(raw).encode())).status == 200
    kept = await new_events(clinic, before)
    assert {(e["state"], e["reason"]) for e in kept} == {("quarantined", "instance-mismatch")}
    assert await ids(other) == theirs
    assert await house.rows("select id from messages where provider_message_id = $1", body["data"]["key"]["id"]) == []


@pytest.mark.parametrize("stamp", [0, 1, 4070908800, "1763640000", 1763640000000, "soon", None, -5, 1e308, {}])
async def test_B141_a_message_of_an_odd_time_is_stored_with_the_time_it_came(clinic: Clinic, stamp: Any) -> None:
    body = message(messageTimestamp=stamp)
    assert (await clinic.hook(body)).status == 200
    await clinic.events()
    (stored,) = await messages_of(clinic, body["data"]["key"]["id"])
    good = stamp in ("1763640000", 1763640000000)
    assert (stored["provider_at"] is not None) is good
    assert stored["created_at"] is not None


async def test_B142_a_body_over_the_limit_is_answered_200_and_its_beginning_kept(clinic: Clinic) -> None:
    before = await ids(clinic)
    body = json.dumps(message(text="x" * MAX_BODY) | {"instance": clinic.instance}).encode()
    assert (await clinic.hook(body)).status == 200
    (event,) = await new_events(clinic, before)
    assert (event["state"], event["reason"]) == ("quarantined", "too-large")
    assert json.loads(await kept_body(clinic, event)).encode() == body[:KEPT_OF_TOO_LARGE]


async def test_B142_what_is_kept_of_a_body_over_the_limit_holds_no_secret(clinic: Clinic) -> None:
    before = await ids(clinic)
    body = {"apikey": "429683C4C977415CAAFCCE10F7D57E11", "instance": clinic.instance} | message(text="x" * MAX_BODY)
    assert (await clinic.hook(body)).status == 200
    (event,) = await new_events(clinic, before)
    assert event["reason"] == "too-large"
    kept = await kept_body(clinic, event)
    assert b"429683C4" not in kept
    assert b"xxx" in kept


async def test_B142_a_body_of_exactly_the_limit_is_taken(clinic: Clinic) -> None:
    body = message(text="") | {"instance": clinic.instance}
    body["data"]["message"]["conversation"] = "x" * (MAX_BODY - len(json.dumps(body).encode()))
    raw = json.dumps(body).encode()
    assert len(raw) == MAX_BODY
    assert (await clinic.hook(raw)).status == 200
    await clinic.events()
    assert len(await messages_of(clinic, body["data"]["key"]["id"])) == 1


async def test_B142_a_large_body_of_a_stranger_is_401(clinic: Clinic) -> None:
    before = await ids(clinic)
    answer = await clinic.hook(b"x" * (MAX_BODY + 1), x_hook_token="wrong")
    assert answer.status == 401
    assert await ids(clinic) == before


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"a\ud800b", "a\ufffdb"),
        (r"a\udc00\ud800b", "a\ufffd\ufffdb"),
        (r"a\ud83d\ude42b", "a🙂b"),
        (r"a\\u0000b", r"a\u0000b"),
        ("a\\u202eb\\u200d", "a\u202eb\u200d"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("' OR 1=1--; $$ %s {0} :x", "' OR 1=1--; $$ %s {0} :x"),
    ],
)
async def test_B074_B075_text_that_cannot_be_stored_is_replaced(clinic: Clinic, raw: str, stored: str) -> None:
    body = message(text="TEXT") | {"instance": clinic.instance}
    assert (await clinic.hook(json.dumps(body).replace("TEXT", raw).encode())).status == 200
    await clinic.events()
    (row,) = await messages_of(clinic, body["data"]["key"]["id"])
    assert row["text"] == stored


async def test_broken_utf8_in_a_text_becomes_a_replacement(clinic: Clinic) -> None:
    body = message(text="TEXT") | {"instance": clinic.instance}
    assert (await clinic.hook(json.dumps(body).encode().replace(b"TEXT", b"a\xe9b\x00"))).status == 200
    await clinic.events()
    (row,) = await messages_of(clinic, body["data"]["key"]["id"])
    assert row["text"] == "a\ufffdb\ufffd"


async def test_a_closed_channel_takes_no_more(house: House) -> None:
    clinic = await house.clinic()
    path, token = clinic.hook_path, clinic.hook_token
    assert (await clinic.client.delete(f"/channels/{clinic.channel_id}")).status == 204

    async def refused() -> bool:
        return (await house.client().call("POST", path, message(), x_hook_token=token)).status == 401

    await eventually(refused)
