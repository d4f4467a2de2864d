"""A rolling deploy under load: new processes come, old ones are asked to go, and nobody notices."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from urllib.parse import urlsplit

import asyncpg
import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.people import Watcher, ask
from tests.faults.rig import FULL, Process, Rig, rig_of
from tests.house import eventually, free_port

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

EXPAND = "set lock_timeout = '300ms'; alter table app.messages add column if not exists of_the_next_release text"


class Balancer:
    """What stands in front of the API: hands connections round, and leaves out who is not ready."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._next = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(40):
            for _ in range(len(self.ports)):
                self._next += 1
                with contextlib.suppress(OSError):
                    up = await asyncio.open_connection("127.0.0.1", self.ports[self._next % len(self.ports)])
                    await asyncio.gather(_pipe(reader, up[1]), _pipe(up[0], writer))
                    return
            await asyncio.sleep(0.05)
        writer.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def _in_front(rig: Rig) -> AsyncIterator[Balancer]:
    balancer = Balancer()
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", urlsplit(rig.house.base).port)
    try:
        yield balancer
    finally:
        server.close()


async def test_F17_a_rolling_deploy_is_not_noticed(servers: Embedded, seed: int, report: Report) -> None:
    rounds, every, rate, messages = (4, 20, 200, 50) if FULL else (1, 4, 20, 8)
    seconds = every * (rounds * 4 + 1)
    async with rig_of(servers, "f17", seed=seed, timers=None, retry_time_factor=0.1) as rig, _in_front(rig) as front:
        apis = [await _api(rig, front) for _ in range(2)]
        workers = [await rig.start_worker() for _ in range(2)]
        clinic = await rig.house.clinic()
        watchers = [Watcher(rig.house.base, clinic.client) for _ in range(4)]
        watching = [asyncio.create_task(watcher.watch()) for watcher in watchers]
        await asyncio.sleep(1)
        writing = asyncio.create_task(rig.history.write([clinic], 100, messages * seconds, messages))
        asking = asyncio.create_task(ask(rig.house.base, clinic.client, "/conversations?limit=5", rate, seconds))
        left: list[float] = []
        for _ in range(rounds):
            for n in range(2):
                left.append(await _replace_api(rig, front, apis, n, every))
                left.append(await _replace_worker(rig, workers, n, every))
                if n == 0:
                    await _expand(servers)
        statuses = await asking
        await writing
        await rig.drained(120)
        with contextlib.suppress(AssertionError):
            await eventually(lambda: all(set(watcher.texts) >= rig.history.words for watcher in watchers), 10)
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
        assert all(task.cancelled() for task in watching), [task for task in watching if not task.cancelled()]
        verdict = await check(rig)
        away = max((gap for watcher in watchers for gap in watcher.away), default=0.0)
        report(
            **verdict.line(),
            people=dict(statuses),
            away=away,
            left_after=left,
            resyncs=sum(watcher.resyncs for watcher in watchers),
            not_told=[len(rig.history.words - set(watcher.texts)) for watcher in watchers],
            tries=dict(rig.history.statuses),
        )
        verdict.holds()
        assert set(statuses) == {200}
        assert away <= 5
        assert all(watcher.away for watcher in watchers), "no socket was ever ended"
        assert not any(watcher.resyncs for watcher in watchers)
        assert all(set(watcher.texts) == rig.history.words for watcher in watchers)
        assert max(left) <= 30


async def _api(rig: Rig, front: Balancer) -> tuple[Process, int]:
    """Started, ready, and given its share."""
    port = free_port()
    process = await rig.start_api(PORT=str(port))

    async def ready() -> bool:
        return await rig.status("/health/ready", f"http://127.0.0.1:{port}") == 200

    await eventually(ready, 30, 0.1)
    front.ports.append(port)
    return process, port


async def _replace_api(rig: Rig, front: Balancer, apis: list[tuple[Process, int]], number: int, every: float) -> float:
    await asyncio.sleep(every)
    new = await _api(rig, front)
    old, port = apis[number]
    apis[number] = new
    left = asyncio.create_task(_leave(old))
    # As a balancer does it that looks every half second.
    while not left.done() and await rig.status("/health/ready", f"http://127.0.0.1:{port}") == 200:
        await asyncio.sleep(0.5)
    front.ports.remove(port)
    return await left


async def _replace_worker(rig: Rig, workers: list[Process], number: int, every: float) -> float:
    await asyncio.sleep(every)
    new = await rig.start_worker()
    old, workers[number] = workers[number], new
    return await _leave(old)


async def _leave(process: Process) -> float:
    """SIGTERM; seconds until it was gone, of its own will."""
    began = monotonic()
    process.send_signal(signal.SIGTERM)
    await eventually(lambda: process.poll() is not None, 40, 0.05)
    assert process.returncode in (0, -signal.SIGTERM)
    return round(monotonic() - began, 2)


async def _expand(servers: Embedded) -> None:
    """The next release's schema, under the old one's processes."""
    conn = await asyncpg.connect(servers.admin_url, database="f17")
    try:
        for _ in range(20):
            # Whoever waits for this lock holds up everybody behind.
            with contextlib.suppress(asyncpg.LockNotAvailableError):
                await conn.execute(EXPAND)
                return
            await asyncio.sleep(0.5)
        raise AssertionError("the table was never free")
    finally:
        await conn.close()
