"""The wall in the database, walked table by table from the catalogue with the runtime's own login."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import InvalidRequestError

from tests.house import Clinic, House, Urls, eventually
from tests.inbox.scenes import quiet
from tests.isolation.logins import as_runtime, as_superuser
from tests.tenants.people import change

PHONE = "5511987650001"
# Tables that the exercise below leaves empty: nothing of theirs can be pointed at, but the rest of the walk holds.
MAY_BE_EMPTY = {"outbox", "parked_updates", "reserves", "shadow_drafts", "tenant_keys"}
# What a tenant's own session may add and read, and nothing else.
APPEND_ONLY = {"audit_log"}


TOOL = {
    "name": "find_order",
    "description": "Onde está um pedido.",
    "url": "http://127.0.0.1:8443/orders",
    "parameters": {"type": "object", "properties": {}},
}


async def busy_clinic(house: House) -> Clinic:
    """A tenant with rows in nearly every table."""
    clinic = await house.clinic()
    clinic.says(PHONE, "Oi, tudo bem?", name="Ana")
    await eventually(lambda: clinic.sent_to(PHONE))
    conversation = await clinic.conversation(PHONE)
    path = f"/conversations/{conversation['id']}"
    taken = await clinic.client.post(f"{path}/take-over", None, idempotency_key="take-over-1")
    assert taken.status in (200, 201), taken.body
    await change(
        house,
        "insert into dead_letters (tenant_id, id, kind, ref_id, reason, created_at)"
        " values ($1, $2, 'turn', $3, 'a test', now())",
        clinic.client.tenant_id,
        uuid4(),
        uuid4(),
    )
    await change(
        house,
        "insert into gaps (tenant_id, id, key, question, first_asked_at, last_asked_at)"
        " values ($1, $2, 'a', 'a?', now(), now())",
        clinic.client.tenant_id,
        uuid4(),
    )
    await change(
        house,
        "insert into templates (tenant_id, id, channel_id, name, language, status, parts, created_at, updated_at)"
        " values ($1, $2, $3, 'lembrete', 'pt_BR', 'approved', $4, now(), now())",
        clinic.client.tenant_id,
        uuid4(),
        UUID(clinic.channel_id),
        '{"header": null, "header_file": null, "body": "Oi", "footer": null, "buttons": [], "variables": []}',
    )
    replayed = await clinic.client.post("/inbound-events/replay", {"state": "dead"})
    assert replayed.status == 200, replayed.body
    await two_become_one(clinic)
    assert (await clinic.client.post("/tools", TOOL)).status == 201
    server = {"name": "estoque", "url": "http://127.0.0.1:8443/mcp"}
    assert (await clinic.client.post("/tool-servers", server)).status == 201
    fact = f"/contacts/{conversation['contact']['id']}/facts/cor"
    assert (await clinic.client.call("PUT", fact, {"value": "azul"})).status == 200
    await change(
        house,
        "insert into outside_calls (tenant_id, id, conversation_id, turn_id, tool, digest, created_at)"
        " values ($1, $2, $3, $2, 'find_order', '', now())",
        clinic.client.tenant_id,
        uuid4(),
        UUID(conversation["id"]),
    )
    pair = {"question": "Qual é o horário?", "answer": "Das 8h às 18h."}
    added = await clinic.client.post("/documents", pair)
    assert added.status == 201, added.body

    async def ready() -> bool:
        return (await clinic.client.get(f"/documents/{added['id']}"))["state"] == "ready"

    await eventually(ready, 30)
    uploaded = await clinic.client.send_file("/media", "nota.txt", b"Das 8h as 18h.")
    assert uploaded.status == 201, uploaded.body
    await run_a_test(clinic)

    async def read() -> bool:
        sent = [message for message in await clinic.messages(PHONE) if message["author"] == "assistant"]
        return all(message["status"] == "read" for message in sent)

    # Nothing of it moves by itself any more.
    await eventually(read)
    await quiet(clinic)
    return clinic


async def two_become_one(clinic: Clinic) -> None:
    made = [
        await clinic.client.post("/contacts", {"name": "Rui", "phone": phone}) for phone in ("2133330001", "2133330002")
    ]
    wish = {"opted_out": True, "opt_out_reason": "pediu no balcão"}
    assert (await clinic.client.patch(f"/contacts/{made[0]['id']}", wish)).status == 200
    merged = await clinic.client.post(f"/contacts/{made[0]['id']}/merge", {"contact_id": made[1]["id"]})
    assert merged.status == 200, merged.body


async def run_a_test(clinic: Clinic) -> None:
    """A test case, and a run of it that is over."""
    path = f"/assistants/{(await clinic.client.get('/assistants'))['items'][0]['id']}"
    added = await clinic.client.post(f"{path}/tests", {"messages": [{"author": "contact", "text": "Oi"}]})
    assert added.status == 201, added.body
    run = await clinic.client.post(f"{path}/test-runs", {})
    assert run.status == 202, run.body

    async def over() -> bool:
        return (await clinic.client.get(f"/test-runs/{run['id']}"))["state"] == "finished"

    await eventually(over, 30)


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
