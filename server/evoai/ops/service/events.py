"""Stored events as people look at them: what became of each, and, for who may, what came in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.service import events as stored
from evoai.kit import outbox
from evoai.kit.errors import NotFound
from evoai.ops import repository
from evoai.ops.repository import EventFilter
from evoai.ops.schemas import InboundEventDetail, InboundEventOut, ReplayIn
from evoai.ops.service.ledger import begin_of, check_day, zone_of
from evoai.tenants import audit
from evoai.tenants.audit import Actor

if TYPE_CHECKING:
    from evoai.resources import Resources


async def page(
    db: AsyncSession,
    tenant_id: UUID,
    *,
    state: str | None,
    outcome: str | None,
    channel_id: UUID | None,
    day: date | None,
    reason: str | None,
    before: UUID | None,
    limit: int,
) -> list[InboundEventOut]:
    """Newest first; `day` is one of the tenant's time zone."""
    span = None
    if day is not None:
        check_day("day", day)
        zone = await zone_of(db, tenant_id)
        span = begin_of(day, zone), begin_of(day + timedelta(days=1), zone)
    wanted = EventFilter(state=state, outcome=outcome, channel_id=channel_id, day=span, reason=reason)
    rows = await repository.events_page(db, tenant_id, wanted, before, limit)
    return [InboundEventOut(**_fields(row)) for row in rows]


async def read(
    resources: Resources, db: AsyncSession, tenant_id: UUID, event_id: UUID, *, with_body: bool
) -> InboundEventDetail:
    row = await repository.event(db, tenant_id, event_id)
    if row is None:
        raise NotFound()
    body = await stored.body_of(resources, db, tenant_id, event_id) if with_body else None
    return InboundEventDetail(**_fields(row), body=body)


async def replay(resources: Resources, db: AsyncSession, actor: Actor, event_id: UUID) -> InboundEventOut:
    """Have a quarantined, dead or ignored event worked again. Raises `NotFound`, `Conflict`."""
    tenant_id = actor.principal.tenant_id
    await stored.replay(resources, db, tenant_id, event_id)
    await outbox.close_letters(db, tenant_id, "event", [event_id], "replayed")
    await audit.note(db, actor, "inbound-events.replay", "inbound-event", event_id)
    row = await repository.event(db, tenant_id, event_id)
    return InboundEventOut(**_fields(row))


async def replay_all(resources: Resources, db: AsyncSession, actor: Actor, wanted: ReplayIn) -> int:
    """The same for those that match, the oldest `channels.service.events.AT_ONCE` of them; how many."""
    tenant_id = actor.principal.tenant_id
    found = await stored.replay_all(resources, db, tenant_id, wanted.state, wanted.reason, wanted.channel_id)
    await outbox.close_letters(db, tenant_id, "event", found, "replayed")
    channel = str(wanted.channel_id) if wanted.channel_id else None
    details = {"state": wanted.state, "reason": wanted.reason, "channel_id": channel, "replayed": len(found)}
    await audit.note(db, actor, "inbound-events.replay", "inbound-event", details=details)
    return len(found)


def _fields(row: Any) -> dict[str, Any]:
    fields = dict(row._mapping)
    return fields | {"class_": fields.pop("class")}
