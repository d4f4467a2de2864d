"""A process that has nothing: what it cannot do ends as a refusal."""

from __future__ import annotations

import pytest

from evoai.kit.confined import Made
from evoai.kit.sandbox import run


async def test_a_process_that_does_not_come_up_is_a_refusal() -> None:
    assert await run("evoai.kit.no_such", Made, b"x", seconds=20) == Made(refused="parser-crashed")


async def test_a_process_that_takes_too_long_is_a_refusal() -> None:
    assert await run("evoai.inbox.pictures.child", Made, b"x", "gif", seconds=0.001) == Made(refused="took-too-long")


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "webp"])
async def test_what_is_nothing_of_the_kind_is_a_refusal(kind: str) -> None:
    assert await run("evoai.inbox.pictures.child", Made, b"x", kind, seconds=20) == Made(refused="damaged")
