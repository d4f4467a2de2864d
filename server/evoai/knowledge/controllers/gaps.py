"""The routes of gaps: what contacts asked and the documents do not say."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, Parameter

from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import idempotent
from evoai.knowledge.schemas import DocumentOut, GapAnswerIn, GapOut, GapPage, GapState
from evoai.knowledge.service import gaps
from evoai.tenants.guards import needs

# `state` is a name that Litestar keeps for itself.
OfState = Annotated[GapState, Parameter(query="state")]


class GapController(Controller):
    path = "/knowledge/gaps"
    tags = ["Knowledge"]  # noqa: RUF012

    @get("/", operation_id="gaps.list", guards=[needs("documents:read")])
    async def page(self, db: Db, principal: Asker, paging: Pages, of_state: OfState = "open") -> GapPage:
        """What contacts asked and the documents do not say, the most asked first."""
        rows = await gaps.page(db, principal.tenant_id, of_state, paging.after(int, UUID), paging.limit)
        items, following = paging.cut(rows, lambda row: (row.count, row.id))
        return GapPage(items=items, next_cursor=following)

    @post("/{gap_id:uuid}/dismiss", operation_id="gaps.dismiss", status_code=200, guards=[needs("documents:write")])
    @idempotent
    async def dismiss(self, request: AnyRequest, gap_id: FromPath[UUID], db: Db, principal: Asker) -> GapOut:
        return await gaps.dismiss(db, principal.tenant_id, gap_id)

    @post("/{gap_id:uuid}/answer", operation_id="gaps.answer", guards=[needs("documents:write")])
    @idempotent
    async def answer(
        self, request: AnyRequest, gap_id: FromPath[UUID], data: JSONBody[GapAnswerIn], db: Db, principal: Asker
    ) -> DocumentOut:
        """The pair that the question and this answer make; the gap is closed."""
        return await gaps.answer(resources_of(request), db, principal.tenant_id, gap_id, data)
