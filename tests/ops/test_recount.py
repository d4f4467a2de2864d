"""Counters are compared with what they count, and what is past its time is forgotten; nothing else is."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.ids import first_id_at
from evoai.ops import repository
from evoai.ops.service import recount, retention
from tests.cli.command_line import evoai
from tests.house import Clinic, House, test_env
from tests.inbox.scenes import ANA, answered, quiet
from tests.knowledge.forms import settled
from tests.realtime.tabs import signed_in
from tests.tenants.people import change


async def used(clinic: Clinic) -> dict[str, int]:
    rows = await clinic.house.rows("select kind, used from quotas where tenant_id = $1", clinic.client.tenant_id)
    return {row["kind"]: row["used"] for row in rows if row["kind"] not in ("cacheable_questions", "cached_answers")}


async def talked(house: House) -> Clinic:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    return clinic


async def test_I13_what_matches_is_left_alone_and_what_differs_is_put_right(house: House) -> None:
    clinic = await talked(house)
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None
    pair = {"question": "Abrem no sábado?", "answer": "Sim, até meio-dia."}
    added = await clinic.client.post("/documents", pair)
    assert added.status == 201
    # Its vectors are paid for, too.
    await settled(clinic.client, added["id"])
    right = await used(clinic)
    assert right.pop("assistant_tokens") > right.pop("assistant_cost") > 0
    assert right == {"channels": 1, "contacts": 1, "documents": 1, "messages": len(clinic.sent_to(ANA))}
    right = await used(clinic)
    assert await recount.one(house.resources, tenant_id) == []
    await change(house, "update quotas set used = used + 7 where tenant_id = $1", tenant_id)
    found = {(one.kind, one.told, one.there) for one in await recount.one(house.resources, tenant_id)}
    assert found == {(kind, count + 7, count) for kind, count in right.items()}
    assert await used(clinic) == right
    assert await recount.one(house.resources, tenant_id) == []


async def test_I13_a_recount_beside_creators_finds_nothing(house: House) -> None:
    clinic = await talked(house)
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None

    async def create(n: int) -> int:
        answer = await clinic.client.post("/contacts", {"name": "Zé", "phone": f"+55119444{n:05d}"})
        return answer.status

    made, *found = await asyncio.gather(
        asyncio.gather(*(create(n) for n in range(30))),
        *(recount.one(house.resources, tenant_id) for _ in range(10)),
    )
    assert made == [201] * 30
    assert found == [[]] * 10
    assert (await used(clinic))["contacts"] == 31


async def test_I13_it_is_due_at_night_and_tells_whoever_looks(house: House) -> None:
    clinic = await talked(house)
    tenant_id = clinic.client.tenant_id
    await change(house, "update quotas set used = 9 where tenant_id = $1 and kind = 'contacts'", tenant_id)
    (before,) = await house.rows("select due_at, now() from schedules where name = 'ops.recount'")
    assert f"{before['due_at']:%H:%M}" == "06:30"
    assert timedelta(0) < before["due_at"] - before["now"] <= timedelta(days=1)
    async with signed_in(house, clinic.client) as tab:
        await change(house, "update schedules set due_at = now() where name = 'ops.recount'")
        told = await tab.until("usage.corrected")
    assert told["data"] == {"resource": "contacts", "told": 9, "there": 1}
    assert (await used(clinic))["contacts"] == 1
    assert await house.rows("select due_at from schedules where name = 'ops.recount'") == [(before["due_at"],)]


async def test_what_fails_for_one_tenant_is_done_for_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, other = await talked(house), await talked(house)
    for clinic in (broken, other):
        await change(
            house, "update quotas set used = 5 where kind = 'channels' and tenant_id = $1", clinic.client.tenant_id
        )
    counted = repository.counted

    async def fails(db: AsyncSession, tenant_id: UUID, month: datetime) -> Any:
        if tenant_id == broken.client.tenant_id:
            await db.execute(text("select 1 / 0"))
        return await counted(db, tenant_id, month)

    monkeypatch.setattr(repository, "counted", fails)
    await recount.everybody(house.resources)
    assert (await used(broken))["channels"] == 5
    assert (await used(other))["channels"] == 1


async def test_an_operator_recounts_by_hand(house: House) -> None:
    clinic = await talked(house)
    await change(
        house, "update quotas set used = 5 where kind = 'channels' and tenant_id = $1", clinic.client.tenant_id
    )
    done = await evoai(test_env(house.urls, 0, house.sim.url), "plans", "recount")
    assert done.code == 0, done.err
    assert f"{clinic.client.tenant_id} channels: 5 was said, 1 are there" in done.out
    assert (await used(clinic))["channels"] == 1


async def add_event(clinic: Clinic, days: float, **columns: Any) -> UUID:
    at = datetime.now(UTC) - timedelta(days=days)
    event_id = UUID(int=first_id_at(at).int | uuid4().int % 2**74)
    await change(
        clinic.house,
        "insert into channel_events (tenant_id, id, channel_id, kind, shard, dedupe_key, received_at, state, next_at,"
        " body_enc) values ($1, $2, $3, 'test', 0, $4, $5, $6, $7, 'x')",
        clinic.client.tenant_id,
        event_id,
        UUID(clinic.channel_id),
        uuid4().hex,
        at,
        columns.get("state", "processed"),
        at + timedelta(days=columns.get("again", 0)),
    )
    return event_id


async def test_T75_retention_forgets_exactly_what_is_due(house: House) -> None:
    clinic = await talked(house)
    tenant_id = clinic.client.tenant_id
    events = {days: await add_event(clinic, days) for days in (6.9, 7.1, 30, 89.9, 90.1, 200)}
    waiting = await add_event(clinic, 100, state="received", again=200)
    dead = await add_event(clinic, 20, state="dead")
    kept_entry, old_entry, lettered = uuid4(), uuid4(), uuid4()
    for entry, days in ((kept_entry, 6), (old_entry, 8), (lettered, 8)):
        await change(
            house,
            "insert into outbox (tenant_id, id, topic, payload, created_at, next_at, done_at)"
            " values ($1, $2, 'channels.remove', $3, now(), now(), now() - make_interval(days => $4))",
            tenant_id,
            entry,
            json.dumps({"channel_id": str(uuid4())}),
            days,
        )
    letters = {name: uuid4() for name in ("open", "closed", "old")}
    for name, closed in (("open", None), ("closed", 80), ("old", 91)):
        await change(
            house,
            "insert into dead_letters (tenant_id, id, kind, ref_id, reason, created_at, closed_at)"
            " values ($1, $2, 'outbox', $3, 'x', now() - interval '100 d', now() - make_interval(days => $4))",
            tenant_id,
            letters[name],
            lettered,
            closed,
        )
    someone = await house.sign_up()
    sessions = await house.rows("select id from sessions where user_id = $1", UUID(someone.user["id"]))
    await change(house, "update sessions set expires_at = now() - interval '31 d' where id = $1", sessions[0]["id"])
    for key, hours in (("old", -1), ("new", 1)):
        await change(
            house,
            "insert into idempotency_keys (tenant_id, id, principal, route, key, body_hash, created_at, expires_at)"
            " values ($1, $2, 'user:x', 'POST /x', $3, '', now(), now() + make_interval(hours => $4))",
            tenant_id,
            uuid4(),
            key,
            hours,
        )

    await retention.forget(house.resources)

    rows = await house.rows("select id, body_enc from channel_events where tenant_id = $1 and kind = 'test'", tenant_id)
    assert {row["id"]: row["body_enc"] is not None for row in rows} == {
        events[6.9]: True,
        events[7.1]: False,
        events[30]: False,
        events[89.9]: False,
        waiting: True,
        dead: False,
    }
    left = await house.rows("select id from outbox where tenant_id = $1", tenant_id)
    assert {row["id"] for row in left} == {kept_entry, lettered}
    left = await house.rows("select id from dead_letters where tenant_id = $1", tenant_id)
    assert {row["id"] for row in left} == {letters["open"], letters["closed"]}
    left = await house.rows("select key from idempotency_keys where tenant_id = $1 and principal = 'user:x'", tenant_id)
    assert [row["key"] for row in left] == ["new"]
    assert await house.rows("select id from sessions where id = $1", sessions[0]["id"]) == []
    assert await house.rows("select id from refresh_tokens where session_id = $1", sessions[0]["id"]) == []
    assert (await clinic.client.get("/me")).status == 200
    await change(house, "delete from channel_events where kind = 'test' and tenant_id = $1", tenant_id)
