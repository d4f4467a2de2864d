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
