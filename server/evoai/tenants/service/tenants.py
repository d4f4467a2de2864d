"""Tenants and their members, as they see and change themselves."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.auth import service as auth
from evoai.auth.service import Person
from evoai.kit.db import is_outage, utcnow
from evoai.kit.errors import FieldError, Invalid, NotFound, Unauthenticated
from evoai.kit.http import Principal
from evoai.kit.log import get_logger
from evoai.tenants import repository
from evoai.tenants.models import Tenant
from evoai.tenants.permissions import PERMISSIONS
from evoai.tenants.schemas import MemberOut, MembershipOut, MeOut, MePatch, TenantOut, TenantPatch, UserOut

if TYPE_CHECKING:
    from evoai.kit.db import Database
    from evoai.resources import Resources

log = get_logger(__name__)

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def me(resources: Resources, principal: Principal) -> MeOut:
    async with resources.db.system_session("me") as db:
        person = await auth.find_person(db, principal.id)
        mine = await repository.memberships(db, principal.id)
    here = next((pair for pair in mine if pair[1].id == principal.tenant_id), None)
    if person is None or here is None:
        raise Unauthenticated()
    return MeOut(
        user=user_out(person),
        tenant=tenant_out(here[1]),
        member_id=here[0].id,
        role=here[0].role,
        permissions=sorted(PERMISSIONS[here[0].role]),
        memberships=[
            MembershipOut(tenant_id=tenant.id, tenant_name=tenant.name, role=member.role) for member, tenant in mine
        ],
    )


async def change_me(resources: Resources, principal: Principal, data: MePatch) -> MeOut:
    changes: dict[str, Any] = data.changes()
    if changes:
        async with resources.db.system_session("me") as db:
            await auth.change_person(db, principal.id, changes)
            if "name" in changes:
                await repository.rename_members(db, principal.id, changes["name"])
    return await me(resources, principal)


async def read_tenant(db: AsyncSession, tenant_id: UUID) -> TenantOut:
    tenant = await repository.tenant(db, tenant_id)
    if tenant is None:
        raise NotFound()
    return tenant_out(tenant)


async def change_tenant(db: AsyncSession, tenant_id: UUID, data: TenantPatch) -> TenantOut:
    tenant = await repository.tenant(db, tenant_id)
    if tenant is None:
        raise NotFound()
    changes = data.changes()
    if "time_zone" in changes:
        _check_time_zone(str(changes["time_zone"]))
    if "business_hours" in changes:
        _check_hours(data.business_hours)
    for name, value in changes.items():
        setattr(tenant, name, value)
    tenant.updated_at = utcnow()
    await db.flush()
    return tenant_out(tenant)


async def members(db: AsyncSession, tenant_id: UUID, after: UUID | None, limit: int) -> list[MemberOut]:
    return [
        MemberOut(
            id=row.id,
            user_id=row.user_id,
            name=row.name,
            email=row.email,
            role=row.role,
            created_at=row.created_at,
        )
        for row in await repository.members_page(db, tenant_id, after, limit)
    ]


async def for_each(database: Database, reason: str, do: Callable[[UUID], Awaitable[object]]) -> None:
    """`do` for every tenant, one after the other. Where it fails for one, that is logged and the others have their
    turn; a database that went away ends it."""
    async with database.system_session(f"tenants for {reason}") as db:
        ids = await repository.tenant_ids(db)
    for tenant_id in ids:
        try:
            await do(tenant_id)
        except Exception as error:
            if is_outage(error):
                raise
            log.error("tenant.passed_over", reason=reason, tenant_id=str(tenant_id), exc_info=error)


async def member(db: AsyncSession, tenant_id: UUID, member_id: UUID) -> None:
    """That the tenant has this member. Raises `NotFound`."""
    if await repository.member(db, tenant_id, member_id) is None:
        raise NotFound()


async def member_names(db: AsyncSession, tenant_id: UUID, ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return {row.id: row.name for row in await repository.members_by_id(db, tenant_id, ids)}


def user_out(person: Person) -> UserOut:
    return UserOut(id=person.id, name=person.name, email=person.email, language=person.language)


def tenant_out(tenant: Tenant) -> TenantOut:
    return TenantOut(
        id=tenant.id,
        name=tenant.name,
        time_zone=tenant.time_zone,
        language=tenant.language,
        description=tenant.description,
        business_hours=tenant.business_hours,
        asks_satisfaction=tenant.asks_satisfaction,
        plan=tenant.plan,
        created_at=tenant.created_at,
    )


def _check_time_zone(name: str) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            errors=(FieldError(pointer="/time_zone", code="time-zone", detail="Expected a zone of the tz database"),)
        ) from None


def _check_hours(hours: Any) -> None:
    for day, spans in hours.items():
        wrong = day not in _DAYS or any(
            not _TIME.fullmatch(start) or not _TIME.fullmatch(end) or start >= end for start, end in spans
        )
        if wrong:
            raise Invalid(
                errors=(
                    FieldError(
                        pointer=f"/business_hours/{day[:20]}",
                        code="business-hours",
                        detail="Expected mon to sun, each with pairs of HH:MM that begin before they end",
                    ),
                )
            )


async def note_plan(db: AsyncSession, tenant_id: UUID, plan: str) -> None:
    """Keep the plan's name to show; billing's own rows decide. Raises `NotFound`."""
    tenant = await repository.tenant(db, tenant_id)
    if tenant is None:
        raise NotFound()
    tenant.plan = plan


async def touch(db: AsyncSession, tenant_id: UUID) -> None:
    """Have processes that keep the tenant's profile, and what goes with it, read it again."""
    await repository.touch(db, tenant_id)
