"""The model is slow, refuses, or talks nonsense. Each turn ends with an answer or with a person."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, QUICK, rig_of
from tests.house import Clinic

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(900)]

TROUBLES = ("429", "slow", "malformed", "empty", "500")


async def test_F11_whatever_the_model_does_each_turn_ends(servers: Embedded, seed: int, report: Report) -> None:
    each = 150 if FULL else 6
    timers = replace(QUICK, model=1.5, turn=4)
    async with rig_of(servers, "f11", seed=seed, timers=timers, model_slow_s=120) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        number = 0
        for trouble in TROUBLES:
            rig.house.sim.set(model_error=trouble, model_error_rate=0.7)
            for _ in range(each):
                rig.history.says(clinic, phone_of(number))
                number += 1
                await asyncio.sleep(0.02)
            await rig.drained(60)
        rig.house.sim.set(model_error="")
        for _ in range(each):
            # Arguments that are no JSON of the tool's.
            rig.history.utters(clinic, phone_of(number), '#tool:hand_over {"reason": 7}')
            number += 1
        await rig.drained(60)
        states = await rig.house.rows("select state, count(*) as n from conversations group by state")
        outcomes = await rig.house.rows("select outcome, count(*) as n from turns group by outcome")
        verdict = await check(rig, answered=False)
        ended = {row["outcome"]: row["n"] for row in outcomes}
        report(**verdict.line(), **ended, **{row["state"]: row["n"] for row in states})
        verdict.holds()
        # Every contact heard something, once.
        assert len(rig.house.sim.sends()) == number == sum(ended.values())
        assert set(ended) <= {"answered", "handed-over"}


async def test_F11_the_next_model_answers_where_the_first_fails(servers: Embedded, seed: int, report: Report) -> None:
    count = 100 if FULL else 10
    async with rig_of(servers, "f11_next", seed=seed) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        await _models(clinic, "broken-model", "gpt-4o-mini")
        for n in range(count):
            rig.history.says(clinic, phone_of(n))
            await asyncio.sleep(0.05)
        await rig.drained(60)
        calls = [call.model for call in rig.house.sim.log.model_calls()]
        verdict = await check(rig)
        report(**verdict.line(), first=calls.count("broken-model"), second=calls.count("gpt-4o-mini"))
        verdict.holds()
        assert calls.count("gpt-4o-mini") == count, "once a turn"
        assert calls.count("broken-model") < count, "after five straight failures it is left alone"


async def _models(clinic: Clinic, first: str, second: str) -> None:
    assistant = (await clinic.client.get("/assistants"))["items"][0]
    path = f"/assistants/{assistant['id']}"
    changed = await clinic.client.patch(path, {"model": first, "fallback_models": [second]})
    assert changed.status == 200, changed.body
    assert (await clinic.client.post(f"{path}/publish", {})).status == 200
    # Other processes keep a version for seconds.
    await asyncio.sleep(0.5)
