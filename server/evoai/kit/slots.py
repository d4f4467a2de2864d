"""Turns at a bounded number of things, shared fairly by tenants."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

FAIR_SHARE = 0.25


class FairSlots:
    """A bounded number of slots, given out round-robin by tenant; while others wait, no tenant holds more than its
    share of them."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._share = max(1, int(total * FAIR_SHARE))
        self._held: dict[UUID, int] = {}
        self._used = 0
        self._waiting: dict[UUID, deque[asyncio.Future[None]]] = {}

    @property
    def used(self) -> int:
        return self._used

    @asynccontextmanager
    async def take(self, tenant_id: UUID) -> AsyncGenerator[None]:
        if self._used >= self._total or self._waiting:
            await self._wait(tenant_id)
        else:
            self._give(tenant_id)
        try:
            yield
        finally:
            self._used -= 1
            self._held[tenant_id] -= 1
            if not self._held[tenant_id]:
                del self._held[tenant_id]
            self._wake()

    def _give(self, tenant_id: UUID) -> None:
        self._used += 1
        self._held[tenant_id] = self._held.get(tenant_id, 0) + 1

    async def _wait(self, tenant_id: UUID) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The slot was given at the very moment of the cancellation; hand it on.
                self._used -= 1
                self._held[tenant_id] -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._used < self._total and self._waiting:
            chosen = self._next()
            if chosen is None:
                return
            queue = self._waiting.pop(chosen)
            while queue and queue[0].done():
                queue.popleft()
            if queue:
                turn = queue.popleft()
                self._give(chosen)
                turn.set_result(None)
            if queue:
                # Behind the others, so that tenants take turns.
                self._waiting[chosen] = queue

    def _next(self) -> UUID | None:
        alone = len(self._waiting) == 1
        for tenant_id in self._waiting:
            if alone or self._held.get(tenant_id, 0) < self._share:
                return tenant_id
        # All who wait have their share: the free slots still serve, the one with the fewest first.
        return min(self._waiting, key=lambda tenant_id: self._held.get(tenant_id, 0), default=None)
