"""The HTTP of contacts: parse, guard, call one service function."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.response import Stream

from evoai.inbox.repository import contacts as repository
from evoai.inbox.schemas.contacts import (
    ContactDetailOut,
    ContactIn,
    ContactOut,
    ContactPage,
    ContactPatch,
    ImportOut,
    MergeIn,
    UndoneOut,
)
from evoai.inbox.service import bulk, contacts, read
from evoai.inbox.service.erase import erase
from evoai.inbox.service.merge import merge, undo
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import answer_once, idempotent, idempotent_by_itself
from evoai.kit.multipart import receive_upload, upload_limit
from evoai.tenants import audit
from evoai.tenants.guards import actor_of, needs

Words = Annotated[str, Parameter(max_length=200)]
Tag = Annotated[str, Parameter(max_length=40)]
Flag = Literal["true", "false"]
_READ = [needs("contacts:read")]
_WRITE = [needs("contacts:write")]
_MANAGE = [needs("contacts:manage")]


class ContactController(Controller):
    path = "/contacts"
    tags = ["Contacts"]  # noqa: RUF012

    @get("/", operation_id="contacts.list", guards=_READ)
    async def page(
        self,
        db: Db,
        principal: Asker,
        paging: Pages,
        q: FromQuery[Words | None] = None,
        tag: FromQuery[Tag | None] = None,
        opted_out: FromQuery[Flag | None] = None,
    ) -> ContactPage:
        """`q` finds by parts of a name, without accents, by a username, or by a phone in any format."""
        rows = await repository.page(
            db,
            principal.tenant_id,
            typed=q,
            tag=tag,
            opted_out=_flag(opted_out),
            before=paging.after(UUID),
            limit=paging.limit,
        )
        shown, following = paging.cut(rows, lambda row: (row.id,))
        return ContactPage(items=await read.contacts(db, principal.tenant_id, shown), next_cursor=following)

    @post("/", operation_id="contacts.create", guards=_WRITE)
    @idempotent
    async def create(self, request: AnyRequest, data: JSONBody[ContactIn], db: Db, principal: Asker) -> ContactOut:
        return await contacts.create(resources_of(request), db, principal.tenant_id, data)

    @post(
        "/import",
        operation_id="contacts.import",
        status_code=200,
        guards=_MANAGE,
        request_max_body_size=upload_limit(bulk.MAX_FILE),
    )
    @idempotent_by_itself
    async def take_in(self, request: AnyRequest, dry_run: FromQuery[Flag] = "false") -> ImportOut:
        """A CSV as `multipart/form-data` in the part `file`: at most 5 MB and 10,000 lines, with a column `phone` and,
        if there are, `name` and `tags`; other columns become fields. Good lines are taken, bad ones listed."""
        async with receive_upload(request, bulk.MAX_FILE) as upload:
            raw = upload.file.read()
            resources, actor = resources_of(request), actor_of(request)
            return await answer_once(
                request, upload.digest, lambda: bulk.take_in(resources, actor, raw, dry_run=dry_run == "true")
            )

    @get("/export", operation_id="contacts.export", guards=_MANAGE, media_type="text/csv")
    async def give_out(
        self,
        request: AnyRequest,
        q: FromQuery[Words | None] = None,
        tag: FromQuery[Tag | None] = None,
        opted_out: FromQuery[Flag | None] = None,
    ) -> Stream:
        """All contacts that match, as CSV."""
        rows = bulk.give_out(resources_of(request), actor_of(request), typed=q, tag=tag, opted_out=_flag(opted_out))
        headers = {"content-disposition": 'attachment; filename="contacts.csv"'}
        return Stream(rows, media_type="text/csv; charset=utf-8", headers=headers)

    @get("/{contact_id:uuid}", operation_id="contacts.get", guards=_READ)
    async def get_one(self, contact_id: FromPath[UUID], db: Db, principal: Asker) -> ContactDetailOut:
        return await contacts.detail(db, principal.tenant_id, contact_id)

    @patch("/{contact_id:uuid}", operation_id="contacts.change", guards=_WRITE)
    async def change(
        self, request: AnyRequest, contact_id: FromPath[UUID], data: JSONBody[ContactPatch], db: Db
    ) -> ContactOut:
        return await contacts.change(resources_of(request), db, actor_of(request), contact_id, data)

    @delete("/{contact_id:uuid}", operation_id="contacts.erase", guards=_MANAGE)
    async def erase(self, request: AnyRequest, contact_id: FromPath[UUID], db: Db) -> None:
        """With everything that the contact wrote and was written."""
        await erase(resources_of(request), db, actor_of(request), contact_id)

    @post("/{contact_id:uuid}/merge", operation_id="contacts.merge", status_code=200, guards=_WRITE)
    @idempotent
    async def merge(
        self, request: AnyRequest, contact_id: FromPath[UUID], data: JSONBody[MergeIn], db: Db, principal: Asker
    ) -> ContactOut:
        """The contact of the body becomes part of this one."""
        tenant_id = principal.tenant_id
        kept = await merge(resources_of(request), db, tenant_id, contact_id, data.contact_id, principal.name)
        details = {"merged": str(data.contact_id)}
        await audit.note(db, actor_of(request), "contacts.merge", "contact", contact_id, details)
        return (await read.contacts(db, tenant_id, [kept]))[0]

    @post("/{contact_id:uuid}/undo-merge", operation_id="contacts.undo_merge", status_code=200, guards=_WRITE)
    @idempotent
    async def undo_merge(self, request: AnyRequest, contact_id: FromPath[UUID], db: Db, principal: Asker) -> UndoneOut:
        """Takes the latest merge apart."""
        tenant_id = principal.tenant_id
        both = await undo(resources_of(request), db, tenant_id, contact_id)
        details = {"restored": str(both[1].id)}
        await audit.note(db, actor_of(request), "contacts.undo_merge", "contact", contact_id, details)
        kept, lost = await read.contacts(db, tenant_id, both)
        return UndoneOut(contact=kept, restored=lost)


def _flag(value: Flag | None) -> bool | None:
    return None if value is None else value == "true"
