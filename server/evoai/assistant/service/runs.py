"""Test runs as people start and cancel them, and as a publication asks for them. `run_tests.py` works them,
`read_runs.py` shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.events import run_updated
from evoai.assistant.models.assistants import Assistant
from evoai.assistant.models.tests import TestCase, TestResult, TestRun
from evoai.assistant.repository import assistants
from evoai.assistant.repository import tests as repository
from evoai.assistant.schemas.tests import (
    EstimateOut,
    TestRunIn,
    TestRunOut,
)
from evoai.assistant.service import bar
from evoai.assistant.service.allowance import check_room
from evoai.assistant.service.drafts import draft_of, found
from evoai.assistant.service.prompt import estimate as tokens_in
from evoai.assistant.service.read_runs import find_run, in_reais, shown
from evoai.billing.prices import cost_micro_usd
from evoai.inbox.service import history
from evoai.kit.db import after_commit, new_id
from evoai.kit.errors import AppError, Conflict, NotFound
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources

RUN = "assistant.run_tests"
_OPEN_AT_ONCE = 3
_GUESSED = 1500
"""Tokens of rules, profile and found passages, before anything was measured."""


async def estimate(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, rate: Decimal | None) -> EstimateOut:
    """What a run of all cases would cost now. Raises `NotFound`."""
    row = await found(db, tenant_id, assistant_id)
    cases = await repository.all_cases(db, tenant_id, assistant_id)
    _, pending = await _subjects(db, row, cases)
    tokens, cost = await _guess(db, row, pending)
    return EstimateOut(cases=len(cases), tokens=tokens, cost_micro_usd=cost, cost_micro_brl=in_reais(cost, rate))


async def start(
    resources: Resources, db: AsyncSession, tenant_id: UUID, by: str, assistant_id: UUID, data: TestRunIn
) -> TestRunOut:
    """Begin a run of the draft as it is now. Raises `NotFound`, `Conflict`, `LimitReached`."""
    row = await found(db, tenant_id, assistant_id, lock=True)
    cases = list(await repository.all_cases(db, tenant_id, assistant_id))
    if data.test_ids is not None:
        wanted = set(data.test_ids)
        cases = [case for case in cases if case.id in wanted]
        if len(cases) < len(wanted):
            raise NotFound
    if not cases:
        raise Conflict("conflict", "The assistant has no test cases")
    return await shown(resources, db, await _begin(resources, db, row, cases, by))


async def refusal(resources: Resources, db: AsyncSession, row: Assistant, by: str, *, begin: bool) -> AppError | None:
    """Why a locked assistant's draft may not be published, or None. Where it has not been tested, a run is begun, if
    `begin`, and named."""
    cases = await repository.all_cases(db, row.tenant_id, row.id)
    if not cases:
        return None
    mark = bar.fingerprint(draft_of(row), await history.business(db, row.tenant_id))
    runs = await repository.runs_of(db, row.tenant_id, row.id, mark)
    results = await repository.results_of(db, row.tenant_id, [run.id for run in runs])
    current = {(case.id, bar.case_hash(case)) for case in cases}
    waiting: TestRun | None = None
    for run in runs:
        if not bar.covers(results[run.id], cases):
            continue
        if run.state in repository.OPEN:
            waiting = waiting or run
        elif bar.is_fresh(run):
            counted = [result for result in results[run.id] if (result.case_id, result.case_hash) in current]
            return _below(run, bar.standing(counted, row.pass_rate, {case.id: case.must_pass for case in cases}), row)
    if waiting is None and begin:
        waiting = await _begin(resources, db, row, cases, by)
    told: dict[str, object] = {"test_run_id": waiting.id, "test_run_state": waiting.state} if waiting else {}
    return Conflict("conflict", "The draft's tests have not been run to the end; publish it when they have", extra=told)


def _below(run: TestRun, standing: bar.Standing, row: Assistant) -> AppError | None:
    if not standing.refused:
        return None
    return Conflict(
        "tests-failed",
        "; ".join(standing.refused),
        extra={
            "test_run_id": run.id,
            "total": standing.total,
            "passed": standing.passed,
            "pass_rate": row.pass_rate,
            "published_passed": standing.published_passed,
            "failures": standing.failures,
        },
    )


async def cancel(resources: Resources, db: AsyncSession, tenant_id: UUID, run_id: UUID) -> TestRunOut:
    """What was run stays. Raises `NotFound`, `Conflict` where it is over."""
    run = await find_run(db, tenant_id, run_id)
    if not await repository.end_run(db, tenant_id, run_id, "cancelled"):
        raise Conflict("conflict", f"The run is {run.state}")
    await db.refresh(run)
    emit(db, resources.publisher, run_updated(tenant_id, run_id))
    return await shown(resources, db, run)


async def _begin(resources: Resources, db: AsyncSession, row: Assistant, cases: Sequence[TestCase], by: str) -> TestRun:
    if resources.model is None:
        raise Conflict("conflict", "No model is configured")
    if await repository.open_runs(db, row.tenant_id) >= _OPEN_AT_ONCE:
        raise Conflict("conflict", f"{_OPEN_AT_ONCE} runs are under way already; wait for one, or cancel it")
    known, pending = await _subjects(db, row, cases)
    tokens, cost = await _guess(db, row, pending)
    await check_room(resources, db, row.tenant_id, tokens)
    business = await history.business(db, row.tenant_id)
    fields = draft_of(row)
    run = TestRun(
        tenant_id=row.tenant_id,
        id=new_id(),
        assistant_id=row.id,
        fingerprint=bar.fingerprint(fields, business),
        fields=fields,
        baseline_version=row.published_version,
        state="queued",
        estimated_tokens=tokens,
        estimated_cost_micro_usd=cost,
        started_by=by,
    )
    db.add(run)
    await db.flush()
    db.add_all([_to_do(run, case, "draft", run.fingerprint) for case in cases])
    db.add_all([_copied(run, result) for result in known])
    for subject, mark, case in pending:
        if subject == "published":
            db.add(_to_do(run, case, subject, mark))
    await db.flush()
    tenant, run_id = str(row.tenant_id), str(run.id)
    after_commit(db, lambda: resources.bell.ring(RUN, tenant, run_id))
    return run


async def _subjects(
    db: AsyncSession, row: Assistant, cases: Sequence[TestCase]
) -> tuple[list[TestResult], list[tuple[str, str, TestCase]]]:
    """What is known of these cases on the published version, and what is to be run, with its fingerprint: each case on
    the draft, and on the published version where that is another and was not measured."""
    business = await history.business(db, row.tenant_id)
    mark = bar.fingerprint(draft_of(row), business)
    pending = [("draft", mark, case) for case in cases]
    published = (await assistants.published_of(db, row.tenant_id, [row])).get(row.id)
    if published is None:
        return [], pending
    theirs = bar.fingerprint(published, business)
    if theirs == mark:
        return [], pending
    before = await repository.known_results(db, row.tenant_id, [case.id for case in cases], theirs)
    known = [result for case in cases if (result := before.get((case.id, bar.case_hash(case)))) is not None]
    measured = {result.case_id for result in known}
    return known, [*pending, *(("published", theirs, case) for case in cases if case.id not in measured)]


def _to_do(run: TestRun, case: TestCase, subject: str, mark: str) -> TestResult:
    return TestResult(
        tenant_id=run.tenant_id,
        id=new_id(),
        run_id=run.id,
        case_id=case.id,
        subject=subject,
        fingerprint=mark,
        case_hash=bar.case_hash(case),
        name=case.name,
        must_pass=case.must_pass,
    )


def _copied(run: TestRun, known: TestResult) -> TestResult:
    """It costs nothing the second time."""
    kept = ("case_id", "fingerprint", "case_hash", "name", "must_pass", "passed", "answer", "handed_over", "tools")
    return TestResult(
        tenant_id=run.tenant_id,
        id=new_id(),
        run_id=run.id,
        subject="published",
        failures=known.failures,
        tokens=0,
        cost_micro_usd=0,
        finished_at=known.finished_at,
        **{name: getattr(known, name) for name in kept},
    )


async def _guess(
    db: AsyncSession, row: Assistant, pending: Sequence[tuple[str, str, TestCase]]
) -> tuple[int, int | None]:
    measured = await repository.mean_tokens(db, row.tenant_id, row.id)
    if measured is not None:
        each, cost = measured
        return math.ceil(each * len(pending)), math.ceil(cost * len(pending)) if cost else None
    standing = tokens_in("\n".join((row.instructions, *row.rules, *row.handoff_rules))) + _GUESSED
    tokens = 0
    for _, _, case in pending:
        said = sum(tokens_in(message["text"]) for message in case.messages)
        judged = any(item["kind"] == "criterion" for item in case.expectations)
        tokens += (standing + said) + (said + _GUESSED // 3 if judged else 0)
    return tokens, cost_micro_usd([(row.model, tokens * 9 // 10, tokens // 10)])
