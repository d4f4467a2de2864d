"""One tenant has a hundred times the load of each other one: what the others feel of it."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator

from tests.bench.figures import Figure, answered, bare, medians, spaced
from tests.bench.rig import Rig
from tests.bench.sizes import Sizes

HEADLINES = (
    "ratio", "others_alone_ms.p95", "others_beside_ms.p95", "hot_ms.p95", "lost", "duplicated", "out_of_order",
    "cpu_ms.total", "fakes_cpu_ms.simulator", "bare.per_s", "load",
)  # fmt: skip
HUNDREDTH = 0.01


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    """The ratio is that of the others' p95 less the model, beside the hot tenant to beside one like them; the median
    of the runs' own ratios, because both halves of a run saw the same minute."""
    runs = [await _once(rig, sizes) for _ in range(sizes.runs)]
    yield medians(runs) | {"ratio": round(statistics.median(run["ratio"] for run in runs), 3)}


async def _once(rig: Rig, sizes: Sizes) -> Figure:
    yardstick = await bare(rig, sizes.bare)
    hot, others = rig.targets[:1], rig.targets[1:]
    each = sizes.hot * HUNDREDTH
    alone: Figure = {}
    beside: Figure = {}
    hottest: Figure = {}
    spent: Figure = {}
    for rate in (each, sizes.hot):
        jobs = [spaced(rig, others, each * len(others), sizes.seconds * 2), spaced(rig, hot, rate, sizes.seconds * 2)]
        (beside, hottest), spent = await answered(rig, jobs, f"hot-{rate:g}")
        alone = alone or beside
    both = {name: alone[name] + beside[name] + hottest[name] for name in ("lost", "duplicated", "out_of_order")}
    p95 = [found["less_model_ms"].get("p95", 0.0) for found in (alone, beside)]
    return {
        "figure": "hot tenant",
        "tenants": len(rig.targets),
        "each_per_s": each,
        "hot_per_s": sizes.hot,
        "ratio": round(p95[1] / p95[0], 3) if p95[0] else 0.0,
        "others_alone_ms": alone["less_model_ms"],
        "others_beside_ms": beside["less_model_ms"],
        "hot_ms": hottest["less_model_ms"],
        **both,
        **spent,
        "bare": yardstick,
    }
