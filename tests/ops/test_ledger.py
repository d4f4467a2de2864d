"""The ledger: every webhook event falls into one class, to the unit, while turns are open and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from evoai.kit.ids import first_id_at
from evoai.ops import repository
from evoai.ops.repository import EventFilter
from tests.house import Clinic, House, eventually
from tests.inbox.poison import poisoned
from tests.inbox.scenes import ANA, BIA, answered, path_of, quiet, state_is, switched, thinking
from tests.tenants.people import add_member, change

CARLA, DAVI = "5511987651111", "5511987652222"
CLASSES = ("signals", "answered", "handed_over", "pending", "quarantined", "dead")


async def ledger_of(clinic: Clinic, query: str = "") -> dict[str, Any]:
    """The totals; the equation holds for them and for each item, and the items add up."""
    answer = await clinic.client.get(f"/ledger{query}")
    assert answer.status == 200, answer.body
    totals, items = answer["totals"], answer["items"]
    for sums in (totals, *items):
        assert sums["received"] == sum(sums[name] for name in CLASSES) + sum(sums["ignored"].values()), sums
    for name in ("received", "processed", *CLASSES):
        assert totals[name] == sum(item[name] for item in items)
    return totals


async def test_every_event_is_counted_once_in_the_class_of_what_became_of_it(house: House) -> None:
    clinic = await house.clinic(quiet=0.4)
    before = await ledger_of(clinic)
    for words in ("abacaxi azul", "bola bege", "caneta cinza"):
        clinic.says(ANA, words)
    assert len(await answered(clinic, ANA)) == 1
    clinic.says(BIA, "quero falar com um atendente")
    await state_is(clinic, BIA, "queued")
    clinic.says(BIA, "tem alguém aí?")
    clinic.says(CARLA, "olá", kind="text")
    await answered(clinic, CARLA)
    house.sim.owner_says(clinic.instance, CARLA, "Oi, aqui é a Ana")
    await state_is(clinic, CARLA, "human")
    clinic.says(ANA, "👍", kind="reaction", target=clinic.says(ANA, "dado"))
    await clinic.hook({"event": "messages.invented", "data": {}})
    async with poisoned(house, "data"):
        clinic.says(DAVI, "poison")
        await eventually(lambda: _dead(clinic), 20)
    await quiet(clinic)
    await house.sim.settled()
    await quiet(clinic)
    totals = await ledger_of(clinic)
    # Three messages, and later another, that two answers spoke to; and Carla's.
    assert totals["answered"] == 5
    # Two of Bia's, and what the owner wrote on the phone.
    assert totals["handed_over"] == 3
    assert (totals["pending"], totals["quarantined"], totals["dead"]) == (0, 1, 1)
    assert totals["ignored"].keys() <= {"echo", "duplicate"}
    assert totals["ignored"]["echo"] >= 3
    assert totals["signals"] > before["signals"]
    (row,) = await house.rows(
        "select count(*) as events, count(*) filter (where state = 'processed') as processed"
        " from channel_events where tenant_id = $1",
        clinic.client.tenant_id,
    )
    assert (totals["received"], totals["processed"]) == tuple(row)


async def _dead(clinic: Clinic) -> bool:
    return (await ledger_of(clinic))["dead"] == 1


async def test_it_closes_while_a_turn_is_open_and_while_more_come(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=1200):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        # Ticks and the like may wait for a moment beside it.
        await eventually(lambda: _pending(clinic, 1), 0.5)
        clinic.says(ANA, "bola bege")
        await thinking(clinic, "bola bege")
        # Superseded: both are the next answer's.
        await eventually(lambda: _pending(clinic, 2), 0.5)
        waiting = await events(clinic, "class=pending")
        assert [event["state"] for event in waiting] == ["processed", "processed"]
        for _ in range(10):
            await ledger_of(clinic)
        await answered(clinic, ANA)
    await quiet(clinic)
    totals = await ledger_of(clinic)
    assert (totals["answered"], totals["pending"]) == (2, 0)


async def _pending(clinic: Clinic, count: int) -> bool:
    return (await ledger_of(clinic))["pending"] == count


async def test_what_a_person_takes_over_is_handed_over_until_it_is_given_back_and_answered(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=600):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        path = await path_of(clinic, ANA)
        assert (await clinic.client.post(f"{path}/take-over")).status == 200
    clinic.says(ANA, "bola bege")
    await house.sim.settled()
    await quiet(clinic)
    totals = await ledger_of(clinic)
    assert (totals["handed_over"], totals["answered"]) == (2, 0)
    assert (await clinic.client.post(f"{path}/hand-back")).status == 200
    await answered(clinic, ANA)
    await quiet(clinic)
    totals = await ledger_of(clinic)
    assert (totals["handed_over"], totals["answered"]) == (0, 2)


async def test_a_cell_of_the_ledger_shows_its_events(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    clinic.says(BIA, "quero falar com um atendente")
    await answered(clinic, ANA)
    await state_is(clinic, BIA, "queued")
    await clinic.hook({"event": "messages.invented", "data": {}})
    await house.sim.settled()
    await quiet(clinic)
    (item,) = (await clinic.client.get("/ledger"))["items"]
    assert (item["channel_id"], item["answered"], item["handed_over"]) == (clinic.channel_id, 1, 1)
    cell = f"day={item['day']}&channel={clinic.channel_id}"
    for name in CLASSES:
        assert len(await events(clinic, f"{cell}&class={name}")) == item[name], name
    for reason, count in item["ignored"].items():
        assert len(await events(clinic, f"{cell}&class=ignored&reason={reason}")) == count
    (one,) = await events(clinic, f"{cell}&class=answered")
    assert one["conversation_id"] == (await clinic.conversation(ANA))["id"]
    assert one["class"] == "answered"
    assert len(await events(clinic, cell)) == item["received"]
    assert await events(clinic, f"day={date.fromisoformat(item['day']) - timedelta(days=1)}") == []
    assert await events(clinic, f"channel={uuid4()}") == []


async def events(clinic: Clinic, query: str) -> list[dict[str, Any]]:
    """Page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await clinic.client.get(f"/inbound-events?{query}&limit=3{cursor}")
        assert page.status == 200, page.body
        found += page["items"]
        if page["next_cursor"] is None:
            assert len({event["id"] for event in found}) == len(found)
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def insert_events(clinic: Clinic, moments: Sequence[datetime], **columns: Any) -> None:
    values = {"state": "ignored", "reason": "group", **columns}
    for moment in moments:
        raw = first_id_at(moment).int | uuid4().int % 2**74
        await change(
            clinic.house,
            "insert into channel_events (tenant_id, id, channel_id, kind, shard, dedupe_key, received_at, state,"
            " reason, next_at) values ($1, $2, $3, 'test', 0, $4, $5, $6, $7, $5)",
            clinic.client.tenant_id,
            UUID(int=raw),
            UUID(clinic.channel_id),
            uuid4().hex,
            moment,
            values["state"],
            values["reason"],
        )


async def test_days_are_those_of_the_tenants_time_zone(house: House) -> None:
    clinic = await house.clinic()
    zone = ZoneInfo("Pacific/Auckland")
    assert (await clinic.client.patch("/tenant", {"time_zone": zone.key})).status == 200
    midnight = datetime(2026, 3, 10, tzinfo=zone).astimezone(UTC)
    await insert_events(clinic, [midnight - timedelta(milliseconds=1), midnight, midnight + timedelta(hours=23)])
    answer = await clinic.client.get("/ledger?from=2026-03-09&to=2026-03-10")
    assert {item["day"]: item["received"] for item in answer["items"]} == {"2026-03-09": 1, "2026-03-10": 2}
    assert answer["totals"]["ignored"] == {"group": 3}
    assert len(await events(clinic, "day=2026-03-10")) == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?from=2026-01-01&to=2026-04-02", 200),
        ("?from=2026-01-01&to=2026-04-03", 422),
        ("?from=2026-02-02&to=2026-02-01", 422),
        ("?from=0001-01-01", 422),
        ("?to=9999-12-31", 422),
        ("?from=yesterday", 422),
        ("?since=2026-01-01", 400),
        ("?from=2999-01-01", 422),
    ],
)
async def test_which_days_may_be_asked_for(house: House, query: str, status: int) -> None:
    client = await house.sign_up()
    assert (await client.get(f"/ledger{query}")).status == status
    assert (await client.get("/inbound-events?day=0001-01-01")).status == 422


@pytest.mark.parametrize("role", ["agent", "viewer"])
async def test_it_is_for_those_who_run_the_tenant(house: House, role: str) -> None:
    owner = await house.sign_up()
    someone, admin = await add_member(house, owner, role), await add_member(house, owner, "admin")
    for path in ("/ledger", "/inbound-events", "/dead-letters", "/audit-log", "/queue/health"):
        refused = await someone.get(path)
        assert (refused.status, refused["code"]) == (403, "forbidden"), path
        assert (await admin.get(path)).status == 200, path
    refused = await someone.post("/inbound-events/replay", {"state": "dead"})
    assert refused.status == 403


MANY = """
insert into channel_events (tenant_id, id, channel_id, kind, shard, dedupe_key, received_at, state, reason, signal,
                            next_at, message_id)
select $1, uuidv7(t.at - now()), $2, 'test', n % 16, 'many-' || n, t.at,
       case n % 5 when 0 then 'processed' when 1 then 'ignored' else 'processed' end,
       case n % 5 when 1 then 'echo' end, n % 5 > 1, t.at, case n % 5 when 0 then m.id end
  from generate_series(1, $3) n
  cross join lateral (select now() - make_interval(secs => (90.0 * 86400 * n) / $3) as at) t
  left join messages m on m.tenant_id = $1 and m.conversation_id = $4 and m.seq = 1000 + n / 5
"""
MESSAGES = """
insert into messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, text, status,
                      created_at)
select $1, uuidv7(), $4, $2, 1000 + n, 'in', 'contact', 'text', 'x', 'received', now() from generate_series(0, $3 / 5) n
"""


async def test_a_week_is_read_by_its_ids_alone(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    conversation = UUID((await clinic.conversation(ANA))["id"])
    args = (clinic.client.tenant_id, UUID(clinic.channel_id), 30_000, conversation)
    await change(house, MESSAGES, *args)
    await change(house, MANY, *args)
    await change(house, "analyze channel_events")
    await change(house, "analyze messages")
    now = datetime.now(UTC)
    days = [now - timedelta(days=7 - n) for n in range(8)]
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None
    values = {"tenant_id": tenant_id, "days": days, **repository._span(days[0], days[-1])}
    async with house.resources.db.tenant_session(tenant_id) as db:
        # Tables that hold one page are cheapest read whole; what counts is that each part has an index to go by.
        await db.execute(text("set local enable_seqscan = off"))
        rows = await db.execute(text(f"explain (analyze, buffers off) {repository._LEDGER.text}"), values)
        plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan, plan
    for index in ("pk_channel_events", "pk_messages", "uq_turns_tenant_id_conversation_id_last_in_seq"):
        assert index in plan, plan
    totals = await ledger_of(clinic)
    assert 2000 < totals["received"] < 2700
    async with house.resources.db.tenant_session(tenant_id) as db:
        page = await repository.events_page(db, tenant_id, EventFilter(outcome="handed_over"), None, 50)
    assert len(page) == 50
