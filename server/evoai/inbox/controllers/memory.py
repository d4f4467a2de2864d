"""The routes of what is remembered: facts about contacts, summaries of conversations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, put
from litestar.params import FromPath, JSONBody, Parameter

from evoai.inbox.schemas.memory import FactIn, FactPage, SummaryIn, SummaryOut
from evoai.inbox.service import memory
from evoai.kit.http import AnyRequest, Asker, Db, resources_of
from evoai.tenants.guards import needs

FactKey = Annotated[str, Parameter(min_length=1, max_length=40)]


class FactController(Controller):
    path = "/contacts/{contact_id:uuid}/facts"
    tags = ["Inbox"]  # noqa: RUF012

    @get(operation_id="facts.list", guards=[needs("contacts:read")])
    async def list_facts(self, db: Db, principal: Asker, contact_id: FromPath[UUID]) -> FactPage:
        return await memory.facts(db, principal.tenant_id, contact_id)

    @put("/{key:str}", operation_id="facts.set", guards=[needs("contacts:write")])
    async def set_fact(
        self,
        request: AnyRequest,
        db: Db,
        principal: Asker,
        contact_id: FromPath[UUID],
        key: FromPath[FactKey],
        data: JSONBody[FactIn],
    ) -> FactPage:
        return await memory.set_fact(resources_of(request), db, principal.tenant_id, contact_id, key, data.value)

    @delete("/{key:str}", operation_id="facts.drop", guards=[needs("contacts:write")])
    async def drop_fact(
        self, request: AnyRequest, db: Db, principal: Asker, contact_id: FromPath[UUID], key: FromPath[FactKey]
    ) -> None:
        await memory.drop_fact(resources_of(request), db, principal.tenant_id, contact_id, key)


class SummaryController(Controller):
    path = "/conversations/{conversation_id:uuid}/summary"
    tags = ["Inbox"]  # noqa: RUF012

    @get(operation_id="summaries.get", guards=[needs("conversations:read")])
    async def get_summary(self, db: Db, principal: Asker, conversation_id: FromPath[UUID]) -> SummaryOut:
        return await memory.summary(db, principal.tenant_id, conversation_id)

    @put(operation_id="summaries.set", guards=[needs("conversations:write")])
    async def set_summary(
        self, request: AnyRequest, db: Db, principal: Asker, conversation_id: FromPath[UUID], data: JSONBody[SummaryIn]
    ) -> SummaryOut:
        text = (data.text or "").strip() or None
        return await memory.set_summary(
            resources_of(request), db, principal.tenant_id, conversation_id, text, data.version
        )
