"""Redis dies, is emptied, is full. It carries doorbells only, so that costs time and no message."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.rig import FULL, Rig, rig_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

DRAINED = 120
"""Seconds within which everything has to be done once Redis is back."""


async def test_F04_redis_killed_emptied_and_full_under_load(servers: Embedded, seed: int, report: Report) -> None:
    rate, dead = (50, 60) if FULL else (20, 2)
    seconds = 5 * dead
    # Limits of production on the way in.
    async with rig_of(servers, "f04", seed=seed, env={"AUTH_RATE_LIMIT_MAX": "5"}) as rig:
        await rig.up(2)
        clinics = [await rig.house.clinic() for _ in range(2)]
        load = asyncio.create_task(rig.history.write(clinics, 60, rate * seconds, rate))
        try:
            await asyncio.sleep(dead / 2)
            await asyncio.to_thread(servers.kill_redis)
            refused = await _guess(rig)
            await asyncio.sleep(dead)
        finally:
            await asyncio.to_thread(servers.start_redis)
        await asyncio.sleep(dead / 2)
        await rig.flush()
        await asyncio.sleep(dead / 2)
        async with Redis.from_url(servers.redis_url) as redis:
            await redis.config_set("maxmemory", "1mb")
            try:
                with pytest.raises(OutOfMemoryError):
                    await redis.set("one", "more")
                await asyncio.sleep(dead)
            finally:
                await redis.config_set("maxmemory", "0")
        await load
        began = monotonic()
        await rig.drained(DRAINED)
        drained = monotonic() - began
        verdict = await check(rig)
        p95 = rig.history.p95()
        report(**verdict.line(), accepted_p95=round(p95, 3), drained=round(drained, 1))
        verdict.holds()
        assert p95 < 0.5
        assert set(rig.history.statuses) == {200}, "the door needs no Redis"
        assert refused, "without Redis nobody limits logins"
        assert rig.restarts == 0


async def _guess(rig: Rig) -> int:
    """Guess a password more often than is allowed; how many guesses were sent away."""
    person = {"email": "nobody@clinica.example", "password": "nao sei a senha dela"}
    answers = [await rig.house.client().post("/auth/login", person) for _ in range(8)]
    assert {answer.status for answer in answers} <= {401, 429}, [answer.body for answer in answers]
    return [answer.status for answer in answers].count(429)
