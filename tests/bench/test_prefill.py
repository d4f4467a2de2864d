"""That filled tables are what the product would have written: no row points nowhere, and the product shows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from evoai.embedded import Embedded
from evoai.kit.crypto import Wrapping, place
from evoai.migrate import migrate
from evoai.settings import load_settings
from tests.bench import prefill
from tests.house import Urls, test_env

DATABASE = "filled"
MESSAGES = 3_000


@pytest.fixture(scope="module")
async def db(embedded: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A database filled in two goes."""
    owner, app = embedded.create_database(DATABASE)
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    for messages in (1_000, MESSAGES):
        await prefill.fill(embedded.admin_url, DATABASE, env(embedded), messages)
    async with prefill.connected(embedded.admin_url, DATABASE) as conn:
        yield conn
    embedded.drop_database(DATABASE)


def env(embedded: Embedded) -> dict[str, str]:
    urls = Urls(owner="", app=embedded.app_url, admin=embedded.admin_url, redis=embedded.redis_url)
    return test_env(urls, 1, "http://127.0.0.1:2")


async def test_as_many_messages_as_asked_for_and_most_of_them_one_tenants(db: asyncpg.Connection) -> None:
    assert await db.fetchval("select count(*) from app.messages") == MESSAGES
    share = await db.fetchval(
        "select count(*) filter (where tenant_id = bench.id(1, base, 0))::float / count(*)"
        " from app.messages, bench.filled"
    )
    assert 0.5 < share < 0.7
    assert await db.fetchval("select count(distinct tenant_id) from app.members") > 150


async def test_no_row_points_nowhere(db: asyncpg.Connection) -> None:
    keys = await db.fetch(
        "select conrelid::regclass::text child, confrelid::regclass::text parent,"
        " array(select attname::text from unnest(conkey) with ordinality k (n, o)"
        "   join pg_attribute on attrelid = conrelid and attnum = k.n order by o) ours,"
        " array(select attname::text from unnest(confkey) with ordinality k (n, o)"
        "   join pg_attribute on attrelid = confrelid and attnum = k.n order by o) theirs"
        " from pg_constraint where contype = 'f' and connamespace = 'app'::regnamespace"
    )
    assert len(keys) > 10
    for child, parent, ours, theirs in keys:
        given = " and ".join(f"c.{column} is not null" for column in ours)
        same = " and ".join(f"p.{a} = c.{b}" for a, b in zip(theirs, ours, strict=True))
        lost = await db.fetchval(
            f"select count(*) from {child} c where {given} and not exists (select from {parent} p where {same})"
        )
        assert lost == 0, f"{child} to {parent}"


async def test_what_is_stored_twice_agrees(db: asyncpg.Connection) -> None:
    """Counters of conversations, turns of messages, deliveries of messages, traces of messages."""
    for wrong in (
        "app.conversations v where v.last_message_id is distinct from (select m.id from app.messages m"
        " where m.tenant_id = v.tenant_id and m.conversation_id = v.id and m.seq = v.seq)",
        "app.conversations v where v.seq <> (select max(m.seq) from app.messages m"
        " where m.tenant_id = v.tenant_id and m.conversation_id = v.id)",
        "app.messages m where m.turn_id is not null and not exists (select from app.turns t"
        " where t.tenant_id = m.tenant_id and t.id = m.turn_id and t.conversation_id = m.conversation_id)",
        "app.messages m where m.trace_id is not null and not exists (select from app.traces t"
        " where t.tenant_id = m.tenant_id and t.id = m.trace_id and t.turn_id = m.turn_id)",
        "app.deliveries d where not exists (select from app.messages m where m.tenant_id = d.tenant_id"
        " and m.id = d.message_id and m.provider_message_id = d.provider_ref and m.seq = d.seq)",
        "app.channel_events e where not exists (select from app.messages m where m.tenant_id = e.tenant_id"
        " and m.id = e.message_id and m.channel_id = e.channel_id)",
    ):
        assert await db.fetchval(f"select count(*) from {wrong}") == 0, wrong


async def test_the_channels_secrets_open(db: asyncpg.Connection, embedded: Embedded) -> None:
    wrapping = Wrapping(load_settings(env(embedded)).encryption_key, ())
    row = await db.fetchrow(
        "select c.tenant_id, c.id, c.secrets_enc, k.key_id, k.wrapped"
        " from app.channels c join app.tenant_keys k using (tenant_id) limit 1"
    )
    assert row is not None
    box = wrapping.open(row["tenant_id"], row["key_id"], row["wrapped"])
    opened = box.open(row["secrets_enc"], place(row["tenant_id"], "channels", "secrets_enc", row["id"]))
    assert msgspec.json.decode(opened)["api_key"] == "simulator-key"
