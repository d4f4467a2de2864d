"""Queries on tools from outside the house, and on the calls that changed something there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.tools import HttpTool, OutsideCall, ToolServer
from evoai.kit.db import new_id

T = TypeVar("T", HttpTool, ToolServer)

_UNSYNCED = {"synchronize_session": False}


async def add(db: AsyncSession, kind: type[T], values: dict[str, Any]) -> T | None:
    """None if the tenant has one of this name."""
    statement = insert(kind).values(**values).on_conflict_do_nothing().returning(kind)
    return (await db.scalars(statement)).one_or_none()


async def find(db: AsyncSession, kind: type[T], tenant_id: UUID, row_id: UUID, *, lock: bool = False) -> T | None:
    query = select(kind).where(kind.tenant_id == tenant_id, kind.id == row_id)
    return await db.scalar(query.with_for_update() if lock else query)


async def every(db: AsyncSession, kind: type[T], tenant_id: UUID) -> Sequence[T]:
    """By name; a tenant has few."""
    return (await db.scalars(select(kind).where(kind.tenant_id == tenant_id).order_by(kind.name))).all()


async def how_many(db: AsyncSession, kind: type[T], tenant_id: UUID) -> int:
    return await db.scalar(select(func.count()).select_from(kind).where(kind.tenant_id == tenant_id)) or 0


async def remove(db: AsyncSession, kind: type[T], tenant_id: UUID, row_id: UUID) -> bool:
    found = await db.scalar(delete(kind).where(kind.tenant_id == tenant_id, kind.id == row_id).returning(kind.id))
    return found is not None


async def unlisted_servers(db: AsyncSession, before: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Servers in use that were last asked for their tools before then."""
    rows = await db.execute(
        select(ToolServer.tenant_id, ToolServer.id)
        .where(ToolServer.enabled, or_(ToolServer.tried_at.is_(None), ToolServer.tried_at < before))
        .order_by(ToolServer.tried_at)
        .limit(limit)
    )
    return [(tenant_id, server_id) for tenant_id, server_id in rows]


async def claim_call(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, turn_id: UUID, tool: str, digest: bytes
) -> UUID | None:
    """The id of a call that may be made now; None if the turn made it before."""
    statement = (
        insert(OutsideCall)
        .values(
            tenant_id=tenant_id,
            id=new_id(),
            conversation_id=conversation_id,
            turn_id=turn_id,
            tool=tool,
            digest=digest,
            created_at=func.now(),
        )
        .on_conflict_do_nothing()
        .returning(OutsideCall.id)
    )
    return await db.scalar(statement)


async def call_made(db: AsyncSession, tenant_id: UUID, turn_id: UUID, tool: str, digest: bytes) -> str | None:
    """What the call told when it was made; None where that is not known."""
    return await db.scalar(
        select(OutsideCall.result).where(
            OutsideCall.tenant_id == tenant_id,
            OutsideCall.turn_id == turn_id,
            OutsideCall.tool == tool,
            OutsideCall.digest == digest,
        )
    )


async def finish_call(db: AsyncSession, tenant_id: UUID, call_id: UUID, result: str) -> None:
    await db.execute(
        update(OutsideCall)
        .where(OutsideCall.tenant_id == tenant_id, OutsideCall.id == call_id)
        .values(result=result)
        .execution_options(**_UNSYNCED)
    )


async def forget_call(db: AsyncSession, tenant_id: UUID, call_id: UUID) -> None:
    """For a call that provably did not happen."""
    await db.execute(
        delete(OutsideCall)
        .where(OutsideCall.tenant_id == tenant_id, OutsideCall.id == call_id)
        .execution_options(**_UNSYNCED)
    )


async def delete_calls(db: AsyncSession, tenant_id: UUID, conversations: Sequence[UUID]) -> None:
    await db.execute(
        delete(OutsideCall)
        .where(OutsideCall.tenant_id == tenant_id, OutsideCall.conversation_id.in_(conversations))
        .execution_options(**_UNSYNCED)
    )


async def forget_calls(db: AsyncSession, older_than: timedelta) -> None:
    """Over all tenants: no turn lives as long."""
    await db.execute(
        delete(OutsideCall).where(OutsideCall.created_at < func.now() - older_than).execution_options(**_UNSYNCED)
    )
