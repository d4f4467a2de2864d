"""The sweep: finds what is due without locks, and rings for it; jobs claim. Crons are due by it, too."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import Base
from evoai.kit.jobs import Arg, Bell, Job, Runner
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.kit.db import Database
    from evoai.kit.module import Cron
    from evoai.kit.timers import Timers

log = get_logger(__name__)


class Schedule(Base):
    """When each cron, and the sweep itself, is due next. Global: it is about processes, not about any tenant."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of due work: `find` lists the arguments to ring `job` with, over all tenants, without locks."""

    name: str
    job: Job
    find: Callable[[AsyncSession], Awaitable[Sequence[tuple[Arg, ...]]]]


class Sweep:
    """The loop in every worker process that finds what is due and rings for it; the one that moves the row `sweep`
    of `schedules` does the round. While Redis is away it runs the jobs itself."""

    def __init__(
        self, db: Database, bell: Bell, runner: Runner, timers: Timers, dues: Sequence[Due], crons: Sequence[Cron]
    ) -> None:
        self._db, self._bell, self._runner, self._timers = db, bell, runner, timers
        self._dues, self._crons = dues, crons
        self._task: asyncio.Task[None] | None = None
        self._redis_away = False
        self._running = asyncio.Semaphore(20)

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _loop(self) -> None:
        while True:
            every = self._timers.sweep_without_redis if self._redis_away else self._timers.sweep
            try:
                await self.round(every)
            except (SQLAlchemyError, OSError) as error:
                log.warning("sweep.failed", error=type(error).__name__)
            except Exception as error:
                # A defect in one room's query must not end the sweep of all the others for good.
                log.error("sweep.broken", exc_info=error)
            await asyncio.sleep(every * (0.8 + 0.4 * random.random()))  # noqa: S311

    async def round(self, every: float) -> None:
        """One round, if it is this process's turn."""
        if not await self._claim("sweep", every * 0.75):
            return
        for cron in self._crons:
            if await self._claim(cron.name, cron.every):
                await self._hand_out(cron.job, ())
        for due in self._dues:
            async with self._db.system_session(f"sweep {due.name}") as db:
                found = await due.find(db)
            await asyncio.gather(*(self._hand_out(due.job, args) for args in found))

    async def _claim(self, name: str, every: float | time) -> bool:
        following: Any = _next(every) if isinstance(every, time) else func.now() + timedelta(seconds=every)
        first = following if isinstance(every, time) else func.now()
        async with self._db.system_session("sweep") as db:
            # The row is there after the first round; making it costs one statement that does nothing later.
            await db.execute(insert(Schedule).values(name=name, due_at=first).on_conflict_do_nothing())
            moved = await db.scalar(
                update(Schedule)
                .where(Schedule.name == name, Schedule.due_at <= func.now())
                .values(due_at=following)
                .returning(Schedule.name)
                .execution_options(synchronize_session=False)
            )
        return moved is not None

    async def _hand_out(self, job: Job, args: tuple[Arg, ...]) -> None:
        try:
            await asyncio.wait_for(self._bell.ring_now(job.name, *args), 1)
            self._redis_away = False
        except (TimeoutError, RedisError, OSError):
            self._redis_away = True
            if job.name in self._runner.jobs:
                async with self._running:
                    await self._runner.run(job.name, args)


def _next(at: time) -> Any:
    """The next moment of that time of day, by the database's clock. Its sessions are in UTC."""
    since_midnight = timedelta(hours=at.hour, minutes=at.minute)
    return func.date_trunc("day", func.now() - since_midnight) + timedelta(days=1) + since_midnight
