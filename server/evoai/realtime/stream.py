"""The tenant's live stream in Redis: where facts go after the commit, and what a socket resumes from.

Best effort by design. `seq` counts a tenant's last 1,000 published facts, `epoch` names that count; after a loss of
Redis the epoch is new and clients fetch again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from evoai.kit.db import new_id
from evoai.kit.events import Event
from evoai.kit.log import get_logger

log = get_logger(__name__)

KEPT = 1000

# KEYS: epoch, seq, stream. ARGV: a fresh epoch, channel, number of facts, then the facts, then the signals.
_PUBLISH = f"""
local epoch = redis.call('get', KEYS[1])
if not epoch then
  epoch = ARGV[1]
  redis.call('set', KEYS[1], epoch)
  redis.call('del', KEYS[2], KEYS[3])
end
local facts = tonumber(ARGV[3])
for i = 1, #ARGV - 3 do
  local seq = 0
  if i <= facts then
    seq = redis.call('incr', KEYS[2])
    redis.call('xadd', KEYS[3], 'maxlen', '~', {KEPT}, seq .. '-0', 'e', ARGV[3 + i])
  end
  redis.call('publish', ARGV[2], epoch .. ' ' .. seq .. ' ' .. ARGV[3 + i])
end
return epoch
"""


class Published(msgspec.Struct, frozen=True):
    """A fact or signal as it comes back from Redis; `seq` is 0 for a signal."""

    epoch: str
    seq: int
    event: Event


_decode = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode


def channel_name(tenant_id: UUID) -> str:
    return f"t:{tenant_id}:realtime:live"


def tenant_of(channel: bytes) -> UUID:
    return UUID(channel.split(b":")[1].decode())


def _keys(tenant_id: UUID) -> list[str]:
    return [f"t:{tenant_id}:realtime:{part}" for part in ("epoch", "seq", "stream")]


def read_published(data: bytes) -> Published:
    epoch, seq, body = data.split(b" ", 2)
    return Published(epoch.decode(), int(seq), _decode(body))


class Stream:
    """Publishes without being waited for; what arrives while a round trip is under way goes with the next."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_PUBLISH)
        self._waiting: list[Event] = []
        self._task: asyncio.Task[None] | None = None

    def publish(self, events: Iterable[Event]) -> None:
        self._waiting.extend(events)
        if self._task is None and self._waiting:
            self._task = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:500], self._waiting[500:]
                by_tenant: dict[UUID, list[Event]] = {}
                for event in batch:
                    by_tenant.setdefault(event.tenant_id, []).append(event)
                try:
                    async with asyncio.timeout(2):
                        await asyncio.gather(*(self._send(*item) for item in by_tenant.items()))
                except (TimeoutError, RedisError, OSError) as error:
                    # Clients notice the silence, reconnect and fetch again.
                    log.debug("stream.dropped", events=len(batch), error=type(error).__name__)
        finally:
            self._task = None

    async def _send(self, tenant_id: UUID, events: Sequence[Event]) -> None:
        facts = [_encode(event) for event in events if not event.signal]
        signals = [_encode(event) for event in events if event.signal]
        args: list[Any] = [new_id().hex, channel_name(tenant_id), len(facts), *facts, *signals]
        await self._script(keys=_keys(tenant_id), args=args)

    async def position(self, tenant_id: UUID) -> tuple[str, int]:
        """The tenant's epoch and newest seq. Raises what Redis raises."""
        epoch = await self._script(keys=_keys(tenant_id), args=[new_id().hex, channel_name(tenant_id), 0])
        seq = await self._redis.get(_keys(tenant_id)[1])
        return _text(epoch), int(seq or 0)

    async def since(self, tenant_id: UUID, epoch: str, seq: int) -> list[Published] | None:
        """The facts after `seq`, or None if they cannot all be had. Raises what Redis raises."""
        current, newest = await self.position(tenant_id)
        if epoch != current or not 0 <= seq <= newest:
            return None
        rows: Any = await self._redis.xrange(_keys(tenant_id)[2], min=f"({seq}-0", max="+")
        if len(rows) != newest - seq:
            return None
        return [Published(current, int(_text(key).split("-")[0]), _decode(row[b"e"])) for key, row in rows]

    async def close(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
