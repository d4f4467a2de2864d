"""Migrations: one linear history, no drift from the models, one step down and up again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from evoai.embedded import Embedded
from evoai.migrate import alembic_config, downgrade, migrate


@pytest.fixture
def env(embedded: Embedded) -> Iterator[dict[str, str]]:
    """A database of this test's own, migrated."""
    owner, app = embedded.create_database("migrations")
    try:
        values = {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app}
        migrate(values)
        yield values
    finally:
        embedded.drop_database("migrations")


_SHAPE = """
select c.relname::text || ' ' || c.relkind::text || ' ' || coalesce(a.attname, '') || ' '
       || coalesce(format_type(a.atttypid, a.atttypmod), '') || ' ' || coalesce(a.attnotnull::text, '')
  from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = 'app'::regnamespace
union all select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
 where connamespace = 'app'::regnamespace
union all select tablename || ' ' || policyname || ' ' || coalesce(qual, '') from pg_policies where schemaname = 'app'
union all select grantee || ' ' || table_name || ' ' || privilege_type from information_schema.role_table_grants
 where table_schema = 'app'
order by 1
"""


def shape(env: dict[str, str]) -> list[str]:
    async def read() -> list[str]:
        conn = await asyncpg.connect(env["MIGRATION_DATABASE_URL"])
        try:
            return [row[0] for row in await conn.fetch(_SHAPE)]
        finally:
            await conn.close()

    return asyncio.run(read())


def test_history_is_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config("postgresql://unused/unused"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    revisions = list(script.walk_revisions())
    assert [revision.revision for revision in revisions if revision.is_merge_point or revision.is_branch_point] == []


def test_models_and_migrations_say_the_same(env: dict[str, str]) -> None:
    command.check(alembic_config(env["MIGRATION_DATABASE_URL"]))


def test_one_step_down_and_up_again_ends_where_it_began(env: dict[str, str]) -> None:
    before = shape(env)
    assert any(line.startswith("messages ") for line in before)
    downgrade(env)
    assert shape(env) != before
    migrate(env)
    assert shape(env) == before


def test_migrating_twice_changes_nothing(env: dict[str, str]) -> None:
    before = shape(env)
    migrate(env)
    assert shape(env) == before
