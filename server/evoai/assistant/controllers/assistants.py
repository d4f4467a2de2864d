"""The routes of assistants: drafts, publishing, versions, and the trace of an answer."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from evoai.assistant.schemas.assistants import (
    AssistantIn,
    AssistantOut,
    AssistantPage,
    AssistantPatch,
    DiffOut,
    PublishIn,
    RestoreIn,
    TraceOut,
    VersionPage,
)
from evoai.assistant.service import drafts, publishing
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import idempotent, idempotent_over_network
from evoai.tenants.guards import actor_of, needs


class AssistantController(Controller):
    path = "/assistants"
    tags = ["Assistants"]  # noqa: RUF012

    @get(operation_id="assistants.list", guards=[needs("assistants:read")])
    async def list_assistants(self, db: Db, principal: Asker, paging: Pages) -> AssistantPage:
        return await drafts.list_assistants(db, principal.tenant_id, paging)

    @post(operation_id="assistants.make", guards=[needs("assistants:write")])
    @idempotent
    async def make_assistant(
        self, request: AnyRequest, db: Db, principal: Asker, data: JSONBody[AssistantIn]
    ) -> AssistantOut:
        """A draft. It answers contacts, instead of the one that did so far, once it is published."""
        return await drafts.make_assistant(resources_of(request), db, principal.tenant_id, data)

    @get("/{assistant_id:uuid}", operation_id="assistants.get", guards=[needs("assistants:read")])
    async def get_assistant(self, db: Db, principal: Asker, assistant_id: FromPath[UUID]) -> AssistantOut:
        return await drafts.get_assistant(db, principal.tenant_id, assistant_id)

    @patch("/{assistant_id:uuid}", operation_id="assistants.update", guards=[needs("assistants:write")])
    async def change_assistant(
        self,
        request: AnyRequest,
        db: Db,
        principal: Asker,
        assistant_id: FromPath[UUID],
        data: JSONBody[AssistantPatch],
    ) -> AssistantOut:
        return await drafts.change_assistant(resources_of(request), db, principal.tenant_id, assistant_id, data)

    @delete("/{assistant_id:uuid}", operation_id="assistants.archive", guards=[needs("assistants:write")])
    async def archive_assistant(self, request: AnyRequest, db: Db, assistant_id: FromPath[UUID]) -> None:
        """Not the one that answers the contacts. What it said stays."""
        await drafts.archive_assistant(db, actor_of(request), assistant_id)

    @post(
        "/{assistant_id:uuid}/publish",
        operation_id="assistants.publish",
        guards=[needs("assistants:write")],
        status_code=200,
    )
    @idempotent_over_network
    async def publish(
        self, request: AnyRequest, assistant_id: FromPath[UUID], data: JSONBody[PublishIn | None] = None
    ) -> AssistantOut:
        """Refused with `tests-failed`, and the failures, below the bar; with `conflict` and a `test_run_id` where the
        draft has not been tested: the tests then run, and publishing succeeds once they have passed."""
        return await publishing.publish(resources_of(request), actor_of(request), assistant_id, data or PublishIn())

    @post(
        "/{assistant_id:uuid}/restore",
        operation_id="assistants.restore",
        guards=[needs("assistants:write")],
        status_code=200,
    )
    @idempotent
    async def restore(
        self, request: AnyRequest, db: Db, assistant_id: FromPath[UUID], data: JSONBody[RestoreIn]
    ) -> AssistantOut:
        return await publishing.restore(db, actor_of(request), assistant_id, data)

    @get("/{assistant_id:uuid}/versions", operation_id="assistants.versions", guards=[needs("assistants:read")])
    async def list_versions(self, db: Db, principal: Asker, assistant_id: FromPath[UUID], paging: Pages) -> VersionPage:
        return await publishing.list_versions(db, principal.tenant_id, assistant_id, paging)

    @get(
        "/{assistant_id:uuid}/versions/{number:int}/diff",
        operation_id="assistants.diff",
        guards=[needs("assistants:read")],
    )
    async def diff(
        self,
        db: Db,
        principal: Asker,
        assistant_id: FromPath[UUID],
        number: FromPath[int],
        to: FromQuery[int | None] = None,
    ) -> DiffOut:
        """What changed since this version, field by field: up to version `to`, or to the draft."""
        return await publishing.diff(db, principal.tenant_id, assistant_id, number, to)


class TraceController(Controller):
    path = "/messages"
    tags = ["Assistants"]  # noqa: RUF012

    @get("/{message_id:uuid}/trace", operation_id="messages.trace", guards=[needs("assistants:read")])
    async def trace_of_message(
        self, request: AnyRequest, db: Db, principal: Asker, message_id: FromPath[UUID]
    ) -> TraceOut:
        rate = resources_of(request).settings.model.usd_brl_rate
        return await drafts.trace_of_message(db, principal.tenant_id, message_id, rate)
