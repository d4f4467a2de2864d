"""/contacts: parse, guard, call one service function."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.repository import people
from evoai.inbox.schemas.contacts import ContactIn, ContactOut, ContactPage, ContactPatch
from evoai.inbox.service import contacts, read
from evoai.kit.http import AnyRequest, PageCursor, PageLimit, Principal, resources_of
from evoai.kit.idempotency import idempotent
from evoai.tenants.guards import needs

Words = Annotated[str, Parameter(max_length=200)]


class ContactController(Controller):
    path = "/contacts"
    tags = ["Inbox"]  # noqa: RUF012

    @get("/", operation_id="contacts.list", guards=[needs("contacts:read")])
    async def page(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        q: FromQuery[Words | None] = None,
        cursor: FromQuery[PageCursor | None] = None,
        limit: FromQuery[PageLimit] = 50,
    ) -> ContactPage:
        cursors, tenant_id = resources_of(request).cursors, principal.tenant_id
        scope = f"contacts {q}"
        before = cursors.decode(tenant_id, scope, cursor, (UUID,))
        rows = await people.contacts_page(db, tenant_id, q, before[0] if before else None, limit)
        following = cursors.encode(tenant_id, scope, (rows[-1].id,)) if len(rows) == limit else None
        return ContactPage(items=await read.contacts(db, tenant_id, rows), next_cursor=following)

    @post("/", operation_id="contacts.create", guards=[needs("contacts:write")])
    @idempotent
    async def create(
        self,
        request: AnyRequest,
        data: JSONBody[ContactIn],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ContactOut:
        return await contacts.create(resources_of(request), db, principal.tenant_id, data)

    @get("/{contact_id:uuid}", operation_id="contacts.get", guards=[needs("contacts:read")])
    async def get_one(
        self,
        contact_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ContactOut:
        return await contacts.get(db, principal.tenant_id, contact_id)

    @patch("/{contact_id:uuid}", operation_id="contacts.change", guards=[needs("contacts:write")])
    async def change(
        self,
        request: AnyRequest,
        contact_id: FromPath[UUID],
        data: JSONBody[ContactPatch],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ContactOut:
        return await contacts.change(resources_of(request), db, principal.tenant_id, contact_id, data)
