"""Every paid call is counted: traces and charges add up to the month's usage, purpose by purpose; and none is made that
the month has no room for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from evoai.billing import service as billing
from evoai.embedded import Embedded
from evoai.knowledge.jobs import embed_anew
from tests.assistant.studio import case
from tests.assistant.talks import chatter
from tests.house import Client, Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, own_house, quiet, state_is
from tests.knowledge.forms import send_file, settled

CARLA = "5511987654001"
"""Whose conversation `chatter` makes long."""
RULES = "# Trocas\n\nTrocas em até trinta dias, com a etiqueta.\n\n# Preços\n\nA limpeza custa R$ 180.".encode()
SEARCH = {"query": "prazo de troca"}


@pytest.fixture(scope="module")
async def rich(embedded: Embedded) -> AsyncIterator[House]:
    """A house that knows what a dollar costs."""
    async with own_house(embedded, "spent", 12, USD_BRL_RATE="5") as opened:
        yield opened


async def rows_by_purpose(house: House, tenant_id: UUID | None) -> dict[str, tuple[int, int]]:
    """Tokens and cost as traces and charges have them."""
    rows = await house.rows(
        "select purpose, sum(tokens)::bigint as tokens, sum(cost)::bigint as cost from ("
        " select purpose, input_tokens + output_tokens as tokens, coalesce(cost_micro_usd, 0) as cost from traces"
        "  where tenant_id = $1 union all"
        " select purpose, input_tokens + output_tokens, coalesce(cost_micro_usd, 0) from charges where tenant_id = $1"
        ") all_rows group by purpose",
        tenant_id,
    )
    return {row["purpose"]: (row["tokens"], row["cost"]) for row in rows}


async def usage_of(client: Client) -> dict[str, Any]:
    return (await client.get("/usage")).body


async def test_all_that_was_spent_adds_up_after_a_mixed_talk(rich: House) -> None:
    clinic = await rich.clinic()
    client = clinic.client
    assert (await client.patch("/budget", {"monthly_cents": 1_000_00})).status == 200
    document = await send_file(client, "regras.md", RULES)
    assert (await settled(client, document["id"]))["state"] == "ready"
    assert (await client.post("/knowledge/search", SEARCH)).status == 200
    clinic.says(ANA, "Qual o prazo de troca?", name="Ana")
    await answered(clinic, ANA)
    clinic.says(ANA, "", kind="audio", words="quero marcar uma limpeza", seconds=3)
    await answered(clinic, ANA, 2)
    clinic.says(BIA, "", kind="image", words="comprovante de 120 reais")
    await answered(clinic, BIA)
    clinic.says(CARLA, "abacaxi")
    await answered(clinic, CARLA)
    await chatter(clinic, 40)
    clinic.says(CARLA, "bicicleta")
    await answered(clinic, CARLA, 2)
    assistant = (await client.get("/assistants"))["items"][0]["id"]
    played = await client.post(
        f"/assistants/{assistant}/playground", {"messages": [{"author": "contact", "text": "Oi, tudo bem?"}]}
    )
    assert played.status == 200, played.body
    added = await client.post(f"/assistants/{assistant}/tests", case("Bom dia!", ("criterion", "É educado")))
    assert added.status == 201, added.body
    assert (await client.post(f"/assistants/{assistant}/test-runs", {})).status == 202
    conversation = (await clinic.conversation(ANA))["id"]
    assert (await client.post(f"/conversations/{conversation}/resolve")).status < 300
    await quiet(clinic)
    wanted = {"answer", "summary", "analysis", "playground", "test", "embedding", "search", "transcription"}
    wanted |= {"description"}

    async def done() -> dict[str, tuple[int, int]] | None:
        under_way = await rich.rows(
            "select 1 from test_runs where tenant_id = $1 and state in ('queued', 'running')"
            " union all select 1 from outbox where tenant_id = $1 and done_at is null",
            client.tenant_id,
        )
        found = await rows_by_purpose(rich, client.tenant_id)
        return found if not under_way and found.keys() >= wanted else None

    found = await eventually(done, 60)
    assert found.keys() == wanted
    assert all(tokens > 0 and cost > 0 for tokens, cost in found.values()), found
    usage = await usage_of(client)
    told = {row["purpose"]: (row["tokens"], row["micro_usd"]) for row in usage["spent"]}
    assert told == found
    assert usage["spent"][0]["purpose"] == "answer"
    assert sum(tokens for tokens, _ in told.values()) == usage["assistant_tokens"]["used"]
    assert sum(cost for _, cost in told.values()) == usage["assistant_cost"]["used_micro_usd"]
    assert all(row["micro_brl"] == 5 * row["micro_usd"] for row in usage["spent"])
    # Three seconds of whisper-1 at $0.006 a minute, as the simulator counts them from the words.
    (heard,) = await rich.rows(
        "select * from charges where tenant_id = $1 and purpose = 'transcription'", client.tenant_id
    )
    assert (heard["model"], heard["input_tokens"], heard["cost_micro_usd"]) == ("whisper-1", 20, 200)
    embedded = await rich.rows("select * from charges where tenant_id = $1 and purpose = 'embedding'", client.tenant_id)
    assert {row["about_id"] for row in embedded} == {UUID(document["id"])}


async def nearly_spent(clinic: Clinic, left: int) -> None:
    """On the plan with two million tokens a month, of which so many are left."""
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None
    async with clinic.house.resources.db.system_session("test") as db:
        await billing.set_plan(db, tenant_id, "free")
    await clinic.house.run(
        "update quotas set used = 2000000 - $2 where tenant_id = $1 and kind = 'assistant_tokens'", tenant_id, left
    )


async def test_without_room_a_document_is_found_by_its_words_and_gets_its_vectors_later(rich: House) -> None:
    clinic = await rich.clinic()
    client = clinic.client
    await nearly_spent(clinic, 3)
    rich.sim.log.clear()
    added = await send_file(client, "regras.md", RULES)
    waiting = await settled(client, added["id"])
    assert (waiting["state"], waiting["error"]["code"]) == ("ready", "budget-reached")
    found = await client.post("/knowledge/search", SEARCH)
    assert "trinta dias" in found["items"][0]["text"]
    await embed_anew(rich.resources)
    assert [entry for entry in rich.sim.log if entry.kind == "embedding"] == []
    assert (await usage_of(client))["assistant_tokens"]["used"] == 1_999_997
    # A larger plan has room; the next look gives it what it waited for.
    assert client.tenant_id is not None
    async with rich.resources.db.system_session("test") as db:
        await billing.set_plan(db, client.tenant_id, "pro")
    await rich.run("update documents set next_at = now() where tenant_id = $1", client.tenant_id)
    await embed_anew(rich.resources)
    ready = (await client.get(f"/documents/{added['id']}")).body
    assert (ready["state"], ready["error"]) == ("ready", None)
    vectors = await rich.rows("select id from chunk_vectors where tenant_id = $1", client.tenant_id)
    assert len(vectors) == ready["chunks"]


async def test_without_room_a_voice_note_is_not_heard_and_a_person_gets_it(rich: House) -> None:
    clinic = await rich.clinic()
    await nearly_spent(clinic, 5)
    rich.sim.log.clear()
    clinic.says(ANA, "", kind="audio", words="quero marcar uma limpeza")
    await state_is(clinic, ANA, "queued")
    assert (await clinic.conversation(ANA))["handoff"]["reason"] == "budget-reached"
    assert rich.sim.log.model_calls() == []
    assert [entry for entry in rich.sim.log if entry.kind == "hearing"] == []
    (message, *_) = await clinic.messages(ANA)
    assert (message["transcript"], message["media"]["error"]) == (None, "budget-reached")
    assert (await usage_of(clinic.client))["assistant_tokens"]["used"] == 1_999_995


async def test_where_money_is_limited_no_model_is_paid_whose_price_nobody_knows(embedded: Embedded) -> None:
    unknown = {"OPENAI_EMBEDDING_MODEL": "bge-m3", "OPENAI_TRANSCRIPTION_MODEL": "large-v3"}
    async with own_house(embedded, "unpriced", 13, USD_BRL_RATE="5", **unknown) as house:
        clinic = await house.clinic()
        client = clinic.client
        document = await send_file(client, "regras.md", RULES)
        assert (await settled(client, document["id"]))["error"] is None
        rows = await house.rows("select * from charges where tenant_id = $1", client.tenant_id)
        assert [(row["purpose"], row["cost_micro_usd"]) for row in rows] == [("embedding", None)]
        assert rows[0]["input_tokens"] > 0
        assert (await client.patch("/budget", {"monthly_cents": 10_000})).status == 200
        waits = await send_file(client, "mais.md", b"# Estacionamento\n\nNa rua de cima.")
        assert (await settled(client, waits["id"]))["error"]["code"] == "budget-reached"
        clinic.says(ANA, "", kind="audio", words="quero marcar uma limpeza")
        await answered(clinic, ANA)
        (message, *_) = await clinic.messages(ANA)
        assert message["media"]["error"] == "budget-reached"
        assert [entry for entry in house.sim.log if entry.kind == "hearing"] == []


async def test_a_call_that_its_endpoint_refused_costs_nothing(rich: House) -> None:
    client = await rich.sign_up()
    rich.sim.set(model_error="500")
    try:
        assert (await client.post("/knowledge/search", SEARCH)).status == 200
    finally:
        rich.sim.set(model_error="")
    assert await rich.rows("select id from charges where tenant_id = $1", client.tenant_id) == []
    assert (await usage_of(client))["assistant_tokens"]["used"] == 0
