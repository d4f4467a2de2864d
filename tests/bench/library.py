"""Knowledge of many tenants, made by set-based SQL as the superuser: chunks with vectors drawn from clusters, as those
of texts are, and with words for the tenants that are asked. The first tenant is large, the others are small."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

MODEL = "bench"
CENTRES = 2_000
NOISES = 4_000
TOPICS = {True: 200, False: 20}
"""Clusters of the large tenant and of a small one."""
SPREAD = 0.6
"""Of each of two noises added to a centre of length 1: two chunks of one cluster have a cosine of 0.58 or so."""
PER_DOCUMENT = 100
RARE, FREQUENT, WORDS = 20_000, 50, 60
"""Words of a chunk are drawn by Zipf's law between these ranks: the most frequent stands in 18 % of the chunks."""
AT_ONCE = 25_000

_SCHEMA = f"""
create schema if not exists bench;
create function bench.vector(salt int, length float8, dimensions int) returns public.halfvec language sql volatile as $$
  select (array_agg(random_normal(0, length / sqrt(dimensions)) + 0 * salt))::public.vector::public.halfvec
    from generate_series(1, dimensions) $$;
create table bench.centres (c int primary key, v public.halfvec);
create table bench.noises (c int primary key, v public.halfvec);
create table bench.libraries (t int primary key, id uuid, chunks int, topics int);
create function bench.near(topic int, salt float8) returns public.halfvec language sql volatile as $$
  select public.l2_normalize(c.v operator(public.+) a.v operator(public.+) b.v)
    from bench.centres c, bench.noises a, bench.noises b
   where c.c = topic % {CENTRES} and a.c = (select floor(random() * {NOISES} + 0 * salt)::int)
     and b.c = (select floor(random() * {NOISES} + 0 * salt)::int) $$;
create function bench.word(salt float8) returns text language sql volatile as $$
  select 'w' || floor(exp(ln({FREQUENT}) + random() * (ln({RARE}) - ln({FREQUENT}))) + 0 * salt)::int $$;
"""
_TENANTS = """
insert into app.tenants (id, name, plan, created_at, updated_at)
  select id, 'Biblioteca ' || t, 'enterprise', now(), now() from bench.libraries
"""
_DOCUMENTS = f"""
insert into app.documents (tenant_id, id, title, source, state, progress, chunks, embedded_with, next_at, created_at,
  updated_at)
select l.id, uuidv7(), 'Documento ' || d, 'file', 'ready', 100, {PER_DOCUMENT}, '{MODEL}', now(),
  now() + d * interval '1 ms', now()
from bench.libraries l, generate_series(1, greatest(1, l.chunks / {PER_DOCUMENT})) d
"""
# $1 and $2 are the first and the last tenant; $3 and $4 of their chunks.
_CHUNKS = f"""
with d as (select tenant_id, array_agg(id order by created_at) as ids from app.documents
            where tenant_id in (select id from bench.libraries where t between $1 and $2) group by 1),
made as (
  select l.id as tenant_id, uuidv7() as id, d.ids[1 + n / {PER_DOCUMENT} % cardinality(d.ids)] as document_id, n,
         l.t * 37 + floor(random() * l.topics)::int as topic
    from bench.libraries l join d on d.tenant_id = l.id, generate_series($3::int, least($4, l.chunks - 1)) n
   where l.t between $1 and $2),
chunk as (
  insert into app.chunks (tenant_id, id, document_id, position, heading, text, page, tokens, content_hash)
  select tenant_id, id, document_id, n, 'Assunto ' || topic, repeat('Passagem ' || n || ' do assunto. ', 15),
         n % {PER_DOCUMENT}, 120, decode(md5(id::text), 'hex')
    from made)
insert into app.chunk_vectors (tenant_id, id, document_id, model, embedding)
  select tenant_id, id, document_id, '{MODEL}', bench.near(topic, n) from made
"""
_POSTINGS = f"""
insert into app.postings (tenant_id, id, term, chunk_id, document_id, tf, length)
select c.tenant_id, uuidv7(), w.term, c.id, c.document_id, 1, {WORDS}
  from app.chunks c, lateral (
    select distinct bench.word(c.position + i) as term from generate_series(1, {WORDS}) i) w
 where c.tenant_id = (select id from bench.libraries where t = $1) and c.position between $2 and $3
"""
_COUNTS = (
    "insert into app.terms (tenant_id, id, term, chunks)"
    " select tenant_id, uuidv7(), term, count(*) from app.postings group by tenant_id, term",
    f"insert into app.corpora (tenant_id, id, chunks, length) select id, id, chunks, chunks * {WORDS}::bigint"
    " from bench.libraries",
    "vacuum (analyze)",
    "checkpoint",
)


@dataclass(frozen=True, slots=True)
class Library:
    """A tenant that is asked: words that its chunks say, and what may be asked."""

    tenant_id: UUID
    chunks: int
    topics: list[int]


async def fill(conn: Any, *, tenants: int, chunks: int, large: int, asked: int, dimensions: int) -> list[Library]:
    """`large` chunks of the first tenant, the rest of `chunks` in equal parts of the others; words for the first and
    `asked` more. Those are given back, the large one first."""
    await conn.execute(_SCHEMA)
    # Vectors that repeat from run to run, so that recall does.
    await conn.execute("select setseed(0.42)")
    for table, many, length in (("centres", CENTRES, 1.0), ("noises", NOISES, SPREAD)):
        await conn.execute(
            f"insert into bench.{table} select c, bench.vector(c, $1, $2) from generate_series(0, $3) c",
            length, dimensions, many - 1,
        )  # fmt: skip
    each = (chunks - large) // (tenants - 1)
    await conn.execute(
        "insert into bench.libraries select t, uuidv7(), case t when 0 then $2::int else $3 end,"
        " case t when 0 then $4::int else $5 end from generate_series(0, $1 - 1) t",
        tenants, large, each, TOPICS[True], TOPICS[False],
    )  # fmt: skip
    for statement in ("analyze bench.centres", "analyze bench.noises", _TENANTS, _DOCUMENTS):
        await conn.execute(statement)
    for first in range(0, large, AT_ONCE):
        await conn.execute(_CHUNKS, 0, 0, first, first + AT_ONCE - 1)
    group = max(1, AT_ONCE // each)
    for first in range(1, tenants, group):
        await conn.execute(_CHUNKS, first, min(first + group, tenants) - 1, 0, each)
    for t in range(asked + 1):
        for first in range(0, each if t else large, AT_ONCE):
            await conn.execute(_POSTINGS, t, first, first + AT_ONCE - 1)
    for statement in _COUNTS:
        await conn.execute(statement)
    rows = await conn.fetch("select t, id, chunks, topics from bench.libraries where t <= $1 order by t", asked)
    return [
        Library(row["id"], row["chunks"], [row["t"] * 37 + topic for topic in range(row["topics"])]) for row in rows
    ]


async def vector(conn: Any, library: Library, chance: random.Random) -> str:
    """Of a question about one of its topics, in pgvector's text form."""
    return await conn.fetchval("select bench.near($1, 0)::text", chance.choice(library.topics))


def words(chance: random.Random) -> list[str]:
    """Six of a question: such as every text has, and rarer ones."""
    return [f"w{round(FREQUENT * (RARE / FREQUENT) ** chance.uniform(low, 1))}" for low in (0, 0, 0, 0.4, 0.4, 0.6)]


async def nearest(conn: Any, library: Library, asked: str, limit: int) -> set[UUID]:
    """The nearest chunks, found by comparing all."""
    rows = await conn.fetch(
        "with asked as materialized (select $2::text::public.halfvec as v),"
        " mine as materialized (select id, embedding from app.chunk_vectors where tenant_id = $1)"
        " select id from mine order by embedding operator(public.<=>) (select v from asked), id limit $3",
        library.tenant_id, asked, limit,
    )  # fmt: skip
    return {row["id"] for row in rows}
