"""Frozen processes that wake up late: what they still believe is theirs is not."""

from __future__ import annotations

import asyncio
import signal

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, Rig, rig_of
from tests.house import Clinic, eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]


async def test_F08_a_worker_frozen_past_its_lease_neither_speaks_nor_writes(
    servers: Embedded, seed: int, report: Report
) -> None:
    # A round is one conversation whose worker is frozen somewhere on the way.
    freezes, rounds = (10, 20) if FULL else (1, 20)
    async with rig_of(servers, "f08", seed=seed, model_ms=300, latency_ms=120) as rig:
        await rig.up(2)
        clinic = await rig.house.clinic()
        woken_late = 0
        for number in range(freezes):
            woken_late += await _freeze(rig, clinic, number, rounds)
        await rig.drained(60)
        # Time in which a woken worker could do harm.
        await asyncio.sleep(rig.timers.send if rig.timers else 4)
        await rig.drained(60)
        verdict = await check(rig)
        report(**verdict.line(), freezes=freezes, taken_from_the_frozen=woken_late)
        verdict.holds()
        assert woken_late, "no frozen worker held a turn"
        assert rig.restarts == 0


async def _freeze(rig: Rig, clinic: Clinic, number: int, rounds: int) -> int:
    """Freeze a worker at a moment that the seed decides, until the other has ended all; how many turns it had."""
    rand, history = rig.history.random, rig.history
    victim = rig.of("worker")[number % 2]
    for n in range(rounds):
        history.says(clinic, phone_of(n))
        await asyncio.sleep(rand.uniform(0, 0.04))
    # Between the first webhook and the last answer: reading, thinking, storing, sending, settling.
    await asyncio.sleep(rand.uniform(0, 0.7))
    victim.send_signal(signal.SIGSTOP)
    rows = await rig.house.rows(
        "select count(*) as held from conversations where lease_until > now() and lease_owner like $1",
        f"%:{victim.pid}:%",
    )
    try:
        await rig.drained(90)
    finally:
        victim.send_signal(signal.SIGCONT)
    await eventually(lambda: victim.poll() is None, 5)
    return rows[0]["held"]
