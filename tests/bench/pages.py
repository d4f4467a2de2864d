"""The first pages of the inbox as the tables grow: asked through the API, timed in the database.

PostgreSQL logs how long each statement took to parse, plan and run; what it logs between a call and its answer is what
that page cost it. The worker is stopped meanwhile, so that nobody else asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import statistics
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import UUID

from tests.bench import cpu
from tests.bench.figures import Figure, bare, quantiles
from tests.bench.rig import Rig
from tests.bench.sizes import Sizes
from tests.house import Client

HEADLINES = (
    "messages", "page", "db_ms_before", "db_ms", "ratio", "api_ms", "slowest.ms", "slowest.statement", "bare.per_s",
    "load",
)  # fmt: skip
DURATION = re.compile(rb"duration: ([0-9.]+) ms  (?:statement|(?:parse|bind|execute) [^:]*): ([^\n]{0,120})")
WARM_UP = 10


@dataclass
class Page:
    """Milliseconds of each call, in the database and at the API, and by statement in all calls."""

    in_database: list[float] = field(default_factory=list[float])
    at_api: list[float] = field(default_factory=list[float])
    statements: dict[str, float] = field(default_factory=dict[str, float])


Look = dict[str, Page]


async def look(rig: Rig, calls: int) -> Look:
    """Ask for the pages of the largest tenant as one of its people."""
    token, tenant = await _largest(rig)
    client = Client(rig.http, rig.api_url, token)
    async with rig.database() as db:
        rows = await db.fetch(
            "select id from app.conversations where tenant_id = $1 order by last_activity_at desc limit 5000", tenant
        )
        endless = await db.fetchval("select bench.id(8, base, 0) from bench.filled")
    chance = random.Random(1)
    some = [row[0] for row in chance.sample(rows, min(len(rows), calls))]
    pages = {
        "conversations": ["/conversations"],
        "conversations in the queue": ["/conversations?state=queued"],
        "counts": ["/conversations/counts"],
        "messages": [f"/conversations/{one}/messages" for one in some],
        "messages of the longest": [f"/conversations/{endless}/messages"],
        "contacts": ["/contacts"],
    }
    found: Look = {}
    rig.stop("worker")
    async with _timed(rig) as log:
        for name, addresses in pages.items():
            page = found[name] = Page()
            for number in range(-WARM_UP, calls):
                at, begun = log.stat().st_size, time.perf_counter()
                answer = await client.get(addresses[number % len(addresses)])
                took = time.perf_counter() - begun
                assert answer.status == 200, answer.body
                with log.open("rb") as file:
                    file.seek(at)
                    told = DURATION.findall(file.read())
                if number < 0:
                    continue
                page.in_database.append(sum(float(ms) for ms, _ in told))
                page.at_api.append(took * 1000)
                for ms, statement in told:
                    words = statement.decode()
                    page.statements[words] = page.statements.get(words, 0.0) + float(ms)
    await rig.start_worker()
    return found


async def compare(rig: Rig, sizes: Sizes, before: Look) -> list[Figure]:
    """The same pages again, now that the tables are full."""
    yardstick = await bare(rig, sizes.bare, method="GET")
    after = await look(rig, sizes.page_calls)
    figures: list[Figure] = []
    for name, page in after.items():
        first, second = statistics.median(before[name].in_database), statistics.median(page.in_database)
        slowest, took = max(page.statements.items(), key=itemgetter(1))
        figures.append(
            {
                "figure": "pages",
                "page": name,
                "messages": f"{sizes.pages[0]:_} to {sizes.pages[1]:_}",
                "db_ms_before": round(first, 3),
                "db_ms": round(second, 3),
                "db_quantiles_ms": quantiles([value / 1000 for value in page.in_database]),
                "ratio": round(second / first, 3),
                "api_ms": round(statistics.median(page.at_api), 2),
                "slowest": {"ms": round(took / sizes.page_calls, 3), "statement": slowest},
                "bare": yardstick,
                "load": round(cpu.load(), 2),
            }
        )
    return figures


async def _largest(rig: Rig) -> tuple[str, UUID]:
    people = await rig.tokens()
    async with rig.database() as db:
        tenant = await db.fetchval("select bench.id(1, base, 0) from bench.filled")
    return next((token, of) for token, of in people if of == tenant)


@contextlib.asynccontextmanager
async def _timed(rig: Rig) -> AsyncGenerator[Any]:
    """PostgreSQL's log, with the duration of every statement while this is open."""
    async with rig.database() as db:
        await db.execute("alter system set log_min_duration_statement = 0")
        await db.execute("select pg_reload_conf()")
    # A backend reads the new setting before its next statement, but not while it runs one.
    await asyncio.sleep(0.5)
    try:
        yield rig.log_of_postgres()
    finally:
        async with rig.database() as db:
            await db.execute("alter system reset log_min_duration_statement")
            await db.execute("select pg_reload_conf()")
