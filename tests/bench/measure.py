"""What is measured: the door against a bare POST, and the path from a webhook to the answer's send at the provider."""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import cpu
from tests.bench.driver import Result
from tests.bench.rig import OURS, Rig
from tests.house import free_port

TOKEN = re.compile(r"zq(\d{7,})")
MODEL_MS = 300
ROUNDS = 3
SECONDS_PER_CONTACT = 5
"""Between two messages of one contact, so that the answer to one is not written anew because of the next."""
GIVE_UP = 12.0
"""Seconds without any answer after which what is left counts as lost."""


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"p{n}": round(cuts[n - 1] * 1000, 1) for n in (50, 95, 99)}


async def door(rig: Rig, seconds: float, connections: int, profile: Path | None = None) -> dict[str, Any]:
    """Webhooks accepted per second with a durable commit, in turn with a bare Litestar POST of the same body.

    The worker is stopped, so that what is stored waits; the rig is of no use for the path afterwards.
    """
    rig.stop("worker")
    port = free_port()
    rig.start("bare", "tests.bench.bare", str(port))
    bare = [type(t)(f"http://127.0.0.1:{port}/hooks/{'k' * 43}", t.headers, t.instance, t.phone) for t in rig.targets]
    await rig.sim("GET", "state")
    await _listens(port)
    sides = {"bare": bare, "door": rig.targets}
    for targets in sides.values():
        await rig.drive("closed", min(1.0, seconds), targets, connections=connections)
    rates: dict[str, list[float]] = {"bare": [], "door": []}
    waits: dict[str, list[float]] = {"bare": [], "door": []}
    spies = await _spies(rig, profile, "door", 2 * ROUNDS * (seconds + 1))
    before, refused, accepted, loads = rig.cpu(), 0, 0, [cpu.load()]
    for _ in range(ROUNDS):
        for side, targets in sides.items():
            result, _ = await rig.drive("closed", seconds, targets, connections=connections)
            rates[side].append(result.accepted / result.seconds)
            waits[side] += result.waits
            if side == "door":
                refused += result.refused
                accepted += result.accepted
        loads.append(cpu.load())
    after = rig.cpu()
    for spy in spies:
        await spy.wait()
    rig.stop("bare")
    per_s = {side: round(statistics.median(found)) for side, found in rates.items()}
    return {
        "figure": "door",
        "connections": connections,
        "seconds": seconds,
        "rounds": ROUNDS,
        "channels": len(rig.targets),
        "accepted_per_s": per_s["door"],
        "bare_per_s": per_s["bare"],
        "ratio": round(statistics.median(d / b for d, b in zip(rates["door"], rates["bare"], strict=True)), 3),
        "refused": refused,
        "door_ms": quantiles(waits["door"]),
        "bare_ms": quantiles(waits["bare"]),
        "cpu_ms": {name: _ms(before, after, name, accepted) for name in ("api", "postgres", "redis")},
        "load": round(max(loads), 2),
    }


async def _listens(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise RuntimeError("the bare POST did not start")


async def path(rig: Rig, rate: float, seconds: float, profile: Path | None = None) -> dict[str, Any]:
    """Answers per second and the path's time at an offered rate; every message is looked up in what was sent."""
    state = await rig.sim("GET", "state")
    since, posts = state["log_seq"], state["hooks"]["attempts"]
    before = rig.cpu()
    spies = await _spies(rig, profile, f"{rate:g}", seconds)
    driving = asyncio.create_task(
        rig.drive("paced", seconds, rig.targets, rate=rate, contacts=max(1, round(rate * SECONDS_PER_CONTACT)))
    )
    result, first = await driving
    sends = await _drained(rig, since, result.accepted)
    # The ticks of the last answer are part of its cost.
    await asyncio.sleep(1.7)
    after = rig.cpu()
    for spy in spies:
        await spy.wait()
    rig.check()
    found = verdict(rate, result, first, sends, before, after)
    # What the provider posted beside the contacts' messages: echoes of our sends and their ticks.
    posts = (await rig.sim("GET", "state"))["hooks"]["attempts"] - posts
    return found | {"echoes_and_ticks_per_answer": round(posts / max(1, found["answered"]), 2)}


async def _drained(rig: Rig, since: int, expected: int) -> list[tuple[float, list[int]]]:
    """The accepted sends since log entry `since`, as (Unix seconds, numbers), when all are there or none come."""
    sends: list[tuple[float, list[int]]] = []
    numbers: set[int] = set()
    last = time.monotonic()
    while len(numbers) < expected and time.monotonic() - last < GIVE_UP:
        page = await rig.sim("GET", f"log?since={since}&kind=send")
        since = page["seq"]
        for entry in page["items"]:
            if entry.get("accepted"):
                found = [int(number) for number in TOKEN.findall(entry["text"])]
                sends.append((entry["at"], found))
                numbers.update(found)
                last = time.monotonic()
        if len(numbers) < expected:
            await asyncio.sleep(0.5)
    return sends


def verdict(
    rate: float,
    result: Result,
    first: int,
    sends: list[tuple[float, list[int]]],
    before: dict[str, float],
    after: dict[str, float],
) -> dict[str, Any]:
    contacts = max(1, round(rate * SECONDS_PER_CONTACT))
    arrived: dict[int, float] = {}
    duplicated = out_of_order = 0
    newest: dict[int, int] = {}
    for at, numbers in sorted(sends):
        for number in numbers:
            if not first <= number < first + result.posted:
                continue
            if number in arrived:
                duplicated += 1
                continue
            arrived[number] = at
            contact = number % contacts
            out_of_order += newest.get(contact, -1) > number
            newest[contact] = max(number, newest.get(contact, -1))
    times = sorted(arrived.values())
    span = times[-1] - times[0] if len(times) > 1 else 0.0
    less = [at - result.posted_at[number - first] - MODEL_MS / 1000 for number, at in arrived.items()]
    ours = {name: _ms(before, after, name, len(arrived)) for name in OURS}
    return {
        "figure": "path",
        "offered_per_s": rate,
        "seconds": round(result.seconds, 1),
        "posted": result.posted,
        "refused": result.refused,
        "answered": len(arrived),
        "answered_per_s": round((len(times) - 1) / span, 1) if span else 0.0,
        "lost": result.accepted - len(arrived),
        "duplicated": duplicated,
        "out_of_order": out_of_order,
        "less_model_ms": quantiles(less),
        "webhook_ms": quantiles(result.waits),
        "cpu_ms": {**ours, "total": round(sum(ours.values()), 2)},
        "fakes_cpu_ms": {
            "simulator": _ms(before, after, "simulator", len(arrived)),
            "driver": round(result.cpu_seconds * 1000 / max(1, result.posted), 2),
        },
        "load": round(cpu.load(), 2),
    }


def _ms(before: dict[str, float], after: dict[str, float], name: str, messages: int) -> float:
    return round((after[name] - before[name]) * 1000 / max(1, messages), 2)


async def _spies(rig: Rig, folder: Path | None, what: str, seconds: float) -> list[asyncio.subprocess.Process]:
    """py-spy on API, worker and simulator while the load lasts; figures of such a run are not comparable."""
    if folder is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    spies: list[asyncio.subprocess.Process] = []
    for name in rig.children:
        out = folder / f"{name}-{what}.folded"
        command = ("record", "--pid", str(rig.roots[name]), "--format", "raw", "--rate", "150", "--output", str(out))
        spies.append(
            await asyncio.create_subprocess_exec(
                Path(sys.executable).with_name("py-spy"), *command, "--duration", str(round(seconds)),
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )
        )  # fmt: skip
    return spies
