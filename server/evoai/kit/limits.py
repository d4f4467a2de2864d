"""Speed limits. They live in Redis so that processes share them, and go on in the process alone while Redis is away."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from evoai.kit.log import get_logger

log = get_logger(__name__)

Limits = tuple[tuple[int, int], ...]
"""Windows: milliseconds, and how many are allowed in each."""

_AWAY = (RedisError, OSError, TimeoutError)
_GRAINS = 100

# A log of what was allowed, as times and counts, oldest first, for each window. Up to 100 hits are kept to the
# millisecond; beyond that they share grains of a hundredth of the window, so that a key stays small whatever its limit,
# and a hit is forgotten up to one grain early, never late. `_judge` is the same in Python.
# KEYS: key. ARGV: window, limit, … Gives allowed, limit, remaining, milliseconds until there is more room.
_HIT = f"""
local clock = redis.call('time')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local raw = redis.call('get', KEYS[1])
local kept = raw and cmsgpack.unpack(raw) or {{}}
local after, longest, verdict = {{}}, 0, nil
for i = 1, #ARGV, 2 do
  local window, limit = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local hits, used = {{}}, 0
  local before = kept[ARGV[i]] or {{}}
  for j = 1, #before, 2 do
    if before[j] > now - window then
      hits[#hits + 1], hits[#hits + 2] = before[j], before[j + 1]
      used = used + before[j + 1]
    end
  end
  local wait, over = window, used + 1 - limit
  for j = 1, #hits, 2 do
    wait, over = hits[j] + window - now, over - hits[j + 1]
    if over <= 0 then break end
  end
  local found = {{used < limit and 1 or 0, limit, math.max(0, limit - used - 1), wait}}
  if not verdict or found[1] < verdict[1]
    or found[1] == verdict[1] and (found[1] == 1 and found[3] < verdict[3] or found[1] == 0 and wait > verdict[4]) then
    verdict = found
  end
  local grain = limit <= {_GRAINS} and 1 or math.ceil(window / {_GRAINS})
  local at = now - now % grain
  if #hits > 0 and hits[#hits - 1] >= at then
    hits[#hits] = hits[#hits] + 1
  else
    hits[#hits + 1], hits[#hits + 2] = at, 1
  end
  after[ARGV[i]] = hits
  longest = math.max(longest, window)
end
if verdict[1] == 1 then redis.call('set', KEYS[1], cmsgpack.pack(after), 'px', longest) end
return verdict
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of the window that refuses the longest, or of the one with least room left."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    """Seconds until there is more room; where refused, until the next is allowed."""

    @property
    def retry_after(self) -> int:
        return self.reset


_Asked = tuple[str, Limits, "asyncio.Future[Verdict]"]


class Limiter:
    """Counts by key what was allowed in the time that just passed. Exact for parallel calls on one Redis; without it,
    of the same rate in each process."""

    _CAP, _BATCH = 50_000, 500
    _PATIENCE, _PAUSE = 1.0, 2.0
    """Seconds that Redis has to answer, and for how long one that did not is left alone."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._sha = hashlib.sha1(_HIT.encode(), usedforsecurity=False).hexdigest()
        self._local: OrderedDict[str, dict[int, list[list[int]]]] = OrderedDict()
        self._asked: list[_Asked] = []
        self._task: asyncio.Task[None] | None = None
        self._away_until = 0.0

    async def hit(self, key: str, limits: Limits) -> Verdict:
        """Count one for `key` if all windows allow it. What is asked while Redis answers others goes next, in one
        round trip: a burst needs one connection, and its last call waits no longer than Redis works."""
        if time.monotonic() < self._away_until:
            return self._hit_here(key, limits)
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._asked.append((key, limits, answer))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        try:
            while self._asked:
                batch, self._asked = self._asked[: self._BATCH], self._asked[self._BATCH :]
                for (_, _, answer), verdict in zip(batch, await self._verdicts(batch), strict=True):
                    if not answer.done():
                        answer.set_result(verdict)
        finally:
            self._task = None

    async def _verdicts(self, batch: list[_Asked]) -> list[Verdict]:
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(self._PATIENCE):
                    found = await self._call(batch)
                    return [Verdict(bool(row[0]), row[1], row[2], _seconds(row[3])) for row in found]
            except _AWAY as error:
                log.warning("limits.local", error=type(error).__name__)
                self._away_until = time.monotonic() + self._PAUSE
        return [self._hit_here(key, limits) for key, limits, _ in batch]

    async def _call(self, batch: list[_Asked]) -> list[Any]:
        found: dict[int, Any] = {}
        while left := [place for place in range(len(batch)) if place not in found]:
            async with self._redis.pipeline(transaction=False) as pipe:
                for place in left:
                    key, limits, _ = batch[place]
                    pipe.evalsha(self._sha, 1, key, *(number for pair in limits for number in pair))
                answers = await pipe.execute(raise_on_error=False)
            found |= {
                place: answer
                for place, answer in zip(left, answers, strict=True)
                if not isinstance(answer, NoScriptError)
            }
            if len(found) < len(batch):
                await self._redis.script_load(_HIT)
        failed = next((answer for answer in found.values() if isinstance(answer, Exception)), None)
        if failed is not None:
            raise failed
        return [found[place] for place in range(len(batch))]

    def _hit_here(self, key: str, limits: Limits) -> Verdict:
        now = int(time.monotonic() * 1000)
        windows = self._local.setdefault(key, {})
        self._local.move_to_end(key)
        if len(self._local) > self._CAP:
            self._local.popitem(last=False)
        found = [_judge(windows.setdefault(window, []), now, window, limit) for window, limit in limits]
        refused = [verdict for verdict in found if not verdict.allowed]
        if refused:
            return max(refused, key=lambda verdict: verdict.reset)
        for window, limit in limits:
            grain = 1 if limit <= _GRAINS else -(-window // _GRAINS)
            at, hits = now - now % grain, windows[window]
            if hits and hits[-1][0] >= at:
                hits[-1][1] += 1
            else:
                hits.append([at, 1])
        return min(found, key=lambda verdict: verdict.remaining)


def _judge(hits: list[list[int]], now: int, window: int, limit: int) -> Verdict:
    """Whether one more fits; forgets the hits that are out of the window."""
    hits[:] = [hit for hit in hits if hit[0] > now - window]
    used = sum(count for _, count in hits)
    wait, over = window, used + 1 - limit
    for at, count in hits:
        wait, over = at + window - now, over - count
        if over <= 0:
            break
    return Verdict(used < limit, limit, max(0, limit - used - 1), _seconds(wait))


def _seconds(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 1000))
