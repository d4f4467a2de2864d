"""Stored events after they were worked: have them worked again, show what came in, forget what is old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.repository import events as repository
from evoai.kit.crypto import SealError, place
from evoai.kit.db import after_commit, utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.ids import first_id_at
from evoai.kit.path import drain

if TYPE_CHECKING:
    from evoai.kit.db import Database
    from evoai.resources import Resources

AT_ONCE = 1000
"""How many events one call has worked again at most."""
BODY_LIFE = timedelta(days=7)
ROW_LIFE = timedelta(days=90)
_BATCH = 1000
# What was kept of these is not a webhook, or is not this channel's: nothing good can come of it.
_NEVER = ("too-large", "instance-mismatch")


async def replay(resources: Resources, db: AsyncSession, tenant_id: UUID, event_id: UUID) -> None:
    """Make a quarantined, dead or ignored event due, as if it had just come. Raises `NotFound`, `Conflict`."""
    found = await repository.event(db, tenant_id, event_id)
    if found is None:
        raise NotFound()
    made = await repository.make_due(db, tenant_id, event_id=event_id, never=_NEVER)
    if not made:
        raise Conflict("not-replayable", "Only a quarantined, dead or ignored event whose body is kept, and is its own")
    _ring(resources, db, made[0][1])


async def replay_all(
    resources: Resources, db: AsyncSession, tenant_id: UUID, state: str, reason: str | None, channel_id: UUID | None
) -> list[UUID]:
    """The same for the oldest `AT_ONCE` events that match and can be worked again; their ids."""
    made = await repository.make_due(
        db, tenant_id, state=state, reason=reason, channel_id=channel_id, never=_NEVER, limit=AT_ONCE
    )
    if made:
        _ring(resources, db, *sorted({shard for _, shard in made}))
    return [event_id for event_id, _ in made]


def _ring(resources: Resources, db: AsyncSession, *shards: int) -> None:
    after_commit(db, lambda: resources.bell.ring(drain.name, *shards))


async def body_of(resources: Resources, db: AsyncSession, tenant_id: UUID, event_id: UUID) -> str | None:
    """What came in, as JSON text without the provider's secrets. None once it is 7 days old, or does not open."""
    found = await repository.event(db, tenant_id, event_id)
    if found is None or found.body_enc is None or found.received_at < utcnow() - BODY_LIFE:
        return None
    box = await resources.keys.box(db, tenant_id)
    try:
        return box.open(found.body_enc, place(tenant_id, "channel_events", "body_enc", event_id)).decode()
    except SealError:
        return None


FORGET = "channels.forget_messages"
"""The topic under which the tray hears of messages that nobody may have any more."""


async def forget_messages(resources: Resources, tenant_id: UUID, payload: Mapping[str, Any]) -> None:
    """The tray's handler: empty the stored webhooks that brought messages; what they were known by stays."""
    now = utcnow()
    async with resources.db.tenant_session(tenant_id) as db:
        messages = [UUID(one) for one in payload["messages"]]
        # Older ones are empty, and an hour is more than clocks differ.
        span = first_id_at(now - BODY_LIFE - timedelta(days=1)), first_id_at(now + timedelta(hours=1))
        await repository.empty_of_messages(db, tenant_id, *span, messages)


async def forget_old(database: Database, tenant_id: UUID) -> None:
    """Empty the bodies of worked events after 7 days, delete their rows after 90, in batches."""
    now, full = utcnow(), _BATCH
    while full == _BATCH:
        async with database.tenant_session(tenant_id) as db:
            full = await repository.delete_events(db, tenant_id, first_id_at(now - ROW_LIFE), _BATCH)
    last: UUID | None = first_id_at(now - ROW_LIFE)
    while last is not None:
        async with database.tenant_session(tenant_id) as db:
            last = await repository.empty_bodies(db, tenant_id, last, first_id_at(now - BODY_LIFE), _BATCH)
