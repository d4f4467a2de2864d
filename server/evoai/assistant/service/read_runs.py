"""Test runs as the API shows them: how far they are, what came of them, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.assistants import Assistant
from evoai.assistant.models.tests import TestResult, TestRun
from evoai.assistant.repository import tests as repository
from evoai.assistant.schemas.tests import (
    EstimateOut,
    FailureOut,
    TestResultOut,
    TestRunDetailOut,
    TestRunOut,
    TestRunPage,
)
from evoai.assistant.service import bar
from evoai.assistant.service.drafts import draft_of, found
from evoai.inbox.service import history
from evoai.kit.errors import NotFound

if TYPE_CHECKING:
    from evoai.kit.http import Paging
    from evoai.resources import Resources


async def find_run(db: AsyncSession, tenant_id: UUID, run_id: UUID) -> TestRun:
    run = await repository.get_run(db, tenant_id, run_id)
    if run is None:
        raise NotFound
    return run


async def list_runs(
    resources: Resources, db: AsyncSession, tenant_id: UUID, assistant_id: UUID, paging: Paging
) -> TestRunPage:
    """Newest first. Raises `NotFound`."""
    row = await found(db, tenant_id, assistant_id)
    runs = await repository.runs_page(db, tenant_id, assistant_id, paging.after(UUID), paging.limit)
    runs, following = paging.cut(runs, lambda run: (run.id,))
    results = await repository.results_of(db, tenant_id, [run.id for run in runs])
    now = await _now(db, row)
    items = [TestRunOut(**_fields(resources, run, results[run.id], row, now)) for run in runs]
    return TestRunPage(items=items, next_cursor=following)


async def get_run(resources: Resources, db: AsyncSession, tenant_id: UUID, run_id: UUID) -> TestRunDetailOut:
    """With what each case gave. Raises `NotFound`."""
    run = await find_run(db, tenant_id, run_id)
    row = await found(db, tenant_id, run.assistant_id)
    results = (await repository.results_of(db, tenant_id, [run.id]))[run.id]
    fields = _fields(resources, run, results, row, await _now(db, row))
    return TestRunDetailOut(**fields, results=[_result_out(result) for result in results])


async def read(resources: Resources, db: AsyncSession, tenant_id: UUID, run_id: UUID) -> TestRunOut:
    """Raises `NotFound`."""
    return await shown(resources, db, await find_run(db, tenant_id, run_id))


async def _now(db: AsyncSession, row: Assistant) -> tuple[str, set[tuple[UUID, str]]]:
    """The draft's fingerprint and its cases, as they are now."""
    business = await history.business(db, row.tenant_id)
    cases = await repository.all_cases(db, row.tenant_id, row.id)
    return bar.fingerprint(draft_of(row), business), {(case.id, bar.case_hash(case)) for case in cases}


async def shown(resources: Resources, db: AsyncSession, run: TestRun) -> TestRunOut:
    row = await found(db, run.tenant_id, run.assistant_id)
    results = (await repository.results_of(db, run.tenant_id, [run.id]))[run.id]
    return TestRunOut(**_fields(resources, run, results, row, await _now(db, row)))


def _fields(
    resources: Resources,
    run: TestRun,
    results: Sequence[TestResult],
    row: Assistant,
    now: tuple[str, set[tuple[UUID, str]]],
) -> dict[str, Any]:
    rate = resources.settings.model.usd_brl_rate
    standing = bar.standing(results, row.pass_rate)
    spent = [result.cost_micro_usd for result in results if result.passed is not None]
    cost = None if None in spent else sum(each for each in spent if each is not None)
    ran = {(result.case_id, result.case_hash) for result in results if result.subject == "draft"}
    stale = run.fingerprint != now[0] or not now[1] <= ran
    estimated = run.estimated_cost_micro_usd
    return {
        "id": run.id,
        "assistant_id": run.assistant_id,
        "state": run.state,
        "error": run.error,
        "total": len(results),
        "done": sum(result.passed is not None for result in results),
        "passed": standing.passed,
        "failed": sum(result.passed is False and result.subject == "draft" for result in results),
        "published_passed": standing.published_passed,
        "publishable": not standing.refused if run.state == "finished" else None,
        "stale": stale,
        "estimate": EstimateOut(
            cases=standing.total,
            tokens=run.estimated_tokens,
            cost_micro_usd=estimated,
            cost_micro_brl=in_reais(estimated, rate),
        ),
        "tokens": sum(result.tokens for result in results),
        "cost_micro_usd": cost,
        "cost_micro_brl": in_reais(cost, rate),
        "started_by": run.started_by,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def _result_out(row: TestResult) -> TestResultOut:
    return TestResultOut(
        test_id=row.case_id,
        name=row.name,
        subject=row.subject,  # type: ignore[arg-type]
        must_pass=row.must_pass,
        passed=row.passed,
        answer=row.answer,
        handed_over=row.handed_over,
        tools=row.tools,
        failures=[FailureOut(**failure) for failure in row.failures],
        tokens=row.tokens,
        cost_micro_usd=row.cost_micro_usd,
        milliseconds=row.milliseconds,
    )


def in_reais(cost: int | None, rate: Decimal | None) -> int | None:
    return round(cost * rate) if cost is not None and rate is not None else None
