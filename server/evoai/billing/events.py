"""Facts about limits."""

from __future__ import annotations

from uuid import UUID

from evoai.kit.events import Event, fact


def threshold_reached(tenant_id: UUID, resource: str, percent: int, used: int, limit: int) -> Event:
    """80 or 100 per cent of a limit are used. `assistant_cost` is in centavos."""
    return fact("usage.threshold", tenant_id, resource=resource, percent=percent, used=used, limit=limit)


def usage_corrected(tenant_id: UUID, resource: str, told: int, there: int) -> Event:
    """A recount found that not `told` but `there` was used, and put it right."""
    return fact("usage.corrected", tenant_id, resource=resource, told=told, there=there)
