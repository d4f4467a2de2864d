"""A wave: far more messages than can be answered at once, each of another contact, on all channels."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tests.bench.driver import Job
from tests.bench.figures import Figure, answered, bare, medians
from tests.bench.rig import Rig
from tests.bench.sizes import Sizes

HEADLINES = (
    "posted", "webhook_ms.p95", "answered_per_s", "last_answer_s", "lost", "duplicated", "out_of_order",
    "cpu_ms.total", "fakes_cpu_ms.simulator", "bare.per_s", "load",
)  # fmt: skip


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    yield medians([await _once(rig, sizes) for _ in range(sizes.runs)])


async def _once(rig: Rig, sizes: Sizes) -> Figure:
    yardstick = await bare(rig, sizes.bare)
    contacts = round(sizes.burst_rate * sizes.burst_seconds * 2)
    job = Job("paced", rig.hooks(rig.targets, contacts), sizes.burst_seconds, rate=sizes.burst_rate)
    (found,), spent = await answered(rig, [job], "burst")
    return {
        "figure": "burst",
        "channels": len(rig.targets),
        "offered_per_s": sizes.burst_rate,
        **found,
        **spent,
        "bare": yardstick,
    }
