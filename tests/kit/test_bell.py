"""The bell and who hears it, on a real Redis: what rings together is one ring; a worker is calm, and quick to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from redis.asyncio import Redis, UnixDomainSocketConnection
from redis.exceptions import RedisError

from evoai.kit.jobs import QUEUES, Bell, Job, JobServer, Runner
from evoai.resources import open_redis
from tests.house import eventually

LIST = "saq:delivery:queued"


@pytest.fixture
async def redis(redis: Redis) -> Redis:
    """Empty: all lists are one."""
    await redis.flushdb()
    return redis


class Work:
    """Jobs that tell what they were called with. `let` holds back those that wait for it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, tuple[Any, ...]]] = []
        self.let = asyncio.Event()
        self.jobs = [
            Job("a.send", "delivery", 5, 1, self._tells("a.send")),
            Job("a.drain", "delivery", 5, 1, self._tells("a.drain"), merges=True),
            Job("a.wait", "delivery", 5, 1, self._waits),
            Job("a.late", "delivery", 0.2, 1, self._waits),
            Job("a.fail", "delivery", 5, 1, self._fails),
        ]

    def _tells(self, name: str) -> Callable[..., Any]:
        async def tell(_: Any, *args: Any) -> None:
            self.done.append((name, args))

        return tell

    async def _waits(self, _: Any, *args: Any) -> None:
        await self.let.wait()
        self.done.append(("a.wait", args))

    async def _fails(self, _: Any) -> None:
        raise ValueError("a defect")

    @asynccontextmanager
    async def served(self, redis: Redis, slots: int = 2) -> AsyncIterator[JobServer]:
        jobs = JobServer(redis, Runner(cast(Any, None), self.jobs), dict.fromkeys(QUEUES, slots))
        jobs.start()
        try:
            yield jobs
        finally:
            await jobs.stop()


@pytest.fixture
def work() -> Work:
    return Work()


async def rung(redis: Any) -> list[tuple[str, list[Any]]]:
    found = [msgspec.json.decode(entry) for entry in await redis.lrange(LIST, 0, -1)]
    return [(name, sorted(args)) for name, args in found]


async def test_what_rings_together_is_one_ring(redis: Any, work: Work) -> None:
    bell = Bell(redis, work.jobs)
    for shard in (3, 1, 3, 2):
        bell.ring("a.drain", shard)
        bell.ring("a.send", "tenant", "conversation")
    bell.ring("a.send", "tenant", "another")
    await bell.ring_now("a.drain", 9)
    assert await rung(redis) == [
        ("a.send", ["conversation", "tenant"]),
        ("a.send", ["another", "tenant"]),
        ("a.drain", [1, 2, 3, 9]),
    ]
    # A ring that comes later is not taken for one that was heard already.
    await bell.ring_now("a.drain", 3)
    assert (await rung(redis))[3:] == [("a.drain", [3])]


async def test_what_may_wait_rings_soon_and_once(redis: Any, work: Work) -> None:
    bell = Bell(redis, work.jobs)
    for shard in range(5):
        bell.ring_soon("a.drain", shard)
    await bell.ring_now("a.send", "x")
    assert await rung(redis) == [("a.send", ["x"])]
    await eventually(lambda: _length(redis, 2), 2)
    assert (await rung(redis))[1:] == [("a.drain", [0, 1, 2, 3, 4])]
    bell.ring_soon("a.drain", 7)
    # A process that ends rings for what waited.
    await bell.close()
    assert (await rung(redis))[2:] == [("a.drain", [7])]


async def _length(redis: Any, wanted: int) -> bool:
    return await redis.llen(LIST) == wanted


async def test_a_call_that_was_taken_leaves_nothing_in_redis(redis: Any, work: Work) -> None:
    bell = Bell(redis, work.jobs)
    async with work.served(redis):
        bell.ring("a.fail")
        bell.ring("a.send", "tenant", "id")
        await eventually(lambda: work.done == [("a.send", ("tenant", "id"))], 3)
        await redis.rpush(LIST, b"no call", msgspec.json.encode(("b.unknown", ["x"])))
        bell.ring("a.drain", 4)
        await eventually(lambda: work.done[1:] == [("a.drain", (4,))], 5)
        assert await redis.keys("*") == []


async def test_a_slot_that_is_busy_keeps_no_other_from_working(redis: Any, work: Work) -> None:
    bell = Bell(redis, work.jobs)
    async with work.served(redis):
        await bell.ring_now("a.wait", 1)
        await bell.ring_now("a.send", "x")
        await eventually(lambda: work.done == [("a.send", ("x",))], 3)
        # Both slots taken: what rings now waits in Redis for whoever is free.
        await bell.ring_now("a.wait", 2)
        await eventually(lambda: _length(redis, 0), 3)
        await bell.ring_now("a.send", "y")
        await asyncio.sleep(0.2)
        assert await rung(redis) == [("a.send", ["y"])]
        work.let.set()
        await eventually(lambda: ("a.send", ("y",)) in work.done, 3)


async def test_a_job_that_takes_too_long_is_ended(redis: Any, work: Work) -> None:
    bell = Bell(redis, work.jobs)
    async with work.served(redis, slots=1):
        bell.ring("a.late")
        bell.ring("a.send", "x")
        await eventually(lambda: work.done == [("a.send", ("x",))], 3)


async def test_an_idle_worker_stops_at_once_and_a_busy_one_ends_its_jobs(redis: Any, work: Work) -> None:
    async with work.served(redis) as idle:
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await idle.stop()
        assert time.monotonic() - began < 1
    bell = Bell(redis, work.jobs)
    async with work.served(redis) as busy:
        await bell.ring_now("a.wait", 1)
        await eventually(lambda: _length(redis, 0), 3)
        stopping = asyncio.create_task(busy.stop())
        await asyncio.sleep(0.2)
        await bell.ring_now("a.send", "after")
        assert not stopping.done()
        work.let.set()
        await stopping
    assert work.done == [("a.wait", (1,))]
    assert await rung(redis) == [("a.send", ["after"])]


async def test_a_worker_is_calm_while_redis_is_away(tmp_path: Path, work: Work) -> None:
    tries: list[float] = []

    class Tried(UnixDomainSocketConnection):
        async def _connect(self) -> None:
            tries.append(time.monotonic())
            await super()._connect()

    away = open_redis(f"unix://{tmp_path}/nobody.sock")
    away.connection_pool.connection_class = Tried
    bell = Bell(away, work.jobs)
    async with work.served(away, slots=10):
        bell.ring("a.send", "x")
        with pytest.raises((RedisError, OSError)):
            await bell.ring_now("a.send", "y")
        await asyncio.sleep(2)
        assert len(QUEUES) <= len(tries) < 20 * len(QUEUES)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    await away.aclose()
