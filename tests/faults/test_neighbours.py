"""One tenant at a hundred times the load of each other: they wait hardly longer for their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import WORD
from tests.faults.rig import Rig, rig_of
from tests.house import Clinic

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

TENANTS = 20
RATE = 0.2
"""Messages a second of each tenant."""
SECONDS = 60
MODEL = 0.3
WORSE = 1.2


async def test_F10_a_loud_tenant_does_not_slow_the_others_down(servers: Embedded, seed: int, report: Report) -> None:
    async with rig_of(servers, "f10", seed=seed, model_ms=int(MODEL * 1000)) as rig:
        await rig.up(1)
        clinics = [await rig.house.clinic() for _ in range(TENANTS)]
        loud, others = clinics[0], clinics[1:]
        alone = await _waits(rig, others, None)
        beside = await _waits(rig, others, loud)
        verdict = await check(rig)
        report(**verdict.line(), p95_alone=alone, p95_beside=beside)
        verdict.holds()
        assert beside <= WORSE * alone


async def _waits(rig: Rig, quiet: Sequence[Clinic], loud: Clinic | None) -> float:
    """95th percentile of the quiet ones' seconds from a message to its answer."""
    before, history = len(rig.house.sim.sends()), rig.history
    async with asyncio.TaskGroup() as group:
        rate = RATE * len(quiet)
        group.create_task(history.write(quiet, 5 * len(quiet), int(rate * SECONDS), rate))
        if loud is not None:
            group.create_task(history.write([loud], 200, int(100 * RATE * SECONDS), 100 * RATE))
    await rig.drained(60)
    of_word = {one.word: one for one in history.said.values()}
    names = {clinic.instance for clinic in quiet}
    waits = sorted(
        entry.at - one.at
        for entry in rig.house.sim.sends()[before:]
        for one in (of_word[word] for word in WORD.findall(entry.text or ""))
        if entry.instance in names
    )
    return round(waits[int(len(waits) * 0.95)], 3)
