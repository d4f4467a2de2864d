"""Group commit: rows of many callers in one transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

CAP = 200
"""Rows in one group commit at most."""

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Group commit without a timer: what arrives while a commit is in flight is the next batch. Each caller waits for
    the commit of its own row and sees its result or exception."""

    def __init__(self, commit: Callable[[Sequence[T]], Awaitable[Sequence[R]]], cap: int = CAP) -> None:
        self._commit = commit
        self._cap = cap
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._flushing: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def rows(self) -> Iterable[T]:
        """What waits for the next commits."""
        return (row for row, _ in self._waiting)

    def add(self, row: T) -> asyncio.Future[R]:
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return done

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._cap, len(self._waiting)))]
                try:
                    results = await self._commit([row for row, _ in batch])
                except Exception as error:
                    for _, done in batch:
                        if not done.done():
                            done.set_exception(error)
                else:
                    for (_, done), result in zip(batch, results, strict=True):
                        if not done.done():
                            done.set_result(result)
        finally:
            self._flushing = None
