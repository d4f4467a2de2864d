"""How PostgreSQL runs the statements of the message path once a tenant has a hundred thousand rows: always by keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest

from evoai.channels.repository import events
from evoai.embedded import Embedded
from evoai.kit.batcher import CAP
from evoai.kit.db import Database
from evoai.kit.path import SHARDS
from evoai.migrate import migrate
from tests.house import Clinic, Urls, eventually
from tests.inbox.scenes import ANA, BIA, answered, edit, own_house, state_is

ROWS = 100_000
# Rows of one tenant, whatever they point at: the planner looks at their number alone. One in a hundred turns and sends
# is open, and due tomorrow.
_FILL = """
set session_replication_role = replica;
set search_path = app;
create temporary table n as select i, gen_random_uuid() as id, gen_random_uuid() as other
  from generate_series(1, {rows}) i;
insert into tenants (id, name, created_at, updated_at) select id, '', now(), now() from n where i <= 2000;
insert into responders (tenant_id, id, assistant_id, version, quiet_seconds, max_wait_seconds, enabled)
  select id, id, id, 1, 0, 0, true from n where i <= 2000;
insert into subscriptions (tenant_id, id, plan_code, started_at) select id, id, 'free', now() from n where i <= 2000;
insert into channels (tenant_id, id, name, provider, config, secrets_enc, hook_key_hash, hook_key_enc, state,
    created_at, updated_at)
  select id, id, '', '', '{{}}', '', '', '', 'connected', now(), now() from n where i <= 2000;
insert into quotas (tenant_id, id, kind, period) select id, id, 'messages', now() from n where i <= 2000;
insert into contacts (tenant_id, id, name, created_at, updated_at) select '{tenant}', id, '', now(), now() from n;
insert into contact_aliases (tenant_id, id, contact_id, kind, value, address, created_at)
  select '{tenant}', id, id, 'phone', '55' || i, '55' || i, now() from n;
insert into conversations (tenant_id, id, channel_id, contact_id, state, address, last_activity_at, created_at,
    updated_at)
  select '{tenant}', id, '{channel}', id, 'bot', '', now(), now(), now() from n;
insert into messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, text, status,
    provider_message_id, turn_id, part_no, created_at)
  select '{tenant}', id, other, '{channel}', i, 'out', 'assistant', 'text', 'x', 'read', 'P' || i, id, 0, now() from n;
insert into turns (tenant_id, id, conversation_id, first_in_seq, last_in_seq, opened_at, due_at, max_due_at,
    closed_at)
  select '{tenant}', id, other, 1, 1, now(), now() + interval '1 d', now(), case when i % 100 > 0 then now() end from n;
insert into deliveries (tenant_id, id, message_id, conversation_id, channel_id, seq, body_hash, state, due_at,
    created_at)
  select '{tenant}', id, id, other, '{channel}', 1, '', case when i % 100 > 0 then 'sent' else 'ready' end,
    now() + interval '1 d', now() from n;
insert into channel_events (tenant_id, id, channel_id, kind, shard, dedupe_key, received_at, state, next_at)
  select '{tenant}', id, '{channel}', 'x', i % 16, 'd' || i, now(), 'processed', now() from n;
insert into parked_updates (tenant_id, id, channel_id, provider_message_id, change, created_at)
  select '{tenant}', id, '{channel}', 'Q' || i, '{{}}', now() from n;
analyze;
"""


# Nothing in shard 5, and in shard 7 a little that is due later.
_BACKLOG = """
set session_replication_role = replica;
set search_path = app;
insert into channel_events (tenant_id, id, channel_id, kind, shard, dedupe_key, received_at, state, next_at)
  select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', i % 16, 'd', now(), 'received',
         case i % 16 when 7 then now() + interval '1 h' else now() end
    from generate_series(1, 50_000) i where i % 16 not in (5, 7) or i = 7;
analyze;
"""


class _Explained:
    """A connection that asks for each statement's plan before it runs it."""

    def __init__(self, conn: Any, plans: dict[str, Any]) -> None:
        self._conn, self._plans = conn, plans

    async def _explain(self, sql: str, args: tuple[Any, ...]) -> None:
        if args and sql not in self._plans:
            (row,) = await self._conn.fetch(f"explain (format json) {sql}", *args)
            self._plans[sql] = msgspec.json.decode(row[0])[0]["Plan"]

    async def fetch(self, sql: str, *args: Any) -> Any:
        await self._explain(sql, args)
        return await self._conn.fetch(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        await self._explain(sql, args)
        return await self._conn.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> Any:
        await self._explain(sql, args)
        return await self._conn.execute(sql, *args)


class _Explaining:
    """The database, whose group commits are explained."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    @asynccontextmanager
    async def group_session(self, *args: Any, **more: Any) -> AsyncIterator[Any]:
        async with self._db.group_session(*args, **more) as conn:
            yield _Explained(conn, self.plans)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


_FEW = ("tenants", "responders", "channels", "subscriptions", "plans")
"""A tenant has one or a few of them, so the tenant alone is key enough; there are four plans."""


def _too_wide(plan: dict[str, Any]) -> list[str]:
    """Scans that read a table, an index, or a tenant's part of one, from end to end."""
    found: list[str] = []
    for node in _nodes(plan):
        kind, cond = node["Node Type"], node.get("Index Cond", "")
        if kind == "Seq Scan":
            found.append(f"{kind} of {node['Relation Name']}")
        elif kind.endswith("Index Scan") or kind == "Index Only Scan":
            alone = node.get("Relation Name") in _FEW
            if not cond or (not alone and cond.count("=") < 2 and "shard" not in cond):
                found.append(f"{kind} of {node['Index Name']} by {cond or 'nothing'}")
    return found


async def _path(clinic: Clinic) -> None:
    """All that the message step, the answer step and the sent step do."""
    house = clinic.house
    first = clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await eventually(lambda: _read(clinic))
    assert (await clinic.hook(edit(first, "abacaxi amarelo"))).status == 200
    clinic.says(ANA, "bicicleta verde")
    await answered(clinic, ANA, 2)
    clinic.says(BIA, "quero falar com um atendente")
    await state_is(clinic, BIA, "queued")
    house.sim.engine.write(house.sim.instance(clinic.instance), ANA, "text", {"text": "Sou a dona"}, from_me=True)
    await state_is(clinic, ANA, "human")


async def _read(clinic: Clinic) -> bool:
    return (await clinic.messages(ANA))[-1]["status"] == "read"


@pytest.mark.parametrize("distributed", ["false", "true"])
async def test_the_path_reads_by_keys_however_much_there_is(embedded: Embedded, distributed: str) -> None:
    async with own_house(embedded, f"plans_{distributed}", 2, DATABASE_DISTRIBUTED=distributed) as house:
        clinic = await house.clinic()
        await _fill(house.urls, _FILL.format(rows=ROWS, tenant=clinic.client.tenant_id, channel=clinic.channel_id))
        explaining = house.resources.db = _Explaining(house.resources.db)  # type: ignore[assignment]
        await _path(clinic)
        plans = explaining.plans
    said = " ".join(plans)
    for words in (
        "contact_aliases",
        "insert into messages",
        "into turns",
        "update deliveries",
        "into traces",
        "quotas",
    ):
        assert words in said
    for sql, plan in plans.items():
        assert _too_wide(plan) == [], sql


class _Measured:
    """A connection that runs each statement for what it costs: the rows that it takes from tables."""

    def __init__(self, conn: Any) -> None:
        self._conn, self.rows = conn, 0

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        (row,) = await self._conn.fetch(f"explain (analyze, format json) {sql}", *args)
        for node in _nodes(msgspec.json.decode(row[0])[0]["Plan"]):
            if "Relation Name" in node:
                left_out = node.get("Rows Removed by Filter", 0)
                self.rows += round((node["Actual Rows"] + left_out) * node["Actual Loops"])
        return []


@pytest.mark.parametrize("shards", [[3], list(range(SHARDS))])
async def test_a_claim_reads_no_more_however_long_the_backlog_is(waiting: Database, shards: list[int]) -> None:
    async with waiting.group_session("system") as conn:
        measured = _Measured(conn)
        await events.claim_events(measured, shards, CAP)
        found = await events.claim_events(conn, shards, CAP)
    assert measured.rows <= len(shards) * CAP
    ids = [row["id"] for row in found]
    assert len(ids) == CAP
    assert ids == sorted(ids)


async def test_the_sweep_finds_the_shards_that_have_due_events(waiting: Database) -> None:
    async with waiting.system_session("test") as db:
        assert await events.due_shards(db) == [shard for shard in range(SHARDS) if shard not in (5, 7)]


@pytest.fixture(scope="module")
async def waiting(embedded: Embedded) -> AsyncIterator[Database]:
    """A database with a long backlog that nobody works."""
    owner, app = embedded.create_database("waiting")
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    urls = Urls(owner=owner, app=app, admin=embedded.admin_url, redis="")
    await _fill(urls, _BACKLOG)
    db = Database(app)
    await db.open()
    yield db
    await db.close()


async def _fill(urls: Urls, rows: str) -> None:
    conn = await asyncpg.connect(urls.admin, database=urls.database)
    try:
        await conn.execute(rows)
    finally:
        await conn.close()
