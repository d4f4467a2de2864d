"""Speed limits and the circuit breaker on a real Redis, shared by instances, and without it."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from evoai.embedded import Embedded
from evoai.kit.limits import Limiter
from evoai.resources import open_redis
from tests.house import eventually

HOUR = 3_600_000


@pytest.fixture(params=["redis", "local"])
def limiter(request: pytest.FixtureRequest, redis: Redis) -> Limiter:
    """Both halves must judge alike; the local one is reached through a Redis that is not there."""
    return Limiter(redis if request.param == "redis" else open_redis("unix:///nowhere/redis.sock"))


async def test_T69_of_1000_parallel_hits_exactly_the_limit_is_allowed(limiter: Limiter, key: str) -> None:
    verdicts = await asyncio.gather(*(limiter.hit(key, ((60_000, 100), (HOUR, 1000))) for _ in range(1000)))
    assert sum(verdict.allowed for verdict in verdicts) == 100
    assert sorted(verdict.remaining for verdict in verdicts if verdict.allowed) == list(range(100))


async def test_T69_two_instances_share_one_count(redis: Redis, server: Embedded, key: str) -> None:
    other = open_redis(server.redis_url)
    both = (Limiter(redis), Limiter(other))
    verdicts = await asyncio.gather(*(both[n % 2].hit(key, ((60_000, 37),)) for n in range(400)))
    await other.aclose()
    assert sum(verdict.allowed for verdict in verdicts) == 37


async def test_no_window_of_the_length_ever_holds_more_than_the_limit(limiter: Limiter, key: str) -> None:
    """The edge of a fixed window would let twice the limit through; a weighted one lets a burst at its end decay."""
    clock = asyncio.get_running_loop().time
    allowed: list[float] = []
    until = clock() + 2.2
    while clock() < until:
        before = clock()
        if (await limiter.hit(key, ((700, 5),))).allowed:
            allowed.append(before)
        await asyncio.sleep(0.01)
    for first in allowed:
        assert sum(first <= at < first + 0.69 for at in allowed) <= 5
    assert len(allowed) >= 15, "and each window gives its whole limit"


async def test_retry_after_is_true(limiter: Limiter, key: str) -> None:
    limits = ((2000, 3),)
    await limiter.hit(key, limits)
    await asyncio.sleep(1.2)
    for _ in range(2):
        assert (await limiter.hit(key, limits)).allowed
    refused = await limiter.hit(key, limits)
    assert (refused.allowed, refused.remaining, refused.retry_after) == (False, 0, 1)
    await asyncio.sleep(refused.retry_after)
    assert (await limiter.hit(key, limits)).allowed
    assert not (await limiter.hit(key, limits)).allowed


async def test_B011_a_full_minute_is_never_told_to_wait_longer_than_a_minute(limiter: Limiter, key: str) -> None:
    for _ in range(5):
        assert (await limiter.hit(key, ((60_000, 5), (HOUR, 100)))).allowed
    sixth = await limiter.hit(key, ((60_000, 5), (HOUR, 100)))
    assert not sixth.allowed
    assert 58 <= sixth.retry_after <= 60


async def test_B012_the_hour_refuses_when_the_minute_would_not_and_says_so(limiter: Limiter, key: str) -> None:
    limits = ((50, 5), (HOUR, 12))
    allowed = 0
    for _ in range(20):
        verdict = await limiter.hit(key, limits)
        allowed += verdict.allowed
        await asyncio.sleep(0.02)
    assert allowed == 12
    assert verdict.limit == 12
    assert 3590 <= verdict.retry_after <= 3600


async def test_what_is_refused_is_not_counted(limiter: Limiter, key: str) -> None:
    for _ in range(30):
        await limiter.hit(key, ((300, 2), (HOUR, 4)))
    await asyncio.sleep(0.35)
    assert [(await limiter.hit(key, ((300, 2), (HOUR, 4)))).allowed for _ in range(3)] == [True, True, False]


async def test_large_limits_keep_a_key_small(redis: Redis, key: str) -> None:
    limiter = Limiter(redis)
    for _ in range(40):
        await asyncio.gather(*(limiter.hit(key, ((1000, 10**9), (HOUR, 10**9))) for _ in range(50)))
        await asyncio.sleep(0.01)
    assert await redis.strlen(key) < 2000
    last = await limiter.hit(key, ((HOUR, 10**9),))
    assert last.remaining == 10**9 - 2001


async def test_a_lowered_limit_is_obeyed_at_once(limiter: Limiter, key: str) -> None:
    for _ in range(8):
        await limiter.hit(key, ((1000, 10),))
    verdict = await limiter.hit(key, ((1000, 3),))
    assert (verdict.allowed, verdict.remaining) == (False, 0)


async def test_T69_redis_killed_still_limits_and_comes_back(server: Embedded, key: str) -> None:
    client = open_redis(server.redis_url)
    limiter = Limiter(client)
    assert (await limiter.hit(key, ((60_000, 5),))).allowed
    server.kill_redis()
    try:
        verdicts = [await limiter.hit(key, ((60_000, 5),)) for _ in range(20)]
        assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 15
        assert 0 < verdicts[-1].retry_after <= 60
    finally:
        server.start_redis()
    other = f"{key}-2"

    async def counted_in_redis() -> bool:
        await limiter.hit(other, ((60_000, 1000),))
        return bool(await client.exists(other))

    await eventually(counted_in_redis, 10, 0.2)
    await client.aclose()
