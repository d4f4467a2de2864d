"""The circuit breaker: who keeps failing is left alone for a while, and come back to gently. Its state is shared
through Redis, and kept by each process alone while Redis is away."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from evoai.kit.log import get_logger

log = get_logger(__name__)

_AWAY = (RedisError, OSError, TimeoutError)

BreakerState = Literal["closed", "open", "half-open"]

_STOOD_STILL = 1.0
"""Seconds over its time after which a failed call says that this process stood still, and nothing of whom it called:
one that was frozen meets all its timeouts at once."""
_STRAIGHT = 5
_CALLS = 20
_GRAINS = 6
_CAP = 10_000
"""Targets a process remembers; some are named by tenants. The one asked about longest ago makes place."""
_BURST = 5.0
_LEAST_PAUSE = 10.0


@dataclass(slots=True)
class _Target:
    """What this process counted of one target, and what it knows of its state. Times are monotonic seconds."""

    grains: list[list[int]] = field(default_factory=list[list[int]])
    """Calls of the window by its sixths, oldest first: number of the sixth, how many went well, how many failed."""
    straight: int = 0
    tripped: bool = False
    rests_until: float = 0.0
    probe_until: float = 0.0
    probing_until: float = 0.0
    looked_at: float = 0.0
    gentle_until: float = 0.0
    tokens: float = _BURST
    tokens_at: float = 0.0


@dataclass(slots=True)
class _Due:
    """What is to be told to Redis, oldest first, and which targets to look up."""

    news: list[tuple[str, Literal["tripped", "closed"]]] = field(
        default_factory=list[tuple[str, Literal["tripped", "closed"]]]
    )
    looks: set[str] = field(default_factory=set[str])


class CircuitBreaker:
    """Per target: a process opens it after 5 failures in a row, or when half of 20 or more calls in 30 s failed; then
    it rests 30 s for all processes, and one of them may probe: success closes it, failure is another rest.

    Calls are counted in the process, so counting costs no round trip. What is shared is the state: `breaker:<target>`
    says that it is not closed, `breaker:<target>:rest` that it rests or is being probed. Lost with Redis, it begins
    closed; while Redis is away each process keeps its own.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        window: float = 30,
        rest: float = 30,
        look: float = 1,
        gentle: float = 60,
        pace: float = 5,
    ) -> None:
        """`look` is for how many seconds a process believes what it knows. For `gentle` seconds after a return each
        process makes at most `pace` paced calls a second."""
        self._redis = redis
        self._window, self._rest, self._look = window, rest, look
        self._gentle, self._pace = gentle, pace
        self._targets: OrderedDict[str, _Target] = OrderedDict()
        self._due = _Due()
        self._task: asyncio.Task[None] | None = None

    def allows(self, key: str) -> bool:
        """Whether to call. A yes to a target that is not closed is the one probe; say `record` how it went."""
        now = time.monotonic()
        target = self._look_at(key, now)
        if not target.tripped:
            return True
        if now >= target.probe_until:
            return False
        target.probe_until, target.probing_until = 0.0, now + self._rest
        return True

    def paced(self, key: str) -> bool:
        """As `allows`, for calls of which many may be waiting: who comes back is not met by all of them at once."""
        now = time.monotonic()
        target = self._look_at(key, now)
        if target.tripped or now >= target.gentle_until:
            return self.allows(key)
        target.tokens = min(_BURST, target.tokens + (now - target.tokens_at) * self._pace)
        target.tokens_at = now
        if target.tokens < 1:
            return False
        target.tokens -= 1
        return True

    def closed(self, key: str) -> bool:
        """Whether all is well, for calls that can be left out and are no probe."""
        return not self._look_at(key, time.monotonic()).tripped

    def pause(self, key: str) -> float:
        """For whom `paced` refused: seconds until asking again makes sense, spread so that not all ask together."""
        now = time.monotonic()
        target = self._targets.get(key) or _Target()
        if not target.tripped:
            return _spread(2 / self._pace)
        return max(_LEAST_PAUSE, target.rests_until - now) + _spread(self._rest / 2)

    def record(self, key: str, ok: bool, over: float = 0.0) -> None:
        """How a call went that ended `over` seconds past its time. Told to the others soon, without waiting."""
        if not ok and over > _STOOD_STILL:
            self.probed(key, ok)
            return
        now = time.monotonic()
        target = self._target(key)
        if target.tripped:
            # Only the probe counts: calls that were under way when it opened say nothing new.
            if now >= target.probing_until:
                return
            target.probing_until = 0.0
            if ok:
                self._close(target)
            else:
                target.rests_until = now + self._rest
            self._tell(key, "closed" if ok else "tripped")
            return
        calls, bad = self._count(target, now, ok)
        target.straight = 0 if ok else target.straight + 1
        if not ok and (target.straight >= _STRAIGHT or (calls >= _CALLS and bad * 2 >= calls)):
            target.tripped, target.rests_until = True, now + self._rest
            log.warning("breaker.open", target=key)
            self._tell(key, "tripped")

    def probed(self, key: str, ok: bool) -> None:
        """How a call went whose failure says too little to open anything; as a probe it counts."""
        if self._target(key).tripped:
            self.record(key, ok)

    def open_targets(self) -> list[str]:
        """Targets that are not closed, as far as this process knows."""
        return [key for key, target in self._targets.items() if target.tripped]

    def _target(self, key: str) -> _Target:
        target = self._targets.get(key)
        if target is None:
            target = self._targets[key] = _Target()
            if len(self._targets) > _CAP:
                self._targets.popitem(last=False)
        else:
            self._targets.move_to_end(key)
        return target

    def _look_at(self, key: str, now: float) -> _Target:
        target = self._target(key)
        if now - target.looked_at >= self._look:
            target.looked_at = now
            self._due.looks.add(key)
            self._start()
        return target

    def _count(self, target: _Target, now: float, ok: bool) -> tuple[int, int]:
        """Calls of the window, this one among them, and how many of them failed."""
        grain = int(now / self._window * _GRAINS)
        grains = target.grains
        while grains and grains[0][0] <= grain - _GRAINS:
            grains.pop(0)
        if not grains or grains[-1][0] != grain:
            grains.append([grain, 0, 0])
        grains[-1][1 if ok else 2] += 1
        bad = sum(failed for _, _, failed in grains)
        return bad + sum(well for _, well, _ in grains), bad

    async def state(self, key: str) -> BreakerState:
        """As all processes together know it; one that is being probed is open."""
        try:
            async with asyncio.timeout(0.25):
                tripped, rest = await self._read([key])
        except _AWAY:
            target = self._targets.get(key) or _Target()
            tripped, rest = target.tripped, target.rests_until - time.monotonic()
        return "closed" if not tripped else "open" if rest > 0 else "half-open"

    async def _read(self, keys: Sequence[str]) -> list[Any]:
        """For each key: whether it is not closed, and for how many milliseconds it rests."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.exists(_name(key))
                pipe.pttl(_rest(key))
            return await pipe.execute()

    def _close(self, target: _Target) -> None:
        now = time.monotonic()
        target.tripped, target.probing_until, target.probe_until = False, 0.0, 0.0
        target.grains, target.straight = [], 0
        target.gentle_until, target.tokens, target.tokens_at = now + self._gentle, _BURST, now

    def _tell(self, key: str, news: Literal["tripped", "closed"]) -> None:
        self._due.news.append((key, news))
        self._start()

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._exchange())

    async def _exchange(self) -> None:
        """Tell what is new, then look up what was asked for."""
        try:
            while self._due.news or self._due.looks:
                due, self._due = self._due, _Due()
                looks = sorted(due.looks)
                try:
                    async with asyncio.timeout(1):
                        await self._write(due.news)
                        found = await self._read(looks)
                        for key, tripped, rest in zip(looks, found[::2], found[1::2], strict=True):
                            await self._learn(key, bool(tripped), rest)
                except _AWAY:
                    for key in looks:
                        self._go_alone(self._target(key))
        finally:
            self._task = None

    async def _write(self, news: list[tuple[str, Literal["tripped", "closed"]]]) -> None:
        for key, what in news:
            if what == "closed":
                await self._redis.delete(_name(key), _rest(key))
            else:
                await self._redis.set(_rest(key), 1, px=int(self._rest * 1000))
                await self._redis.set(_name(key), 1, px=int(self._rest * 20_000))

    async def _learn(self, key: str, tripped: bool, rest: int) -> None:
        target, now = self._target(key), time.monotonic()
        if now < target.probing_until or any(key == told for told, _ in self._due.news):
            return  # What this process is finding out is newer.
        if not tripped:
            if target.tripped:
                self._close(target)
            return
        target.tripped = True
        if rest > 0:
            target.rests_until = now + rest / 1000
        # Who sets the key holds the probe, and rests the others meanwhile.
        elif await self._redis.set(_rest(key), 1, nx=True, px=int(self._rest * 1000)):
            target.rests_until = target.probe_until = time.monotonic() + self._rest

    def _go_alone(self, target: _Target) -> None:
        now = time.monotonic()
        if target.tripped and now >= target.rests_until:
            target.rests_until = target.probe_until = now + self._rest


def _name(key: str) -> str:
    return f"breaker:{key}"


def _rest(key: str) -> str:
    return f"breaker:{key}:rest"


def _spread(seconds: float) -> float:
    return seconds * (0.5 + random.random())  # noqa: S311
