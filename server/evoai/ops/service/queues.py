"""Whether work is done in time: what each queue has due, since when, and what died, read from PostgreSQL alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.jobs import QUEUES
from evoai.ops import repository
from evoai.ops.schemas import QueueHealthOut, QueueOut, QueueStatus

DEGRADED_SECONDS = 60
DOWN_SECONDS = 300
"""Nothing has been due for so long while a worker lives."""
_QUEUE_OF = {"event": "message", "turn": "reply", "delivery": "delivery"}


async def read(db: AsyncSession, tenant_id: UUID | None) -> QueueHealthOut:
    """Of one tenant, or of all in a system session. `down` once anything has been due for 5 minutes, `degraded` after
    one, or while a dead letter waits for a person."""
    queues = {name: QueueOut(due=0, oldest_seconds=0, running=0, dead=0) for name in QUEUES}
    for row in await repository.queues(db, tenant_id):
        queue = queues[row.queue]
        queue.due += row.due
        queue.running += row.running
        queue.oldest_seconds = max(queue.oldest_seconds, round(float(row.age or 0), 3))
    for kind, letters in (await repository.open_letters(db, tenant_id)).items():
        queues[_QUEUE_OF.get(kind, "maintenance")].dead += letters
    return QueueHealthOut(status=_status(queues), queues=queues)


def _status(queues: dict[str, QueueOut]) -> QueueStatus:
    oldest = max(queue.oldest_seconds for queue in queues.values())
    if oldest > DOWN_SECONDS:
        return "down"
    return "degraded" if oldest > DEGRADED_SECONDS or any(queue.dead for queue in queues.values()) else "healthy"
