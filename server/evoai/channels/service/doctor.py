"""The connection doctor: of all that is known of a number, the one thing that is most wrong, and what to do about
it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.models import Channel
from evoai.channels.repository import channels, missed
from evoai.channels.schemas import ChannelHealthOut, GapsOut
from evoai.channels.service import pace
from evoai.channels.service.read import capabilities_of
from evoai.channels.service.states import REFUSED
from evoai.kit.db import utcnow
from evoai.kit.errors import NotFound

if TYPE_CHECKING:
    from evoai.kit.breaker import BreakerState
    from evoai.resources import Resources

GAPS = timedelta(days=7)
_NO_CODE = timedelta(seconds=60)
"""A provider that has shown no code for so long will show none."""
_DROPS = timedelta(hours=1)
_MANY_DROPS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Both kebab case; no action where there is nothing to do but to know."""

    cause: str
    advice: str | None


async def examine(
    resources: Resources, db: AsyncSession, tenant_id: UUID, channel_id: UUID, begun: pace.Started
) -> ChannelHealthOut:
    """`begun`: what the number started of late, which the inbox knows."""
    channel = await channels.channel(db, tenant_id, channel_id)
    if channel is None:
        raise NotFound()
    now = utcnow()
    breaker = await resources.breaker.state(str(channel_id))
    messages, found_at = await missed.missed_since(db, tenant_id, channel_id, now - GAPS)
    drops = channel.drops if channel.drops_since is not None and channel.drops_since > now - _DROPS else 0
    finding = diagnose(channel, breaker, found_at, drops, begun, now)
    return ChannelHealthOut(
        state=channel.state,
        cause=finding.cause if finding else None,
        advice=finding.advice if finding else None,
        pace=pace.pace_out(channel, begun, now),
        restriction=pace.restriction_of(channel, now),
        drops=drops,
        last_event_at=channel.last_event_at,
        gaps=GapsOut(messages=messages, found_at=found_at, reconciled_at=channel.reconciled_at),
        quality=channel.quality,
        messaging_limit=channel.messaging_limit,
        breaker=breaker,
    )


_REASONS = {
    REFUSED: Finding("credentials-refused", "check-credentials"),
    "licence-missing": Finding("licence-missing", "activate-licence"),
    "unknown-instance": Finding("unknown-instance", "add-again"),
}


def diagnose(
    channel: Channel,
    breaker: BreakerState,
    found_at: datetime | None,
    drops: int,
    begun: pace.Started,
    now: datetime,
) -> Finding | None:
    """The first that is true, from what stops everything to what is only worth knowing."""
    if channel.state_reason in _REASONS:
        return _REASONS[channel.state_reason]
    if channel.state == "banned":
        return Finding("banned", "move-number")
    if channel.state != "connected":
        return _unconnected(channel, drops, now)
    if breaker == "open":
        return Finding("provider-failing", "wait-for-provider")
    if drops >= _MANY_DROPS:
        return Finding("reconnect-loop", "pair-again")
    # What we had to fetch came after the last that was brought: the provider has stopped telling.
    if found_at is not None and found_at > (channel.last_event_at or found_at):
        return Finding("webhooks-missing", "restart")
    if pace.restriction_of(channel, now) is not None:
        return Finding("restricted", "wait-restriction")
    replies = begun.replies
    if replies is not None and replies < pace.FEW_REPLIES:
        return Finding("few-replies", "write-to-fewer")
    return None


def _unconnected(channel: Channel, drops: int, now: datetime) -> Finding:
    if drops >= _MANY_DROPS:
        return Finding("reconnect-loop", "pair-again")
    if not capabilities_of(channel).pairing:
        return Finding(channel.state_reason or "disconnected", "check-account")
    if channel.state == "reconnecting":
        return Finding("reconnecting", "wait-for-provider")
    asked, shown = channel.pairing_since, channel.code_at
    if asked is not None and asked < now - _NO_CODE and (shown is None or shown < asked):
        return Finding("code-missing", "check-provider")
    if channel.first_connected_at is None:
        return Finding("never-paired", "scan-qr")
    return Finding("logged-out" if channel.state_reason == "logged-out" else "disconnected", "scan-qr")
