"""The audit log: what people did that others may have to account for, written in the transaction that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.http import Principal
from evoai.tenants import repository
from evoai.tenants.models import AuditEntry
from evoai.tenants.schemas import AuditEntryOut


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where."""

    principal: Principal
    address: str


async def note(
    db: AsyncSession,
    actor: Actor,
    action: str,
    target_kind: str,
    target_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """`action` is `noun.verb`; `details` hold no secret and nothing that a contact said."""
    db.add(
        AuditEntry(
            tenant_id=actor.principal.tenant_id,
            principal=str(actor.principal),
            name=actor.principal.name,
            address=actor.address,
            action=action,
            target_kind=target_kind,
            target_id=target_id,
            details=details or {},
        )
    )
    await db.flush()


async def page(db: AsyncSession, tenant_id: UUID, before: UUID | None, limit: int) -> list[AuditEntryOut]:
    """Newest first."""
    return [
        AuditEntryOut(
            id=row.id,
            principal=row.principal,
            name=row.name,
            address=row.address,
            action=row.action,
            target_kind=row.target_kind,
            target_id=row.target_id,
            details=row.details,
            at=row.at,
        )
        for row in await repository.audit_page(db, tenant_id, before, limit)
    ]
