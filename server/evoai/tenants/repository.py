"""Every query on tenants and members."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import utcnow
from evoai.tenants.models import AuditEntry, Member, Tenant, TenantKey


async def tenant(db: AsyncSession, tenant_id: UUID) -> Tenant | None:
    return await db.scalar(select(Tenant).where(Tenant.id == tenant_id))


async def tenant_key(db: AsyncSession, tenant_id: UUID, *, lock: bool = False) -> TenantKey | None:
    query = select(TenantKey).where(TenantKey.tenant_id == tenant_id)
    return await db.scalar(query.with_for_update() if lock else query)


async def tenants_with_other_keys(db: AsyncSession, key_id: str) -> list[UUID]:
    """Tenants whose key is not wrapped by `key_id`; in a system session."""
    return list(await db.scalars(select(TenantKey.tenant_id).where(TenantKey.key_id != key_id)))


async def member(db: AsyncSession, tenant_id: UUID, member_id: UUID) -> Member | None:
    return await db.scalar(select(Member).where(Member.tenant_id == tenant_id, Member.id == member_id))


async def member_of_user(db: AsyncSession, tenant_id: UUID, user_id: UUID) -> Member | None:
    return await db.scalar(select(Member).where(Member.tenant_id == tenant_id, Member.user_id == user_id))


async def memberships(db: AsyncSession, user_id: UUID) -> Sequence[tuple[Member, Tenant]]:
    """Where a person is a member, oldest first; asked over all tenants, so in a system session."""
    rows = await db.execute(
        select(Member, Tenant)
        .join(Tenant, Tenant.id == Member.tenant_id)
        .where(Member.user_id == user_id)
        .order_by(Member.created_at, Member.id)
    )
    return [(row[0], row[1]) for row in rows]


async def members_page(db: AsyncSession, tenant_id: UUID, after: UUID | None, limit: int) -> Sequence[Member]:
    query = select(Member).where(Member.tenant_id == tenant_id)
    if after is not None:
        query = query.where(Member.id > after)
    return (await db.scalars(query.order_by(Member.id).limit(limit))).all()


async def members_by_id(db: AsyncSession, tenant_id: UUID, ids: set[UUID]) -> Sequence[Member]:
    return (await db.scalars(select(Member).where(Member.tenant_id == tenant_id, Member.id.in_(ids)))).all()


async def rename_members(db: AsyncSession, user_id: UUID, name: str) -> None:
    """The user's name in every tenant; in a system session."""
    await db.execute(
        update(Member).where(Member.user_id == user_id).values(name=name).execution_options(synchronize_session=False)
    )


async def audit_page(db: AsyncSession, tenant_id: UUID, before: UUID | None, limit: int) -> Sequence[AuditEntry]:
    """Newest first."""
    query = select(AuditEntry).where(AuditEntry.tenant_id == tenant_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return (await db.scalars(query.order_by(AuditEntry.id.desc()).limit(limit))).all()


async def tenant_ids(db: AsyncSession) -> Sequence[UUID]:
    """Of all tenants; in a system session."""
    return (await db.scalars(select(Tenant.id).order_by(Tenant.id))).all()


async def touch(db: AsyncSession, tenant_id: UUID) -> None:
    await db.execute(
        update(Tenant)
        .where(Tenant.id == tenant_id)
        .values(updated_at=utcnow())
        .execution_options(synchronize_session=False)
    )
