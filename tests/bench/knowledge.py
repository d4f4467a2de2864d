"""Search in the knowledge of a thousand tenants, one of them large, and what indexing a document beside it costs."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from evoai.kit.db import SCHEMA, Database
from evoai.knowledge.repository.search import Question, ask, corpus
from evoai.knowledge.service.search import OF_WORDS, OTHER_WAY
from tests.bench import cpu, library
from tests.bench.figures import Figure, bare, quantiles
from tests.bench.library import Library
from tests.bench.rig import DATABASE, Rig
from tests.bench.sizes import Sizes
from tests.house import Client, eventually

HEADLINES = (
    "chunks", "ms.p50", "ms.p95", "ratio", "vectors_ms.p95", "recall_at_10", "chunks_per_s", "worker_peak_mb",
    "bytes_per_chunk", "load",
)  # fmt: skip
ASKED = 20
"""Small tenants whose chunks have words too, and the questions that count for nothing: they read from disk and plan."""
LIMIT = 10


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    """Whole questions and their vectors' half, to small tenants and to the large one, in turn with the same statement
    of the superuser, whom no wall holds; what is found of what comparing all vectors finds; a document indexed."""
    rig.stop("worker")
    walled = Database(rig.env["DATABASE_URL"], pool_size=1)
    superuser = create_async_engine("postgresql+asyncpg://", async_creator=lambda: _superuser(rig), pool_size=1)
    async with rig.database() as conn:
        begun = time.perf_counter()
        libraries = await library.fill(
            conn,
            tenants=sizes.tenants,
            chunks=sizes.chunks,
            large=sizes.large,
            asked=ASKED,
            dimensions=int(rig.env.get("EMBEDDING_DIMENSIONS", "512")),
        )
        filled = time.perf_counter() - begun
        try:
            for name, some in (("small", libraries[1:]), ("large", libraries[:1])):
                found = await _Asks(conn, walled, superuser, some).figure(sizes.questions)
                head: Figure = {"figure": "knowledge", "tenants": name, "chunks": some[0].chunks}
                yield head | found | {"bare": await bare(rig, sizes.bare), "load": round(cpu.load(), 2)}
        finally:
            await walled.close()
            await superuser.dispose()
        size = await conn.fetchval(
            "select sum(pg_total_relation_size(t)) from unnest(array['app.chunks', 'app.chunk_vectors']::regclass[]) t"
        )
    await rig.start_worker()
    yield {
        "figure": "knowledge, indexed",
        "filled_s": round(filled),
        "bytes_per_chunk": round(size / sizes.chunks),
        **await _indexed(rig, sizes.indexed),
        "bare": await bare(rig, sizes.bare),
        "load": round(cpu.load(), 2),
    }


@dataclass
class _Asks:
    conn: Any
    walled: Database
    superuser: AsyncEngine
    libraries: Sequence[Library]

    async def figure(self, count: int) -> Figure:
        chance = random.Random(7)
        whole: list[float] = []
        unwalled: list[float] = []
        near: list[float] = []
        found = 0
        for number in range(-ASKED, count):
            one = self.libraries[number % len(self.libraries)]
            vector = await library.vector(self.conn, one, chance)
            question = _question(library.words(chance), vector)
            took, _ = await self._behind_walls(one, question)
            async with AsyncSession(self.superuser) as session:
                without, _ = await _timed(session, one, question)
            of_vectors, rows = await self._behind_walls(one, _question([], vector))
            if number >= 0:
                whole.append(took)
                unwalled.append(without)
                near.append(of_vectors)
                found += len({row.chunk_id for row in rows} & await library.nearest(self.conn, one, vector, LIMIT))
        ms, bare_ms = quantiles(whole), quantiles(unwalled)
        return {
            "ms": ms,
            "bare_ms": bare_ms,
            "ratio": round(ms["p50"] / bare_ms["p50"], 2),
            "vectors_ms": quantiles(near),
            "recall_at_10": round(found / count / LIMIT, 3),
        }

    async def _behind_walls(self, one: Library, question: Question) -> tuple[float, Sequence[Any]]:
        async with self.walled.tenant_session(one.tenant_id) as session:
            # The transaction begins with the first statement, which is not ours.
            await session.connection()
            return await _timed(session, one, question)


async def _timed(session: AsyncSession, one: Library, question: Question) -> tuple[float, Sequence[Any]]:
    """Seconds of both statements, and the rows."""
    begun = time.perf_counter()
    known = await corpus(session, one.tenant_id, question.terms)
    assert known is not None
    rows = await ask(session, one.tenant_id, question, known)
    return time.perf_counter() - begun, rows


async def _superuser(rig: Rig) -> Any:
    return await asyncpg.connect(rig.admin_url, database=DATABASE, server_settings={"search_path": SCHEMA})


def _question(words: Sequence[str], vector: str) -> Question:
    ways = [(part, term, weight) for part, word in enumerate(words) for term, weight in _ways(word)]
    return Question(
        parts=[part for part, _, _ in ways],
        terms=[term for _, term, _ in ways],
        weights=[weight for _, _, weight in ways],
        vectors=[(vector, library.MODEL)],
        of_words=OF_WORDS,
        documents=None,
        tags=None,
        limit=LIMIT,
    )


def _ways(word: str) -> tuple[tuple[str, float], ...]:
    """The word, and another as rare that stands for it."""
    return (word, 1.0), (f"w{int(word[1:]) + 1}", OTHER_WAY)


async def _indexed(rig: Rig, chunks: int) -> Figure:
    """A text of about so many chunks, sent by a new tenant through the API: chunks a second until it is ready, and the
    most memory that the worker had."""
    client = Client(rig.http, rig.api_url)
    person = {"name": "Ana", "email": f"{uuid4().hex[:12]}@clinica.example", "password": "uma senha bem longa"}
    client.token = (await client.post("/auth/signup", {"company": "Clínica", **person}))["access_token"]
    chance = random.Random(7)
    text = "\n\n".join(" ".join(f"palavra{chance.randrange(5000)}" for _ in range(110)) for _ in range(chunks))
    form = aiohttp.FormData()
    form.add_field("file", text.encode(), filename="text.txt", content_type="text/plain")
    begun = time.perf_counter()
    async with rig.http.post(
        f"{rig.api_url}/api/v1/documents", data=form, headers={"authorization": f"Bearer {client.token}"}
    ) as answer:
        assert answer.status == 201, await answer.text()
        document = msgspec.json.decode(await answer.read())["id"]

    async def ready() -> int | None:
        got = await client.get(f"/documents/{document}")
        assert got["state"] != "failed", got.body
        return got["chunks"] if got["state"] == "ready" else None

    made = await eventually(ready, 600, 0.1)
    seconds = time.perf_counter() - begun
    status = Path(f"/proc/{rig.roots['worker']}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return {
        "chunks": made,
        "seconds": round(seconds, 1),
        "chunks_per_s": round(made / seconds),
        "worker_peak_mb": round(int(peak.split()[1]) / 1024),
    }
