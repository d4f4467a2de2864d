"""The month's budget: reserved before a model is asked, settled after it, never passed; and everybody is replied to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from evoai.billing import service as billing
from evoai.billing.budget import Amount
from evoai.embedded import Embedded
from tests.house import Client, Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, own_house, quiet, state_is, switched, thinking
from tests.realtime.tabs import signed_in
from tests.tenants.people import add_member

RATE = 5
MICRO_PER_CENT = 10_000 // RATE


@pytest.fixture(scope="module")
async def rich(embedded: Embedded) -> AsyncIterator[House]:
    """A house that knows what a dollar costs."""
    async with own_house(embedded, "budget", 7, USD_BRL_RATE=str(RATE)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def own_log(rich: House) -> None:
    rich.sim.log.clear()


async def clinic_with(house: House, cents: int | None, *, model: str = "gpt-4o", spent: int = 0) -> Clinic:
    """A clinic that allows itself so much a month, of which `spent` millionths of a dollar are gone."""
    client = await house.sign_up()
    assistant = (await client.get("/assistants"))["items"][0]
    changes = {"model": model, "fallback_models": ["gpt-4o-mini"]}
    assert (await client.patch(f"/assistants/{assistant['id']}", changes)).status == 200
    clinic = await house.clinic(client=client)
    if cents is not None:
        assert (await client.patch("/budget", {"monthly_cents": cents})).status == 200
    await house.run(
        "update quotas set used = $2 where tenant_id = $1 and kind = 'assistant_cost'", client.tenant_id, spent
    )
    return clinic


async def sums(clinic: Clinic) -> tuple[tuple[int, int], tuple[int, int]]:
    """Tokens and cost as the traces have them, and as the month counts them."""
    tenant_id = clinic.client.tenant_id
    traced = await clinic.house.row(
        "select coalesce(sum(input_tokens + output_tokens), 0)::bigint, coalesce(sum(cost_micro_usd), 0)::bigint"
        " from traces where tenant_id = $1",
        tenant_id,
    )
    rows = await clinic.house.rows("select kind, used from quotas where tenant_id = $1", tenant_id)
    counted = {row["kind"]: row["used"] for row in rows}
    return (traced[0], traced[1]), (counted["assistant_tokens"], counted["assistant_cost"])


async def months(clinic: Clinic) -> dict[str, Any]:
    return (await clinic.client.get("/usage")).body


async def test_traces_and_usage_have_one_sum_also_after_supersession(rich: House) -> None:
    clinic = await clinic_with(rich, 5_000)
    clinic.says(BIA, "Vocês têm estacionamento?")
    await answered(clinic, BIA)
    async with switched(rich, model_ms=400):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        clinic.says(ANA, "bicicleta verde")
        (said,) = await answered(clinic, ANA)
    assert "bicicleta" in said
    await quiet(clinic)

    async def broken_off() -> list[Any]:
        return await rich.rows(
            "select calls from traces where tenant_id = $1 and outcome = 'superseded'", clinic.client.tenant_id
        )

    (row,) = await eventually(broken_off)
    (call,) = msgspec.json.decode(row["calls"])
    assert call["outcome"] == "broken-off"
    assert call["input_tokens"] > 100, "its endpoint had read it"
    traced, counted = await sums(clinic)
    assert traced == counted
    assert min(traced) > 0
    usage = await months(clinic)
    assert usage["assistant_tokens"]["used"] == traced[0]
    cost = usage["assistant_cost"]
    assert (cost["used_micro_usd"], cost["used_micro_brl"]) == (traced[1], traced[1] * RATE)
    assert cost["limit_micro_brl"] == 5_000 * 10_000
    await eventually(lambda: _nothing_open(clinic))


def _nothing_open(clinic: Clinic) -> bool:
    """What was spent has all been counted."""
    assert clinic.client.tenant_id is not None
    held = clinic.house.resources.budgets._of(clinic.client.tenant_id)  # pyright: ignore[reportPrivateUsage]
    return held.busy == Amount()


async def test_near_the_limit_the_cheaper_model_answers_and_the_admin_is_told_once(rich: House) -> None:
    limit = 1_000 * MICRO_PER_CENT
    clinic = await clinic_with(rich, 1_000, spent=limit * 85 // 100)
    async with signed_in(rich, clinic.client) as tab:
        clinic.says(ANA, "abacaxi azul")
        told = await tab.until("usage.threshold")
        assert told["data"] == {"resource": "assistant_cost", "percent": 80, "used": 850, "limit": 1_000}
        await answered(clinic, ANA)
        clinic.says(BIA, "bicicleta verde")
        await answered(clinic, BIA)
    models = [call.model for call in rich.sim.log.model_calls()]
    assert models == ["gpt-4o-mini"] * 2
    rows = await rich.rows(
        "select told from quotas where tenant_id = $1 and kind = 'assistant_cost'", clinic.client.tenant_id
    )
    assert [row["told"] for row in rows] == [80]


async def test_at_the_limit_people_get_the_conversation_and_the_contact_a_word(rich: House) -> None:
    clinic = await clinic_with(rich, 1_000, spent=1_000 * MICRO_PER_CENT)
    async with signed_in(rich, clinic.client) as tab:
        clinic.says(ANA, "abacaxi azul")
        told = await tab.until("usage.threshold")
        assert (told["data"]["percent"], told["data"]["used"]) == (100, 1_000)
    conversation = await state_is(clinic, ANA, "queued")
    assert conversation["handoff"]["reason"] == "budget-reached"
    (said,) = await answered(clinic, ANA)
    assert "pessoa" in said
    assert rich.sim.log.model_calls() == []
    more = await clinic.client.patch("/budget", {"monthly_cents": 2_000})
    assert more["monthly_cents"] == 2_000
    clinic.says(BIA, "bicicleta verde")
    (said,) = await answered(clinic, BIA)
    assert "bicicleta" in said


async def test_the_plans_tokens_are_a_limit_too(rich: House) -> None:
    clinic = await clinic_with(rich, None)
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None
    async with rich.resources.db.system_session("test") as db:
        await billing.set_plan(db, tenant_id, "free")
    await rich.run(
        "update quotas set used = 1999000 where tenant_id = $1 and kind = 'assistant_tokens'", clinic.client.tenant_id
    )
    clinic.says(ANA, "abacaxi azul")
    assert (await state_is(clinic, ANA, "queued"))["handoff"]["reason"] == "budget-reached"
    assert rich.sim.log.model_calls() == []


async def test_two_hundred_turns_at_once_stay_within_ten_reais(rich: House) -> None:
    limit = 1_000 * MICRO_PER_CENT
    clinic = await clinic_with(rich, 1_000, spent=limit * 9 // 10)
    phones = [f"5511986{n:06d}" for n in range(200)]
    for number, phone in enumerate(phones):
        clinic.says(phone, f"pedido x{number:03d}")
    await eventually(lambda: all(clinic.sent_to(phone) for phone in phones), 90)
    await quiet(clinic, 60)
    states = await rich.rows(
        "select state, handoff_reason from conversations where tenant_id = $1", clinic.client.tenant_id
    )
    reasons = {row["handoff_reason"] for row in states}
    assert reasons <= {None, "budget-reached"}
    (used,) = [
        row["used"]
        for row in await rich.rows(
            "select used from quotas where tenant_id = $1 and kind = 'assistant_cost'", clinic.client.tenant_id
        )
    ]
    traced, _ = await sums(clinic)
    assert used == limit * 9 // 10 + traced[1]
    assert used <= limit
    answered_by_model = sum(row["state"] == "bot" for row in states)
    assert answered_by_model > 20
    if answered_by_model < 200:
        assert used > limit * 97 // 100, "what was left was used"


async def test_a_dead_processs_reserve_comes_back(rich: House) -> None:
    clinic = await clinic_with(rich, 1_000)
    tenant_id, limit = clinic.client.tenant_id, 1_000 * MICRO_PER_CENT
    await rich.run(
        "insert into reserves (tenant_id, id, process, period, tokens, micro_usd, until)"
        " select $1, $2, 'dead', period, 0, $3, now() + interval '1.5 seconds' from quotas"
        " where tenant_id = $1 and kind = 'assistant_tokens'",
        tenant_id,
        uuid4(),
        limit,
    )
    clinic.says(ANA, "abacaxi azul")
    (said,) = await answered(clinic, ANA)
    assert "abacaxi" in said
    rows = await rich.rows("select process from reserves where tenant_id = $1", tenant_id)
    assert [row["process"] for row in rows] == [rich.resources.process]


async def test_most_calls_ask_no_database_for_room(rich: House) -> None:
    clinic = await clinic_with(rich, 10_000)
    budgets, tenant_id = rich.resources.budgets, clinic.client.tenant_id
    assert tenant_id is not None

    async def written() -> int:
        return (await rich.row("select xmin::text::bigint from reserves where tenant_id = $1", tenant_id))[0]

    first = await budgets.reserve(tenant_id, 1_000, 2_000, 1)
    assert first is not None
    before = await written()
    for _ in range(15):
        room = await budgets.reserve(tenant_id, 1_000, 2_000, 1)
        assert room is not None
        room.settle(Amount(900, 1_500))
        room.counted(Amount(900, 1_500))
    assert await written() == before
    assert await budgets.reserve(tenant_id, 1_000, 2_000, 1) is not None
    assert await written() == before, "what was settled for less made room"


async def test_rooms_of_many_at_once_never_pass_the_limit(rich: House) -> None:
    clinic = await clinic_with(rich, 100)
    budgets, tenant_id = rich.resources.budgets, clinic.client.tenant_id
    assert tenant_id is not None
    rooms = await asyncio.gather(*(budgets.reserve(tenant_id, 10, 30_000, 0) for _ in range(20)))
    # R$ 1.00 is 200,000 millionths of a dollar.
    assert sum(room is not None for room in rooms) == 6


async def test_a_model_without_a_price_is_not_asked_where_money_is_limited(rich: House) -> None:
    clinic = await clinic_with(rich, 1_000, model="llama-3.3")
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    assert {call.model for call in rich.sim.log.model_calls()} == {"gpt-4o-mini"}


@pytest.mark.parametrize("cents", [-1, 1.5, "dez", 10**10])
async def test_a_limit_that_is_none_is_refused(rich: House, cents: Any) -> None:
    client = await rich.sign_up()
    refused = await client.patch("/budget", {"monthly_cents": cents})
    assert (refused.status, refused["code"]) == (422, "validation")
    assert (await client.get("/budget")).body == {"monthly_cents": None, "currency": "BRL"}


async def test_without_a_rate_nobody_knows_what_reais_are(house: House) -> None:
    client = await house.sign_up()
    refused = await client.patch("/budget", {"monthly_cents": 1_000})
    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/monthly_cents")
    assert (await client.get("/usage"))["assistant_cost"]["used_micro_brl"] is None


async def test_admins_set_it_and_the_audit_log_says_so(rich: House) -> None:
    owner = await rich.sign_up()
    admin: Client = await add_member(rich, owner, "admin")
    agent: Client = await add_member(rich, owner, "agent")
    assert (await agent.patch("/budget", {"monthly_cents": 1})).status == 403
    assert (await admin.patch("/budget", {"monthly_cents": 1_000})).status == 200
    entry = (await owner.get("/audit-log"))["items"][0]
    assert (entry["action"], entry["details"]) == ("budget.update", {"was": None, "is": 1_000})
    assert UUID(entry["id"])
