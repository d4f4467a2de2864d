"""The message step: claimed events become contacts, conversations, messages and turns, in one transaction a batch.

This is one of the four places that write several tenants' rows in one transaction. A batch that fails on its data or
waits too long for a lock is done again tenant by tenant, and the tenant that fails event by event, so that a poison
event hurts itself only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from evoai.channels.service import stored
from evoai.inbox.repository import receive as sql
from evoai.inbox.service.batch import Batch, Item, Kept
from evoai.inbox.service.decide import decide, parse
from evoai.inbox.service.fetch import readable_kinds
from evoai.inbox.service.gather import Raced, gather
from evoai.inbox.service.intake import Intake
from evoai.inbox.service.store import store
from evoai.kit.batcher import CAP
from evoai.kit.db import is_outage
from evoai.kit.log import get_logger
from evoai.kit.path import OpenTurn, Received

if TYPE_CHECKING:
    from evoai.channels.service.stored import StoredEvent
    from evoai.resources import Resources

log = get_logger(__name__)

ATTEMPTS = 5
_NOTE_AGAIN = 15.0

_CROWDED = (
    Raced,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
"""Somebody else was at it: no fault of the event's."""


class Receiver:
    """The step `receive` of the path, for one process."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._kept = Kept()

    async def __call__(self, shards: Sequence[int]) -> Received:
        if self._resources.settings.database_distributed:
            return await self._by_tenant(shards)
        for _ in range(2):
            try:
                return await self._once(shards)
            except (Raced, asyncpg.ForeignKeyViolationError):
                # Made, or become one with another, by somebody else since it was read.
                continue
            except Exception as error:
                if is_outage(error):
                    raise
                log.warning("receive.batch_failed", exc_info=error)
                break
        return await self._by_tenant(shards)

    async def _once(
        self, shards: Sequence[int], tenant_id: UUID | None = None, event_id: UUID | None = None
    ) -> Received:
        role = "system" if tenant_id is None else "tenant"
        batch = Batch(self._resources, tenant_id, self._kept)
        async with self._resources.db.group_session(role, tenant_id, prelude=sql.shard_locks(shards)) as conn:
            events = await stored.claim(conn, shards, CAP, tenant_id=tenant_id, event_id=event_id)
            if not events:
                return Received()
            turns = await _work(batch, conn, events)
        batch.told()
        return Received(turns, frozenset(shards) if len(events) == CAP else frozenset())

    async def _by_tenant(self, shards: Sequence[int]) -> Received:
        async with self._resources.db.group_session("system") as conn:
            tenants = await stored.due_tenants(conn, shards)
        turns: list[OpenTurn] = []
        more: set[int] = set()
        for tenant_id in tenants:
            try:
                received = await self._of_tenant(shards, tenant_id)
            except Exception:
                if not turns:
                    raise
                # The turns opened so far are this process's already; the rest is looked at again.
                return Received(turns, frozenset(shards))
            turns.extend(received.turns)
            more |= received.more
        return Received(turns, frozenset(more))

    async def _of_tenant(self, shards: Sequence[int], tenant_id: UUID) -> Received:
        try:
            return await self._once(shards, tenant_id)
        except Exception as error:
            if is_outage(error):
                raise
            log.warning("receive.tenant_failed", tenant_id=str(tenant_id), error=type(error).__name__)
        return await self._one_by_one(shards, tenant_id)

    async def _one_by_one(self, shards: Sequence[int], tenant_id: UUID) -> Received:
        async with self._resources.db.group_session("tenant", tenant_id) as conn:
            events = await stored.claim(conn, shards, CAP, tenant_id=tenant_id)
        turns: list[OpenTurn] = []
        for event in events:
            try:
                received = await self._once(shards, tenant_id, event.id)
            except _CROWDED:
                # Still due: the sweep rings for it.
                continue
            except Exception as error:
                if is_outage(error):
                    if turns:
                        break
                    raise
                log.error("receive.event_failed", event_id=str(event.id), exc_info=error)
                await stored.postpone(self._resources, event, ATTEMPTS, type(error).__name__)
                continue
            turns.extend(received.turns)
        return Received(turns)


async def _work(batch: Batch, conn: Any, events: Sequence[StoredEvent]) -> list[OpenTurn]:
    now = events[0].now
    items = [await parse(batch, event) for event in events]
    resources = batch.resources
    intake = Intake(now, resources.model is not None, resources.settings.stale_after, readable_kinds(resources))
    await gather(batch, conn, intake, items)
    for item in items:
        if item.verdict is None:
            item.verdict = await decide(batch, conn, intake, item)
        batch.worked.append(item.verdict)
    turns = await store(batch, conn, intake, [_mark(item, now) for item in items])
    await _note_activity(batch, conn, items, now)
    return turns


async def _note_activity(batch: Batch, conn: Any, items: Sequence[Item], now: datetime) -> None:
    """Keep a channel's `last_event_at` fresh to half a minute, without a look at it for each batch."""
    noted, clock = batch.kept.active, monotonic()
    heard = {(item.event.tenant_id, item.event.channel_id) for item in items if not item.event.reconciled}
    for tenant_id, channel_id in sorted(heard):
        if noted.get(channel_id, 0.0) < clock - _NOTE_AGAIN:
            await stored.note_activity(conn, tenant_id, channel_id, now)
            noted[channel_id] = clock


def _mark(item: Item, now: datetime) -> stored.Mark:
    verdict = item.verdict
    assert verdict is not None
    return stored.Mark(
        item.event, verdict.state, verdict.reason, verdict.signal, verdict.message_id, verdict.again_at or now
    )
