"""What a number may start by itself: writing first to people. Answers are never paced. WhatsApp bans unofficial
numbers that write to many strangers, so a new one begins with few, spread out, and whom few answer may write to fewer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.incoming import Connection, Restriction
from evoai.channels.adapters.registry import adapter_for
from evoai.channels.events import channel_updated
from evoai.channels.models import Channel
from evoai.channels.repository import channels
from evoai.channels.schemas import PaceOut, RestrictionOut
from evoai.kit.db import utcnow
from evoai.kit.events import emit
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.kit.timers import Timers
    from evoai.resources import Resources

log = get_logger(__name__)

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
FIRST_DAY = 20
"""New people that a number may write to on its first day; a fifth more on each that follows, up to `MOST`."""
GROWTH = 1.2
MOST = 300
_NEW = timedelta(days=14)
_TELLING = 10
"""Of fewer openings nothing is concluded."""
FEW_REPLIES = 0.2
_VERY_FEW_REPLIES = 0.1
_UNTOLD = timedelta(hours=24)
"""How long a restriction is taken to last whose end was not told."""
_HELD = timedelta(minutes=15)
_LOOK_AGAIN = 60.0
_LOOK_AGAIN_LATER = 600.0


@dataclass(frozen=True, slots=True)
class Started:
    """What the number started, as far as others know: new people of the last day, and of the last week how many, and
    how many of these wrote back."""

    day: int
    week: int
    replied: int

    @property
    def replies(self) -> float | None:
        return self.replied / self.week if self.week >= _TELLING else None


async def take(db: AsyncSession, timers: Timers, tenant_id: UUID, channel_id: UUID, started: Started) -> float | None:
    """Take the number's next place to write first; None: go. Else for how many seconds not to ask again. The channel is
    locked until the transaction ends, so that no two take the same place."""
    channel = await channels.channel(db, tenant_id, channel_id, lock=True)
    if channel is None:
        return None
    now = utcnow()
    restriction = restriction_of(channel, now)
    if restriction is not None:
        left = _LOOK_AGAIN_LATER if restriction.until is None else (restriction.until - now).total_seconds()
        return _spread(min(max(left, 1.0), _LOOK_AGAIN_LATER))
    if channel.state != "connected":
        return _spread(_LOOK_AGAIN)
    if adapter_for(channel.provider).capabilities.official:
        return None
    if started.day >= limit_of(channel, started, now):
        return _spread(_LOOK_AGAIN_LATER)
    if channel.next_start_at is not None and channel.next_start_at > now:
        return _spread((channel.next_start_at - now).total_seconds() + timers.start_gap / 2)
    channel.next_start_at = now + timedelta(seconds=_spread(_gap(timers, channel, now)))
    return None


def limit_of(channel: Channel, started: Started, now: datetime) -> int:
    """New people that the number may write to within a day."""
    since = channel.first_connected_at
    days = max(0, (now - since).days) if since is not None else 0
    most = min(MOST, int(FIRST_DAY * GROWTH ** min(days, 60)))
    replies = started.replies
    if replies is None or replies >= FEW_REPLIES:
        return most
    return most // (4 if replies < _VERY_FEW_REPLIES else 2)


def ask_again_at(told: Connection, now: datetime) -> datetime | None:
    """When to ask how a number is that was told of; None: at once. A provider that holds a number back says so by
    refusing, not when it is asked."""
    return now + _HELD if told.state == "reconnecting" and told.reason is not None else None


def _gap(timers: Timers, channel: Channel, now: datetime) -> float:
    since = channel.first_connected_at
    return timers.start_gap if since is None or now - since < _NEW else timers.start_gap / 2


def _spread(seconds: float) -> float:
    return seconds * (0.5 + random.random())  # noqa: S311


def restriction_of(channel: Channel, now: datetime) -> RestrictionOut | None:
    """What forbids the number to write first, while it lasts."""
    if channel.restriction is None or channel.restricted_at is None:
        return None
    if now >= (channel.restricted_until or channel.restricted_at + _UNTOLD):
        return None
    return RestrictionOut(code=channel.restriction, since=channel.restricted_at, until=channel.restricted_until)


def restricted(channel: Channel, restriction: Restriction, now: datetime) -> bool:
    """Note a restriction; whether it is news."""
    known = restriction_of(channel, now)
    if known is not None and (known.code, known.until) == (restriction.code, restriction.until):
        return False
    channel.restriction, channel.restricted_at = restriction.code, now
    channel.restricted_until = restriction.until
    channel.updated_at = now
    return True


async def restrict(resources: Resources, tenant_id: UUID, channel_id: UUID, restriction: Restriction) -> None:
    """WhatsApp said with a send that the number may not write first: from now on it does not, and its people hear."""
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await channels.channel(db, tenant_id, channel_id, lock=True)
        if channel is None or not restricted(channel, restriction, utcnow()):
            return
        emit(db, resources.publisher, channel_updated(tenant_id, channel_id))
    log.warning("channel.restricted", channel_id=str(channel_id), code=restriction.code)


def pace_out(channel: Channel, started: Started, now: datetime) -> PaceOut | None:
    """None where WhatsApp itself is the provider, and has limits of its own."""
    if adapter_for(channel.provider).capabilities.official:
        return None
    return PaceOut(
        limit=limit_of(channel, started, now),
        used=started.day,
        most=MOST,
        replies=round(started.replies, 3) if started.replies is not None else None,
        started=started.week,
        next_at=channel.next_start_at if channel.next_start_at and channel.next_start_at > now else None,
    )
