"""Processes die and come again under load. What was accepted is answered once, in order, without any help."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.rig import FULL, Rig, Role, kill, rig_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


async def test_F01_workers_and_api_killed_at_random(servers: Embedded, seed: int, report: Report) -> None:
    messages, contacts, rate, workers, kills = (10_000, 400, 80, 4, 20) if FULL else (400, 60, 40, 2, 3)
    async with rig_of(servers, "f01", seed=seed, retry_time_factor=0.1) as rig:
        await rig.up(workers)
        clinics = [await rig.house.clinic() for _ in range(4)]
        rig.house.sim.set(duplicate_rate=0.1, hang_up_after_accept=0.03, error_rate=0.02, error_status=503)
        began = monotonic()
        reaper = asyncio.create_task(_reap(rig, kills, messages / rate))
        await rig.history.write(clinics, contacts, messages, rate)
        await reaper
        rig.house.sim.set(hang_up_after_accept=0.0, error_rate=0.0)
        await rig.drained(180)
        seconds = monotonic() - began
        verdict = await check(rig)
        report(**verdict.line(), restarts=rig.restarts, drained=round(seconds, 1))
        verdict.holds()
        assert rig.restarts == kills + max(1, kills // 10)
        assert 0 in rig.history.statuses, "no webhook ever met a dead API"


async def _reap(rig: Rig, kills: int, seconds: float) -> None:
    """kill -9 of that many workers, and of a tenth as many APIs, at moments that the seed decides."""
    rand = rig.history.random
    victims: list[Role] = ["worker"] * kills + ["api"] * max(1, kills // 10)
    rand.shuffle(victims)
    moments = sorted(rand.uniform(0.05, 0.9) * seconds for _ in victims)
    began = monotonic()
    for moment, role in zip(moments, victims, strict=True):
        await asyncio.sleep(max(0.0, began + moment - monotonic()))
        while not (alive := [process for process in rig.of(role) if process.poll() is None]):
            await asyncio.sleep(0.05)
        await asyncio.to_thread(kill, rand.choice(alive))
