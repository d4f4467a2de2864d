"""Channels as adapters see them, with their secrets opened, kept for seconds in each process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import msgspec

from evoai.channels.adapters.protocol import Adapter, Line
from evoai.channels.adapters.registry import adapter_for, operator_of
from evoai.channels.models import Channel
from evoai.channels.repository import channels
from evoai.kit.crypto import Box, place, token_hash

if TYPE_CHECKING:
    from evoai.kit.db import Database
    from evoai.settings import Settings
    from evoai.tenants.keys import TenantKeys

_SECONDS = 10.0
_UNKNOWN_SECONDS = 2.0
_CAP = 20_000

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A channel ready for work: its adapter, its line, the tenant's box."""

    adapter: Adapter
    line: Line
    box: Box


class Lines:
    """Process cache. A change shows within 10 s elsewhere; `forget` makes it show here at once."""

    def __init__(self, db: Database, keys: TenantKeys, settings: Settings) -> None:
        self._db, self._keys, self._settings = db, keys, settings
        self._by_hook: OrderedDict[tuple[UUID, bytes], tuple[float, OpenLine | None]] = OrderedDict()
        self._by_id: OrderedDict[tuple[UUID, UUID], tuple[float, OpenLine]] = OrderedDict()
        self._by_group: OrderedDict[tuple[str, str], tuple[float, list[OpenLine]]] = OrderedDict()
        self._loading: dict[object, asyncio.Task[Any]] = {}

    async def by_hook(self, channel_key: str, seconds: float) -> OpenLine | None:
        """The channel whose webhook address ends in `channel_key` (`<tenant>.<secret>`), or None. Raises what the
        database raises, and `TimeoutError` if it takes longer than `seconds`."""
        key = _hook(channel_key)
        if key is None:
            return None
        kept = self._by_hook.get(key)
        if kept is not None and kept[0] > monotonic():
            return kept[1]
        async with asyncio.timeout(seconds):
            return await self._once(key, lambda: self._load_by_hook(key))

    async def by_id(self, tenant_id: UUID, channel_id: UUID) -> OpenLine | None:
        """A channel, also a closed one: its stored events and doubtful sends still end."""
        key = (tenant_id, channel_id)
        kept = self._by_id.get(key)
        if kept is not None and kept[0] > monotonic():
            return kept[1]
        return await self._once(key, lambda: self._load_by_id(key))

    async def by_group(self, provider: str, group: str, seconds: float) -> list[OpenLine]:
        """The channels, whosever they are, that bodies at the provider's shared address mean by `group`. Raises as
        `by_hook`."""
        key = (provider, group)
        kept = self._by_group.get(key)
        if kept is not None and kept[0] > monotonic():
            return kept[1]
        async with asyncio.timeout(seconds):
            return await self._once(key, lambda: self._load_group(key))

    async def _once(self, key: object, load: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """One look-up at a time for each channel: when an entry ends, hundreds of requests miss it together."""
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(load())
            task.add_done_callback(lambda _: self._loading.pop(key, None))
        return await asyncio.shield(task)

    async def _load_by_hook(self, key: tuple[UUID, bytes]) -> OpenLine | None:
        async with self._db.tenant_session(key[0]) as db:
            channel = await channels.channel_by_hook(db, *key)
            found = None if channel is None else self._open(channel, await self._keys.box(db, key[0]))
        _keep(self._by_hook, key, (monotonic() + (_SECONDS if found else _UNKNOWN_SECONDS), found))
        return found

    async def _load_by_id(self, key: tuple[UUID, UUID]) -> OpenLine | None:
        async with self._db.tenant_session(key[0]) as db:
            channel = await channels.channel(db, *key, closed=True)
            if channel is None:
                return None
            found = self._open(channel, await self._keys.box(db, key[0]))
        _keep(self._by_id, key, (monotonic() + _SECONDS, found))
        return found

    async def _load_group(self, key: tuple[str, str]) -> list[OpenLine]:
        async with self._db.system_session("channels of a shared webhook address") as db:
            rows = await channels.channels_by_group(db, *key)
            found = [self._open(row, await self._keys.box(db, row.tenant_id)) for row in rows]
        _keep(self._by_group, key, (monotonic() + (_SECONDS if found else _UNKNOWN_SECONDS), found))
        return found

    def _open(self, channel: Channel, box: Box) -> OpenLine:
        return OpenLine(adapter_for(channel.provider), open_line(channel, box, self._settings), box)

    def forget(self, tenant_id: UUID, channel_id: UUID) -> None:
        self._by_id.pop((tenant_id, channel_id), None)
        for key, (_, kept) in list(self._by_hook.items()):
            if kept is not None and kept.line.channel_id == channel_id:
                del self._by_hook[key]
        # Of a group's new channel nobody knew before, so there is nothing of it to find here.
        self._by_group.clear()


def _hook(channel_key: str) -> tuple[UUID, bytes] | None:
    """Tenant and hash of the secret, or None for what cannot be a key."""
    tenant, _, secret = channel_key.partition(".")
    if len(tenant) != 32 or not 40 <= len(secret) <= 64:
        return None
    try:
        return UUID(hex=tenant), token_hash(secret)
    except ValueError:
        return None


def _keep(cache: OrderedDict[K, V], key: K, value: V) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > _CAP:
        cache.popitem(last=False)


def open_line(channel: Channel, box: Box, settings: Settings) -> Line:
    secrets = msgspec.json.decode(
        box.open(channel.secrets_enc, place(channel.tenant_id, "channels", "secrets_enc", channel.id)),
        type=dict[str, str],
    )
    config = operator_of(adapter_for(channel.provider), settings).config | channel.config
    return Line(tenant_id=channel.tenant_id, channel_id=channel.id, config=config, secrets=secrets)
