"""Wall clocks jump. Leases and due times are the database's, deadlines the boot clock's, so nobody notices."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.clock import Clock
from tests.faults.conftest import Report
from tests.faults.rig import FULL, rig_of

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

HOUR = 3600


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="evoai-clock-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


async def test_F18_a_worker_whose_clock_jumps_by_an_hour(
    servers: Embedded, folder: Path, seed: int, report: Report
) -> None:
    messages, rate = (1000, 20) if FULL else (120, 10)
    clock = Clock(folder, "worker")
    async with rig_of(servers, "f18", seed=seed, worker_env=clock.env) as rig:
        await rig.up(1)
        # Another whose clock is right.
        rig.role_env = {}
        rig.kept[await rig.start_worker()] = "worker"
        clinic = await rig.house.clinic()
        # Some sends in doubt, whose times are compared.
        rig.house.sim.set(drop_answers=0.05, hold_s=10)
        writing = asyncio.create_task(rig.history.write([clinic], 60, messages, rate))
        for ahead in (HOUR, -HOUR, 0, HOUR):
            await asyncio.sleep(messages / rate / 5)
            clock.ahead(ahead)
        await writing
        await rig.drained(60)
        verdict = await check(rig)
        report(**verdict.line())
        verdict.holds()
        assert rig.restarts == 0


async def test_F18_an_api_whose_clock_jumps_by_an_hour(
    servers: Embedded, folder: Path, seed: int, report: Report
) -> None:
    messages, rate = (1000, 20) if FULL else (120, 10)
    clock = Clock(folder, "api")
    async with rig_of(servers, "f18_api", seed=seed, api_env=clock.env) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        writing = asyncio.create_task(rig.history.write([clinic], 60, messages, rate))
        for ahead in (HOUR, -HOUR, HOUR):
            await asyncio.sleep(messages / rate / 4)
            clock.ahead(ahead)
        await writing
        await rig.drained(60)
        # Tokens of before are valid by the true time.
        clock.ahead(0)
        verdict = await check(rig)
        report(**verdict.line())
        verdict.holds()
        assert rig.restarts == 0
