"""The workers come back after an outage: how fast what was stored meanwhile is answered, and in which order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from tests.bench import cpu
from tests.bench.driver import Hooks, Job
from tests.bench.figures import LAST_TICK, Figure, Seen, bare, cost, medians, sends_since, until_worked, verdict
from tests.bench.rig import Rig
from tests.bench.sizes import Sizes

HEADLINES = (
    "stored", "answered_per_s", "first_answer_s", "last_answer_s", "lost", "duplicated", "out_of_order", "dead",
    "cpu_ms.total", "fakes_cpu_ms.simulator", "bare.per_s", "load",
)  # fmt: skip
EACH_WRITES = 2
LONGEST = 600.0


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    yield medians([await _once(rig, sizes) for _ in range(sizes.runs)])


async def _once(rig: Rig, sizes: Sizes) -> Figure:
    yardstick = await bare(rig, sizes.bare)
    rig.stop("worker")
    since = (await rig.sim("GET", "state"))["log_seq"]
    source: Hooks = rig.hooks(rig.targets, max(1, sizes.backlog // EACH_WRITES))
    seconds = sizes.backlog / sizes.door_rate
    result = await rig.drive(Job("paced", source, seconds, rate=sizes.door_rate))
    begun = time.time()
    await rig.start_worker()
    # The new worker's own start is no part of what a message costs.
    before = rig.cpu()
    sends = await sends_since(rig, since, result.accepted)
    _, left = await until_worked(rig, LONGEST)
    await asyncio.sleep(LAST_TICK)
    seen = Seen(source, result, sends)
    found = verdict(seen)
    spent = cost(before, rig.cpu(), [seen], found["answered"])
    del found["less_model_ms"]
    return {
        "figure": "backlog",
        "channels": len(rig.targets),
        "stored": result.accepted,
        **found,
        "dead": left["dead"],
        "first_answer_s": round(sends[0][0] - begun, 2) if sends else 0.0,
        "last_answer_s": round(sends[-1][0] - begun, 2) if sends else 0.0,
        **spent,
        "load": round(cpu.load(), 2),
        "bare": yardstick,
    }
