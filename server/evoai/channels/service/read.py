"""Channels as the API and other rooms are told of them. What is done to them is in `manage.py`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.protocol import Capabilities
from evoai.channels.adapters.registry import adapter_for
from evoai.channels.models import Channel
from evoai.channels.repository import channels
from evoai.channels.schemas import ChannelOut
from evoai.channels.service import pace
from evoai.kit.db import utcnow
from evoai.kit.errors import NotFound

if TYPE_CHECKING:
    from evoai.resources import Resources


async def find(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> Channel | None:
    """One that is not closed."""
    return await channels.channel(db, tenant_id, channel_id)


async def channel_of(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> Channel:
    """One that is not closed. Raises `NotFound`."""
    channel = await channels.channel(db, tenant_id, channel_id)
    if channel is None:
        raise NotFound()
    return channel


def capabilities_of(channel: Channel) -> Capabilities:
    return adapter_for(channel.provider).capabilities


async def capabilities(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> Capabilities:
    """What a channel's provider can do, a closed channel's too. Raises `NotFound`."""
    channel = await channels.channel(db, tenant_id, channel_id, closed=True)
    if channel is None:
        raise NotFound()
    return adapter_for(channel.provider).capabilities


async def read(resources: Resources, db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> ChannelOut:
    return channel_out(resources, await channel_of(db, tenant_id, channel_id))


async def page(
    resources: Resources, db: AsyncSession, tenant_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[ChannelOut]:
    return [channel_out(resources, row) for row in await channels.channels_page(db, tenant_id, after, limit)]


async def names(db: AsyncSession, tenant_id: UUID, ids: set[UUID]) -> dict[UUID, Channel]:
    """Channels by id, closed ones too: their conversations are still shown."""
    return {row.id: row for row in await channels.channels_by_id(db, tenant_id, ids)}


def channel_out(resources: Resources, channel: Channel) -> ChannelOut:
    return ChannelOut(
        id=channel.id,
        name=channel.name,
        provider=channel.provider,
        state=channel.state,
        state_reason=channel.state_reason,
        phone=channel.phone,
        profile_name=channel.profile_name,
        capabilities=capabilities_of(channel),
        restriction=pace.restriction_of(channel, utcnow()),
        webhook_url=f"{resources.settings.api_url}/hooks/•••",
        quality=channel.quality,
        last_event_at=channel.last_event_at,
        created_at=channel.created_at,
        updated_at=channel.updated_at,
    )
