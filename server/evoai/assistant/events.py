"""Facts of the assistant room."""

from __future__ import annotations

from uuid import UUID

from evoai.kit.events import Event, fact


def run_updated(tenant_id: UUID, run_id: UUID) -> Event:
    """It began, got a result, or is over."""
    return fact("test_run.updated", tenant_id, test_run_id=run_id)
