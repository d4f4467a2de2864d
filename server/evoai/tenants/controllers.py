"""The roads in, and who I am: parse, guard, call one service function."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from evoai.auth.service import Standing, normal_email
from evoai.kit.errors import BadRequest, Forbidden, Unauthenticated
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.tenants import audit
from evoai.tenants.guards import limit_road_in, needs
from evoai.tenants.schemas import (
    AccessOut,
    AuditPage,
    LoginIn,
    MemberPage,
    MeOut,
    MePatch,
    SessionOut,
    SignupIn,
    SwitchIn,
    TenantOut,
    TenantPatch,
)
from evoai.tenants.service import entry, tenants

COOKIE = "evoai_refresh"
COOKIE_PATH = "/api/v1/auth"


class AuthController(Controller):
    path = "/auth"
    tags = ["People"]  # noqa: RUF012

    @post("/signup", operation_id="auth.signup", public=True)
    async def signup(self, request: AnyRequest, data: JSONBody[SignupIn]) -> Response[SessionOut]:
        resources = resources_of(request)
        await limit_road_in(resources, "signup", request, None)
        session, standing = await entry.sign_up(resources, data, _user_agent(request))
        return _with_cookie(resources, session, standing, 201)

    @post("/login", operation_id="auth.login", status_code=200, public=True)
    async def login(self, request: AnyRequest, data: JSONBody[LoginIn]) -> Response[SessionOut]:
        resources = resources_of(request)
        await limit_road_in(resources, "login", request, normal_email(data.email))
        session, standing = await entry.log_in(resources, data, _user_agent(request))
        return _with_cookie(resources, session, standing, 200)

    @post("/refresh", operation_id="auth.refresh", status_code=200, public=True)
    async def refresh(self, request: AnyRequest) -> Response[SessionOut]:
        resources = resources_of(request)
        session, standing = await entry.refresh(resources, _refresh_token(request))
        return _with_cookie(resources, session, standing, 200)

    @post("/logout", operation_id="auth.logout", status_code=204, public=True)
    async def logout(self, request: AnyRequest) -> Response[None]:
        resources = resources_of(request)
        await entry.log_out(resources, _refresh_token(request))
        return _without_cookie(resources)

    @post("/logout-all", operation_id="auth.logout_all", status_code=204, public=True)
    async def logout_all(self, request: AnyRequest) -> Response[None]:
        resources = resources_of(request)
        await entry.log_out_everywhere(resources, _refresh_token(request))
        return _without_cookie(resources)

    @post("/switch", operation_id="auth.switch", status_code=200, guards=[needs("tenant:read")])
    async def switch(self, request: AnyRequest, data: JSONBody[SwitchIn], principal: Asker) -> AccessOut:
        return await entry.switch(resources_of(request), principal, data.tenant_id)


class MeController(Controller):
    path = "/me"
    tags = ["People"]  # noqa: RUF012

    @get("/", operation_id="me.get", guards=[needs("tenant:read")])
    async def read(self, request: AnyRequest, principal: Asker) -> MeOut:
        return await tenants.me(resources_of(request), principal)

    @patch("/", operation_id="me.change", guards=[needs("tenant:read")])
    async def change(self, request: AnyRequest, data: JSONBody[MePatch], principal: Asker) -> MeOut:
        return await tenants.change_me(resources_of(request), principal, data)


class TenantController(Controller):
    path = "/tenant"
    tags = ["People"]  # noqa: RUF012

    @get("/", operation_id="tenant.get", guards=[needs("tenant:read")])
    async def read(self, db: Db, principal: Asker) -> TenantOut:
        return await tenants.read_tenant(db, principal.tenant_id)

    @patch("/", operation_id="tenant.change", guards=[needs("tenant:write")])
    async def change(self, data: JSONBody[TenantPatch], db: Db, principal: Asker) -> TenantOut:
        return await tenants.change_tenant(db, principal.tenant_id, data)


class MemberController(Controller):
    path = "/members"
    tags = ["People"]  # noqa: RUF012

    @get("/", operation_id="members.list", guards=[needs("members:read")])
    async def page(self, db: Db, principal: Asker, paging: Pages) -> MemberPage:
        rows = await tenants.members(db, principal.tenant_id, paging.after(UUID), paging.limit)
        items, following = paging.cut(rows, lambda row: (row.id,))
        return MemberPage(items=items, next_cursor=following)


class AuditController(Controller):
    path = "/audit-log"
    tags = ["People"]  # noqa: RUF012

    @get("/", operation_id="audit_log.list", guards=[needs("audit:read")])
    async def page(self, db: Db, principal: Asker, paging: Pages) -> AuditPage:
        """Newest first."""
        rows = await audit.page(db, principal.tenant_id, paging.after(UUID), paging.limit)
        items, following = paging.cut(rows, lambda row: (row.id,))
        return AuditPage(items=items, next_cursor=following)


def _user_agent(request: AnyRequest) -> str:
    return request.headers.get("user-agent", "")


def _refresh_token(request: AnyRequest) -> str:
    """The refresh cookie of a request that our own page made. Raises `Forbidden`, `BadRequest`, `Unauthenticated`."""
    origins = resources_of(request).settings.frontend_urls
    if request.headers.get("x-requested-with") != "evoai" or request.headers.get("origin") not in origins:
        raise Forbidden("csrf", "This call is for the web app's own pages")
    found: set[str] = set()
    for header in request.headers.getall("cookie", []):
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                found.add(value)
    if len(found) > 1:
        raise BadRequest(detail="Two refresh cookies")
    if not found or not (token := found.pop()) or len(token) > 100:
        raise Unauthenticated("unauthenticated", "Log in again")
    return token


def _with_cookie(resources: Any, session: SessionOut, standing: Standing, status: int) -> Response[SessionOut]:
    return Response(session, status_code=status, cookies=[_cookie(resources, standing.token, standing.lives)])


def _without_cookie(resources: Any) -> Response[None]:
    return Response(None, status_code=204, cookies=[_cookie(resources, "", 0)])


def _cookie(resources: Any, value: str, lives: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        path=COOKIE_PATH,
        max_age=lives,
        httponly=True,
        secure=resources.settings.cookie_secure,
        samesite="strict",
    )
