"""Runs the migrations as the owner's login: the roles first, then Alembic."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg
from alembic import command
from alembic.config import Config

from evoai.environment import SettingsError
from evoai.settings import migration_database_url

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def migrate(env: Mapping[str, str]) -> None:
    """Make the roles and bring the schema up to date. Raises `SettingsError` if the two logins are one."""
    owner = migration_database_url(env)
    runtime = urlsplit(env.get("DATABASE_URL", "")).username
    if not runtime:
        raise SettingsError("DATABASE_URL: needed here for the name of the runtime's login")
    if runtime == urlsplit(owner).username:
        raise SettingsError("DATABASE_URL: its login must be another than MIGRATION_DATABASE_URL's")
    asyncio.run(_make_roles(owner, runtime))
    command.upgrade(alembic_config(owner), "head")


def downgrade(env: Mapping[str, str]) -> None:
    """One step back."""
    command.downgrade(alembic_config(migration_database_url(env)), "-1")


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["url"] = url
    return config


async def _make_roles(url: str, runtime: str) -> None:
    # asyncpg ships no types.
    conn: Any = await cast(Any, asyncpg).connect(url, timeout=10)
    try:
        await conn.execute("set lock_timeout = '2s'")
        # The name goes into the text through the server's own quoting; `set` and `grant` take no parameters.
        quoted: str = await conn.fetchval("select quote_ident($1)", runtime)
        await conn.execute((FOLDER / "roles.sql").read_text().replace(":runtime", quoted))
    finally:
        await conn.close()
