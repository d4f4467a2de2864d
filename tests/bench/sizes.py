"""How long and how much each scenario does: in CI, by default, and as the targets are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Rates are per second; `bare` is the length of each look at the yardstick."""

    runs: int
    fill: int
    """Messages in the tables before anything is measured."""
    clinics: int
    bare: float
    closed: float
    """Seconds at full load at the door."""
    mix: float
    """Seconds at full load at the API."""
    door_rate: float
    door_seconds: float
    rates: tuple[float, ...]
    seconds: float
    """Of each load of the path."""
    burst_rate: float
    burst_seconds: float
    hot: float
    """Messages per second of the hot tenant; each other one has a hundredth of it."""
    backlog: int
    pages: tuple[int, int]
    """Messages in the tables at the first and the second look."""
    page_calls: int
    tenants: int
    chunks: int
    """Passages of all tenants' knowledge; `large` of them are of one."""
    large: int
    questions: int
    indexed: int
    """Passages of the document that is indexed beside."""


QUICK = Sizes(
    runs=1,
    fill=2_000,
    clinics=3,
    bare=0.5,
    closed=0.3,
    mix=1,
    door_rate=100,
    door_seconds=1,
    rates=(20,),
    seconds=2,
    burst_rate=100,
    burst_seconds=0.5,
    hot=60,
    backlog=50,
    pages=(1_000, 2_000),
    page_calls=5,
    tenants=30,
    chunks=1_500,
    large=500,
    questions=5,
    indexed=20,
)
USUAL = Sizes(
    runs=3,
    fill=1_000_000,
    clinics=20,
    bare=1,
    closed=1.5,
    mix=4,
    door_rate=1_000,
    door_seconds=2,
    rates=(20, 300),
    seconds=6,
    burst_rate=1_000,
    burst_seconds=1,
    hot=100,
    backlog=2_000,
    pages=(100_000, 1_000_000),
    page_calls=100,
    tenants=100,
    chunks=200_000,
    large=100_000,
    questions=100,
    indexed=1_000,
)
FULL = Sizes(
    runs=3,
    fill=1_000_000,
    clinics=20,
    bare=3,
    closed=10,
    mix=30,
    door_rate=1_000,
    door_seconds=60,
    rates=(20, 300),
    seconds=60,
    burst_rate=1_000,
    burst_seconds=10,
    hot=100,
    backlog=20_000,
    pages=(100_000, 10_000_000),
    page_calls=400,
    tenants=1_000,
    chunks=1_000_000,
    large=100_000,
    questions=200,
    indexed=2_000,
)
