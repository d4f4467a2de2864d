"""Facts and signals of the channels room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from evoai.kit.events import Event, fact


def channel_updated(tenant_id: UUID, channel_id: UUID) -> Event:
    return fact("channel.updated", tenant_id, channel_id=channel_id)


def channel_qr(tenant_id: UUID, channel_id: UUID, code: str, expires_at: datetime) -> Event:
    return Event(
        name="channel.qr",
        tenant_id=tenant_id,
        ids={"channel_id": channel_id, "code": code, "expires_at": expires_at.isoformat()},
        signal=True,
    )
