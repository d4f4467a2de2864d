"""Stored events as the message step works them: claim, open, mark, and keep the channel's own state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.channels.adapters.incoming import Connection, Rating, TemplateChange
from evoai.channels.repository import channels, events, templates
from evoai.channels.service import pace
from evoai.kit import metrics
from evoai.kit.crypto import Box, SealError, place
from evoai.kit.outbox import backoff, bury_in_group
from evoai.kit.sql import Writes

if TYPE_CHECKING:
    from evoai.resources import Resources

due_tenants = events.due_tenants
note_activity = channels.note_activity
note_code = channels.note_code


@dataclass(frozen=True, slots=True)
class StoredEvent:
    tenant_id: UUID
    id: UUID
    channel_id: UUID
    kind: str
    sealed: bytes | None
    received_at: datetime
    attempts: int
    now: datetime
    """The database's clock at the claim."""
    reconciled: bool
    """Whether no webhook brought it: we found it at the provider."""

    def body(self, box: Box) -> bytes:
        """The event as stored, without the provider's secrets. Raises `SealError`."""
        if self.sealed is None:
            raise SealError("emptied")
        return box.open(self.sealed, place(self.tenant_id, "channel_events", "body_enc", self.id))


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of an event. `at` is when a `received` one is due again."""

    event: StoredEvent
    state: str
    reason: str | None
    signal: bool
    message_id: UUID | None
    at: datetime


async def claim(
    conn: Any, shards: Sequence[int], limit: int, *, tenant_id: UUID | None = None, event_id: UUID | None = None
) -> list[StoredEvent]:
    """Due events of `shards` in order; the caller holds the shards' locks."""
    rows = await events.claim_events(conn, shards, limit, tenant_id=tenant_id, event_id=event_id)
    return [StoredEvent(*row.values()) for row in rows]


def mark(writes: Writes, marks: Sequence[Mark], *, grouped: bool) -> None:
    rows = [
        (m.event.tenant_id, m.event.id, m.state, m.reason, m.signal, m.message_id, m.at, int(m.state != "received"))
        for m in marks
    ]
    events.mark_events(writes, rows, grouped=grouped)


async def set_connection(conn: Any, event: StoredEvent, change: Connection) -> bool:
    """Whether the channel's state changed."""
    return await channels.set_connection(
        conn,
        event.tenant_id,
        event.channel_id,
        change.state,
        change.reason,
        change.phone,
        change.profile_name,
        event.now,
        pace.ask_again_at(change, event.now),
        change.restriction,
    )


async def set_rating(conn: Any, event: StoredEvent, told: Rating) -> bool:
    """Whether anything changed."""
    return await channels.set_rating(
        conn,
        event.tenant_id,
        event.channel_id,
        told.quality,
        told.messaging_limit,
        told.phone,
        event.now,
    )


async def change_template(conn: Any, event: StoredEvent, told: TemplateChange) -> None:
    await templates.change_template(
        conn,
        event.tenant_id,
        event.channel_id,
        told.name,
        told.language,
        told.status,
        told.category,
        told.quality,
        told.reason,
    )


async def postpone(resources: Resources, event: StoredEvent, attempts: int, reason: str) -> None:
    """An event that cannot be worked even alone: later again, and a dead letter after `attempts` tries."""
    dead = event.attempts + 1 >= attempts
    wait = backoff(event.attempts + 1, resources.timers.backoff_first, resources.timers.backoff_cap)
    row = (
        event.tenant_id,
        event.id,
        "dead" if dead else "received",
        "failed",
        False,
        None,
        event.now + timedelta(seconds=wait),
        1,
    )
    async with resources.db.group_session("tenant", event.tenant_id) as conn:
        writes = Writes()
        events.mark_events(writes, [row], grouped=False)
        await writes.run(conn, grouped=False)
        await events.note_error(conn, event.tenant_id, event.id, reason)
        if dead:
            metrics.worked("dead", None)
            await bury_in_group(conn, event.tenant_id, "event", event.id, reason)
