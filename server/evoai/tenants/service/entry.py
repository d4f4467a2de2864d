"""The roads in: sign-up, login, refresh, logout, switch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.auth import passwords
from evoai.auth import service as auth
from evoai.auth.service import Person, Standing
from evoai.kit import metrics
from evoai.kit.db import new_id
from evoai.kit.errors import Forbidden, NotFound, Unauthenticated
from evoai.kit.http import Principal
from evoai.tenants import repository
from evoai.tenants.models import Member, Tenant
from evoai.tenants.schemas import AccessOut, LoginIn, SessionOut, SignupIn
from evoai.tenants.service.standing import STANDING
from evoai.tenants.service.tenants import tenant_out, user_out

if TYPE_CHECKING:
    from evoai.resources import Resources


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
