"""Reaching a plan's limit never loses what a contact says; the conversation waits for a person."""

from __future__ import annotations

import asyncio

from tests.house import Clinic, House
from tests.inbox.scenes import ANA, BIA, answered, messages_used, path_of, quiet, rest, state_is


async def test_without_messages_left_the_answer_is_not_sent_and_a_person_gets_the_conversation(house: House) -> None:
    clinic = await house.clinic()
    await _limit(clinic, "messages", 1)
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    clinic.says(BIA, "bicicleta verde")
    conversation = await state_is(clinic, BIA, "queued")
    assert conversation["handoff"]["reason"] == "plan-limit"
    await quiet(clinic)
    await rest(0.5)
    assert clinic.sent_to(BIA) == []
    assert [m["text"] for m in await clinic.messages(BIA)] == ["bicicleta verde"]
    assert await messages_used(clinic) == 1
    written = await clinic.client.post(
        f"{await path_of(clinic, BIA)}/messages", {"text": "Aqui é a Ana", "client_id": "01234567"}
    )
    assert written.status == 201
    assert await answered(clinic, BIA) == ["Aqui é a Ana"], "people are never stopped by it"


async def test_the_bubbles_of_an_answer_are_admitted_together_or_not_at_all(house: House) -> None:
    clinic = await house.clinic(quiet=0.8)
    await _limit(clinic, "messages", 1)
    for n in range(12):
        clinic.says(ANA, f"palavra{n:02d}x " + "muito " * 40)
    await state_is(clinic, ANA, "queued")
    await quiet(clinic)
    assert clinic.sent_to(ANA) == []
    assert await messages_used(clinic) == 0


async def test_the_quota_is_exact_when_many_answers_are_committed_at_once(house: House) -> None:
    clinic = await house.clinic()
    await _limit(clinic, "messages", 10)
    phones = [f"5511987{n:06d}" for n in range(30)]
    for phone in phones:
        clinic.says(phone, "abacaxi azul")
    await asyncio.sleep(1)
    await quiet(clinic, 30)
    assert sum(len(clinic.sent_to(phone)) for phone in phones) == 10
    assert await messages_used(clinic) == 10
    states = [item["state"] for item in (await clinic.client.get("/conversations?limit=100"))["items"]]
    assert (states.count("bot"), states.count("queued")) == (10, 20)


async def test_who_writes_beyond_the_contact_limit_is_stored_and_left_to_people(house: House) -> None:
    clinic = await house.clinic()
    await _limit(clinic, "contacts", 1)
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    clinic.says(BIA, "bicicleta verde")
    conversation = await state_is(clinic, BIA, "queued")
    assert conversation["handoff"]["reason"] == "over-contact-limit"
    contact = await clinic.client.get(f"/contacts/{conversation['contact']['id']}")
    assert contact["over_limit"] is True
    await rest(0.5)
    assert clinic.sent_to(BIA) == []
    assert [m["text"] for m in await clinic.messages(BIA)] == ["bicicleta verde"]
    back = await clinic.client.post(f"/conversations/{conversation['id']}/hand-back", {})
    assert back.status == 409


async def _limit(clinic: Clinic, kind: str, limit: int) -> None:
    rows = await clinic.house.rows(
        "update quotas set lim = $3 where tenant_id = $1 and kind = $2 returning id",
        clinic.client.tenant_id,
        kind,
        limit,
    )
    assert len(rows) == 1
