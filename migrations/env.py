"""Alembic's environment: migrations run as the owner, one transaction each, and wait for no lock longer than 2 s."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from evoai.kit.database_url import sqlalchemy_url
from evoai.kit.db import SCHEMA, Base
from evoai.tables import load_tables

load_tables()
config = context.config


def _only_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name == SCHEMA


def _run(connection: Connection) -> None:
    connection.execute(text(f"create schema if not exists {SCHEMA}"))
    connection.execute(text("set lock_timeout = '2s'"))
    connection.execute(text("set statement_timeout = '30s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=_only_ours,
        version_table_schema=SCHEMA,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _main() -> None:
    engine = create_async_engine(sqlalchemy_url(config.attributes["url"]))
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_main())
