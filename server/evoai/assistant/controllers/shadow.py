"""The routes of shadow mode: the report, and the drafts beside what people wrote."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath, FromQuery, Parameter

from evoai.assistant.schemas.shadow import ShadowDraftPage, ShadowReportOut
from evoai.assistant.service import shadow
from evoai.kit.http import Asker, Db, Pages
from evoai.tenants.guards import needs

Days = Annotated[int, Parameter(ge=1, le=365)]


class ShadowController(Controller):
    path = "/assistants/{assistant_id:uuid}"
    tags = ["Assistants"]  # noqa: RUF012

    @get("/shadow-report", operation_id="assistants.shadow-report", guards=[needs("assistants:read")])
    async def report(
        self, db: Db, principal: Asker, assistant_id: FromPath[UUID], days: FromQuery[Days] = 30
    ) -> ShadowReportOut:
        return await shadow.report(db, principal.tenant_id, assistant_id, days)

    # What contacts and people wrote stands in it.
    @get("/shadow-drafts", operation_id="assistants.shadow-drafts", guards=[needs("conversations:read")])
    async def list_drafts(
        self, db: Db, principal: Asker, assistant_id: FromPath[UUID], paging: Pages
    ) -> ShadowDraftPage:
        return await shadow.list_drafts(db, principal.tenant_id, assistant_id, paging)
