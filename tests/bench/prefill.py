"""Tables that are already full: tenants of skewed size with their past, made by set-based SQL as the superuser.

What is written is what the product would have written; `test_prefill.py` holds that no row points nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from evoai.kit.crypto import Wrapping, place, token_hash
from evoai.settings import Settings, load_settings

TENANTS = 201
"""The first has six tenths of all conversations, the others share the rest, the bigger ones first."""
PEOPLE = 4_000
"""Every fifth is a member of the first tenant."""
PER_CONVERSATION = 100
CHUNK = 1_000
"""Conversations written by one statement."""
PAST = timedelta(days=60)
AGENT = "bench"
"""The user agent of their sessions."""
INSTANCE = "bench-{}"
"""The provider's name of a tenant's number."""

_SCHEMA = f"""
create schema if not exists bench;
create table if not exists bench.filled (base timestamptz not null, conversations bigint not null);
create or replace function bench.id(kind int, made timestamptz, n bigint) returns uuid immutable parallel safe
  return (lpad(to_hex((extract(epoch from made) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
          || '8' || lpad(to_hex(n), 15, '0'))::uuid;
create or replace function bench.spread(n bigint) returns int immutable parallel safe
  return 1 + floor({TENANTS - 1} * power(n * 0.6180339887498949 - floor(n * 0.6180339887498949), 3))::int;
create or replace function bench.owner(n bigint) returns int immutable parallel safe
  return case when n % 10 < 6 then 0 else bench.spread(n) end;
"""

# $1 is the base time, $2 and $3 the first and the last number of the conversations to write.
_CONVERSATIONS = """
with v as (
  select n, bench.id(1, $1, bench.owner(n)) tenant_id, bench.id(5, $1, bench.owner(n)) channel_id,
    $1::timestamptz + n * interval '50 s' made, (55110900000000 + n)::text phone, (n * 7 + n / 10) % 20 dice
  from generate_series($2::bigint, $3::bigint) n
), contact as (
  insert into app.contacts (tenant_id, id, name, phone, created_at, updated_at)
  select tenant_id, bench.id(6, made, n),
    (array['Ana', 'Bruno', 'Carla', 'Davi', 'Elisa', 'Fábio', 'Gabriela', 'Hugo'])[1 + n % 8] || ' '
      || (array['Souza', 'Lima', 'Pereira', 'Araújo', 'Nunes', 'Conceição', 'Prado'])[1 + n % 7] || ' ' || n,
    '+' || phone, made, made from v
), alias as (
  insert into app.contact_aliases (tenant_id, id, contact_id, kind, value, address, created_at)
  select tenant_id, bench.id(7, made, n), bench.id(6, made, n), 'phone', phone, phone || '@s.whatsapp.net', made from v
)
insert into app.conversations (tenant_id, id, channel_id, contact_id, state, address, seq, last_in_seq, fence,
  unread_count, last_message_id, handoff_reason, handoff_at, resolved_at, last_activity_at, created_at, updated_at)
select tenant_id, bench.id(8, made, n), channel_id, bench.id(6, made, n),
  case when n = 0 or dice in (17, 18) then 'human' when dice < 12 then 'resolved' when dice < 17 then 'bot'
    else 'queued' end,
  phone || '@s.whatsapp.net', 99, 99, 99, case when dice in (13, 19) then 3 else 0 end,
  bench.id(9, made + interval '1960 s', n * 100 + 98),
  case when dice >= 17 then 'requested-by-contact' end, case when dice >= 17 then made + interval '1960 s' end,
  case when dice < 12 then made + interval '1960 s' end, made + interval '1960 s', made, made + interval '1960 s'
from v
"""

_EACH_MESSAGE = """
with m as (
  select n, j, bench.id(1, $1, bench.owner(n)) tenant_id, bench.id(5, $1, bench.owner(n)) channel_id,
    bench.id(8, $1::timestamptz + n * interval '50 s', n) conversation_id,
    $1::timestamptz + n * interval '50 s' + j * interval '20 s' made
  from generate_series($2::bigint, $3::bigint) n, generate_series(0, 98) j
  order by 6
)
"""
_MESSAGES = (
    _EACH_MESSAGE
    + """
insert into app.messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, text,
  provider_message_id, status, turn_id, part_no, trace_id, provider_at, created_at)
select tenant_id, bench.id(9, made, n * 100 + j), conversation_id, channel_id, j + 1,
  case when j % 2 = 0 then 'in' else 'out' end, case when j % 2 = 0 then 'contact' else 'assistant' end, 'text',
  case when j % 2 = 0 then 'Bom dia, ainda tem horário para a consulta ' || n || ' na semana que vem?'
    else 'Temos, sim: quinta-feira às ' || j % 24 || 'h ou sexta-feira de manhã. Qual fica melhor para você?' end,
  'AC' || upper(lpad(to_hex(n * 100 + j), 30, '0')), case when j % 2 = 0 then 'received' else 'read' end,
  case when j % 2 = 1 then bench.id(10, made, n * 100 + j) end, case when j % 2 = 1 then 0 end,
  case when j % 2 = 1 then bench.id(11, made, n * 100 + j) end, made, made
from m
"""
)
# One conversation of the first tenant that never ends: one message for each of the others.
_LONG = """
insert into app.messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, text,
  provider_message_id, status, provider_at, created_at)
select bench.id(1, $1::timestamptz, 0), bench.id(9, made, n * 100 + 99), bench.id(8, $1, 0), bench.id(5, $1, 0), n,
  'in', 'contact', 'text', 'E mais uma pergunta, a de número ' || n, 'AC' || upper(lpad(to_hex(n * 100 + 99), 30, '0')),
  'received', made, made
from (select n, $1::timestamptz + n * interval '50 s' made from generate_series($2::bigint, $3::bigint) n) x
"""
_LONG_ENDS = """
update app.conversations set seq = $2::bigint, last_in_seq = $2::bigint,
  last_activity_at = $1::timestamptz + $2::bigint * interval '50 s',
  last_message_id = bench.id(9, $1::timestamptz + $2::bigint * interval '50 s', $2::bigint * 100 + 99)
where tenant_id = bench.id(1, $1::timestamptz, 0) and id = bench.id(8, $1, 0)
"""
_BESIDE = tuple(
    _EACH_MESSAGE + statement
    for statement in (
        """
insert into app.turns (tenant_id, id, conversation_id, first_in_seq, last_in_seq, opened_at, due_at, max_due_at,
  closed_at, outcome)
select tenant_id, bench.id(10, made, n * 100 + j), conversation_id, j, j, made, made, made, made, 'answered'
from m where j % 2 = 1
""",
        """
insert into app.deliveries (tenant_id, id, message_id, conversation_id, channel_id, seq, body_hash, state, due_at,
  attempt, provider_ref, evidence, created_at)
select tenant_id, bench.id(12, made, n * 100 + j), bench.id(9, made, n * 100 + j), conversation_id, channel_id, j + 1,
  decode(md5(n::text), 'hex'), 'sent', made, 1, 'AC' || upper(lpad(to_hex(n * 100 + j), 30, '0')), 'answer', made
from m where j % 2 = 1
""",
        """
insert into app.traces (tenant_id, id, conversation_id, turn_id, outcome, model, assistant_version, prompt_version,
  calls, tools, input_tokens, output_tokens, cost_micro_usd, milliseconds, created_at)
select tenant_id, bench.id(11, made, n * 100 + j), conversation_id, bench.id(10, made, n * 100 + j), 'answered',
  'gpt-4o-mini', 1, '1', '[{"model": "gpt-4o-mini", "milliseconds": 412, "input_tokens": 900, "output_tokens": 40}]',
  '[]', 900, 40, 159, 412, made
from m where j % 2 = 1
""",
        """
insert into app.channel_events (tenant_id, id, channel_id, kind, shard, dedupe_key, received_at, state, signal,
  next_at, processed_at, message_id)
select tenant_id, bench.id(13, made, n * 100 + j), channel_id, case when j % 2 = 0 then 'message' else 'receipt' end,
  n % 16, 'bench:' || n || ':' || j, made, 'processed', j % 2 = 1, made, made, bench.id(9, made, n * 100 + j)
from m
""",
    )
)


@asynccontextmanager
async def connected(admin_url: str, database: str) -> AsyncGenerator[Any]:
    """As the superuser, whom no wall holds; foreign keys are not checked."""
    conn = await asyncpg.connect(admin_url, database=database, server_settings={"session_replication_role": "replica"})
    try:
        yield conn
    finally:
        await conn.close()


async def fill(admin_url: str, database: str, env: Mapping[str, str], messages: int) -> None:
    """Have at least `messages` messages in a migrated database, with all that belongs to them; what is there stays."""
    async with connected(admin_url, database) as one, connected(admin_url, database) as other:
        await one.execute(_SCHEMA)
        if not await one.fetchval("select count(*) from bench.filled"):
            await _begin(one, load_settings(env))
        base, done = await one.fetchrow("select base, conversations from bench.filled")
        last = max(done, -(-messages // PER_CONVERSATION))
        for first in range(done + 1, last + 1, CHUNK):
            until = min(first + CHUNK - 1, last)
            await one.execute(_CONVERSATIONS, base, first, until)
            await asyncio.gather(
                _each(one, (_MESSAGES, _LONG), base, first, until), _each(other, _BESIDE, base, first, until)
            )
        await one.execute(_LONG_ENDS, base, last)
        await one.execute("update bench.filled set conversations = $1", last)
        # What autovacuum would have done by the time that tables are this full.
        await one.execute("vacuum (analyze)")
        await one.execute("checkpoint")


async def _each(conn: Any, statements: Sequence[str], base: datetime, first: int, until: int) -> None:
    for statement in statements:
        await conn.execute(statement, base, first, until)


async def _begin(conn: Any, settings: Settings) -> None:
    """Tenants with their plans and channels, people with their sessions, and the conversation that never ends."""
    base = datetime.now(UTC).replace(microsecond=0) - PAST

    def made(kind: int, n: int) -> UUID:
        return UUID(f"{int(base.timestamp() * 1000):012x}7{kind:03x}8{n:015x}")

    async def put(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        await conn.copy_records_to_table(table, schema_name="app", columns=columns.split(), records=rows)

    tenants = {n: made(1, n) for n in range(TENANTS)}
    named = [(tenant, f"Clínica {n}", "enterprise", base, base) for n, tenant in tenants.items()]
    await put("tenants", "id name plan created_at updated_at", named)
    await put(
        "subscriptions", "tenant_id id plan_code started_at", [(t, t, "enterprise", base) for t in tenants.values()]
    )
    month = datetime.now(UTC).date().replace(day=1)
    kinds = {"channels": date(1970, 1, 1), "contacts": date(1970, 1, 1), "messages": month, "assistant_tokens": month}
    quotas = [
        (tenant, made(20 + k, n), kind, period, 0)
        for n, tenant in tenants.items()
        for k, (kind, period) in enumerate(kinds.items())
    ]
    await put("quotas", "tenant_id id kind period used", quotas)
    wrapping = Wrapping(settings.encryption_key, ())
    keys = {tenant: wrapping.new(tenant) for tenant in tenants.values()}
    await put("tenant_keys", "tenant_id id key_id wrapped created_at", [(t, t, *key, base) for t, key in keys.items()])
    simulator = settings.model.base_url.removesuffix("/v1")
    # Disconnected, so that nobody looks after them while something else is measured; people can write all the same.
    channels: list[tuple[Any, ...]] = []
    for n, tenant in tenants.items():
        channel, box = made(5, n), wrapping.open(tenant, *keys[tenant])
        secrets = msgspec.json.encode({"api_key": "simulator-key", "hook_token": f"token {n}"})
        config = msgspec.json.encode({"base_url": f"{simulator}/evolution", "instance": INSTANCE.format(n)}).decode()
        sealed = box.seal(secrets, place(tenant, "channels", "secrets_enc", channel))
        hook = box.seal(b'{"key":""}', place(tenant, "channels", "hook_key_enc", channel))
        hashed = token_hash(f"hook {n}")
        channels.append(
            (tenant, channel, "Recepção", "evolution", config, sealed, hashed, hook, "disconnected", base, base)
        )
    columns = "tenant_id id name provider config secrets_enc hook_key_hash hook_key_enc state created_at updated_at"
    await put("channels", columns, channels)
    works = await conn.fetch(
        "select p, case when p % 5 = 0 then 0 else bench.spread(p) end from generate_series(0, $1::int - 1) p", PEOPLE
    )
    who = [
        (made(2, p), tenants[t], made(3, p), made(4, p), f"Pessoa {p}", f"pessoa{p}@bench.example") for p, t in works
    ]
    people = [(user, name, mail, "-", base, base) for user, _, _, _, name, mail in who]
    await put("users", "id name email password_hash created_at updated_at", people)
    members = [(t, member, user, name, mail, "agent", base) for user, t, member, _, name, mail in who]
    await put("members", "tenant_id id user_id name email role created_at", members)
    ends = datetime.now(UTC) + timedelta(days=30)
    sessions = [(session, user, t, AGENT, base, base, ends) for user, t, _, session, _, _ in who]
    await put("sessions", "id user_id tenant_id user_agent created_at last_seen_at expires_at", sessions)
    await conn.execute(_CONVERSATIONS, base, 0, 0)
    await conn.execute("insert into bench.filled values ($1, 0)", base)
