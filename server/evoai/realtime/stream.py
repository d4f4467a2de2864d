"""The tenant's live stream in Redis: where facts go after the commit, and what a socket resumes from.

Best effort by design. `seq` counts a tenant's last 1,000 published facts, `epoch` names that count; after a loss of
Redis the epoch is new and clients fetch again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
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
_GATHER_SECONDS = 0.02

# For each tenant KEYS: epoch, seq, stream. ARGV: a fresh epoch, channel, number of facts, of facts and signals, then
# the facts, then the signals. Gives each tenant's epoch.
_PUBLISH = f"""
local epochs, at = {{}}, 1
for key = 1, #KEYS, 3 do
  local epoch = redis.call('get', KEYS[key])
  if not epoch then
    epoch = ARGV[at]
    redis.call('set', KEYS[key], epoch)
    redis.call('del', KEYS[key + 1], KEYS[key + 2])
  end
  local channel, facts, all = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  for i = 1, all do
    local seq, body = 0, ARGV[at + 3 + i]
    if i <= facts then
      seq = redis.call('incr', KEYS[key + 1])
      redis.call('xadd', KEYS[key + 2], 'maxlen', '~', {KEPT}, seq .. '-0', 'e', body)
    end
    redis.call('publish', channel, epoch .. ' ' .. seq .. ' ' .. body)
  end
  epochs[#epochs + 1] = epoch
  at = at + 4 + all
end
return epochs
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
    """Publishes without being waited for. A moment later, for what happens to one message comes in bursts and goes in
    one round trip then; what arrives while one is under way goes with the next."""

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
                await asyncio.sleep(_GATHER_SECONDS)
                batch, self._waiting = self._waiting[:500], self._waiting[500:]
                try:
                    async with asyncio.timeout(2):
                        await self._send(batch)
                except (TimeoutError, RedisError, OSError) as error:
                    # Clients notice the silence, reconnect and fetch again.
                    log.debug("stream.dropped", events=len(batch), error=type(error).__name__)
        finally:
            self._task = None

    async def _send(self, batch: Iterable[Event]) -> None:
        """One round trip for all tenants of a batch."""
        facts: dict[UUID, list[bytes]] = {}
        signals: dict[UUID, list[bytes]] = {}
        for event in batch:
            mine = facts.setdefault(event.tenant_id, [])
            (signals.setdefault(event.tenant_id, []) if event.signal else mine).append(_encode(event))
        keys: list[str] = []
        args: list[Any] = []
        for tenant_id, told in facts.items():
            shown = signals.get(tenant_id, [])
            keys += _keys(tenant_id)
            args += [new_id().hex, channel_name(tenant_id), len(told), len(told) + len(shown), *told, *shown]
        await self._script(keys, args)

    async def position(self, tenant_id: UUID) -> tuple[str, int]:
        """The tenant's epoch and newest seq. Raises what Redis raises."""
        (epoch,) = await self._script(_keys(tenant_id), [new_id().hex, channel_name(tenant_id), 0, 0])
        seq = await self._redis.get(_keys(tenant_id)[1])
        return _text(epoch), int(seq or 0)

    async def since(self, tenant_id: UUID, epoch: str, seq: int) -> list[Published] | None:
        """The facts after `seq`, or None if they cannot all be had. Raises what Redis raises."""
        current, newest = await self.position(tenant_id)
        if epoch != current or not 0 <= seq <= newest:
            return None
        rows: Any = await self._redis.xrange(_keys(tenant_id)[2], min=f"({seq}-0", max="+")
        # Newer ones may have been published between the two reads; the oldest may be kept no longer.
        if (int(_text(rows[0][0]).split("-")[0]) if rows else newest + 1) != seq + 1:
            return None
        return [Published(current, int(_text(key).split("-")[0]), _decode(row[b"e"])) for key, row in rows]

    async def close(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
