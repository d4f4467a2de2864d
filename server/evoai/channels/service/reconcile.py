"""What webhooks did not tell: whether a silent channel is still connected, and messages that the provider has and we
lack. What is found goes through the door's own table and the same path as if it had come by itself."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.incoming import Connection, Envelope
from evoai.channels.events import channel_qr
from evoai.channels.models import Channel
from evoai.channels.repository import missed as repository
from evoai.channels.service.door import event_row
from evoai.channels.service.lines import OpenLine
from evoai.channels.service.states import REFUSED, mark_of, store_state
from evoai.kit.db import utcnow
from evoai.kit.errors import AppError, Conflict
from evoai.kit.log import get_logger
from evoai.kit.path import drain

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

LEASE = 120
"""Seconds that one look may take; then another process may look."""
CHANNELS = 20
"""Looked after in one round of the sweep at most."""
_PULL_SECONDS = 60
_SHORTEST = timedelta(minutes=1)
_ROWS = 200
_PAUSES = 200
_LONGEST_SILENCE = 6 * 3600.0
_CONNECTING_SECONDS = 120.0
_PAIRING = timedelta(minutes=6)
"""Longer than the longest attempt to pair lasts."""


@dataclass(frozen=True, slots=True)
class Figures:
    """For the operator's gauges. `missing` counts events that no webhook brought, as far as they are kept."""

    last_success: datetime | None
    missing: int


async def due(db: AsyncSession) -> Sequence[tuple[str, str]]:
    return [(str(tenant), str(channel)) for tenant, channel in await repository.channels_to_reconcile(db, CHANNELS)]


async def figures(db: AsyncSession) -> Figures:
    """In a system session."""
    return Figures(*await repository.reconcile_figures(db))


async def look_after(resources: Resources, tenant_id: UUID, channel_id: UUID) -> None:
    """Look at one channel, if it is due. A provider that is down is left alone, but for the breaker's probe."""
    timers, target = resources.timers, str(channel_id)
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await repository.claim_reconcile(db, tenant_id, channel_id, LEASE)
    if channel is None:
        return
    opened = await resources.lines.by_id(tenant_id, channel_id)
    if opened is None:
        return
    until: datetime | None = None
    seconds = timers.reconcile * (0.9 + 0.2 * random.random())  # noqa: S311
    if not resources.breaker.allows(target):
        seconds = resources.breaker.pause(target)
    else:
        try:
            if not await _is_connected(resources, channel, opened):
                seconds = _until_next_look(resources, channel, opened, seconds)
            elif opened.adapter.capabilities.history:
                until, whole = await _pull(resources, channel, opened)
                seconds = seconds if whole else 0.0
        except AppError as error:
            log.warning("reconcile.failed", channel_id=target, code=error.code)
            resources.breaker.probed(target, ok=False)
            if isinstance(error, Conflict):
                await _note(resources, channel, Connection(state=channel.state, reason=error.cause or REFUSED))
        else:
            resources.breaker.probed(target, ok=True)
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.set_reconciled(db, tenant_id, channel_id, until, seconds)


async def _is_connected(resources: Resources, channel: Channel, opened: OpenLine) -> bool:
    """What we take for connected and hear of is; else the provider is asked, and what we store corrected."""
    trusted = channel.state == "connected" and channel.state_reason is None
    if trusted and not await _is_silent(resources, channel):
        return True
    told = await opened.adapter.status(resources.net, opened.line)
    await _note(resources, channel, told)
    return told.state == "connected"


def _until_next_look(resources: Resources, channel: Channel, opened: OpenLine, seconds: float) -> float:
    """Somebody may be holding a phone before a code that changes, and nobody else tells of that."""
    watched = not opened.adapter.capabilities.renews_qr and channel.pairing_since is not None
    if watched and utcnow() - channel.pairing_since < _PAIRING:  # type: ignore[operator]
        return min(seconds, resources.timers.pairing_look)
    return min(seconds, _CONNECTING_SECONDS)


async def _is_silent(resources: Resources, channel: Channel) -> bool:
    """Whether a channel that used to speak says nothing for longer than is usual for it."""
    if channel.last_event_at is None:
        return False
    silent, least = (utcnow() - channel.last_event_at).total_seconds(), resources.timers.silence
    if silent < least:
        return False
    async with resources.db.tenant_session(channel.tenant_id) as db:
        usual = await repository.usual_silence(db, channel.tenant_id, channel.id, _PAUSES)
    return usual is not None and silent >= min(max(least, 2 * usual), _LONGEST_SILENCE)


async def _note(resources: Resources, channel: Channel, told: Connection) -> None:
    if told.qr is not None and channel.code_mark != mark_of(told.qr):
        expires = utcnow() + timedelta(seconds=told.qr.seconds)
        signal = channel_qr(channel.tenant_id, channel.id, told.qr.code, expires)
        await store_state(resources, channel.tenant_id, channel.id, told)
        resources.publisher.publish([signal])
        return
    if (told.state, told.reason) != (channel.state, channel.state_reason) or told.restriction is not None:
        log.warning("channel.corrected", channel_id=str(channel.id), stored=channel.state, told=told.state)
        await store_state(resources, channel.tenant_id, channel.id, told)


async def _pull(resources: Resources, channel: Channel, opened: OpenLine) -> tuple[datetime, bool]:
    """Fetch, oldest first, what was said since a while before the last time; up to when that was done, and whether that
    is all. A stretch with more than the provider gives at once is halved."""
    timers, ends = resources.timers, monotonic() + _PULL_SECONDS
    all_until = utcnow() - timedelta(seconds=timers.reconcile_grace)
    mark = channel.reconciled_at or channel.created_at
    # What was said before the channel was ours is none of our business.
    since = max(channel.created_at, mark - timedelta(seconds=timers.reconcile_overlap))
    until = all_until
    while since < all_until and monotonic() < ends:
        pulled = await opened.adapter.pull(resources.net, opened.line, since, until)
        if not pulled.complete and until - since > _SHORTEST:
            until = since + (until - since) / 2
            continue
        if not pulled.complete:
            log.error("reconcile.too_many", channel_id=str(channel.id), since=since.isoformat())
        await _store(resources, channel, opened, pulled.envelopes)
        since, until = until, all_until
    return max(mark, min(since, all_until)), since >= all_until


async def _store(resources: Resources, channel: Channel, opened: OpenLine, envelopes: Sequence[Envelope]) -> None:
    for place in range(0, len(envelopes), _ROWS):
        some = envelopes[place : place + _ROWS]
        keys = {key for one in some for key in (one.dedupe_key, one.also_known_as) if key is not None}
        async with resources.db.tenant_session(channel.tenant_id) as db:
            known = await repository.known_keys(db, channel.tenant_id, channel.id, sorted(keys))
            missed = [one for one in some if not {one.dedupe_key, one.also_known_as}.intersection(known)]
            rows = [event_row(opened, one) for one in missed]
            shards = await repository.insert_missed(db, rows) if rows else []
        if shards:
            log.warning("reconcile.found", channel_id=str(channel.id), events=len(shards))
            resources.bell.ring(drain.name, *sorted(set(shards)))
