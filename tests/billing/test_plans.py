"""Limits of plans: exact under 50 parallel creators, whichever road they take."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from evoai.billing import service as billing
from evoai.billing.plans import PLANS
from evoai.kit.errors import LimitReached
from tests.house import Client, House, eventually
from tests.tenants.people import change


async def limit(house: House, client: Client, kind: str, to: int | None, used: int | None = None) -> None:
    await change(house, "update quotas set lim = $3 where tenant_id = $1 and kind = $2", client.tenant_id, kind, to)
    if used is not None:
        await change(
            house, "update quotas set used = $3 where tenant_id = $1 and kind = $2", client.tenant_id, kind, used
        )


async def used(house: House, client: Client, kind: str) -> int:
    row = await house.row(
        "select used from quotas where tenant_id = $1 and kind = $2 order by period desc", client.tenant_id, kind
    )
    return row["used"]


async def test_the_plans_are_the_products(house: House) -> None:
    items = (await house.client().get("/plans"))["items"]
    assert [(i["code"], i["channels"], i["contacts"], i["messages_per_month"]) for i in items] == [
        ("free", 1, 500, 5_000),
        ("pro", 3, 10_000, 50_000),
        ("business", 10, 50_000, 200_000),
        ("enterprise", None, None, None),
    ]
    stored = await house.rows("select code, assistant_tokens from plans order by position")
    assert [tuple(row) for row in stored] == [(plan["code"], plan["assistant_tokens"]) for plan in PLANS]


async def test_usage_and_subscription_of_a_new_tenant(house: House) -> None:
    owner = await house.sign_up()
    usage = await owner.get("/usage")
    assert usage["plan"] == "enterprise"
    assert usage["contacts"] == {"used": 0, "limit": None}
    first = datetime.now(UTC).date().replace(day=1)
    assert usage["period_start"] == f"{first.isoformat()}T00:00:00Z"
    assert usage["period_end"] > usage["period_start"]
    assert (await owner.get("/subscription"))["plan"]["code"] == "enterprise"


async def test_T68_B117_50_parallel_contacts_against_a_limit_of_10(house: House) -> None:
    owner = await house.sign_up()
    await limit(house, owner, "contacts", 10)
    bodies = [{"name": f"C{n}", "phone": f"+55118{70000000 + n}"} for n in range(50)]
    answers = await asyncio.gather(*(owner.post("/contacts", body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [201] * 10 + [402] * 40
    refused = next(answer for answer in answers if answer.status == 402)
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert {name: refused[name] for name in ("code", "resource", "limit", "used", "resets_at")} == {
        "code": "plan-limit",
        "resource": "contacts",
        "limit": 10,
        "used": 10,
        "resets_at": None,
    }
    rows = await house.rows("select 1 from contacts where tenant_id = $1", owner.tenant_id)
    assert len(rows) == await used(house, owner, "contacts") == 10
    assert (await owner.get("/usage"))["contacts"]["used"] == 10


async def test_T68_50_parallel_channels_against_a_limit_of_10_and_a_deleted_one_gives_back(house: House) -> None:
    owner = await house.sign_up()
    await limit(house, owner, "channels", 10)
    body = {"provider": "evolution", "config": {"base_url": house.sim.evolution_url, "api_key": "simulator-key"}}
    answers = await asyncio.gather(*(owner.post("/channels", body | {"name": f"N{n}"}) for n in range(50)))
    assert sorted(answer.status for answer in answers) == [201] * 10 + [402] * 40
    rows = await house.rows("select 1 from channels where tenant_id = $1", owner.tenant_id)
    assert len(rows) == await used(house, owner, "channels") == 10
    made = next(answer for answer in answers if answer.status == 201)
    assert (await owner.delete(f"/channels/{made['id']}")).status == 204
    assert await used(house, owner, "channels") == 9
    assert (await owner.delete(f"/channels/{made['id']}")).status == 404
    assert await used(house, owner, "channels") == 9, "given back once"
    assert (await owner.post("/channels", body | {"name": "again"})).status == 201
    assert (await owner.post("/channels", body | {"name": "over"})).status == 402


async def test_T68_a_failed_effect_takes_nothing(house: House) -> None:
    owner = await house.sign_up()
    body = {"name": "C", "phone": "+5511987001122"}
    assert (await owner.post("/contacts", body)).status == 201
    answers = await asyncio.gather(*(owner.post("/contacts", body) for _ in range(8)))
    assert {answer.status for answer in answers} == {409}
    same_key = await asyncio.gather(
        *(owner.post("/contacts", {"name": "D", "phone": "+5511987001123"}, idempotency_key="k1") for _ in range(8))
    )
    assert {answer.status for answer in same_key} <= {201, 409}
    rows = await house.rows("select 1 from contacts where tenant_id = $1", owner.tenant_id)
    assert len(rows) == await used(house, owner, "contacts") == 2


@pytest.mark.parametrize("distributed", [False, True], ids=["group", "by tenant"])
async def test_T68_50_parallel_admissions_of_messages(house: House, distributed: bool) -> None:
    """The forms of the message path; several answers of one tenant also come in one batch."""
    tenants = [await house.sign_up() for _ in range(2)]
    ids = [client.tenant_id for client in tenants if client.tenant_id is not None]
    await limit(house, tenants[0], "messages", 10)
    await limit(house, tenants[1], "messages", 7)

    async def admit(nth: int) -> list[tuple[UUID, bool]]:
        batch = [ids[nth % 2]] * 2 if distributed else ids[:: 1 if nth % 2 else -1]
        only = batch[0] if distributed else None
        role: Any = "tenant" if distributed else "system"
        async with house.resources.db.group_session(role, only) as conn:
            fits = await billing.admit(conn, "messages", batch, [1] * len(batch), [], tenant_id=only)
        return list(zip(batch, fits, strict=True))

    done = [pair for pairs in await asyncio.gather(*(admit(n) for n in range(50))) for pair in pairs]
    for client, most in zip(tenants, (10, 7), strict=True):
        fits = [ok for tenant, ok in done if tenant == client.tenant_id]
        assert (len(fits), sum(fits)) == (50, most)
        assert await used(house, client, "messages") == most


async def test_the_bubbles_of_an_answer_are_admitted_together(house: House) -> None:
    owner = await house.sign_up()
    assert owner.tenant_id is not None
    await limit(house, owner, "messages", 5)
    async with house.resources.db.group_session("system") as conn:
        fits = await billing.admit(conn, "messages", [owner.tenant_id] * 3, [3, 3, 1], [], tenant_id=None)
    assert fits == [True, False, False], "order is kept: nobody slips past one who waits"
    assert await used(house, owner, "messages") == 3


async def test_a_new_month_has_a_new_row_with_the_plans_limit(house: House) -> None:
    owner, other = await house.sign_up(), await house.sign_up()
    for client in (owner, other):
        await limit(house, client, "messages", 10, used=10)
        await change(
            house,
            "update quotas set period = (period - interval '1 month')::date where tenant_id = $1 and kind = 'messages'",
            client.tenant_id,
        )
        await change(house, "update subscriptions set plan_code = 'free' where tenant_id = $1", client.tenant_id)
    assert (await owner.get("/usage"))["messages"] == {"used": 0, "limit": 5000}
    assert owner.tenant_id is not None
    assert other.tenant_id is not None

    async def admit() -> bool:
        async with house.resources.db.group_session("system") as conn:
            return (await billing.admit(conn, "messages", [owner.tenant_id], [1], [], tenant_id=None))[0]  # type: ignore[list-item]

    assert all(await asyncio.gather(*(admit() for _ in range(6)))), "made once, by whoever comes first"
    async with house.resources.db.tenant_session(other.tenant_id) as db:
        await billing.take(db, other.tenant_id, "messages", 4)
    for client, count in ((owner, 6), (other, 4)):
        rows = await house.rows(
            "select used, lim from quotas where tenant_id = $1 and kind = 'messages' order by period", client.tenant_id
        )
        assert [tuple(row) for row in rows] == [(10, 10), (count, 5000)]
        assert (await client.get("/usage"))["messages"] == {"used": count, "limit": 5000}


async def test_a_smaller_plan_keeps_what_is_used_and_a_larger_one_makes_room(house: House) -> None:
    owner = await house.sign_up()
    assert owner.tenant_id is not None
    async with house.resources.db.tenant_session(owner.tenant_id) as db:
        await billing.take(db, owner.tenant_id, "channels", 2)
    for plan, fits in (("free", False), ("pro", True), ("pro", False), ("enterprise", True)):
        async with house.resources.db.system_session("test") as db:
            await billing.set_plan(db, owner.tenant_id, plan)
        refusal = None
        try:
            async with house.resources.db.tenant_session(owner.tenant_id) as db:
                await billing.take(db, owner.tenant_id, "channels")
        except LimitReached as error:
            refusal = (error.resource, error.resets_at)
        assert refusal == (None if fits else ("channels", None)), plan
    assert await used(house, owner, "channels") == 4


async def test_what_is_given_back_never_goes_below_nothing(house: House) -> None:
    owner = await house.sign_up()
    assert owner.tenant_id is not None
    async with house.resources.db.tenant_session(owner.tenant_id) as db:
        await billing.give_back(db, owner.tenant_id, "contacts", 3)
    assert await used(house, owner, "contacts") == 0


@pytest.mark.timeout(120)
async def test_T68_50_contacts_write_at_once_and_exactly_10_answers_are_sent(house: House) -> None:
    clinic = await house.clinic()
    await limit(house, clinic.client, "messages", 10)
    phones = [f"551198{8000000 + n}" for n in range(50)]
    for phone in phones:
        clinic.says(phone, "Bom dia, qual o endereço?")

    async def settled() -> bool:
        rows = await house.rows(
            "select state, count(*) as n from conversations where tenant_id = $1 group by state",
            clinic.client.tenant_id,
        )
        waiting = await house.rows(
            "select 1 from deliveries where tenant_id = $1 and state in ('ready', 'attempting')",
            clinic.client.tenant_id,
        )
        return {row["state"]: row["n"] for row in rows} == {"bot": 10, "queued": 40} and not waiting

    await eventually(settled, 60, 0.2)
    sent = [phone for phone in phones if clinic.sent_to(phone)]
    assert len(sent) == 10
    rows = await house.rows(
        "select 1 from messages where tenant_id = $1 and direction = 'out' and author = 'assistant'",
        clinic.client.tenant_id,
    )
    assert len(rows) == await used(house, clinic.client, "messages") == 10
    reasons = await house.rows(
        "select distinct handoff_reason from conversations where tenant_id = $1 and state = 'queued'",
        clinic.client.tenant_id,
    )
    assert [row["handoff_reason"] for row in reasons] == ["plan-limit"]
    stored = await house.rows(
        "select 1 from messages where tenant_id = $1 and direction = 'in'", clinic.client.tenant_id
    )
    assert len(stored) == 50, "a limit loses nothing that came in"


async def test_who_writes_beyond_the_contact_limit_is_stored_and_waits_for_a_person(house: House) -> None:
    clinic = await house.clinic()
    await limit(house, clinic.client, "contacts", 1)
    first, second = "5511988900001", "5511988900002"
    clinic.says(first, "Oi")
    await eventually(lambda: clinic.sent_to(first))
    clinic.says(second, "Oi, tudo bem?")

    async def waits() -> bool:
        page = await clinic.client.get("/conversations?limit=100")
        return any(i["contact"]["phone"] == f"+{second}" and i["state"] == "queued" for i in page["items"])

    await eventually(waits)
    assert clinic.sent_to(second) == []
    assert [message["text"] for message in await clinic.messages(second)] == ["Oi, tudo bem?"]
    rows = await house.rows("select phone, over_limit from contacts where tenant_id = $1", clinic.client.tenant_id)
    assert {row["phone"]: row["over_limit"] for row in rows} == {f"+{first}": False, f"+{second}": True}
    assert await used(house, clinic.client, "contacts") == 1
