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


@pytest.mark.parametrize("role", ["worker", "api"])
async def test_F18_a_process_whose_clock_jumps_by_an_hour(
    servers: Embedded, folder: Path, role: str, seed: int, report: Report
) -> None:
    messages, rate = (1000, 20) if FULL else (120, 10)
    clock = Clock(folder, role)
    name = f"f18_{role}"
    faults = {"drop_answers": 0.05, "hold_s": 10}
    async with rig_of(servers, name, seed=seed, **{f"{role}_env": clock.env}) as rig:  # type: ignore[arg-type]
        await rig.up(1)
        # Another whose clock is right, where it is the worker's that jumps.
        rig.role_env = {}
        rig.kept[await rig.start_worker()] = "worker"
        clinic = await rig.house.clinic()
        rig.house.sim.set(**faults)
        writing = asyncio.create_task(rig.history.write([clinic], 60, messages, rate))
        for ahead in (HOUR, -HOUR, 0, HOUR):
            await asyncio.sleep(messages / rate / 5)
            clock.ahead(ahead)
        await writing
        await rig.drained(60)
        verdict = await check(rig)
        report(**verdict.line(), role=role)
        verdict.holds()
        assert rig.restarts == 0
