"""Tenants, their members, and the roads in: sign-up, login, refresh, logout, switch."""

from __future__ import annotations

import re
import zoneinfo
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.auth import passwords
from evoai.auth import service as auth
from evoai.auth.service import Person, Standing
from evoai.kit import metrics
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import FieldError, Forbidden, Invalid, NotFound, Unauthenticated
from evoai.kit.http import Principal
from evoai.tenants import repository
from evoai.tenants.models import Member, Tenant
from evoai.tenants.permissions import PERMISSIONS
from evoai.tenants.schemas import (
    AccessOut,
    LoginIn,
    MemberOut,
    MembershipOut,
    MeOut,
    MePatch,
    SessionOut,
    SignupIn,
    TenantOut,
    TenantPatch,
    UserOut,
)

if TYPE_CHECKING:
    from evoai.resources import Resources

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# ------------------------------------------------------------------------------------------------ roads in


async def sign_up(resources: Resources, data: SignupIn, user_agent: str) -> tuple[SessionOut, Standing]:
    """Tenant, owner, data key, and what every room lays down for a new tenant, in one transaction; logged in at once.
    Raises `Forbidden` where sign-up is closed, `Conflict` for a known e-mail."""
    if resources.settings.signup_plan is None:
        raise Forbidden("forbidden", "Sign-up is closed here")
    email = auth.normal_email(data.email)
    async with resources.db.system_session("sign-up") as db:
        if await auth.email_taken(db, email):
            raise auth.taken()
    hashed = await passwords.hash_password(data.password)
    async with resources.db.system_session("sign-up") as db:
        person = await auth.add_person(db, name=data.name, email=email, password_hash=hashed)
        tenant = await make_tenant(resources, db, data.company, person, plan=resources.settings.signup_plan)
        standing = await _open(resources, db, person.id, tenant.id, user_agent)
        return _session(resources, standing, person, tenant), standing


async def make_tenant(resources: Resources, db: AsyncSession, name: str, owner: Person, *, plan: str) -> Tenant:
    """A tenant with its owner and what the rooms lay down, in `db`'s system transaction."""
    tenant = Tenant(id=new_id(), name=name.strip(), plan=plan)
    db.add(tenant)
    await db.flush()
    db.add(Member(tenant_id=tenant.id, user_id=owner.id, name=owner.name, email=owner.email, role="owner"))
    resources.keys.make(db, tenant.id)
    await db.flush()
    for module in resources.modules:
        if module.new_tenant is not None:
            await module.new_tenant(resources, db, tenant.id)
    return tenant


async def log_in(resources: Resources, data: LoginIn, user_agent: str) -> tuple[SessionOut, Standing]:
    """Raises `Unauthenticated`, the same for a wrong password and for an e-mail that nobody has."""
    email = auth.normal_email(data.email)
    async with resources.db.system_session("login") as db:
        found = await auth.find_for_login(db, email)
    fits = await passwords.verify_password(found[1] if found else None, data.password)
    if found is None or not fits:
        raise Unauthenticated("unauthenticated", "E-mail or password is wrong")
    person = found[0]
    anew = await passwords.hash_password(data.password) if passwords.outdated(found[1]) else None
    async with resources.db.system_session("login") as db:
        if anew is not None:
            await auth.keep_password(db, person.id, anew)
        tenant = await _home(db, person.id)
        if tenant is None:
            raise Unauthenticated("unauthenticated", "E-mail or password is wrong")
        standing = await _open(resources, db, person.id, tenant.id, user_agent)
        return _session(resources, standing, person, tenant), standing


async def refresh(resources: Resources, token: str) -> tuple[SessionOut, Standing]:
    """Raises `Unauthenticated`; `token-reused` when the session was revoked because two parties hold it."""
    life = timedelta(seconds=resources.settings.jwt_refresh_expires_seconds)
    async with resources.db.system_session("refresh") as db:
        standing = await auth.refresh(db, token, token_life=life)
    if standing == "reused":
        metrics.refresh_reuse.inc()
        raise Unauthenticated("token-reused", "This session was ended; log in again")
    if standing == "unknown":
        raise Unauthenticated("unauthenticated", "Log in again")
    async with resources.db.system_session("refresh") as db:
        person = await auth.find_person(db, standing.user_id)
        tenant = await repository.tenant(db, standing.tenant_id)
        if tenant is None or await repository.member_of_user(db, standing.tenant_id, standing.user_id) is None:
            tenant = await _home(db, standing.user_id)
        if person is None or tenant is None:
            raise Unauthenticated("unauthenticated", "Log in again")
        return _session(resources, standing, person, tenant), standing


async def log_out(resources: Resources, token: str) -> None:
    async with resources.db.system_session("logout") as db:
        ended = await auth.close_session(db, token)
    if ended is not None:
        STANDING.forget(ended)


async def log_out_everywhere(resources: Resources, token: str) -> None:
    async with resources.db.system_session("logout") as db:
        ended = await auth.close_all_sessions(db, token)
    if ended == "reused":
        raise Unauthenticated("token-reused", "This session was ended; log in again")
    if ended == "unknown":
        raise Unauthenticated("unauthenticated", "Log in again")
    for session_id in ended:
        STANDING.forget(session_id)


async def switch(resources: Resources, principal: Principal, tenant_id: UUID) -> AccessOut:
    """A token for another of my tenants. Raises `NotFound` for any other."""
    assert principal.session_id is not None
    async with resources.db.system_session("switch") as db:
        tenant = await repository.tenant(db, tenant_id)
        if tenant is None or await repository.member_of_user(db, tenant_id, principal.id) is None:
            raise NotFound()
        await auth.move_session(db, principal.session_id, tenant_id)
        return AccessOut(
            access_token=resources.tokens.issue(principal.id, tenant_id, principal.session_id),
            expires_in=resources.tokens.lifetime,
            tenant=tenant_out(tenant),
        )


async def _home(db: AsyncSession, user_id: UUID) -> Tenant | None:
    """Where the person worked last, or the first tenant they are in."""
    mine = await repository.memberships(db, user_id)
    last = await auth.last_tenant(db, user_id)
    return next((tenant for _, tenant in mine if tenant.id == last), mine[0][1] if mine else None)


async def _open(resources: Resources, db: AsyncSession, user_id: UUID, tenant_id: UUID, user_agent: str) -> Standing:
    life = timedelta(seconds=resources.settings.jwt_refresh_expires_seconds)
    return await auth.open_session(db, user_id, tenant_id, user_agent=user_agent, token_life=life)


def _session(resources: Resources, standing: Standing, person: Person, tenant: Tenant) -> SessionOut:
    return SessionOut(
        access_token=resources.tokens.issue(person.id, tenant.id, standing.session_id),
        expires_in=resources.tokens.lifetime,
        user=user_out(person),
        tenant=tenant_out(tenant),
    )


# ------------------------------------------------------------------------------------------------ who asks


class _Standing:
    """Who a session is, kept for so short that an end of it, or a change of role, shows within 5 s."""

    SECONDS = 3.0
    CAP = 50_000

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID], tuple[float, Principal]] = OrderedDict()

    def get(self, session_id: UUID, tenant_id: UUID) -> Principal | None:
        kept = self._kept.get((session_id, tenant_id))
        return kept[1] if kept is not None and kept[0] > monotonic() else None

    def keep(self, session_id: UUID, tenant_id: UUID, principal: Principal) -> None:
        self._kept[(session_id, tenant_id)] = (monotonic() + self.SECONDS, principal)
        self._kept.move_to_end((session_id, tenant_id))
        if len(self._kept) > self.CAP:
            self._kept.popitem(last=False)

    def forget(self, session_id: UUID) -> None:
        for key in [key for key in self._kept if key[0] == session_id]:
            del self._kept[key]


STANDING = _Standing()


async def principal_for_token(resources: Resources, token: str) -> Principal:
    """The principal of an access token whose session and membership stand. Raises `Unauthenticated`."""
    claims = resources.tokens.verify(token)
    principal = STANDING.get(claims.session_id, claims.tenant_id)
    if principal is not None and principal.id == claims.user_id:
        return principal
    async with resources.db.system_session("who asks") as db:
        if not await auth.session_stands(db, claims.session_id, claims.user_id):
            raise Unauthenticated()
        member = await repository.member_of_user(db, claims.tenant_id, claims.user_id)
        if member is None:
            raise Unauthenticated()
    principal = Principal(
        kind="user",
        id=claims.user_id,
        tenant_id=claims.tenant_id,
        member_id=member.id,
        name=member.name,
        role=member.role,
        permissions=PERMISSIONS[member.role],
        session_id=claims.session_id,
    )
    STANDING.keep(claims.session_id, claims.tenant_id, principal)
    return principal


async def principal_stands(resources: Resources, principal: Principal) -> Literal["session", "member"] | None:
    """What of a principal stands no more: its session, its membership, or nothing."""
    assert principal.session_id is not None
    async with resources.db.system_session("who asks") as db:
        if not await auth.session_stands(db, principal.session_id, principal.id):
            return "session"
        member = await repository.member_of_user(db, principal.tenant_id, principal.id)
        return "member" if member is None else None


# ------------------------------------------------------------------------------------------------ me, tenant, members


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
        role=here[0].role,  # type: ignore[arg-type]
        permissions=sorted(PERMISSIONS[here[0].role]),
        memberships=[
            MembershipOut(tenant_id=tenant.id, tenant_name=tenant.name, role=member.role)  # type: ignore[arg-type]
            for member, tenant in mine
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
            role=row.role,  # type: ignore[arg-type]
            created_at=row.created_at,
        )
        for row in await repository.members_page(db, tenant_id, after, limit)
    ]


async def tenant_ids(db: AsyncSession) -> Sequence[UUID]:
    """Of all tenants; in a system session."""
    return await repository.tenant_ids(db)


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
        language=tenant.language,  # type: ignore[arg-type]
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
