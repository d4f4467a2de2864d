"""The whole path at an offered rate: from a webhook's post to the answer's send at the provider."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tests.bench.driver import Target
from tests.bench.figures import Figure, answered, bare, medians, spaced
from tests.bench.rig import Rig
from tests.bench.sizes import Sizes

HEADLINES = (
    "answered_per_s", "lost", "duplicated", "out_of_order", "less_model_ms.p50", "less_model_ms.p95",
    "cpu_ms.api", "cpu_ms.worker", "cpu_ms.postgres", "cpu_ms.redis", "cpu_ms.total", "cpu_to_bare",
    "fakes_cpu_ms.simulator", "fakes_cpu_ms.driver", "bare.per_s", "bare_at_rate.cpu_ms", "load",
)  # fmt: skip
CHANNELS = (1, 20)
WEBHOOKS = 5
"""Of one answered message: its own, the answer's echo and three ticks."""


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    for rate in sizes.rates:
        for channels in CHANNELS:
            targets = rig.targets[:channels]
            yield medians([await once(rig, sizes, targets, rate) for _ in range(sizes.runs)])


async def once(rig: Rig, sizes: Sizes, targets: list[Target], rate: float) -> Figure:
    yardstick = await bare(rig, sizes.bare)
    # A process that is woken for each request pays more for it than one that always finds the next.
    at_rate = await bare(rig, sizes.bare, rate=rate * WEBHOOKS)
    job = spaced(rig, targets, rate, sizes.seconds)
    (found,), spent = await answered(rig, [job], f"path-{len(targets)}-{rate:g}")
    return {
        "figure": "path",
        "channels": len(targets),
        "offered_per_s": rate,
        "seconds": sizes.seconds,
        **found,
        **spent,
        "cpu_to_bare": round(spent["cpu_ms"]["total"] / max(0.001, yardstick["cpu_ms"]), 1),
        "bare": yardstick,
        "bare_at_rate": at_rate,
    }
