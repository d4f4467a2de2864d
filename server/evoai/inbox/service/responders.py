"""Who answers for a tenant. The assistant room sets it when it publishes; the message step reads it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.repository import people
from evoai.kit.db import new_id


async def set_responder(
    db: AsyncSession,
    tenant_id: UUID,
    assistant_id: UUID,
    version: int,
    quiet_seconds: float,
    max_wait_seconds: float,
    enabled: bool,
) -> None:
    """From the next message on, `version` of the assistant answers; not `enabled`: conversations go to people."""
    await people.set_responder(
        db,
        tenant_id,
        new_id(),
        {
            "assistant_id": assistant_id,
            "version": version,
            "quiet_seconds": quiet_seconds,
            "max_wait_seconds": max_wait_seconds,
            "enabled": enabled,
        },
    )
