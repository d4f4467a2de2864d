"""Group commits: who goes with whom, and who hears of what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from evoai.kit.batcher import Batcher


class Commits:
    """What was committed together. Each commit takes a moment."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def __call__(self, rows: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(rows))
        await asyncio.sleep(0.02)
        if -1 in rows:
            raise ValueError("refused")
        return [row * 10 for row in rows]


async def test_what_comes_during_a_commit_is_the_next_one() -> None:
    commits = Commits()
    batcher = Batcher(commits)
    first = batcher.add(1)
    await asyncio.sleep(0.005)
    rest = [batcher.add(row) for row in (2, 3)]
    assert await asyncio.gather(first, *rest) == [10, 20, 30]
    assert commits.batches == [[1], [2, 3]]


async def test_a_commit_takes_no_more_than_its_cap() -> None:
    commits = Commits()
    batcher = Batcher(commits, cap=2)
    assert await asyncio.gather(*map(batcher.add, range(5))) == [0, 10, 20, 30, 40]
    assert commits.batches == [[0, 1], [2, 3], [4]]


async def test_each_hears_of_the_failure_of_its_own_commit() -> None:
    commits = Commits()
    batcher = Batcher(commits)
    refused = [batcher.add(row) for row in (-1, 1)]
    for one in refused:
        with pytest.raises(ValueError, match="refused"):
            await one
    assert await batcher.add(2) == 20
