"""The API dies around the commit of what it was asked to store: no half rows, and what comes again is stored once."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, Rig, kill, rig_of
from tests.faults.wire import Moment, Wire, wire_to
from tests.house import Clinic, eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_F03_an_api_killed_around_its_commit(
    servers: Embedded, moment: Moment, seed: int, report: Report
) -> None:
    """`before`: parsed and inserted, not committed. `after`: committed, not answered."""
    rounds, each = (20, 50) if FULL else (1, 25)
    name = f"f03_{moment}"
    async with wire_to(servers) as wire:
        through = {"DATABASE_URL": wire.url(f"postgresql://evoai_app@/{name}?host=x")}
        async with rig_of(servers, name, seed=seed, api_env=through, retry_time_factor=0.1) as rig:
            await rig.up(1)
            clinic = await rig.house.clinic()
            cut: Counter[str] = Counter()
            for _ in range(rounds):
                cut.update(await _round(rig, wire, clinic, moment, each))
            await rig.drained(120)
            verdict = await check(rig)
            report(**verdict.line(), kills=wire.cuts, **cut, tries=dict(rig.history.statuses))
            verdict.holds()
            assert wire.cuts == rig.restarts == rounds
            assert (cut["stored_but_not_accepted"] > 0) == (moment == "after")


async def _round(rig: Rig, wire: Wire, clinic: Clinic, moment: Moment, each: int) -> dict[str, int]:
    """Contacts write all at once; the API dies at its first commit of some of it."""
    (api,) = rig.of("api")
    dead = asyncio.Event()

    async def strike() -> None:
        if not dead.is_set():
            wire.disarm()
            kill(api)
            dead.set()

    before = wire.cuts
    wire.arm(moment, "insert into channel_events", strike, chance=lambda: not dead.is_set())
    words = {rig.history.says(clinic, phone_of(n)) for n in range(each)}
    await asyncio.wait_for(dead.wait(), 30)
    wire.cuts = before + 1
    unheard = [one.id for one in rig.history.said.values() if one.word in words and one.id not in rig.history.acked]
    found = await rig.house.rows("select dedupe_key from channel_events")
    stored = "\n".join(row["dedupe_key"] for row in found)
    await rig.drained(60)
    await eventually(lambda: len(rig.of("api")) == 1, 10)
    return {"not_accepted": len(unheard), "stored_but_not_accepted": sum(one in stored for one in unheard)}
