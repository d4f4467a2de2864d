"""Connections of the tests' own: as a superuser to see what is there, and as the runtime's login to see what it may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from tests.house import Urls


async def as_superuser(urls: Urls, sql: str, *args: Any) -> list[asyncpg.Record]:
    conn = await asyncpg.connect(
        urls.admin, database=urlsplit(urls.app).path.lstrip("/"), server_settings={"search_path": "app"}
    )
    try:
        return await conn.fetch(sql, *args)
    finally:
        await conn.close()


@asynccontextmanager
async def as_runtime(
    urls: Urls, role: str | None = None, tenant: UUID | None = None
) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of the runtime's login, in `role` and for `tenant` where given; rolled back at the end."""
    conn = await asyncpg.connect(urls.app, server_settings={"search_path": "app"})
    try:
        await conn.execute("begin")
        if role is not None:
            await conn.execute(f"set local role {role}")
        if tenant is not None:
            await conn.execute(f"set local app.tenant_id = '{tenant}'")
        yield conn
    finally:
        await conn.close()
