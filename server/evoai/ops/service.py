"""Whether a process can work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from evoai.kit.db import SCHEMA
from evoai.kit.schema import Out

if TYPE_CHECKING:
    from evoai.resources import Resources

_SECONDS = 0.5


class Health(Out):
    status: Literal["ok", "degraded", "down"]
    database: bool
    redis: bool


async def health_of(resources: Resources) -> Health:
    """`down` without the database or its schema, `degraded` without Redis; each is given half a second."""
    database, redis = await asyncio.gather(_database(resources), _redis(resources))
    status = "ok" if database and redis else "degraded" if database else "down"
    return Health(status=status, database=database, redis=redis)


async def _database(resources: Resources) -> bool:
    try:
        async with asyncio.timeout(_SECONDS), resources.db.system_session("health") as db:
            await db.execute(text(f"select count(*) from {SCHEMA}.plans"))  # noqa: S608
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _redis(resources: Resources) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            await resources.redis.ping()  # type: ignore[misc]
    except (RedisError, OSError, TimeoutError):
        return False
    return True


_WAITING = f"""
select 'events' as what, count(*) as due, extract(epoch from now() - min(received_at)) as age
  from {SCHEMA}.channel_events where state = 'received' and next_at <= now()
union all select 'turns', count(*), extract(epoch from now() - min(due_at))
  from {SCHEMA}.turns where closed_at is null and due_at <= now()
union all select 'deliveries', count(*), extract(epoch from now() - min(due_at))
  from {SCHEMA}.deliveries where state in ('ready', 'attempting') and due_at <= now()
union all select 'outbox', count(*), extract(epoch from now() - min(next_at))
  from {SCHEMA}.outbox where done_at is null and next_at <= now()
union all select 'dead_letters', count(*), extract(epoch from now() - min(created_at))
  from {SCHEMA}.dead_letters where closed_at is null
"""  # noqa: S608


async def metrics_of(resources: Resources) -> str:
    """Depth and age of what is due, in Prometheus' text format; the labels are a closed list."""
    async with resources.db.system_session("metrics") as db:
        rows = (await db.execute(text(_WAITING))).all()
    lines = ["# TYPE evoai_due gauge"]
    lines += [f'evoai_due{{what="{row.what}"}} {row.due}' for row in rows]
    lines += ["# TYPE evoai_oldest_due_seconds gauge"]
    lines += [f'evoai_oldest_due_seconds{{what="{row.what}"}} {float(row.age or 0):.3f}' for row in rows]
    return "\n".join(lines) + "\n"
