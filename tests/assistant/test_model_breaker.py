"""A model that keeps failing is left alone by every process, and tried by one call."""

from __future__ import annotations

import asyncio
import itertools
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from evoai.assistant.llm import breaker
from evoai.assistant.llm.breaker import Guarded
from evoai.assistant.llm.fake import FakeModel
from evoai.assistant.llm.protocol import FailureKind, ModelError
from evoai.kit.breaker import CircuitBreaker
from tests.house import eventually

REST = 0.6


@pytest.fixture
def name() -> str:
    return uuid4().hex


def process(redis: Redis, model: FakeModel) -> Guarded:
    return Guarded(model, CircuitBreaker(redis, rest=REST, look=0.05))


async def ask(guarded: Guarded, name: str) -> str:
    """What came of a call: the text, or the kind of failure."""
    try:
        return (await guarded.complete(name, [], [], 1, 10)).text
    except ModelError as error:
        return error.kind


async def test_five_straight_failures_pause_a_model_for_all_and_one_probe_decides(redis: Redis, name: str) -> None:
    endpoint = FakeModel(*[ModelError("server-error")] * 4, "oi", *[ModelError("timeout")] * 6, "oi")
    one, two = process(redis, endpoint), process(redis, endpoint)
    assert [await ask(one, name) for _ in range(5)] == ["server-error"] * 4 + ["oi"]
    assert [await ask(one, name) for _ in range(6)] == ["timeout"] * 5 + ["paused"]
    assert await ask(two, f"{name}-other") == "timeout", "a model says nothing of another"

    async def paused() -> bool:
        return await ask(two, name) == "paused"

    await eventually(paused, 1)
    said: list[str] = []

    async def back() -> bool:
        said.extend([await ask(one, name), await ask(two, name)])
        return said[-2:] == ["oi", "oi"]

    await eventually(back, 5, 0.02)
    assert set(said) == {"paused", "oi"}


@pytest.mark.parametrize("kind", ["bad-request", "context-too-long", "empty"])
async def test_a_bad_prompt_pauses_nothing(redis: Redis, name: str, kind: FailureKind) -> None:
    guarded = process(redis, FakeModel(ModelError(kind)))
    assert {await ask(guarded, name) for _ in range(12)} == {kind}


async def test_what_a_process_missed_while_it_stood_still_pauses_nothing(
    redis: Redis, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = FakeModel(ModelError("timeout"))
    guarded = process(redis, endpoint)
    # Each answer comes as if the process had been frozen far beyond the call's second.
    clock = itertools.count(0, 5)
    monkeypatch.setattr(breaker, "monotonic", lambda: next(clock))
    assert {await ask(guarded, name) for _ in range(12)} == {"timeout"}


async def test_while_a_model_is_down_it_is_asked_no_more_than_once_a_rest(redis: Redis, name: str) -> None:
    endpoint = FakeModel(ModelError("connection"))
    processes = [process(redis, endpoint) for _ in range(3)]
    for _ in range(5):
        await ask(processes[0], name)

    async def all_know() -> bool:
        return [await ask(one, name) for one in processes] == ["paused"] * len(processes)

    await eventually(all_know, 5, 0.02)
    endpoint.asked.clear()
    ends = asyncio.get_running_loop().time() + 3 * REST
    while asyncio.get_running_loop().time() < ends:
        for one in processes:
            await ask(one, name)
        await asyncio.sleep(0.02)
    assert 1 <= len(endpoint.asked) <= 4
