"""The loop of the message path: shards to drain, quiet windows, and the turns open in this process.

It knows no product. Rooms plug in as `Steps`; what a step returns decides what happens next. PostgreSQL holds the
truth, so whatever this process forgets is found again by the sweep once its lease has run out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from evoai.kit.batcher import Batcher
from evoai.kit.jobs import job
from evoai.kit.log import get_logger
from evoai.kit.slots import FairSlots
from evoai.kit.timers import Timers

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

SHARDS = 16
SENDS_PER_CHANNEL = 8
_GIVE_BACK_AGAIN = (0.2, 1.0, 3.0, None)
"""Seconds between tries to give a turn back while the database is away; None: no further one."""


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn that this process holds the lease of. `context` is the rooms' own."""

    tenant_id: UUID
    conversation_id: UUID
    channel_id: UUID
    turn_id: UUID
    fence: int
    due_in: float
    """Seconds until the quiet window closes."""
    context: Any
    suspect: bool = False
    """Processes died under it: it is answered beside no other suspect, so that the next death tells whose it is."""


@dataclass(frozen=True, slots=True)
class Received:
    """What a drain brought: turns to run, and shards that have more due."""

    turns: Sequence[OpenTurn] = ()
    more: frozenset[int] = frozenset()


class Steps(Protocol):
    """What the rooms do. Each call is idempotent, and commits what it changes with the fence of its turn."""

    async def receive(self, shards: Sequence[int]) -> Received: ...

    async def begin_alone(self, turn: OpenTurn) -> bool:
        """Note that a suspect is about to be answered; False if it is no longer this process's."""
        ...

    async def think(self, turn: OpenTurn) -> Any:
        """The answer to a turn. May be cancelled at any await."""
        ...

    async def commit(self, answers: Sequence[tuple[OpenTurn, Any]]) -> Sequence[Any]:
        """Store answers whose fence still holds; for each the delivery to send now, or None."""
        ...

    async def send(self, delivery: Any) -> Any:
        """Send; the outcome to settle. Never raises."""
        ...

    async def settle(self, outcomes: Sequence[Any]) -> Sequence[None]: ...

    async def renew(self, turns: Sequence[OpenTurn]) -> set[UUID]:
        """Extend leases; the conversations whose fence no longer holds."""
        ...

    async def release(self, turns: Sequence[OpenTurn]) -> None:
        """End leases now, so that others may go on at once."""
        ...

    async def fail(self, turn: OpenTurn, error: Exception) -> None:
        """A turn whose `think` or `commit` raised: try again later, or give it to a person."""
        ...


@dataclass(slots=True, eq=False)
class _Entry:
    turn: OpenTurn
    timer: asyncio.TimerHandle | None = None
    task: asyncio.Task[None] | None = None
    committing: bool = False
    """From here on only the fence decides; a cancellation could leave an answer stored and not sent, or not counted
    what it cost."""


class Path:
    """The message path of one worker process."""

    def __init__(self, steps: Steps, timers: Timers, turns_in_flight: int) -> None:
        self._steps, self._timers = steps, timers
        self._slots = FairSlots(turns_in_flight)
        self._lane = asyncio.Lock()
        """Of suspects: one at a time, each with a slot like any other turn."""
        self._answers: Batcher[tuple[OpenTurn, Any], Any] = Batcher(steps.commit)
        self._outcomes: Batcher[Any, None] = Batcher(steps.settle)
        self._open: dict[UUID, _Entry] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._places: dict[UUID, asyncio.Semaphore] = {}
        self._rung: set[int] = set()
        self._bell = asyncio.Event()
        self._stopping = False
        self._loops: list[asyncio.Task[None]] = []

    @property
    def turns_open(self) -> int:
        return len(self._open)

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._drain()), asyncio.create_task(self._renew())]

    def ring(self, shards: Iterable[int]) -> None:
        """Have these shards drained; a ring during a drain means another look."""
        self._rung.update(shards)
        self._bell.set()

    def cancel(self, conversation_id: UUID, fence: int) -> None:
        """The right to speak went elsewhere: end this process's turn, if it is older than `fence`."""
        entry = self._open.get(conversation_id)
        if entry is not None and entry.turn.fence < fence:
            self._end(entry)

    def place(self, channel_id: UUID) -> asyncio.Semaphore:
        """One of the sends in flight that a channel may have in this process."""
        return self._places.setdefault(channel_id, asyncio.Semaphore(SENDS_PER_CHANNEL))

    def open(self, turn: OpenTurn) -> None:
        """Run `turn` when its quiet window closes; an older turn of the conversation in this process ends."""
        older = self._open.get(turn.conversation_id)
        if older is not None:
            self._end(older)
        entry = _Entry(turn)
        self._open[turn.conversation_id] = entry
        if turn.due_in <= 0:
            self._begin(entry)
        else:
            entry.timer = asyncio.get_running_loop().call_later(turn.due_in, self._begin, entry)

    def _begin(self, entry: _Entry) -> None:
        entry.timer = None
        entry.task = asyncio.create_task(self._run(entry))
        self._running.add(entry.task)
        entry.task.add_done_callback(self._running.discard)

    def _end(self, entry: _Entry) -> None:
        self._forget(entry)
        if entry.timer is not None:
            entry.timer.cancel()
        if entry.task is not None and not entry.committing:
            entry.task.cancel()

    def _forget(self, entry: _Entry) -> None:
        if self._open.get(entry.turn.conversation_id) is entry:
            del self._open[entry.turn.conversation_id]

    async def _run(self, entry: _Entry) -> None:
        turn = entry.turn
        try:
            async with self._lane if turn.suspect else nullcontext(), self._slots.take(turn.tenant_id):
                if turn.suspect and not await self._steps.begin_alone(turn):
                    return
                answer = await self._steps.think(turn)
                entry.committing = True
                async with self.place(turn.channel_id):
                    delivery = await self._answers.add((turn, answer))
                    self._forget(entry)
                    outcome = await self._steps.send(delivery) if delivery is not None else None
            if outcome is not None:
                # Whoever waits for a place need not wait for this commit too.
                await self._outcomes.add(outcome)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("turn.failed", turn_id=str(turn.turn_id), exc_info=error)
            await self._fail(turn, error)
        finally:
            self._forget(entry)

    async def _fail(self, turn: OpenTurn, error: Exception) -> None:
        for wait in _GIVE_BACK_AGAIN:
            try:
                await self._steps.fail(turn, error)
                return
            except Exception as again:
                if wait is None:
                    # Its lease runs out, and whoever takes it up believes that this process died under it.
                    log.warning("turn.left", turn_id=str(turn.turn_id), exc_info=again)
                    return
            await asyncio.sleep(wait)

    async def _drain(self) -> None:
        failures = 0
        while not self._stopping:
            await self._bell.wait()
            self._bell.clear()
            shards, self._rung = sorted(self._rung), set()
            if not shards:
                continue
            try:
                received = await self._steps.receive(shards)
            except Exception as error:
                failures += 1
                log.warning("drain.failed", failures=failures, exc_info=error)
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 5)) * random.random())  # noqa: S311
                self.ring(shards)
                continue
            failures = 0
            for turn in received.turns:
                self.open(turn)
            if received.more:
                self.ring(received.more)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._timers.renew)
            turns = [entry.turn for entry in self._open.values()]
            if not turns:
                continue
            try:
                lost = await self._steps.renew(turns)
            except Exception as error:
                log.warning("renew.failed", error=type(error).__name__)
                continue
            for turn in turns:
                if turn.conversation_id in lost:
                    self.cancel(turn.conversation_id, turn.fence + 1)

    async def stop(self, grace: float) -> None:
        """Take nothing new, let turns that run end within `grace` seconds, give back the leases of the rest."""
        self._stopping = True
        self._bell.set()
        if self._loops:
            # A batch that is being received brings turns whose leases are to be given back too.
            await asyncio.wait(self._loops[:1], timeout=grace)
        waiting = [entry for entry in self._open.values() if entry.timer is not None]
        for entry in waiting:
            self._end(entry)
        if self._running:
            await asyncio.wait(list(self._running), timeout=grace)
        rest = [entry for entry in self._open.values() if not entry.committing]
        for entry in rest:
            self._end(entry)
        for loop in self._loops:
            loop.cancel()
        left = [entry.turn for entry in (*waiting, *rest)]
        if left:
            try:
                await self._steps.release(left)
            except Exception as error:
                log.warning("release.failed", error=type(error).__name__)


@job("path.drain", queue="message", timeout=30, attempts=5, merges=True)
async def drain(resources: Resources, *shards: int) -> None:
    """Drain these shards in this process. Returns at once; attempts are counted on the events."""
    if resources.path is not None:
        resources.path.ring(shards)
