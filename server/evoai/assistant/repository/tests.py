"""Queries on test cases, runs and results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.tests import TestCase, TestResult, TestRun

_UNSYNCED = {"synchronize_session": False}
OPEN = ("queued", "running")


async def get_case(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, case_id: UUID) -> TestCase | None:
    return await db.scalar(
        select(TestCase).where(
            TestCase.tenant_id == tenant_id,
            TestCase.id == case_id,
            TestCase.assistant_id == assistant_id,
            TestCase.deleted_at.is_(None),
        )
    )


def _cases(tenant_id: UUID, assistant_id: UUID) -> Any:
    return select(TestCase).where(
        TestCase.tenant_id == tenant_id, TestCase.assistant_id == assistant_id, TestCase.deleted_at.is_(None)
    )


async def cases_page(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[TestCase]:
    """Oldest first."""
    query = _cases(tenant_id, assistant_id)
    if after is not None:
        query = query.where(tuple_(TestCase.created_at, TestCase.id) > after)
    return (await db.scalars(query.order_by(TestCase.created_at, TestCase.id).limit(limit))).all()


async def all_cases(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> Sequence[TestCase]:
    return (await db.scalars(_cases(tenant_id, assistant_id).order_by(TestCase.created_at, TestCase.id))).all()


async def count_cases(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> int:
    query = select(func.count()).select_from(_cases(tenant_id, assistant_id).subquery())
    return await db.scalar(query) or 0


async def forget(db: AsyncSession, tenant_id: UUID, conversations: Sequence[UUID]) -> None:
    """Cases that were made of these conversations go, with what they gave."""
    theirs = select(TestCase.id).where(TestCase.tenant_id == tenant_id, TestCase.conversation_id.in_(conversations))
    await db.execute(
        delete(TestResult)
        .where(TestResult.tenant_id == tenant_id, TestResult.case_id.in_(theirs))
        .execution_options(**_UNSYNCED)
    )
    await db.execute(
        delete(TestCase)
        .where(TestCase.tenant_id == tenant_id, TestCase.conversation_id.in_(conversations))
        .execution_options(**_UNSYNCED)
    )


async def get_run(db: AsyncSession, tenant_id: UUID, run_id: UUID) -> TestRun | None:
    return await db.scalar(select(TestRun).where(TestRun.tenant_id == tenant_id, TestRun.id == run_id))


async def runs_page(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, before: UUID | None, limit: int
) -> Sequence[TestRun]:
    """Newest first."""
    query = select(TestRun).where(TestRun.tenant_id == tenant_id, TestRun.assistant_id == assistant_id)
    if before is not None:
        query = query.where(TestRun.id < before)
    return (await db.scalars(query.order_by(TestRun.id.desc()).limit(limit))).all()


async def runs_of(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, fingerprint: str) -> Sequence[TestRun]:
    """The last runs of drafts that answer alike, newest first, without those that came to nothing."""
    query = select(TestRun).where(
        TestRun.tenant_id == tenant_id,
        TestRun.assistant_id == assistant_id,
        TestRun.fingerprint == fingerprint,
        TestRun.state.in_((*OPEN, "finished")),
    )
    return (await db.scalars(query.order_by(TestRun.id.desc()).limit(20))).all()


async def open_runs(db: AsyncSession, tenant_id: UUID) -> int:
    query = select(func.count()).where(TestRun.tenant_id == tenant_id, TestRun.state.in_(OPEN))
    return await db.scalar(query) or 0


async def due_runs(db: AsyncSession) -> Sequence[tuple[str, str]]:
    rows = await db.execute(
        select(TestRun.tenant_id, TestRun.id)
        .where(TestRun.state.in_(OPEN), or_(TestRun.lease_until.is_(None), TestRun.lease_until < func.now()))
        .order_by(TestRun.created_at)
        .limit(100)
    )
    return [(str(tenant_id), str(run_id)) for tenant_id, run_id in rows]


async def claim_run(db: AsyncSession, tenant_id: UUID, run_id: UUID, lease: float) -> TestRun | None:
    """Take a run that is due and that nobody holds."""
    claimed = await db.scalar(
        update(TestRun)
        .where(
            TestRun.tenant_id == tenant_id,
            TestRun.id == run_id,
            TestRun.state.in_(OPEN),
            or_(TestRun.lease_until.is_(None), TestRun.lease_until < func.now()),
        )
        .values(
            state="running",
            attempts=TestRun.attempts + 1,
            lease_until=func.now() + timedelta(seconds=lease),
        )
        .returning(TestRun.id)
        .execution_options(**_UNSYNCED)
    )
    return await get_run(db, tenant_id, run_id) if claimed is not None else None


async def hold_run(db: AsyncSession, tenant_id: UUID, run_id: UUID, attempt: int, lease: float) -> bool:
    """Lease a run for longer, if it is still this attempt's and nobody cancelled it."""
    held = await db.scalar(
        update(TestRun)
        .where(
            TestRun.tenant_id == tenant_id,
            TestRun.id == run_id,
            TestRun.state == "running",
            TestRun.attempts == attempt,
        )
        .values(lease_until=func.now() + timedelta(seconds=lease))
        .returning(TestRun.id)
        .execution_options(**_UNSYNCED)
    )
    return held is not None


async def release_run(db: AsyncSession, tenant_id: UUID, run_id: UUID, attempt: int) -> None:
    """Leave the rest to the next job: nothing crashed."""
    await db.execute(
        update(TestRun)
        .where(
            TestRun.tenant_id == tenant_id,
            TestRun.id == run_id,
            TestRun.state == "running",
            TestRun.attempts == attempt,
        )
        .values(lease_until=None, attempts=0)
        .execution_options(**_UNSYNCED)
    )


async def end_run(db: AsyncSession, tenant_id: UUID, run_id: UUID, state: str, error: str | None = None) -> bool:
    """Whether it was open."""
    ended = await db.scalar(
        update(TestRun)
        .where(TestRun.tenant_id == tenant_id, TestRun.id == run_id, TestRun.state.in_(OPEN))
        .values(state=state, error=error, finished_at=func.now(), lease_until=None)
        .returning(TestRun.id)
        .execution_options(**_UNSYNCED)
    )
    return ended is not None


async def results_of(db: AsyncSession, tenant_id: UUID, runs: Sequence[UUID]) -> dict[UUID, list[TestResult]]:
    """By run, in the order of their names."""
    found: dict[UUID, list[TestResult]] = {run_id: [] for run_id in runs}
    rows = await db.scalars(
        select(TestResult)
        .where(TestResult.tenant_id == tenant_id, TestResult.run_id.in_(runs))
        .order_by(TestResult.name, TestResult.case_id, TestResult.subject)
    )
    for row in rows:
        found[row.run_id].append(row)
    return found


async def known_results(
    db: AsyncSession, tenant_id: UUID, cases: Sequence[UUID], fingerprint: str
) -> dict[tuple[UUID, str], TestResult]:
    """What these cases gave on whatever answers alike, the newest by case and case's hash."""
    rows = await db.scalars(
        select(TestResult)
        .where(
            TestResult.tenant_id == tenant_id,
            TestResult.case_id.in_(cases),
            TestResult.fingerprint == fingerprint,
            TestResult.passed.is_not(None),
        )
        .order_by(TestResult.id)
    )
    return {(row.case_id, row.case_hash): row for row in rows}


async def fill_result(db: AsyncSession, tenant_id: UUID, result_id: UUID, **values: Any) -> None:
    """Once: what was run twice, because a process died, counts the first time."""
    await db.execute(
        update(TestResult)
        .where(TestResult.tenant_id == tenant_id, TestResult.id == result_id, TestResult.passed.is_(None))
        .values(finished_at=func.now(), **values)
        .execution_options(**_UNSYNCED)
    )


async def mean_tokens(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> tuple[float, float] | None:
    """Tokens and millionths of a dollar that a case took on average of late; None if none was run yet."""
    recent = (
        select(TestResult.tokens, TestResult.cost_micro_usd)
        .join(TestCase, (TestCase.tenant_id == TestResult.tenant_id) & (TestCase.id == TestResult.case_id))
        .where(
            TestResult.tenant_id == tenant_id,
            TestCase.tenant_id == tenant_id,
            TestCase.assistant_id == assistant_id,
            TestResult.passed.is_not(None),
            TestResult.tokens > 0,
        )
        .order_by(TestResult.id.desc())
        .limit(100)
        .subquery()
    )
    row = (await db.execute(select(func.avg(recent.c.tokens), func.avg(recent.c.cost_micro_usd)))).one()
    return None if row[0] is None else (float(row[0]), float(row[1] or 0))
