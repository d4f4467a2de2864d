"""The circuit breaker, as two processes see it."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from evoai.kit.breaker import CircuitBreaker
from evoai.resources import open_redis
from tests.house import eventually

REST = 1.2


def breaker(redis: Redis) -> CircuitBreaker:
    return CircuitBreaker(redis, rest=REST, look=0.05)


def fail(breaker: CircuitBreaker, key: str, times: int) -> None:
    for _ in range(times):
        breaker.record(key, ok=False)


async def test_opens_after_five_failures_in_a_row_and_not_before(redis: Redis, key: str) -> None:
    one = breaker(redis)
    fail(one, key, 4)
    assert one.allows(key)
    one.record(key, ok=True)
    fail(one, key, 4)
    assert one.allows(key), "a success in between begins the row anew"
    fail(one, key, 1)
    assert not one.allows(key)


async def test_opens_when_half_of_twenty_calls_failed(redis: Redis, key: str) -> None:
    one = breaker(redis)
    for call in range(19):
        one.record(key, ok=call % 2 == 0)
    assert one.allows(key)
    one.record(key, ok=False)
    assert not one.allows(key)


async def test_failures_of_an_earlier_window_do_not_count(redis: Redis, key: str) -> None:
    one = CircuitBreaker(redis, window=0.2, rest=REST)
    for call in range(18):
        one.record(key, ok=call % 2 == 1)
    await asyncio.sleep(0.25)
    for call in range(4):
        one.record(key, ok=call % 2 == 1)
    assert one.allows(key)


async def test_another_process_learns_that_it_is_open(redis: Redis, key: str) -> None:
    one, two = breaker(redis), breaker(redis)
    assert two.allows(key)
    fail(one, key, 5)
    await eventually(lambda: not two.allows(key), 1)
    assert await one.state(key) == await two.state(key) == "open"
    assert two.allows(f"{key}-other"), "a target says nothing of another"


async def test_after_its_rest_one_of_all_processes_probes_and_success_closes_it_for_all(redis: Redis, key: str) -> None:
    all_of_them = [breaker(redis) for _ in range(4)]
    fail(all_of_them[0], key, 5)
    for one in all_of_them[1:]:
        await eventually(lambda one=one: not one.allows(key), 1)
    await eventually(lambda: _is(all_of_them[0], key, "half-open"), 3)
    allowed = []
    for _ in range(15):
        allowed += [one for one in all_of_them if one.allows(key)]
        await asyncio.sleep(0.03)
    assert len(allowed) == 1, "exactly one probe"
    allowed[0].record(key, ok=True)
    for one in all_of_them:
        await eventually(lambda one=one: one.allows(key) and one.allows(key), 1)
    await eventually(lambda: _is(all_of_them[1], key, "closed"), 1)


async def test_a_probe_that_fails_is_another_rest_whatever_opened_it(redis: Redis, key: str) -> None:
    one = breaker(redis)
    for call in range(20):
        one.record(key, ok=call % 2 == 0)
    assert not one.allows(key)
    began = asyncio.get_running_loop().time()
    await eventually(lambda: one.allows(key), 4)
    one.record(key, ok=False)
    assert not one.allows(key)
    await eventually(lambda: _is(one, key, "open"), 1)
    await eventually(lambda: one.allows(key), 4)
    assert asyncio.get_running_loop().time() - began > 1.8 * REST


async def test_late_outcomes_neither_close_nor_prolong(redis: Redis, key: str) -> None:
    one = breaker(redis)
    fail(one, key, 5)
    one.record(key, ok=True)
    assert not one.allows(key)
    assert await redis.exists(f"breaker:{key}") == 0 or await one.state(key) == "open"
    fail(one, key, 3)
    await eventually(lambda: one.allows(key), REST + 1)


async def test_a_probe_nobody_made_is_given_again(redis: Redis, key: str) -> None:
    one = breaker(redis)
    fail(one, key, 5)
    await eventually(lambda: one.allows(key), 4)
    await eventually(lambda: one.allows(key), 4)
    one.record(key, ok=True)
    assert one.allows(key)


async def test_without_redis_a_process_opens_probes_and_closes_alone(key: str) -> None:
    one = breaker(open_redis("unix:///nowhere/redis.sock"))
    assert one.allows(key)
    fail(one, key, 5)
    assert not one.allows(key)
    assert await one.state(key) == "open"
    await eventually(lambda: one.allows(key), 5)
    assert not one.allows(key), "one probe"
    one.record(key, ok=True)
    assert one.allows(key)
    assert await one.state(key) == "closed"


async def test_lost_with_redis_it_begins_closed(redis: Redis, key: str) -> None:
    one = breaker(redis)
    fail(one, key, 5)
    await eventually(lambda: redis.exists(f"breaker:{key}"), 1)
    await redis.flushall()
    await eventually(lambda: one.allows(key), 1)


async def _is(breaker: CircuitBreaker, key: str, state: str) -> bool:
    return await breaker.state(key) == state


async def test_who_comes_back_is_met_by_few_calls_at_a_time(redis: Redis, key: str) -> None:
    one = CircuitBreaker(redis, rest=0.3, look=0.05, gentle=1.5, pace=10)
    assert sum(one.paced(key) for _ in range(100)) == 100, "before any trouble there is no pace"
    fail(one, key, 5)
    assert (one.paced(key), one.closed(key), one.open_targets()) == (False, False, [key])
    assert one.pause(key) >= 10
    await eventually(lambda: one.allows(key), 4)
    one.record(key, ok=True)
    began = asyncio.get_running_loop().time()
    allowed = 0
    while asyncio.get_running_loop().time() < began + 1:
        allowed += one.paced(key)
        await asyncio.sleep(0.005)
    assert 8 <= allowed <= 17, "a burst of 5, then 10 a second"
    assert 0.05 < one.pause(key) <= 0.3
    await asyncio.sleep(0.6)
    assert sum(one.paced(key) for _ in range(100)) == 100


async def test_what_says_little_opens_nothing_and_counts_as_a_probe(redis: Redis, key: str) -> None:
    one = breaker(redis)
    for _ in range(10):
        one.probed(key, ok=False)
    assert one.closed(key)
    fail(one, key, 5)
    await eventually(lambda: one.allows(key), 4)
    one.probed(key, ok=True)
    assert one.closed(key)


def test_what_a_process_remembers_is_bounded() -> None:
    one = CircuitBreaker(open_redis("unix:///nowhere/redis.sock"))
    for number in range(12_000):
        one.record(f"made-up-{number}", ok=number % 2 == 0)
    assert one.open_targets() == []
    assert len(one._targets) == 10_000  # pyright: ignore[reportPrivateUsage]
