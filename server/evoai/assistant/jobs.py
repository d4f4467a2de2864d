"""Background entry points of the assistant room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.repository import shadow as shadows
from evoai.assistant.repository import tests as repository
from evoai.assistant.service import manage_servers
from evoai.assistant.service import run_tests as running
from evoai.assistant.service import shadow as shadowing
from evoai.assistant.service.runs import RUN
from evoai.kit.jobs import Arg, job
from evoai.kit.sweep import Due

if TYPE_CHECKING:
    from evoai.resources import Resources


@job("assistant.refresh_servers", queue="maintenance", timeout=600, attempts=5)
async def refresh_servers(resources: Resources) -> None:
    """Ask MCP servers for their tools where the last time is an hour ago."""
    await manage_servers.refresh_due(resources)


@job(RUN, queue="maintenance", timeout=600, attempts=running.CRASHES)
async def run_tests(resources: Resources, tenant: str, run: str) -> None:
    """Bring a test run to its end."""
    await running.run_tests(resources, UUID(tenant), UUID(run))


async def _find_runs(db: AsyncSession) -> Sequence[tuple[Arg, ...]]:
    return await repository.due_runs(db)


@job("assistant.draft_in_shadow", queue="maintenance", timeout=120, attempts=5)
async def draft_in_shadow(resources: Resources, tenant: str, conversation: str) -> None:
    """Draft what an assistant in shadow mode would have answered."""
    await shadowing.draft(resources, UUID(tenant), UUID(conversation))


async def _find_shadows(db: AsyncSession) -> Sequence[tuple[Arg, ...]]:
    return await shadows.due(db)


SHADOWS_DUE = Due("shadow drafts", draft_in_shadow, _find_shadows)
RUNS_DUE = Due("test runs", run_tests, _find_runs)
