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

import msgspec
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

_RING_SECONDS = 2.0
"""After this long without an answer from Redis a bell is dropped."""
_SOON_SECONDS = 0.2
_LISTEN_SECONDS = 30.0

Arg = str | int
JobFn = Callable[..., Awaitable[None]]
Call = tuple[str, tuple[Arg, ...]]
"""A job's name and its arguments, which is all that a bell says."""


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job. Called with `Resources` and the ids it was rung with, the tenant's first."""

    name: str
    queue: str
    timeout: float
    attempts: int
    fn: JobFn
    merges: bool = False
    """Its arguments are a set: rings that wait together become one, for all of them."""

    async def __call__(self, resources: Resources, *args: Any) -> None:
        await self.fn(resources, *args)


def job(name: str, *, queue: str, timeout: float, attempts: int, merges: bool = False) -> Callable[[JobFn], Job]:
    """Declare a job `room.verb_noun`. `timeout` in seconds; `attempts` is how often its row is tried before it becomes
    a dead letter."""
    assert queue in QUEUES, queue

    def declare(fn: JobFn) -> Job:
        return Job(name, queue, timeout, attempts, fn, merges)

    return declare


class _Queue(RedisQueue):
    """SAQ's queue without its books: a list of calls, forgotten as they are taken.

    What there is to do stands in PostgreSQL, so nobody asks Redis which jobs are active, done or failed; keeping that
    costs a job ten commands instead of one.
    """

    def __init__(self, redis: Redis, name: str) -> None:
        super().__init__(redis, name=name)
        self._ear = asyncio.Lock()
        self._listening: asyncio.Task[Any] | None = None
        self._closed = False

    async def put(self, calls: Iterable[Call]) -> None:
        """Raises `RedisError` or `OSError`."""
        await self._commands.rpush(self._queued, *map(_encode, calls))

    async def hear(self) -> Call | None:
        """The next call, or None for the caller to ask again or to stop. Of all slots one listens at a time, and
        blocks for long, so that idle ones cost nothing; while Redis is away it looks once a second."""
        async with self._ear:
            if self._closed:
                return None
            self._listening = asyncio.current_task()
            try:
                # A server that went away without a word would never answer.
                async with asyncio.timeout(_LISTEN_SECONDS + 5):
                    found = await self._commands.blpop([self._queued], _LISTEN_SECONDS)
                return _decode(found[1]) if found else None
            except (RedisError, OSError, msgspec.MsgspecError) as error:
                log.debug("bell.deaf", queue=self.name, error=type(error).__name__)
                await asyncio.sleep(1)
                return None
            finally:
                self._listening = None

    def close(self) -> None:
        """Hear nothing more. A bell that rang at this very moment is the sweep's to find."""
        self._closed = True
        if self._listening is not None:
            self._listening.cancel()

    @property
    def _commands(self) -> Any:
        # The client's own types leave its arguments unknown.
        return self.redis


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Call).decode


class Bell:
    """Rings for jobs. `ring` never waits and never fails; `ring_now` waits and raises when Redis is away. What is rung
    for while a ring is under way goes with the next one, each call once."""

    def __init__(self, redis: Redis, jobs: Iterable[Job]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._queues = {name: _Queue(redis, name) for name in QUEUES}
        self._waiting: dict[Call, None] = {}
        self._later: dict[Call, None] = {}
        self._rung: asyncio.Future[None] | None = None
        """Of what waits: done when it is rung."""
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def ring(self, name: str, *args: Arg) -> None:
        """Ring after the commit of what is due."""
        self._add([(name, args)])

    def ring_soon(self, name: str, *args: Arg) -> None:
        """Ring within 0.2 s, together with what else comes meanwhile: for work that nobody's answer waits for."""
        self._later[name, args] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SOON_SECONDS, self._promote)

    async def ring_now(self, name: str, *args: Arg) -> None:
        """Raises `RedisError` or `OSError`."""
        await asyncio.shield(self._add([(name, args)]))

    def _promote(self) -> None:
        self._timer = None
        later, self._later = self._later, {}
        self._add(later)

    def _add(self, calls: Iterable[Call]) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        self._waiting.update(dict.fromkeys(calls))
        if self._rung is None:
            self._rung = loop.create_future()
        if self._task is None:
            self._task = loop.create_task(self._flush())
        return self._rung

    async def _flush(self) -> None:
        try:
            while self._rung is not None:
                waiting, self._waiting, rung, self._rung = self._waiting, {}, self._rung, None
                try:
                    async with asyncio.timeout(_RING_SECONDS):
                        await self._send(waiting)
                    rung.set_result(None)
                except (TimeoutError, RedisError, OSError) as error:
                    log.debug("bell.dropped", calls=len(waiting), error=type(error).__name__)
                    rung.set_exception(error)
                    # Most ring without looking back.
                    rung.exception()
        finally:
            self._task = None

    async def _send(self, calls: Iterable[Call]) -> None:
        queues: dict[str, list[Call]] = {}
        merged: dict[str, set[Arg]] = {}
        for name, args in calls:
            if self._jobs[name].merges:
                merged.setdefault(name, set()).update(args)
            else:
                queues.setdefault(self._jobs[name].queue, []).append((name, args))
        for name, args in merged.items():
            queues.setdefault(self._jobs[name].queue, []).append((name, tuple(args)))
        for queue, found in queues.items():
            await self._queues[queue].put(found)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._promote()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=1)


class Runner:
    """Runs declared jobs by name, with log context and their timeout. Failures are logged: the row stays due."""

    def __init__(self, resources: Resources, jobs: Iterable[Job]) -> None:
        self._resources = resources
        self.jobs = {job.name: job for job in jobs}

    async def run(self, name: str, args: Iterable[Arg]) -> None:
        job = self.jobs.get(name)
        if job is None:
            # Rung by another version of the product, whose sweep rings again.
            log.warning("job.unknown", job=name)
            return
        with structlog.contextvars.bound_contextvars(job=name):
            started = monotonic()
            try:
                async with asyncio.timeout(job.timeout):
                    await job(self._resources, *args)
            except Exception as error:
                log.error("job.failed", args=list(args), seconds=round(monotonic() - started, 3), exc_info=error)


class _Worker(saq.Worker[Any]):
    """SAQ's worker, of which we use the slots and the stop with its grace; `Runner` knows the jobs and their time."""

    SIGNALS: list[Any] = []  # noqa: RUF012

    def __init__(self, calls: _Queue, runner: Runner, slots: int) -> None:
        super().__init__(calls, functions=[], concurrency=slots, shutdown_grace_period_s=GRACE_SECONDS)
        self._calls, self._runner = calls, runner

    async def upkeep(self) -> list[asyncio.Task[None]]:
        # No job is delayed, and there are no books to put right.
        return []

    async def process(self) -> bool:
        try:
            call = await self._calls.hear()
            if call is not None:
                await self._runner.run(*call)
        except asyncio.CancelledError:
            return False
        return call is not None

    def close(self) -> None:
        self.event.set()
        self._calls.close()


class JobServer:
    """The SAQ workers of one process, one for each queue it serves."""

    def __init__(self, redis: Redis, runner: Runner, slots: dict[str, int]) -> None:
        self._workers = [_Worker(_Queue(redis, queue), runner, count) for queue, count in slots.items()]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(worker.start()) for worker in self._workers]

    async def stop(self) -> None:
        """Take no further job and let those running end within `GRACE_SECONDS`, then cancel them. What is cut off is
        due again in the database."""
        for worker in self._workers:
            worker.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS + 2)
