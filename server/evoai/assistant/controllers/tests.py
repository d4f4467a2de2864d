"""The routes of rehearsals: the playground, test cases, test runs."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from evoai.assistant.schemas.tests import (
    EstimateOut,
    PlaygroundIn,
    PlaygroundOut,
    TestIn,
    TestOut,
    TestPage,
    TestPatch,
    TestRunDetailOut,
    TestRunIn,
    TestRunOut,
    TestRunPage,
)
from evoai.assistant.service import cases, playground, read_runs, runs
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import idempotent, idempotent_over_network
from evoai.tenants.guards import needs

_READ = [needs("assistants:read")]
_WRITE = [needs("assistants:write")]


class TestController(Controller):
    path = "/assistants/{assistant_id:uuid}"
    tags = ["Tests"]  # noqa: RUF012

    @post("/playground", operation_id="assistants.play", guards=_WRITE, status_code=200)
    @idempotent_over_network
    async def play(
        self, request: AnyRequest, principal: Asker, assistant_id: FromPath[UUID], data: JSONBody[PlaygroundIn]
    ) -> PlaygroundOut:
        """What the draft would answer. Touches no contact; tools that would change something are only simulated."""
        return await playground.play(resources_of(request), principal.tenant_id, assistant_id, data)

    @get("/tests", operation_id="tests.list", guards=_READ)
    async def list_tests(self, db: Db, principal: Asker, assistant_id: FromPath[UUID], paging: Pages) -> TestPage:
        return await cases.list_cases(db, principal.tenant_id, assistant_id, paging)

    @post("/tests", operation_id="tests.add", guards=_WRITE)
    @idempotent
    async def add_test(
        self, request: AnyRequest, db: Db, principal: Asker, assistant_id: FromPath[UUID], data: JSONBody[TestIn]
    ) -> TestOut:
        return await cases.add_case(db, principal.tenant_id, principal.name, assistant_id, data)

    @patch("/tests/{test_id:uuid}", operation_id="tests.update", guards=_WRITE)
    async def change_test(
        self, db: Db, principal: Asker, assistant_id: FromPath[UUID], test_id: FromPath[UUID], data: JSONBody[TestPatch]
    ) -> TestOut:
        return await cases.change_case(db, principal.tenant_id, assistant_id, test_id, data)

    @delete("/tests/{test_id:uuid}", operation_id="tests.delete", guards=_WRITE)
    async def delete_test(
        self, db: Db, principal: Asker, assistant_id: FromPath[UUID], test_id: FromPath[UUID]
    ) -> None:
        await cases.delete_case(db, principal.tenant_id, assistant_id, test_id)

    @get("/test-runs", operation_id="test-runs.list", guards=_READ)
    async def list_runs(
        self, request: AnyRequest, db: Db, principal: Asker, assistant_id: FromPath[UUID], paging: Pages
    ) -> TestRunPage:
        return await read_runs.list_runs(resources_of(request), db, principal.tenant_id, assistant_id, paging)

    @get("/test-runs/estimate", operation_id="test-runs.estimate", guards=_READ)
    async def estimate(
        self, request: AnyRequest, db: Db, principal: Asker, assistant_id: FromPath[UUID]
    ) -> EstimateOut:
        """What a run of all cases would cost now."""
        rate = resources_of(request).settings.model.usd_brl_rate
        return await runs.estimate(db, principal.tenant_id, assistant_id, rate)

    @post("/test-runs", operation_id="test-runs.start", guards=_WRITE, status_code=202)
    @idempotent
    async def start_run(
        self,
        request: AnyRequest,
        db: Db,
        principal: Asker,
        assistant_id: FromPath[UUID],
        data: JSONBody[TestRunIn | None] = None,
    ) -> TestRunOut:
        """Begin a run of the draft. Ask for it by `GET /test-runs/{id}` until it is no longer queued or running."""
        wanted = data or TestRunIn()
        return await runs.start(resources_of(request), db, principal.tenant_id, principal.name, assistant_id, wanted)


class TestRunController(Controller):
    path = "/test-runs"
    tags = ["Tests"]  # noqa: RUF012

    @get("/{run_id:uuid}", operation_id="test-runs.get", guards=_READ)
    async def get_run(self, request: AnyRequest, db: Db, principal: Asker, run_id: FromPath[UUID]) -> TestRunDetailOut:
        return await read_runs.get_run(resources_of(request), db, principal.tenant_id, run_id)

    @post("/{run_id:uuid}/cancel", operation_id="test-runs.cancel", guards=_WRITE, status_code=200)
    @idempotent
    async def cancel_run(self, request: AnyRequest, db: Db, principal: Asker, run_id: FromPath[UUID]) -> TestRunOut:
        return await runs.cancel(resources_of(request), db, principal.tenant_id, run_id)
