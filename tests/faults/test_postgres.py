"""PostgreSQL goes away, loses connections in the middle of a commit, has no room. What was accepted is there."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.rig import FULL, Rig, rig_of
from tests.faults.wire import wire_to
from tests.house import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

LONG, SHORT = (50, 30, 3), (15, 2, 2)
"""Messages a second, seconds of each trouble, and how often it comes."""
HEALTHY = 30
"""Seconds within which the API has to be ready once the database is."""


async def test_F05_the_database_stops_at_once_and_is_killed(servers: Embedded, seed: int, report: Report) -> None:
    rate, down, times = LONG if FULL else SHORT
    async with rig_of(servers, "f05", seed=seed, retry_time_factor=0.2) as rig:
        await rig.up(2)
        clinics = [await rig.house.clinic() for _ in range(2)]
        load = asyncio.create_task(rig.history.write(clinics, 60, rate * down * times * 2, rate))
        healthy: list[float] = []
        for number in range(times):
            await asyncio.sleep(down)
            if number == 0:
                await asyncio.to_thread(servers.restart_postgres, mode="immediate")
            else:
                await asyncio.to_thread(servers.kill_postgres)
                await asyncio.sleep(down)
                assert await rig.status("/health/ready") == 503
                await asyncio.to_thread(servers.start_postgres)
            healthy.append(await _ready(rig))
        await load
        await rig.drained(120)
        verdict = await check(rig)
        report(**verdict.line(), healthy_after=healthy, tries=dict(rig.history.statuses))
        verdict.holds()
        assert rig.history.statuses[503], "the door never met a dead database"
        assert max(healthy) < HEALTHY
        assert rig.restarts == 0


async def test_F05_connections_are_reset_around_their_commits(servers: Embedded, seed: int, report: Report) -> None:
    rate, down, times = (50, 10, 3) if FULL else SHORT
    async with wire_to(servers) as wire:
        through = {"DATABASE_URL": wire.url("postgresql://evoai_app@/f05_cut?host=x")}
        async with rig_of(
            servers, "f05_cut", seed=seed, api_env=through, worker_env=through, retry_time_factor=0.2
        ) as rig:
            await rig.up(2)
            clinics = [await rig.house.clinic() for _ in range(2)]
            load = asyncio.create_task(rig.history.write(clinics, 60, rate * down * times * 2, rate))
            for _ in range(times):
                for moment in ("before", "after"):
                    wire.arm(moment, "insert|update", chance=lambda: rig.history.random.random() < 0.3)
                    await asyncio.sleep(down)
                wire.disarm()
                wire.cut_all()
            await load
            wire.disarm()
            await rig.drained(120)
            verdict = await check(rig)
            report(**verdict.line(), cuts=wire.cuts, tries=dict(rig.history.statuses))
            verdict.holds()
            assert wire.cuts > 10
            assert rig.restarts == 0


@pytest.mark.full
async def test_F05_a_full_disk_is_refused_and_forgotten_once_there_is_room(
    servers: Embedded, seed: int, report: Report
) -> None:
    rate, down, times = SHORT
    async with rig_of(servers, "f05_disk", seed=seed, retry_time_factor=0.2) as rig:
        await rig.up(1)
        clinic = await rig.house.clinic()
        load = asyncio.create_task(rig.history.write([clinic], 30, rate * down * times * 2, rate))
        await asyncio.sleep(down)
        with _no_room(servers):
            full = await _fill_the_log(servers)
            await asyncio.sleep(down)
        # Out of room for its log, the server ends all sessions and recovers; embedded, nobody else starts it again.
        if servers.poll():
            await asyncio.to_thread(servers.start_postgres)
        healthy = await _ready(rig)
        await load
        await rig.drained(120)
        verdict = await check(rig)
        report(**verdict.line(), healthy_after=healthy, full=full, tries=dict(rig.history.statuses))
        verdict.holds()
        assert rig.history.statuses[503], "the door never met a full disk"
        assert healthy < HEALTHY
        assert rig.restarts == 0


async def _ready(rig: Rig) -> float:
    """Seconds until the API is ready."""
    began = monotonic()

    async def ready() -> bool:
        return await rig.status("/health/ready") == 200

    await eventually(ready, HEALTHY + 10, 0.1)
    return round(monotonic() - began, 2)


@contextmanager
def _no_room(servers: Embedded) -> Iterator[None]:
    """No file of the server may grow beyond 1 MB: a disk that is full, as far as a write can tell. The soft limit
    alone, so that it can be lifted again."""

    root = servers.pid("postgres")
    own = Path(f"/proc/{root}").stat()
    # As root the server is another user's, and only that user may set its limits.
    user: dict[str, Any] = {"user": own.st_uid, "group": own.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def limit(soft: str) -> None:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
        for pid in (str(root), *children):
            # One that has ended meanwhile needs no limit.
            subprocess.run(["prlimit", "--pid", pid, f"--fsize={soft}:"], **user, check=pid == str(root))

    limit(str(1 << 20))
    try:
        yield
    finally:
        if not servers.poll():
            limit("unlimited")


async def _fill_the_log(servers: Embedded) -> str:
    """Have the server begin new files of its log until it cannot; what it said."""
    for _ in range(20):
        try:
            conn = await asyncpg.connect(servers.admin_url, timeout=2)
            try:
                for _ in range(10):
                    await conn.execute(
                        "select pg_switch_wal(), pg_logical_emit_message(true, 'full', repeat('x', 100))"
                    )
            finally:
                conn.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return f"{type(error).__name__}: {error}"
    raise AssertionError("there was room")
