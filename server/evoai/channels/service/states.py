"""What a provider says of a number when it is asked, kept on the channel. What it tells by itself comes by
`stored.py`."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from evoai.channels.adapters.incoming import Connection, Qr
from evoai.channels.events import channel_updated
from evoai.channels.models import Channel
from evoai.channels.schemas import ChannelOut
from evoai.channels.service import pace
from evoai.channels.service.read import channel_of, channel_out
from evoai.kit.db import utcnow
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources

REFUSED = "credentials-refused"
"""The state's reason while the provider takes our key no more."""
_DROPS = timedelta(hours=1)


async def store_state(
    resources: Resources, tenant_id: UUID, channel_id: UUID, state: Connection, *, asked: bool = False
) -> ChannelOut:
    """What the provider says of the number, as `channels.set_connection` stores what it tells by itself. `asked`:
    somebody wants to pair it now."""
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await channel_of(db, tenant_id, channel_id)
        take_state(channel, state, asked=asked)
        emit(db, resources.publisher, channel_updated(tenant_id, channel_id))
        return channel_out(resources, channel)


def take_state(channel: Channel, state: Connection, *, asked: bool = False) -> None:
    now = utcnow()
    if asked or state.state != channel.state:
        channel.reconcile_due_at = pace.ask_again_at(state, now)
    if state.state == "connected":
        channel.first_connected_at = channel.first_connected_at or now
        channel.pairing_since = None
    elif channel.state == "connected":
        again = channel.drops_since is not None and channel.drops_since > now - _DROPS
        channel.drops = channel.drops + 1 if again else 1
        channel.drops_since = channel.drops_since if again else now
    elif asked:
        channel.pairing_since = channel.pairing_since or now
    if state.qr is not None:
        channel.code_at, channel.code_mark = now, mark_of(state.qr)
    if state.restriction is not None:
        pace.restricted(channel, state.restriction, now)
    channel.state, channel.state_reason = state.state, state.reason
    channel.phone = state.phone or channel.phone
    channel.profile_name = state.profile_name or channel.profile_name
    channel.quality = state.quality or channel.quality
    if state.messaging_limit is not None:
        channel.messaging_limit = state.messaging_limit
    channel.updated_at = now


def mark_of(qr: Qr) -> str:
    """Which code it is, not what it says."""
    return sha256(f"{qr.code} {qr.pairing_code}".encode()).hexdigest()[:16]
