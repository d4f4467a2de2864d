"""What is so now, as gauges beside what this process counted: what waits in the database, everybody's; what this
process leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evoai.billing import budget
from evoai.channels.service import reconcile
from evoai.kit import metrics, vitals
from evoai.ops.service import queues

if TYPE_CHECKING:
    from evoai.resources import Resources


def read_process(resources: Resources) -> None:
    metrics.breakers(resources.breaker.open_targets())


async def read(resources: Resources) -> None:
    """Of everybody, and of this process."""
    read_process(resources)
    async with resources.db.system_session("metrics") as db:
        health = await queues.read(db, None)
        figures = await reconcile.figures(db)
        metrics.database(await vitals.of_database(db))
        spent, allowed = await budget.month_of_all(db)
    for name, queue in health.queues.items():
        metrics.waits(name, queue.due, queue.oldest_seconds, queue.running, queue.dead)
    metrics.channel_event_oldest_seconds.set(health.queues["message"].oldest_seconds)
    metrics.outbox_oldest_seconds.set(health.queues["maintenance"].oldest_seconds)
    rate = resources.settings.model.usd_brl_rate or 0
    metrics.llm_spend_month.set(float(spent * rate) / 1_000_000)
    metrics.llm_budget_month.set(allowed / 100)
    if (memory := await vitals.of_redis(resources.redis)) is not None:
        metrics.redis(*memory)
    metrics.reconciled(figures.last_success.timestamp() if figures.last_success else None, figures.missing)
