"""Frozen processes that wake up late: what they still believe is theirs is not."""

from __future__ import annotations

import asyncio
import signal

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, Process, Rig, rig_of
from tests.house import Clinic

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]


async def test_F08_a_worker_frozen_past_its_lease_neither_speaks_nor_writes(
    servers: Embedded, seed: int, report: Report
) -> None:
    # A round is one conversation whose worker is frozen somewhere on the way.
    freezes, rounds = (10, 20) if FULL else (1, 20)
    async with rig_of(servers, "f08", seed=seed, model_ms=300, latency_ms=120) as rig:
        await rig.up(2)
        clinic = await rig.house.clinic()
        held: list[int] = []
        while len(held) < freezes or (not any(held) and len(held) < freezes + 5):
            held.append(await _freeze(rig, clinic, rounds))
        await rig.drained(60)
        # Time in which a woken worker could do harm.
        await asyncio.sleep(rig.timers.send if rig.timers else 4)
        await rig.drained(60)
        verdict = await check(rig)
        report(**verdict.line(), held_when_frozen=held)
        verdict.holds()
        assert any(held), "no frozen worker held a turn"
        assert rig.restarts == 0


async def _freeze(rig: Rig, clinic: Clinic, rounds: int) -> int:
    """Freeze the worker that has most to do, at a moment that the seed decides, until the other has ended all; how
    many conversations it held."""
    rand, history = rig.history.random, rig.history
    for n in range(rounds):
        history.says(clinic, phone_of(n))
        await asyncio.sleep(rand.uniform(0, 0.04))
    # Between the first webhook and the last answer: reading, thinking, storing, sending, settling.
    await asyncio.sleep(rand.uniform(0, 0.5))
    victim = max([(await _held(rig, process), process.pid, process) for process in rig.of("worker")])[2]
    victim.send_signal(signal.SIGSTOP)
    try:
        held = await _held(rig, victim)
        await rig.drained(90)
    finally:
        victim.send_signal(signal.SIGCONT)
    return held


async def _held(rig: Rig, worker: Process) -> int:
    (row,) = await rig.house.rows(
        "select count(*) as n from conversations where lease_until > now() and lease_owner like $1", f"%:{worker.pid}:%"
    )
    return row["n"]
