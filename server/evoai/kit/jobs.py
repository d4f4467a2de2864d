"""Jobs: named background entry points, the bell that rings for them, and the runner that a worker process has.

A bell is best effort: PostgreSQL holds the work and the sweep (`kit/outbox.py`) finds what was not rung for. So a job
takes ids only, may run twice, and counts its attempts on the row that it works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

import saq
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq.queue.redis import RedisQueue

from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

QUEUES = ("message", "reply", "delivery", "followup", "embedding", "maintenance")

GRACE_SECONDS = 25

Arg = str | int
JobFn = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job. Called with `Resources` and the ids it was rung with, the tenant's first."""

    name: str
    queue: str
    timeout: float
    attempts: int
    fn: JobFn

    async def __call__(self, resources: Resources, *args: Any) -> None:
        await self.fn(resources, *args)


def job(name: str, *, queue: str, timeout: float, attempts: int) -> Callable[[JobFn], Job]:
    """Declare a job `room.verb_noun`. `timeout` in seconds; `attempts` is how often its row is tried before it becomes
    a dead letter."""
    assert queue in QUEUES, queue

    def declare(fn: JobFn) -> Job:
        return Job(name, queue, timeout, attempts, fn)

    return declare


class Bell:
    """Rings for jobs. `ring` never waits and never fails; `ring_now` waits and raises when Redis is away."""

    def __init__(self, redis: Redis, jobs: Iterable[Job]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._queues = {name: RedisQueue(redis, name=name) for name in QUEUES}
        self._tasks: set[asyncio.Task[None]] = set()

    def ring(self, name: str, *args: Arg) -> None:
        """Ring after the commit of what is due."""
        task = asyncio.get_running_loop().create_task(self._try(name, args))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ring_now(self, name: str, *args: Arg) -> None:
        """Raises `RedisError` or `OSError`."""
        job = self._jobs[name]
        await self._queues[job.queue].enqueue(
            saq.Job(function=job.name, kwargs={"args": list(args)}, timeout=int(job.timeout) + 5, retries=1, ttl=-1)
        )

    async def _try(self, name: str, args: tuple[Arg, ...]) -> None:
        try:
            await self.ring_now(name, *args)
        except (TimeoutError, RedisError, OSError) as error:
            log.debug("bell.dropped", job=name, error=type(error).__name__)

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=1)


class Runner:
    """Runs declared jobs by name, with log context and their timeout. Failures are logged: the row stays due."""

    def __init__(self, resources: Resources, jobs: Iterable[Job]) -> None:
        self._resources = resources
        self.jobs = {job.name: job for job in jobs}

    async def run(self, name: str, args: Iterable[Arg]) -> None:
        job = self.jobs[name]
        with structlog.contextvars.bound_contextvars(job=name):
            started = monotonic()
            try:
                async with asyncio.timeout(job.timeout):
                    await job(self._resources, *args)
            except Exception as error:
                log.error("job.failed", args=list(args), seconds=round(monotonic() - started, 3), exc_info=error)


class _Queue(RedisQueue):
    """SAQ's queue, calm while Redis is away: without this an idle worker burns a core on reconnecting."""

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> saq.Job | None:
        try:
            return await super().dequeue(timeout, poll_interval)
        except (RedisError, OSError):
            await asyncio.sleep(1)
            return None


class _Worker(saq.Worker[Any]):
    """SAQ's worker without signal handlers of its own and with an upkeep that ends at once when asked to."""

    SIGNALS: list[Any] = []  # noqa: RUF012

    async def upkeep(self) -> list[asyncio.Task[None]]:
        async def every(seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
            while not self.event.is_set():
                try:
                    await work()
                except (RedisError, OSError) as error:
                    log.debug("saq.upkeep", error=type(error).__name__)
                try:
                    await asyncio.wait_for(self.event.wait(), seconds)
                except TimeoutError:
                    continue

        return [
            asyncio.create_task(every(60, lambda: self.queue.sweep(60))),
            asyncio.create_task(every(15, lambda: self.worker_info(60))),
        ]


class JobServer:
    """The SAQ workers of one process, one for each queue it serves."""

    def __init__(self, redis: Redis, runner: Runner, slots: dict[str, int]) -> None:
        def bound(name: str) -> Callable[..., Awaitable[None]]:
            async def run(_: Any, *, args: list[Arg]) -> None:
                await runner.run(name, args)

            return run

        self._workers = [
            _Worker(
                _Queue(redis, name=queue),
                functions=[(name, bound(name)) for name, job in runner.jobs.items() if job.queue == queue],
                concurrency=count,
                # An idle slot looks up once a second, so that a stop need not wait longer for it.
                dequeue_timeout=1,
                shutdown_grace_period_s=GRACE_SECONDS,
            )
            for queue, count in slots.items()
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(worker.start()) for worker in self._workers]

    async def stop(self) -> None:
        """Take no further job and let those running end within `GRACE_SECONDS`, then cancel them. What is cut off is
        due again in the database."""
        for worker in self._workers:
            worker.event.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS + 2)
