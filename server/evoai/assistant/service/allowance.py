"""Whether the month has room for what no contact asked for: rehearsals, drafts in the shadow, analysis. Looked at
before they begin; each call of a model reserves its own room besides."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.usage import read_usage
from evoai.kit.errors import LimitReached

if TYPE_CHECKING:
    from evoai.resources import Resources


async def check_room(resources: Resources, db: AsyncSession, tenant_id: UUID, tokens: int = 1) -> None:
    """Raises `LimitReached` where the month's tokens do not cover `tokens` more, or its money is spent."""
    usage = await read_usage(db, tenant_id, resources.settings.model.usd_brl_rate)
    meter, cost = usage.assistant_tokens, usage.assistant_cost
    if meter.limit is not None and meter.used + tokens > meter.limit:
        raise LimitReached("assistant_tokens", meter.limit, meter.used, usage.period_end)
    if cost.limit_micro_brl is not None and (cost.used_micro_brl or 0) >= cost.limit_micro_brl:
        raise LimitReached("assistant_cost", cost.limit_micro_brl, cost.used_micro_brl or 0, usage.period_end)


async def has_room(resources: Resources, db: AsyncSession, tenant_id: UUID) -> bool:
    try:
        await check_room(resources, db, tenant_id)
    except LimitReached:
        return False
    return True
