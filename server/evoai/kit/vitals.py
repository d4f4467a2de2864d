"""What PostgreSQL and Redis say of themselves, for alerts: connections, age, archive, memory."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Our roles see no sessions, only how many there are. An archive that never had a file is as old as the server.
_DATABASE = text("""
select (select sum(numbackends) from pg_stat_database) as backends,
       current_setting('max_connections')::int as most,
       (select max(age(datfrozenxid)) from pg_database) as xid_age,
       case when current_setting('archive_mode') <> 'off' then
         (select extract(epoch from coalesce(last_archived_time, pg_postmaster_start_time())) from pg_stat_archiver)
       end as archived
""")


async def of_database(db: AsyncSession) -> Any:
    """`backends` and the `most` there may be, `xid_age`, and when the log was `archived` last: null where it is not."""
    return (await db.execute(_DATABASE)).one()


async def of_redis(redis: Redis) -> tuple[int, int] | None:
    """Bytes used, and how many there may be; None if it does not answer."""
    try:
        async with asyncio.timeout(1):
            # Its types leave the arguments open.
            info: dict[str, Any] = await cast(Any, redis).info("memory")
    except (RedisError, OSError, TimeoutError):
        return None
    return int(info["used_memory"]), int(info["maxmemory"]) or int(info["total_system_memory"])
