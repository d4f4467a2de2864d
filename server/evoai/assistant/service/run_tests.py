"""Working one test run under its lease: case after case, some at a time, each result written as it comes. A dead
process leaves the run due; the next goes on with the cases that have no result."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from evoai.assistant.events import run_updated
from evoai.assistant.models.tests import TestCase, TestResult, TestRun
from evoai.assistant.repository import assistants
from evoai.assistant.repository import tests as repository
from evoai.assistant.service.allowance import has_room
from evoai.assistant.service.cases import case_out
from evoai.assistant.service.expectations import unmet
from evoai.assistant.service.judge import judge
from evoai.assistant.service.rehearsal import rehearse
from evoai.assistant.service.runs import RUN
from evoai.assistant.service.versions import Published, as_published
from evoai.inbox.service import history
from evoai.inbox.service.turns import Business
from evoai.kit.events import emit
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

CRASHES = 3
AT_ONCE = 4
"""Cases of one run; contacts wait for the same models."""
SECONDS = 420.0
"""After this long a job begins no more cases, and leaves the rest to the next."""


async def run_tests(resources: Resources, tenant_id: UUID, run_id: UUID) -> None:
    """Claim a run that is due and bring it to its end, or as far as there is time."""
    timers = resources.timers
    lease = timers.turn + 2 * timers.model
    async with resources.db.tenant_session(tenant_id) as db:
        run = await repository.claim_run(db, tenant_id, run_id, lease)
        if run is None:
            return
        if run.attempts > CRASHES:
            await repository.end_run(db, tenant_id, run_id, "failed", "worker-crashed")
            emit(db, resources.publisher, run_updated(tenant_id, run_id))
            return
        emit(db, resources.publisher, run_updated(tenant_id, run_id))
        results = (await repository.results_of(db, tenant_id, [run_id]))[run_id]
        cases = {case.id: case for case in await repository.all_cases(db, tenant_id, run.assistant_id)}
        business = await history.business(db, tenant_id)
        subjects = {"draft": as_published(run.fields)}
        if run.baseline_version is not None:
            version = await assistants.get_version(db, tenant_id, run.assistant_id, run.baseline_version)
            if version is not None:
                subjects["published"] = as_published(version.fields)
    work = _Work(resources, run, cases, business, subjects, lease, monotonic() + SECONDS)
    await work.all([result for result in results if result.passed is None])


@dataclass(slots=True)
class _Work:
    resources: Resources
    run: TestRun
    cases: Mapping[UUID, TestCase]
    business: Business
    subjects: Mapping[str, Published]
    lease: float
    until: float
    stopped: bool = False
    error: str | None = None

    async def all(self, results: Sequence[TestResult]) -> None:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(result: TestResult) -> None:
            async with places:
                if not self.stopped and await self._go_on():
                    await self._try(result)

        async with asyncio.TaskGroup() as group:
            for result in results:
                group.create_task(one(result))
        await self._end()

    async def _go_on(self) -> bool:
        """Whether there is time, budget and the lease for one more."""
        tenant_id = self.run.tenant_id
        async with self.resources.db.tenant_session(tenant_id) as db:
            held = await repository.hold_run(db, tenant_id, self.run.id, self.run.attempts, self.lease)
            if held and not await has_room(self.resources, db, tenant_id):
                self.error = "plan-limit"
        self.stopped = self.stopped or not held or self.error is not None or monotonic() > self.until
        return not self.stopped

    async def _end(self) -> None:
        tenant_id, run_id = self.run.tenant_id, self.run.id
        async with self.resources.db.tenant_session(tenant_id) as db:
            if not self.stopped:
                await repository.end_run(db, tenant_id, run_id, "finished")
            elif self.error is not None:
                await repository.end_run(db, tenant_id, run_id, "failed", self.error)
            else:
                await repository.release_run(db, tenant_id, run_id, self.run.attempts)
            emit(db, self.resources.publisher, run_updated(tenant_id, run_id))
        if self.stopped and self.error is None:
            self.resources.bell.ring(RUN, str(tenant_id), str(run_id))

    async def _try(self, result: TestResult) -> None:
        case, version = self.cases.get(result.case_id), self.subjects.get(result.subject)
        tenant_id = self.run.tenant_id
        if case is None or version is None:
            gone = [{"kind": "no-answer", "value": "", "reason": "The case was deleted"}]
            await self._fill(result, passed=False, failures=gone)
            return
        began = monotonic()
        test = case_out(case)
        rehearsed = await rehearse(
            self.resources,
            tenant_id,
            self.business,
            version,
            test.messages,
            test.contact_name,
            purpose="test",
            assistant_id=self.run.assistant_id,
            about=self.run.id,
        )
        failures = unmet(test.expectations, rehearsed)
        judged, tokens, cost = await judge(
            self.resources, tenant_id, version.models, test.messages, rehearsed, test.expectations, self.run.id
        )
        failures += judged
        trace = rehearsed.trace
        costs = (trace.cost_micro_usd, cost)
        await self._fill(
            result,
            passed=not failures,
            answer=rehearsed.text,
            handed_over=rehearsed.handoff is not None,
            tools=rehearsed.tools,
            failures=msgspec.to_builtins(failures),
            tokens=trace.input_tokens + trace.output_tokens + tokens,
            cost_micro_usd=None if None in costs else sum(each or 0 for each in costs),
            milliseconds=round((monotonic() - began) * 1000),
        )

    async def _fill(self, result: TestResult, **values: Any) -> None:
        tenant_id = self.run.tenant_id
        async with self.resources.db.tenant_session(tenant_id) as db:
            await repository.fill_result(db, tenant_id, result.id, **values)
            emit(db, self.resources.publisher, run_updated(tenant_id, self.run.id))
