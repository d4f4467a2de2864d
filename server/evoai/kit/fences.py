"""Tells other processes that the right to speak in a conversation went elsewhere, so that they stop paying for an
answer nobody will send. Best effort: the fence in the database decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from evoai.kit.log import get_logger

log = get_logger(__name__)

_CHANNEL = "path:fences"
_decode = msgspec.json.Decoder(list[tuple[UUID, int]]).decode


class Fences:
    def __init__(self, redis: Redis) -> None:
        # The client's own types leave its keyword arguments unknown.
        self._redis: Any = redis
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, fences: Sequence[tuple[UUID, int]]) -> None:
        """Conversations with their new fences; does not wait."""
        task = asyncio.get_running_loop().create_task(self._send(msgspec.json.encode(list(fences))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, body: bytes) -> None:
        try:
            async with asyncio.timeout(2):
                await self._redis.publish(_CHANNEL, body)
        except (TimeoutError, RedisError, OSError) as error:
            log.debug("fences.dropped", error=type(error).__name__)

    async def listen(self, cancel: Callable[[UUID, int], None]) -> None:
        """Call `cancel(conversation, fence)` for each one heard, until cancelled; comes back after an outage."""
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(_CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            for conversation_id, fence in _decode(message["data"]):
                                cancel(conversation_id, fence)
            except (RedisError, OSError, msgspec.MsgspecError) as error:
                log.debug("fences.deaf", error=type(error).__name__)
                await asyncio.sleep(1)
