"""The wall in the database, walked table by table from the catalogue with the runtime's own login."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.exc import InvalidRequestError

from tests.house import Clinic, House, Urls
from tests.isolation.busy import busy_clinic
from tests.isolation.logins import as_runtime, as_superuser

# Tables that a busy clinic leaves empty: nothing of theirs can be pointed at, but the rest of the walk holds.
MAY_BE_EMPTY = {"outbox", "parked_updates", "reserves", "shadow_drafts", "tenant_keys"}
# What a tenant's own session may add and read, and nothing else.
APPEND_ONLY = {"audit_log"}


@pytest.fixture(scope="module")
async def two(house: House) -> tuple[Clinic, Clinic]:
    return await busy_clinic(house), await busy_clinic(house)


async def tenant_tables(urls: Urls) -> list[str]:
    rows = await as_superuser(
        urls,
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
        " where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and c.relrowsecurity order by 1",
    )
    return [row[0] for row in rows]


async def theirs(urls: Urls, table: str, tenant: UUID) -> list[asyncpg.Record]:
    return await as_superuser(urls, f"select * from {table} where tenant_id = $1", tenant)


async def refused(conn: asyncpg.Connection, sql: str, *args: Any) -> str:
    """The SQLSTATE that a statement fails with; the transaction goes on."""
    await conn.execute("savepoint try")
    try:
        await conn.execute(sql, *args)
    except asyncpg.PostgresError as error:
        await conn.execute("rollback to savepoint try")
        return error.sqlstate or "?"
    await conn.execute("rollback to savepoint try")
    return "accepted"


DENIED = "42501"
"""Insufficient privilege, which a broken row-level policy is too."""


async def test_T05_a_session_nobody_scoped_reads_and_writes_nothing(urls: Urls, two: tuple[Clinic, Clinic]) -> None:
    for table in [*await tenant_tables(urls), "tenants", "users", "sessions", "refresh_tokens", "plans", "schedules"]:
        async with as_runtime(urls) as conn:
            for sql in (
                f"select * from app.{table}",
                f"delete from app.{table}",
                f"insert into app.{table} default values",
            ):
                assert await refused(conn, sql) == DENIED, sql


async def test_T05_a_tenant_session_without_its_tenant_sees_no_row(urls: Urls, two: tuple[Clinic, Clinic]) -> None:
    for table in await tenant_tables(urls):
        async with as_runtime(urls, "tenant") as conn:
            assert await conn.fetchval(f"select count(*) from {table}") == 0, table
            assert await nothing_changed(conn, table, f"delete from {table}"), table
            rows = await theirs(urls, table, two[0].client.tenant_id)
            if rows:
                assert await insert(conn, table, dict(rows[0])) == DENIED, table


async def nothing_changed(conn: asyncpg.Connection, table: str, sql: str, *args: Any) -> bool:
    """No row was met, or the table may not be changed at all."""
    if table in APPEND_ONLY:
        return await refused(conn, sql, *args) == DENIED
    return (await conn.execute(sql, *args)).endswith(" 0")


async def insert(conn: asyncpg.Connection, table: str, row: dict[str, Any]) -> str:
    """As `refused`. What the database computes itself is left to it."""
    computed = await conn.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attgenerated <> ''", f"app.{table}"
    )
    values = {name: value for name, value in row.items() if name not in {each[0] for each in computed}}
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(f"${i + 1}" for i in range(len(values)))
    return await refused(conn, f"insert into {table} ({names}) values ({marks})", *values.values())


async def test_T01_T04_another_tenants_rows_cannot_be_seen_changed_or_made(
    urls: Urls, two: tuple[Clinic, Clinic]
) -> None:
    victim, attacker = two[0].client.tenant_id, two[1].client.tenant_id
    assert victim is not None
    empty: set[str] = set()
    for table in await tenant_tables(urls):
        rows = await theirs(urls, table, victim)
        if not rows:
            empty.add(table)
            continue
        row = rows[0]
        async with as_runtime(urls, "tenant", attacker) as conn:
            assert await conn.fetchval(f"select count(*) from {table} where tenant_id = $1", victim) == 0, table
            assert await conn.fetchval(f"select count(*) from {table} where id = $1", row["id"]) == 0, table
            seen = await conn.fetch(f"select distinct tenant_id from {table}")
            assert [item[0] for item in seen] in ([attacker], []), table
            assert await nothing_changed(conn, table, f"update {table} set id = id where tenant_id = $1", victim), table
            assert await nothing_changed(conn, table, f"delete from {table} where tenant_id = $1", victim), table
            assert await insert(conn, table, dict(row)) == DENIED, table
            # Nor can a row of one's own be given away.
            if await conn.fetchval(f"select count(*) from {table}"):
                assert await refused(conn, f"update {table} set tenant_id = $1", victim) == DENIED, table
        assert await theirs(urls, table, victim) == rows, table
    assert empty <= MAY_BE_EMPTY


async def test_T16_no_row_can_point_at_another_tenants_row(urls: Urls, two: tuple[Clinic, Clinic]) -> None:
    victim, attacker = two[0].client.tenant_id, two[1].client.tenant_id
    keys = await as_superuser(
        urls,
        "select t.relname as tab, r.relname as target, a.attname as col from pg_constraint k"
        " join pg_class t on t.oid = k.conrelid join pg_class r on r.oid = k.confrelid"
        " join pg_attribute a on a.attrelid = t.oid and a.attnum = k.conkey[2]"
        " where k.contype = 'f' and array_length(k.conkey, 1) = 2 and t.relnamespace = 'app'::regnamespace",
    )
    tried = 0
    for key in keys:
        foreign, mine = await theirs(urls, key["target"], victim), await theirs(urls, key["tab"], attacker)
        if not foreign or not mine:
            continue
        tried += 1
        for role in ("tenant", "system"):
            async with as_runtime(urls, role, attacker if role == "tenant" else None) as conn:
                sql = f"update {key['tab']} set {key['col']} = $1 where tenant_id = $2 and id = $3"
                code = await refused(conn, sql, foreign[0]["id"], attacker, mine[0]["id"])
                assert code == "23503", (dict(key), role, code)
    assert tried >= 8


async def test_the_doors_role_may_insert_events_and_nothing_else(urls: Urls, two: tuple[Clinic, Clinic]) -> None:
    tenant = two[0].client.tenant_id
    (event, *_) = await theirs(urls, "channel_events", tenant)
    async with as_runtime(urls, "door") as conn:
        for table in [*await tenant_tables(urls), "tenants", "users", "plans"]:
            assert await refused(conn, f"select * from {table}") == DENIED, table
            assert await refused(conn, f"delete from {table}") == DENIED, table
        fresh = dict(event) | {"id": UUID(int=7), "dedupe_key": "door-1"}
        assert await insert(conn, "channel_events", fresh) == "accepted"
        mismatch = fresh | {"tenant_id": two[1].client.tenant_id}
        assert await insert(conn, "channel_events", mismatch) == "23503"


async def test_people_and_their_sessions_are_no_tenants_business(urls: Urls, two: tuple[Clinic, Clinic]) -> None:
    async with as_runtime(urls, "tenant", two[0].client.tenant_id) as conn:
        for table in ("users", "sessions", "refresh_tokens", "schedules", "alembic_version"):
            assert await refused(conn, f"select * from {table}") == DENIED, table
        assert await refused(conn, "update plans set name = 'x'") == DENIED
        assert [row["id"] for row in await conn.fetch("select id from tenants")] == [two[0].client.tenant_id]
        assert await refused(conn, "set local role evoai_owner") == DENIED


async def test_T07_a_connection_given_back_remembers_no_tenant(house: House, two: tuple[Clinic, Clinic]) -> None:
    for _ in range(30):
        for clinic in two:
            seen = {item["id"] for item in (await clinic.client.get("/conversations"))["items"]}
            assert seen == {
                str(row["id"]) for row in await theirs(house.urls, "conversations", clinic.client.tenant_id)
            }


async def test_one_session_speaks_for_one_tenant(house: House, two: tuple[Clinic, Clinic]) -> None:
    tenant = two[0].client.tenant_id
    assert tenant is not None
    async with house.resources.db.tenant_session(tenant) as db:
        await db.connection()
        await db.rollback()
        with pytest.raises((RuntimeError, InvalidRequestError)):
            await db.connection()
