"""Nothing left to work with: connections, file descriptors. Who asks then is asked to come again."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.people import ask, works_again
from tests.faults.rig import FULL, Rig, rig_of
from tests.house import Clinic

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

RATE, HELD = (200, 30) if FULL else (20, 7)
RECOVERED = 30
"""Seconds after the relief within which everything has to work again."""
ALLOWED = {200, 503}


async def test_F19_with_every_connection_waiting_for_a_lock_people_are_asked_to_come_again(
    servers: Embedded, seed: int, report: Report
) -> None:
    async with rig_of(servers, "f19_pool", seed=seed, retry_time_factor=0.2) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        await _spoken_with(rig, clinic)
        statuses: Counter[int] = Counter()
        conn = await asyncpg.connect(servers.admin_url, database="f19_pool")
        try:
            await conn.execute("begin; lock table app.conversations in access exclusive mode")
            statuses += await ask(rig.house.base, clinic.client, "/conversations", RATE, HELD)
        finally:
            conn.terminate()
        recovered = await works_again(clinic.client, "/conversations", RECOVERED + 10)
        await _finish(rig, report, statuses, recovered)


async def test_F19_with_every_connection_of_the_server_taken(servers: Embedded, seed: int, report: Report) -> None:
    async with rig_of(servers, "f19_server", seed=seed, retry_time_factor=0.2) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        await _spoken_with(rig, clinic)
        async with _taken(servers, "f19_server"):
            writing = asyncio.create_task(rig.history.write([clinic], 20, HELD * 5, 5))
            statuses = await ask(rig.house.base, clinic.client, "/conversations", RATE, HELD)
        recovered = await works_again(clinic.client, "/conversations", RECOVERED + 10)
        await writing
        await _finish(rig, report, statuses, recovered)


async def test_F19_without_file_descriptors_and_again_with_some(servers: Embedded, seed: int, report: Report) -> None:
    async with rig_of(servers, "f19_files", seed=seed, retry_time_factor=0.2) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        await _spoken_with(rig, clinic)
        (api,) = rig.of("api")
        soft, hard = resource.prlimit(api.pid, resource.RLIMIT_NOFILE)
        used = len(list(Path(f"/proc/{api.pid}/fd").iterdir()))
        resource.prlimit(api.pid, resource.RLIMIT_NOFILE, (used + 3, hard))
        try:
            writing = asyncio.create_task(rig.history.write([clinic], 20, HELD * 5, 5))
            statuses = await ask(rig.house.base, clinic.client, "/conversations", RATE, HELD)
        finally:
            resource.prlimit(api.pid, resource.RLIMIT_NOFILE, (soft, hard))
        recovered = await works_again(clinic.client, "/conversations", RECOVERED + 10)
        await writing
        await _finish(rig, report, statuses, recovered, silence=True)


async def _spoken_with(rig: Rig, clinic: Clinic) -> None:
    await rig.history.write([clinic], 5, 5, 20)
    await rig.drained(30)


async def _finish(rig: Rig, report: Report, statuses: Counter[int], recovered: float, *, silence: bool = False) -> None:
    await rig.drained(120)
    verdict = await check(rig)
    report(**verdict.line(), people=dict(statuses), recovered=recovered, tries=dict(rig.history.statuses))
    verdict.holds()
    assert set(statuses) <= ALLOWED | ({0} if silence else set())
    assert statuses[503] or silence, "nobody was sent away: the fault was none"
    assert recovered < RECOVERED
    assert rig.restarts == 0


@asynccontextmanager
async def _taken(servers: Embedded, database: str) -> AsyncIterator[None]:
    """The product's connections are ended, and every place at the server is taken by others."""
    held: list[asyncpg.Connection] = []
    try:
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while len(held) < 400:
                held.append(await asyncpg.connect(servers.admin_url))
        free = held.pop()
        await free.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
            database,
        )
        held.append(free)
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while len(held) < 400:
                held.append(await asyncpg.connect(servers.admin_url))
        yield
    finally:
        for conn in held:
            conn.terminate()
