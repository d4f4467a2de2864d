"""The door alone: webhooks accepted with a durable commit while no worker runs, and the backlog worked off after."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from tests.bench import cpu
from tests.bench.driver import Job, Target
from tests.bench.figures import Figure, bare, medians, per_message, quantiles, spied, until_worked
from tests.bench.rig import Rig
from tests.bench.sizes import Sizes

HEADLINES = (
    "ratio",
    "cpu_ratio",
    "full.per_s",
    "bare.per_s",
    "full.ms.p95",
    "paced.ms.p95",
    "paced.refused",
    "not_stored",
    "load",
)
CHANNELS = (1, 10)
DRAINED_WITHIN = 1800.0


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    """On one channel and on ten tenants: at full load in turn with the bare POST, and at a fixed rate."""
    rig.stop("worker")
    for channels in CHANNELS:
        targets = rig.targets[:channels]
        yield medians([await _once(rig, sizes, targets) for _ in range(sizes.runs)])
    begun = time.monotonic()
    async with rig.database() as db:
        waiting = await db.fetchval("select count(*) from app.channel_events where state = 'received'")
    await rig.start_worker()
    _, left = await until_worked(rig, DRAINED_WITHIN)
    seconds = time.monotonic() - begun
    yield {
        "figure": "door, drained",
        "events": waiting,
        "seconds": round(seconds, 1),
        "events_per_s": round(waiting / seconds),
        **left,
    }


async def _once(rig: Rig, sizes: Sizes, targets: list[Target]) -> Figure:
    stored = await _stored(rig, targets)
    # Channels and statements are known to the process before the clock runs.
    warm = await rig.drive(Job("closed", rig.hooks(targets), 0.3))
    yardstick = await bare(rig, sizes.closed)
    before = rig.cpu()
    async with spied(rig, f"door-{len(targets)}", sizes.closed):
        full = await rig.drive(Job("closed", rig.hooks(targets), sizes.closed))
    after = rig.cpu()
    paced = await rig.drive(Job("paced", rig.hooks(targets), sizes.door_seconds, rate=sizes.door_rate))
    after_paced = rig.cpu()
    accepted = warm.accepted + full.accepted + paced.accepted
    per_s = full.accepted / full.seconds
    names = ("api", "postgres", "redis")
    at_full = {name: per_message(before, after, name, full.accepted) for name in names}
    return {
        "figure": "door",
        "channels": len(targets),
        "ratio": round(per_s / yardstick["per_s"], 3),
        # Of CPU: steadier than the other where somebody else uses the machine.
        "cpu_ratio": round(yardstick["cpu_ms"] / max(0.001, at_full["api"]), 3),
        "full": {
            "per_s": round(per_s),
            "ms": quantiles(full.waits),
            "refused": full.refused,
            "cpu_ms": at_full,
        },
        "paced": {
            "offered_per_s": sizes.door_rate,
            "accepted": paced.accepted,
            "ms": quantiles(paced.waits),
            "refused": paced.refused,
            "cpu_ms": {name: per_message(after, after_paced, name, paced.accepted) for name in names},
        },
        "not_stored": accepted - (await _stored(rig, targets) - stored),
        "bare": yardstick,
        "fakes_cpu_ms": {"driver": round(paced.cpu_seconds * 1000 / max(1, paced.posted), 3)},
        "load": round(cpu.load(), 2),
    }


async def _stored(rig: Rig, targets: list[Target]) -> int:
    """How many events the targets' tenants have."""
    tenants = [target.url.rpartition("/")[2].partition(".")[0] for target in targets]
    async with rig.database() as db:
        found: Any = await db.fetchval(
            "select count(*) from app.channel_events where tenant_id = any($1::uuid[])", tenants
        )
    return found
