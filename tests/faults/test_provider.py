"""The provider is down, or takes messages without saying so. Nothing is said twice, and what is owed is said."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import time

import pytest

from evoai.embedded import Embedded
from evoai.kit.timers import Timers
from evoai.simulator.log import Entry
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, QUICK, Rig, rig_of
from tests.house import eventually

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(1200)]

PATIENT = Timers(
    lease=QUICK.lease, renew=QUICK.renew, sweep=QUICK.sweep, send=8, settle=4, ask_again=6, backoff_first=0.3
)
"""Time to make the provider forget before it is asked, and to ask it for longer than its breaker rests."""


async def test_F06_a_provider_down_for_long_is_left_alone_and_then_caught_up(
    servers: Embedded, seed: int, report: Report
) -> None:
    messages, contacts, down, shaky = (2000, 200, 60, 30) if FULL else (60, 20, 20, 4)
    async with rig_of(servers, "f06", seed=seed) as rig:
        await rig.up(2)
        clinic = await rig.house.clinic()
        rig.house.sim.set(error_rate=1.0, error_status=503)
        began = time()
        await rig.history.write([clinic], contacts, messages, messages / down * 2)
        await asyncio.sleep(max(0.0, began + down - time()))
        tried = _tries(rig)
        rig.house.sim.set(error_rate=0.5, error_status=0)
        await asyncio.sleep(shaky)
        rig.house.sim.set(error_rate=0.0)
        back = time()
        await rig.drained(180)
        verdict = await check(rig)
        opened = _opened(tried)
        while_open = [entry for entry in tried if entry.at > opened]
        report(**verdict.line(), tries_while_down=len(tried), while_open=len(while_open), took=round(time() - back, 1))
        verdict.holds()
        # Two a minute, once both workers know that the breaker is open.
        assert len(while_open) <= 2 * (down / 60 + 1)
        assert max(_per_second(rig, back)) <= MOST_PER_SECOND


MOST_PER_SECOND = 60
"""Sends of one channel after a return: eight in flight in each of two workers, and none of them waits for a timer."""


def _tries(rig: Rig) -> list[Entry]:
    return [entry for entry in rig.house.sim.log if entry.kind == "send"]


def _opened(tried: list[Entry]) -> float:
    """When both workers had to know: a second after the tenth failure, five straight ones in each."""
    return tried[min(9, len(tried) - 1)].at + 1.5


def _per_second(rig: Rig, since: float) -> list[int]:
    moments = [int(entry.at) for entry in rig.house.sim.sends() if entry.at >= since]
    return [moments.count(second) for second in set(moments)] or [0]


async def test_F07_answers_that_the_provider_swallows_are_settled_by_evidence(
    servers: Embedded, seed: int, report: Report
) -> None:
    # As many sends of a channel as are in flight at once: behind them its breaker holds back the rest.
    channels, each, forgetful = (63, 8, 50) if FULL else (4, 8, 0)
    count = channels * each
    async with rig_of(servers, "f07", seed=seed, timers=PATIENT, drop_answers=1.0, hold_s=30) as rig:
        await rig.up(2)
        clinics = [await rig.house.clinic() for _ in range(channels)]
        began = time()
        for n in range(count):
            rig.history.says(clinics[n % channels], phone_of(n))
        await eventually(lambda: len(rig.history.acked) == count, 30)
        for clinic in clinics:
            # From here on no echo comes: only the provider can tell, if asked.
            rig.house.sim.set(clinic.instance, silent=True)
        forgotten: set[str] = set()

        def all_taken() -> bool:
            forgotten.update(_forget(rig, forgetful - len(forgotten)))
            return len(rig.house.sim.sends()) + len(forgotten) == count

        await eventually(all_taken, 60, 0.05)
        # What is sent again is answered for.
        rig.house.sim.set(drop_answers=0.0)
        longest = await asyncio.wait_for(_settled(rig), 300)
        await rig.drained(120)
        verdict = await check(rig)
        report(**verdict.line(), forgotten=len(forgotten), longest_doubt=longest, took=round(time() - began, 1))
        verdict.holds()
        assert (len(rig.house.sim.sends()), len(forgotten)) == (count, forgetful)
        rows = await rig.house.rows("select evidence, count(*) as n from deliveries group by evidence")
        by = {row["evidence"]: row["n"] for row in rows}
        assert by.get("lookup", 0) > 0, by
        assert longest < 600


def _forget(rig: Rig, most: int) -> set[str]:
    """The provider loses sends that it had taken before they left; their ids."""
    gone: set[str] = set()
    for entry in rig.house.sim.sends()[: max(0, most)]:
        assert entry.id is not None
        assert entry.instance is not None
        instance = rig.house.sim.instance(entry.instance)
        message = instance.messages.pop(entry.id)
        instance.by_jid[message.jid].remove(message)
        entry.accepted, entry.outcome = False, "forgotten"
        gone.add(entry.id)
    return gone


async def _settled(rig: Rig) -> float:
    """Wait until no send is in doubt; for how long the longest was, in seconds."""
    longest = timedelta()
    while True:
        (row,) = await rig.house.rows(
            "select count(*) as n, max(now() - created_at) as longest from deliveries where state = 'attempting'"
        )
        longest = max(longest, row["longest"] or timedelta())
        if not row["n"]:
            return round(longest.total_seconds(), 1)
        await asyncio.sleep(0.5)
