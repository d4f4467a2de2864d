"""Messages that kill or break whoever answers them become dead letters; everybody else is answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, QUICK, Rig, rig_of
from tests.house import Client, eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

RESTARTS = 3
"""How often a message may kill its worker."""


async def test_F16_poison_is_put_aside_and_the_others_go_on(servers: Embedded, seed: int, report: Report) -> None:
    messages, poisons, rate = (1000, 5, 10) if FULL else (80, 1, 5)
    timers = replace(QUICK, lease=3, renew=1)
    async with rig_of(servers, "f16", seed=seed, timers=timers) as rig:
        await rig.up(2)
        clinic = await rig.house.clinic()
        await _give_tools(clinic.client, "fail", "crash")
        # The scripted model calls the tool that a message names.
        for n in range(poisons):
            rig.history.utters(clinic, phone_of(9000 + n), "#tool:fail {}")
        load = asyncio.create_task(rig.history.write([clinic], 40, messages, rate))
        for n in range(poisons):
            # One after the other, so that each restart has one cause.
            before = rig.restarts
            rig.history.utters(clinic, phone_of(9500 + n), "#tool:crash {}")
            await eventually(lambda n=n: _letters(rig, poisons + n + 1), 90, 0.2)
            assert rig.restarts - before <= RESTARTS
        await load
        await rig.drained(120)
        verdict = await check(rig)
        report(**verdict.line(), restarts=rig.restarts)
        verdict.holds()
        assert verdict.counts["dead letters"] == 2 * poisons
        states = await rig.house.rows(
            "select v.state, v.handoff_reason from dead_letters d join turns t on t.tenant_id = d.tenant_id"
            " and t.id = d.ref_id join conversations v on v.tenant_id = t.tenant_id and v.id = t.conversation_id"
        )
        assert {(row["state"], row["handoff_reason"]) for row in states} == {("queued", "repeated-failure")}


@pytest.mark.full
async def test_F16_who_is_beside_a_poison_each_time_it_kills_is_answered(
    servers: Embedded, seed: int, report: Report
) -> None:
    beside = 12 if FULL else 4
    timers = replace(QUICK, lease=3, renew=1)
    async with rig_of(servers, "f16_beside", seed=seed, timers=timers) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        await _give_tools(clinic.client, "linger", "crash")
        for n in range(beside):
            rig.history.utters(clinic, phone_of(n), "#tool:linger {}")
        # They are under way when it comes, and each time that it is taken up again.
        await eventually(lambda: _under_way(rig, beside), 10)
        rig.history.utters(clinic, phone_of(9500), "#tool:crash {}")
        await eventually(lambda: _letters(rig, 1), 60, 0.2)
        await rig.drained(30 + 5 * beside)
        verdict = await check(rig)
        report(**verdict.line(), restarts=rig.restarts)
        verdict.holds()
        turns = await rig.house.rows("select deaths, outcome from turns order by deaths desc")
        assert (turns[0]["deaths"], turns[0]["outcome"]) == (3, "handed-over")
        assert [row["outcome"] for row in turns[1:]] == ["answered"] * beside
        # Without the lane it would have gone the same way.
        assert turns[1]["deaths"] == 2
        assert rig.restarts == RESTARTS


async def _under_way(rig: Rig, count: int) -> bool:
    rows = await rig.house.rows("select id from turns where closed_at is null and due_at < now()")
    return len(rows) == count


async def _give_tools(client: Client, *names: str) -> None:
    """To the assistant that answers."""
    assistant = (await client.get("/assistants"))["items"][0]
    path = f"/assistants/{assistant['id']}"
    changed = await client.patch(path, {"tools": [*assistant["tools"], *names]})
    assert changed.status == 200, changed.body
    published = await client.post(f"{path}/publish", {})
    assert published.status == 200, published.body


async def _letters(rig: Rig, at_least: int) -> bool:
    rows = await rig.house.rows("select id from dead_letters where kind = 'turn'")
    return len(rows) >= at_least
