"""Nobody was at the door for longer than the provider tries. What it still has is fetched; what is too old for the
assistant reaches people."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import WORD, phone_of
from tests.faults.rig import FULL, QUICK, rig_of
from tests.house import eventually

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

STALE = 60
FOUND = 15 * 60
"""Seconds within which everything has to be stored."""


async def test_F12_what_was_written_in_the_dark_is_fetched(servers: Embedded, seed: int, report: Report) -> None:
    half = 250 if FULL else 25
    timers = replace(QUICK, reconcile=4, reconcile_grace=2)
    # Tries end within a second.
    async with rig_of(
        servers, "f12", seed=seed, timers=timers, env={"STALE_AFTER": f"{STALE}s"}, retry_time_factor=0.002
    ) as rig:
        await rig.up(2)
        clinic = await rig.house.clinic()
        await asyncio.sleep(timers.reconcile_grace)
        history, tally = rig.history, rig.house.sim.webhooks.tally
        dark = list(rig.kept)
        rig.kept.clear()
        for process in dark:
            process.kill()
            process.wait()
        old = {history.says(clinic, phone_of(n)) for n in range(half)}
        await asyncio.sleep(STALE)
        young = {history.says(clinic, phone_of(1000 + n)) for n in range(half)}
        await eventually(lambda: not tally.pending, 30)
        assert not history.acked
        began = monotonic()
        await rig.up(2)

        async def found() -> bool:
            (row,) = await rig.house.rows("select count(*) as n from messages where direction = 'in'")
            return row["n"] == 2 * half and not any((await rig.left()).values())

        await eventually(found, FOUND if FULL else 90, 0.5)
        took = round(monotonic() - began, 1)
        # Another round, which has to find nothing new.
        await asyncio.sleep(2 * timers.reconcile)
        await eventually(found, 30, 0.5)
        verdict = await check(rig, answered=False)
        del verdict.wrong["not accepted"]
        spoken = {word for entry in rig.house.sim.sends() for word in WORD.findall(entry.text or "")}
        rows = await rig.house.rows("select handoff_reason, count(*) as n from conversations group by handoff_reason")
        report(**verdict.line(), took=took, spoken=len(spoken), **{str(r["handoff_reason"]): r["n"] for r in rows})
        verdict.holds()
        assert verdict.counts["stored"] == 2 * half
        assert not spoken & old, "the assistant answered what was too old"
        assert {row["handoff_reason"]: row["n"] for row in rows}.get("waited-too-long", 0) >= half
        assert spoken <= young
