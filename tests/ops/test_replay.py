"""Stored events and dead letters in people's hands: look, have it done again, let it go; all of it audited."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from tests.house import Clinic, House, eventually
from tests.inbox.poison import poisoned
from tests.inbox.scenes import ANA, BIA, answered, path_of, quiet, rest, state_is
from tests.tenants.people import change


async def event_of(clinic: Clinic, query: str) -> dict[str, Any]:
    page = await clinic.client.get(f"/inbound-events?{query}")
    assert page.status == 200, page.body
    (found,) = page["items"]
    return found


async def dead_event(clinic: Clinic) -> dict[str, Any]:
    """An event that failed five times, of a message of Ana's."""
    async with poisoned(clinic.house, "data"):
        clinic.says(ANA, "poison")
        await eventually(lambda: _count(clinic, "dead", 1), 20)
    return await event_of(clinic, "state=dead")


async def _count(clinic: Clinic, state: str, count: int) -> bool:
    return len((await clinic.client.get(f"/inbound-events?state={state}"))["items"]) == count


async def last_noted(clinic: Clinic) -> dict[str, Any]:
    return (await clinic.client.get("/audit-log"))["items"][0]


async def test_a_dead_event_is_worked_again_and_answered(house: House) -> None:
    clinic = await house.clinic()
    event = await dead_event(clinic)
    assert (event["class"], event["reason"], event["attempts"]) == ("dead", "failed", 5)
    assert event["error"]
    (letter,) = (await clinic.client.get("/dead-letters"))["items"]
    assert (letter["kind"], letter["ref_id"], letter["closed_at"]) == ("event", event["id"], None)
    path = f"/inbound-events/{event['id']}/replay"
    again = await clinic.client.post(path, None, idempotency_key="replay-1")
    assert (again.status, again["state"], again["class"], again["attempts"]) == (200, "received", "pending", 0)
    assert (await clinic.client.post(path, None, idempotency_key="replay-1"))["id"] == event["id"]
    await answered(clinic, ANA)
    await quiet(clinic)
    worked = await clinic.client.get(f"/inbound-events/{event['id']}")
    assert (worked["state"], worked["class"], worked["error"]) == ("processed", "answered", None)
    (letter,) = (await clinic.client.get("/dead-letters"))["items"]
    assert letter["closed_as"] == "replayed"
    noted = await last_noted(clinic)
    assert (noted["action"], noted["target_id"]) == ("inbound-events.replay", event["id"])
    assert noted["principal"] == f"user:{clinic.client.user['id']}"
    assert noted["address"] == "127.0.0.1"
    refused = await clinic.client.post(path)
    assert (refused.status, refused["code"]) == (409, "not-replayable")
    await rest(0.5)
    assert len(clinic.sent_to(ANA)) == 1


async def test_an_ignored_message_is_answered_once_its_contact_is_no_longer_blocked(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    contact = f"/contacts/{(await clinic.conversation(ANA))['contact']['id']}"
    assert (await clinic.client.patch(contact, {"blocked": True})).status == 200
    clinic.says(ANA, "bola bege")
    await eventually(lambda: _blocked(clinic))
    assert (await clinic.client.patch(contact, {"blocked": False})).status == 200
    body = {"state": "ignored", "reason": "blocked", "channel_id": clinic.channel_id}
    assert (await clinic.client.post("/inbound-events/replay", body | {"channel_id": str(uuid4())}))["replayed"] == 0
    answer = await clinic.client.post("/inbound-events/replay", body)
    assert (answer.status, answer.body) == (200, {"replayed": 1})
    await answered(clinic, ANA, 2)
    assert (await last_noted(clinic))["details"] == body | {"replayed": 1}
    assert (await clinic.client.post("/inbound-events/replay", body)).body == {"replayed": 0}
    for wrong in ({"state": "processed"}, {"state": "received"}, {}, {"state": "dead", "tenant_id": str(uuid4())}):
        assert (await clinic.client.post("/inbound-events/replay", wrong)).status == 422, wrong


async def _blocked(clinic: Clinic) -> bool:
    return len((await clinic.client.get("/inbound-events?reason=blocked"))["items"]) == 1


async def test_a_replayed_message_that_is_stored_already_is_a_duplicate(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await house.sim.settled()
    await quiet(clinic)
    answer = await clinic.client.post("/inbound-events/replay", {"state": "ignored", "reason": "echo"})
    assert answer["replayed"] >= 1
    await quiet(clinic)
    rows = await house.rows("select id from messages where tenant_id = $1", clinic.client.tenant_id)
    assert (len(rows), len(clinic.sent_to(ANA))) == (2, 1)


async def test_what_can_never_be_worked_is_not_replayed(house: House) -> None:
    clinic = await house.clinic()
    token = clinic.hook_token
    foreign = json.dumps({"event": "messages.upsert", "instance": "somebody-elses", "data": {}}).encode()
    assert (await clinic.hook(foreign)).status == 200
    huge = b'{"event":"messages.upsert","x":"' + b"a" * (3 * 1024 * 1024) + b'"}'
    assert (await clinic.hook(huge)).status == 200
    await clinic.hook({"event": "messages.invented", "data": {"apikey": "kept-nowhere-0123456789"}})
    emptied = await event_of(clinic, "reason=unknown-event")
    shown = await clinic.client.get(f"/inbound-events/{emptied['id']}")
    assert '"messages.invented"' in shown["body"]
    assert "kept-nowhere" not in shown["body"]
    assert token not in shown["body"]
    await change(
        house, "update channel_events set received_at = received_at - interval '8 d' where id = $1", UUID(emptied["id"])
    )
    assert (await clinic.client.get(f"/inbound-events/{emptied['id']}"))["body"] is None
    await change(house, "update channel_events set body_enc = null where id = $1", UUID(emptied["id"]))
    for reason in ("instance-mismatch", "too-large", "unknown-event"):
        event = await event_of(clinic, f"reason={reason}")
        refused = await clinic.client.post(f"/inbound-events/{event['id']}/replay")
        assert (refused.status, refused["code"]) == (409, "not-replayable"), reason
    assert (await clinic.client.post("/inbound-events/replay", {"state": "quarantined"})).body == {"replayed": 0}
    noted = [item["action"] for item in (await clinic.client.get("/audit-log"))["items"]]
    assert [action for action in noted if action != "assistants.publish"] == ["inbound-events.replay"]


async def test_a_letter_is_let_go_once(house: House) -> None:
    clinic = await house.clinic()
    event = await dead_event(clinic)
    (letter,) = (await clinic.client.get("/dead-letters?state=open"))["items"]
    health = await clinic.client.get("/queue/health")
    assert (health["status"], health["queues"]["message"]["dead"]) == ("degraded", 1)
    gone = await clinic.client.post(f"/dead-letters/{letter['id']}/discard")
    assert (gone.status, gone["closed_as"]) == (200, "discarded")
    assert (await clinic.client.get("/dead-letters?state=open"))["items"] == []
    assert [item["id"] for item in (await clinic.client.get("/dead-letters?state=closed"))["items"]] == [letter["id"]]
    for action in ("discard", "replay"):
        refused = await clinic.client.post(f"/dead-letters/{letter['id']}/{action}")
        assert (refused.status, refused["code"]) == (409, "conflict")
    noted = await last_noted(clinic)
    assert (noted["action"], noted["target_id"]) == ("dead-letters.discard", letter["id"])
    assert noted["details"] == {"kind": "event", "ref_id": event["id"]}
    assert (await clinic.client.get(f"/inbound-events/{event['id']}"))["state"] == "dead"


async def test_a_letter_about_an_event_is_replayed(house: House) -> None:
    clinic = await house.clinic()
    await dead_event(clinic)
    (letter,) = (await clinic.client.get("/dead-letters"))["items"]
    again = await clinic.client.post(f"/dead-letters/{letter['id']}/replay")
    assert (again.status, again["closed_as"]) == (200, "replayed")
    await answered(clinic, ANA)


async def write_letter(clinic: Clinic, kind: str, ref_id: UUID) -> str:
    letter_id = uuid4()
    await change(
        clinic.house,
        "insert into dead_letters (tenant_id, id, kind, ref_id, reason, created_at)"
        " values ($1, $2, $3, $4, 'x', now())",
        clinic.client.tenant_id,
        letter_id,
        kind,
        ref_id,
    )
    return str(letter_id)


async def test_a_letter_about_a_turn_gives_its_conversation_back_to_the_assistant(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(BIA, "quero falar com um atendente")
    await state_is(clinic, BIA, "queued")
    path = await path_of(clinic, BIA)
    (turn,) = await house.rows("select id from turns where tenant_id = $1", clinic.client.tenant_id)
    taken = await write_letter(clinic, "turn", turn["id"])
    assert (await clinic.client.post(f"{path}/take-over")).status == 200
    refused = await clinic.client.post(f"/dead-letters/{taken}/replay")
    assert (refused.status, refused["code"]) == (409, "not-replayable")
    clinic.says(BIA, "abacaxi azul")
    await quiet(clinic)
    assert (await clinic.client.post(f"{path}/assign", {"member_id": None}))["state"] == "queued"
    already = len(clinic.sent_to(BIA))
    again = await clinic.client.post(f"/dead-letters/{taken}/replay")
    assert (again.status, again["closed_as"]) == (200, "replayed"), again.body
    await answered(clinic, BIA, already + 1)
    lost = await write_letter(clinic, "turn", uuid4())
    assert (await clinic.client.post(f"/dead-letters/{lost}/replay"))["code"] == "not-replayable"


async def test_a_letter_about_other_work_has_it_done_again(house: House) -> None:
    clinic = await house.clinic()
    entry = uuid4()
    await change(
        house,
        "insert into outbox (tenant_id, id, topic, payload, created_at, next_at, attempts, done_at)"
        " values ($1, $2, 'channels.remove', $3, now(), now(), 12, now() - interval '1 h')",
        clinic.client.tenant_id,
        entry,
        json.dumps({"channel_id": str(uuid4())}),
    )
    letter = await write_letter(clinic, "outbox", entry)
    assert (await clinic.client.post(f"/dead-letters/{letter}/replay")).status == 200

    async def done() -> bool:
        row = await house.row("select * from outbox where id = $1", entry)
        return row["attempts"] == 1 and row["done_at"] is not None

    await eventually(done)
    unknown = await write_letter(clinic, "invoice", entry)
    assert (await clinic.client.post(f"/dead-letters/{unknown}/replay"))["code"] == "not-replayable"
