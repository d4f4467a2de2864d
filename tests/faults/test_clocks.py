"""Wall clocks jump. Leases and due times are the database's, deadlines the boot clock's, so nobody notices."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.clock import Clock
from tests.faults.conftest import Report
from tests.faults.rig import FULL, rig_of

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

HOUR = 3600
LEAP = 300


class Leaping(Embedded):
    """Servers whose wall clock is `clock`'s: PostgreSQL's `now()` leaps with it."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        super().__init__(data_dir, tuned_for_tests=True)
        self._env |= clock.env


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


@pytest.fixture
def leaping(folder: Path) -> Iterator[tuple[Leaping, Clock]]:
    clock, data = Clock(folder, "database"), Path(tempfile.mkdtemp(prefix="evoai-faults-"))
    try:
        with Leaping(data, clock) as servers:
            yield servers, clock
    finally:
        remove_data(data)


async def test_F18_a_database_whose_clock_leaps_by_five_minutes(
    leaping: tuple[Leaping, Clock], seed: int, report: Report
) -> None:
    messages, rate = (1000, 20) if FULL else (120, 10)
    servers, clock = leaping
    async with rig_of(servers, "f18_database", seed=seed) as rig:
        await rig.up(2)
        clinic = await rig.house.clinic()
        writing = asyncio.create_task(rig.history.write([clinic], 60, messages, rate))
        for ahead in (LEAP, 2 * LEAP):
            await asyncio.sleep(messages / rate / 4)
            clock.ahead(ahead)
            (row,) = await rig.house.rows("select extract(epoch from clock_timestamp()) as at")
            assert abs(float(row["at"]) - time.time() - ahead) < 5
        await asyncio.sleep(messages / rate / 4)
        # What was due at a time that comes once more waits for it: nothing is lost, and nothing is done twice.
        clock.ahead(LEAP)
        await writing
        await rig.drained(LEAP + 60)
        verdict = await check(rig)
        report(**verdict.line())
        verdict.holds()
        assert rig.restarts == 0
