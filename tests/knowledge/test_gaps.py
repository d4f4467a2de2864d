"""Gaps: what nobody could answer is counted once for each meaning, dismissed, or answered by a pair."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from evoai.kit.sql import Writes
from evoai.knowledge.service import gaps
from tests.house import Client, House, eventually
from tests.tenants.people import add_member


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Vocês têm estacionamento?", "oi, tem ESTACIONAMENTO aí??"),
        ("Quanto custa a limpeza?", "qual o preço da limpeza"),
        ("Qual o horário?", "que horas abre?"),
        ("Qual a forma de pagamento?", "forma de pagar"),
    ],
)
def test_who_asks_the_same_counts_there(one: str, other: str) -> None:
    assert gaps.normal_form(one) == gaps.normal_form(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quanto custa a limpeza?", "quanto custa o clareamento?"),
        ("Posso cancelar a matrícula?", "Posso fazer a matrícula?"),
        ("Tem vaga às 14h?", "Tem vaga às 15h?"),
    ],
)
def test_other_questions_are_others(one: str, other: str) -> None:
    assert gaps.normal_form(one) != gaps.normal_form(other)


async def note(house: House, client: Client, *questions: str) -> None:
    """As the answers' commit does."""
    assert client.tenant_id is not None
    async with house.resources.db.group_session("tenant", client.tenant_id) as conn:
        writes = Writes()
        gaps.note(writes, [(client.tenant_id, uuid4(), question) for question in questions], client.tenant_id)
        await writes.run(conn, grouped=False)


async def listed(client: Client, state: str = "open") -> list[dict[str, Any]]:
    return (await client.get(f"/knowledge/gaps?state={state}"))["items"]


async def test_gaps_are_counted_and_listed_most_asked_first(house: House) -> None:
    client, other = await house.sign_up(), await house.sign_up()
    await note(house, client, "Vocês têm estacionamento?", "Aceitam convênio?", "tem estacionamento aí")
    await note(house, client, "Tem estacionamento?", "???")
    assert [(gap["question"], gap["count"]) for gap in await listed(client)] == [
        ("Vocês têm estacionamento?", 3),
        ("Aceitam convênio?", 1),
    ]
    assert await listed(other) == []
    first = await client.get("/knowledge/gaps?limit=1")
    rest = await client.get(f"/knowledge/gaps?limit=1&cursor={first['next_cursor']}")
    assert [gap["count"] for gap in (*first["items"], *rest["items"])] == [3, 1]


async def test_whose_question_it_was_is_not_kept(house: House) -> None:
    client = await house.sign_up()
    await note(house, client, "Meu CPF 123.456.789-00 e ana@example.com estão no convênio?")
    (gap,) = await listed(client)
    assert gap["question"] == "Meu CPF … e … estão no convênio?"


async def test_one_call_answers_a_gap_with_a_pair_that_is_found(house: House) -> None:
    client = await house.sign_up()
    await note(house, client, "Vocês têm estacionamento?")
    (gap,) = await listed(client)
    key = uuid4().hex
    body = {"answer": "Sim, com manobrista das 8h às 18h.", "tags": ["local"]}
    made = await client.post(f"/knowledge/gaps/{gap['id']}/answer", body, idempotency_key=key)
    assert made.status == 201, made.body
    assert (made["question"], made["answer"], made["source"], made["tags"]) == (
        "Vocês têm estacionamento?",
        body["answer"],
        "pair",
        ["local"],
    )
    again = await client.post(f"/knowledge/gaps/{gap['id']}/answer", body, idempotency_key=key)
    assert again["id"] == made["id"]
    assert await listed(client) == []
    (closed,) = await listed(client, "answered")
    assert closed["document_id"] == made["id"]
    refused = await client.post(f"/knowledge/gaps/{gap['id']}/answer", body)
    assert (refused.status, refused["code"]) == (409, "conflict")

    async def found() -> bool:
        asked = await client.post("/knowledge/search", {"query": "tem estacionamento?"})
        return any("manobrista" in item["text"] for item in asked["items"])

    await eventually(found, 30)
    await note(house, client, "tem estacionamento?")
    assert await listed(client) == [], "asked again before anybody could have found it"
    await house.run("update gaps set answered_at = now() - interval '1 hour' where tenant_id = $1", client.tenant_id)
    await note(house, client, "tem estacionamento?")
    assert [item["count"] for item in await listed(client)] == [3]


async def test_what_is_dismissed_stays_so(house: House) -> None:
    client = await house.sign_up()
    await note(house, client, "Vendem pneus?")
    (gap,) = await listed(client)
    assert (await client.post(f"/knowledge/gaps/{gap['id']}/dismiss", None))["state"] == "dismissed"
    await note(house, client, "oi, vendem pneus")
    assert await listed(client) == []
    assert [item["count"] for item in await listed(client, "dismissed")] == [2]


async def test_a_full_plan_keeps_the_gap_open(house: House) -> None:
    client = await house.sign_up()
    await note(house, client, "Vendem pneus?")
    await house.run("update quotas set lim = 0 where tenant_id = $1 and kind = 'documents'", client.tenant_id)
    (gap,) = await listed(client)
    refused = await client.post(f"/knowledge/gaps/{gap['id']}/answer", {"answer": "Não."})
    assert (refused.status, refused["code"], refused["resource"]) == (402, "plan-limit", "documents")
    assert len(await listed(client)) == 1


async def test_who_only_reads_closes_nothing(house: House) -> None:
    owner = await house.sign_up()
    await note(house, owner, "Vendem pneus?")
    viewer = await add_member(house, owner, "viewer")
    (gap,) = await listed(viewer)
    for path, body in (("dismiss", None), ("answer", {"answer": "Sim."})):
        assert (await viewer.post(f"/knowledge/gaps/{gap['id']}/{path}", body)).status == 403
