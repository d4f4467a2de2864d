"""What people do with a conversation, and that the assistant and people never speak at the same time."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from tests.house import Clinic, House, eventually
from tests.inbox.scenes import (
    ANA,
    answered,
    deliveries,
    messages_used,
    path_of,
    quiet,
    rest,
    said_by_people,
    state_is,
    switched,
    thinking,
    turns,
)
from tests.tenants.people import add_member


async def test_a_take_over_while_the_model_thinks_silences_the_assistant(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=800):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        taken = await clinic.client.post(f"{await path_of(clinic, ANA)}/take-over", {})
        assert (taken.status, taken["state"]) == (200, "human")
        await rest(1.2)
    assert clinic.sent_to(ANA) == []
    assert [row["outcome"] for row in await turns(clinic)] == ["taken-over"]


async def test_of_two_members_who_take_over_at_once_one_wins_and_the_other_is_told_who(house: House) -> None:
    clinic = await house.clinic()
    other = await add_member(house, clinic.client, "agent")
    clinic.says(ANA, "quero falar com um atendente")
    await state_is(clinic, ANA, "queued")
    path = f"{await path_of(clinic, ANA)}/take-over"
    answers = await asyncio.gather(clinic.client.post(path, {}), other.post(path, {}))
    assert sorted(answer.status for answer in answers) == [200, 409]
    won = next(answer for answer in answers if answer.status == 200)
    lost = next(answer for answer in answers if answer.status == 409)
    assert won["assignee"]["name"] in lost["detail"]
    assert (await clinic.conversation(ANA))["assignee"] == won["assignee"]


async def test_hand_back_answers_what_waits(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=500):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        path = await path_of(clinic, ANA)
        assert (await clinic.client.post(f"{path}/take-over", {})).status == 200
        await quiet(clinic)
        back = await clinic.client.post(f"{path}/hand-back", {})
        assert (back.status, back["state"], back["assignee"]) == (200, "bot", None)
        (said,) = await answered(clinic, ANA)
    assert "“abacaxi azul”" in said
    await quiet(clinic)
    await rest(0.5)
    assert len(clinic.sent_to(ANA)) == 1


async def test_hand_back_answers_all_that_came_while_a_person_had_it(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "quero falar com um atendente")
    await state_is(clinic, ANA, "queued")
    await answered(clinic, ANA)
    clinic.says(ANA, "abacaxi azul")
    clinic.says(ANA, "bicicleta verde")
    await quiet(clinic)
    back = await clinic.client.post(f"{await path_of(clinic, ANA)}/hand-back", {})
    assert back.status == 200
    said = await answered(clinic, ANA, 2)
    assert "“abacaxi azul”" in said[1]
    assert "“bicicleta verde”" in said[1]


async def test_hand_back_after_a_person_spoke_says_nothing(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "quero falar com um atendente")
    await state_is(clinic, ANA, "queued")
    await answered(clinic, ANA)
    path = await path_of(clinic, ANA)
    assert (await clinic.client.post(f"{path}/messages", said_by_people("Oi, sou a Ana"))).status == 201
    await quiet(clinic)
    assert (await clinic.client.post(f"{path}/hand-back", {})).status == 200
    await rest(0.7)
    assert len(clinic.sent_to(ANA)) == 2


async def test_a_person_who_writes_takes_over_and_the_same_client_id_gives_the_first_message(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    used = await messages_used(clinic)
    path, body = await path_of(clinic, ANA), said_by_people("Aqui é a Ana")
    first = await clinic.client.post(f"{path}/messages", body)
    again = await clinic.client.post(f"{path}/messages", body)
    assert (first.status, again.status, first["id"]) == (201, 200, again["id"])
    assert (first["author"], first["status"]) == ("agent", "queued")
    await quiet(clinic)
    assert [entry.text for entry in clinic.sent_to(ANA)][1:] == ["Aqui é a Ana"]
    assert (await clinic.conversation(ANA))["state"] == "human"
    assert await messages_used(clinic) == used, "what people write in the app never counts"


async def test_ten_parallel_writes_with_one_client_id_are_sent_once(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    path, body = await path_of(clinic, ANA), said_by_people("Uma vez só")
    answers = await asyncio.gather(*(clinic.client.post(f"{path}/messages", body) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [200] * 9 + [201]
    await quiet(clinic)
    assert [entry.text for entry in clinic.sent_to(ANA)].count("Uma vez só") == 1


async def test_what_a_person_writes_is_sent_in_the_order_it_was_written(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    path = f"{await path_of(clinic, ANA)}/messages"
    for n in range(8):
        assert (await clinic.client.post(path, said_by_people(f"linha {n}"))).status == 201
    await quiet(clinic)
    assert [entry.text for entry in clinic.sent_to(ANA)][1:] == [f"linha {n}" for n in range(8)]


async def test_resolve_and_reopen(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    path = await path_of(clinic, ANA)
    resolved = await clinic.client.post(f"{path}/resolve", {})
    assert (resolved["state"], resolved["resolved_at"] is not None) == ("resolved", True)
    refused = await clinic.client.post(f"{path}/messages", said_by_people("tarde demais"))
    assert (refused.status, refused["code"]) == (409, "conversation-resolved")
    clinic.says(ANA, "👍", kind="reaction")
    await quiet(clinic)
    assert (await clinic.conversation(ANA))["state"] == "resolved", "a thumb opens nothing again"
    clinic.says(ANA, "bicicleta verde")
    said = await answered(clinic, ANA, 2)
    assert "“bicicleta verde”" in said[1]
    assert (await path_of(clinic, ANA)) == path, "inside the reopen window it is the same conversation"
    assert (await clinic.client.post(f"{path}/resolve", {})).status == 200
    reopened = await clinic.client.post(f"{path}/reopen", {})
    assert (reopened["state"], reopened["assignee"]["name"]) == ("human", clinic.client.user["name"])


async def test_messages_go_to_an_older_conversation_that_a_person_reopened(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    older = await path_of(clinic, ANA)
    assert (await clinic.client.post(f"{older}/resolve", {})).status == 200
    await house.rows(
        "update conversations set resolved_at = now() - interval '3 days' where tenant_id = $1 returning id",
        clinic.client.tenant_id,
    )
    clinic.says(ANA, "bicicleta verde")
    await answered(clinic, ANA, 2)
    newer = await path_of(clinic, ANA)
    assert newer != older
    assert (await clinic.client.post(f"{newer}/resolve", {})).status == 200
    assert (await clinic.client.post(f"{older}/reopen", {})).status == 200
    clinic.says(ANA, "caneta roxa")
    await quiet(clinic)
    page = await clinic.client.get(f"{older}/messages")
    assert page["items"][0]["text"] == "caneta roxa"


async def test_assign_unassign_and_read(house: House) -> None:
    clinic = await house.clinic()
    other = await add_member(house, clinic.client, "agent")
    member_id = (await other.get("/me"))["member_id"]
    clinic.says(ANA, "quero falar com um atendente")
    await state_is(clinic, ANA, "queued")
    path = await path_of(clinic, ANA)
    assert (await clinic.conversation(ANA))["unread_count"] == 1
    read = await clinic.client.post(f"{path}/read", {})
    assert read["unread_count"] == 0
    assigned = await clinic.client.post(f"{path}/assign", {"member_id": member_id})
    assert (assigned["state"], assigned["assignee"]["id"]) == ("human", member_id)
    mine = await other.get("/conversations?assignee=me")
    assert [item["id"] for item in mine["items"]] == [assigned["id"]]
    back = await clinic.client.post(f"{path}/assign", {"member_id": None})
    assert (back["state"], back["assignee"]) == ("queued", None)
    stranger = await clinic.client.post(f"{path}/assign", {"member_id": str(uuid4())})
    assert stranger.status == 404


async def test_resend_sends_a_withdrawn_answer_that_a_person_wants_said_however_old(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, missing_numbers=[ANA]):
        clinic.says(ANA, "abacaxi azul")
        await eventually(lambda: _failed(clinic))
    (row,) = await deliveries(clinic)
    assert (row["state"], row["error"] is not None, clinic.sent_to(ANA)) == ("rejected", True, [])
    await house.rows(
        "update deliveries set created_at = now() - interval '2 hours' where tenant_id = $1 returning id",
        clinic.client.tenant_id,
    )
    message = (await clinic.messages(ANA))[-1]
    again = await clinic.client.post(f"/messages/{message['id']}/resend", {})
    assert (again.status, again["status"], again["error"]) == (200, "queued", None)
    await quiet(clinic)
    assert len(clinic.sent_to(ANA)) == 1
    refused = await clinic.client.post(f"/messages/{message['id']}/resend", {})
    assert refused.status == 409
    noted = (await clinic.client.get("/audit-log"))["items"]
    resent = [item["target_id"] for item in noted if item["action"] != "assistants.publish"]
    assert resent == [message["id"]]


async def _failed(clinic: Clinic) -> bool:
    rows = await deliveries(clinic)
    return bool(rows) and rows[0]["state"] == "rejected"
