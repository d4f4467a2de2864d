"""The routes of assistants: drafts, publishing, versions, and the trace of an answer."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.schemas.assistants import AssistantOut, AssistantPage, AssistantPatch, TraceOut, VersionPage
from evoai.assistant.service import drafts
from evoai.kit.http import AnyRequest, PageCursor, PageLimit, Principal, resources_of
from evoai.kit.idempotency import idempotent
from evoai.tenants.guards import needs


class AssistantController(Controller):
    path = "/assistants"
    tags = ["Assistants"]  # noqa: RUF012

    @get(operation_id="assistants.list", guards=[needs("assistants:read")])
    async def list_assistants(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        cursor: FromQuery[PageCursor | None] = None,
        limit: FromQuery[PageLimit] = 50,
    ) -> AssistantPage:
        return await drafts.list_assistants(resources_of(request).cursors, db, principal.tenant_id, cursor, limit)

    @get("/{assistant_id:uuid}", operation_id="assistants.get", guards=[needs("assistants:read")])
    async def get_assistant(
        self, db: NamedDependency[AsyncSession], principal: NamedDependency[Principal], assistant_id: FromPath[UUID]
    ) -> AssistantOut:
        return await drafts.get_assistant(db, principal.tenant_id, assistant_id)

    @patch("/{assistant_id:uuid}", operation_id="assistants.update", guards=[needs("assistants:write")])
    async def change_assistant(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        assistant_id: FromPath[UUID],
        data: JSONBody[AssistantPatch],
    ) -> AssistantOut:
        return await drafts.change_assistant(resources_of(request), db, principal.tenant_id, assistant_id, data)

    @post(
        "/{assistant_id:uuid}/publish",
        operation_id="assistants.publish",
        guards=[needs("assistants:write")],
        status_code=200,
    )
    @idempotent
    async def publish(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        assistant_id: FromPath[UUID],
    ) -> AssistantOut:
        return await drafts.publish(db, principal.tenant_id, assistant_id, principal.name)

    @get("/{assistant_id:uuid}/versions", operation_id="assistants.versions", guards=[needs("assistants:read")])
    async def list_versions(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        assistant_id: FromPath[UUID],
        cursor: FromQuery[PageCursor | None] = None,
        limit: FromQuery[PageLimit] = 50,
    ) -> VersionPage:
        return await drafts.list_versions(
            resources_of(request).cursors, db, principal.tenant_id, assistant_id, cursor, limit
        )


class TraceController(Controller):
    path = "/messages"
    tags = ["Assistants"]  # noqa: RUF012

    @get("/{message_id:uuid}/trace", operation_id="messages.trace", guards=[needs("assistants:read")])
    async def trace_of_message(
        self,
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        message_id: FromPath[UUID],
    ) -> TraceOut:
        rate = resources_of(request).settings.model.usd_brl_rate
        return await drafts.trace_of_message(db, principal.tenant_id, message_id, rate)
