"""Who answers for a tenant. The assistant room sets it when it publishes; the message step reads it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.repository import people, turns
from evoai.kit.db import new_id


async def set_responder(
    db: AsyncSession,
    tenant_id: UUID,
    assistant_id: UUID,
    version: int,
    quiet_seconds: float,
    max_wait_seconds: float,
    enabled: bool,
    hours: str = "always",
    shadow: bool = False,
) -> None:
    """From the next message on, `version` of the assistant answers; not `enabled`, out of its `hours`, or with
    `shadow`: conversations go to people."""
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
            "hours": hours,
            "shadow": shadow,
        },
    )


class Responding(msgspec.Struct, frozen=True):
    """Who answers, as far as the rooms above may ask."""

    assistant_id: UUID
    version: int
    shadow: bool


async def responder(db: AsyncSession, tenant_id: UUID) -> Responding | None:
    row = await turns.responder_of(db, tenant_id)
    return Responding(row.assistant_id, row.version, row.shadow) if row is not None else None


async def answering(db: AsyncSession, tenant_id: UUID) -> UUID | None:
    """The assistant that answers the tenant's contacts."""
    found = await responder(db, tenant_id)
    return found.assistant_id if found is not None else None
