"""From what was seen to figures: the path's verdict, CPU per message, the bare yardstick, medians of several runs."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import cpu
from tests.bench.driver import Asks, Hooks, Job, Target
from tests.bench.rig import OURS, Rig
from tests.bench.wire import Result

Figure = dict[str, Any]
TOKEN = re.compile(r"zq(\d{7,})")
MODEL_MS = 300
SECONDS_PER_CONTACT = 5
"""Between two messages of one contact, so that the answer to one is not written anew because of the next."""
MESSAGES_OF_CONTACT = 10
"""Of one load at most: longer conversations are summed up, which is a model call more and tells old words again."""
GIVE_UP = 12.0
"""Seconds without any answer after which what is left counts as lost."""
LAST_TICK = 1.7
"""Seconds from a send to its last tick, which is part of its cost."""
COUNTED = ("lost", "duplicated", "out_of_order", "refused", "not_stored", "dead", "failed")
"""What must not happen at all: several runs add up, and anything but 0 fails the bench."""


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"p{n}": round(cuts[n - 1] * 1000, 1) for n in (50, 95, 99)}


def medians(runs: Sequence[Figure]) -> Figure:
    """One figure of several runs: medians of numbers, sums of what must not happen."""
    out: Figure = {}
    for name, first in runs[0].items():
        values = [run[name] for run in runs if name in run]
        if name == "figure":
            out |= {"figure": first, "runs": len(runs)}
        elif name in COUNTED:
            out[name] = sum(values)
        elif isinstance(first, dict):
            out[name] = medians(values)
        elif isinstance(first, int | float) and not isinstance(first, bool):
            out[name] = round(statistics.median(values), 3)
        else:
            out[name] = first
    return out


def per_message(before: dict[str, float], after: dict[str, float], name: str, messages: int) -> float:
    """CPU milliseconds of one process tree."""
    return round((after[name] - before[name]) * 1000 / max(1, messages), 2)


async def bare(
    rig: Rig, seconds: float, *, method: str = "POST", connections: int = 32, rate: float | None = None
) -> Figure:
    """What an application does that has no rooms, now: this machine in this minute. At full load, or at `rate`."""
    url = f"{rig.bare_url}/hooks/{'k' * 43}" if method == "POST" else f"{rig.bare_url}/hooks/bare"
    like = rig.targets[0]
    target = Target(url, like.headers, like.instance, like.phone)
    source = rig.hooks([target]) if method == "POST" else Asks(url, [], [])
    before = rig.cpu()
    result = await rig.drive(
        Job("closed", source, seconds, connections=connections)
        if rate is None
        else Job("paced", source, seconds, rate=rate)
    )
    assert result.accepted, f"the yardstick refuses: {result.statuses}"
    spent = per_message(before, rig.cpu(), "bare", result.accepted)
    return {"per_s": round(result.accepted / result.seconds), "cpu_ms": spent, "ms": quantiles(result.waits)}


@dataclass
class Seen:
    """What became of one load of webhooks. `sends` are (Unix seconds, numbers of messages answered)."""

    source: Hooks
    result: Result
    sends: list[tuple[float, list[int]]]


async def sends_since(rig: Rig, since: int, expected: int) -> list[tuple[float, list[int]]]:
    """The accepted sends since log entry `since`, when all are there or none come any more."""
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


def verdict(seen: Seen) -> Figure:
    """Every message is looked up in what was sent: answered, once, in the order of its contact."""
    first, contacts, result = seen.source.first, seen.source.contacts, seen.result
    arrived: dict[int, float] = {}
    duplicated = out_of_order = 0
    newest: dict[int, int] = {}
    for at, numbers in sorted(seen.sends):
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
    return {
        "posted": result.posted,
        "refused": result.refused,
        "answered": len(arrived),
        "answered_per_s": round((len(times) - 1) / span, 1) if span else 0.0,
        "last_answer_s": round(times[-1] - result.posted_at[0], 2) if times else 0.0,
        "lost": max(0, result.accepted - len(arrived)),
        "duplicated": duplicated,
        "out_of_order": out_of_order,
        "less_model_ms": quantiles(less),
        "webhook_ms": quantiles(result.waits),
    }


def cost(before: dict[str, float], after: dict[str, float], seen: Sequence[Seen], answered: int) -> Figure:
    """CPU per answered message: ours, and the fakes' own."""
    ours = {name: per_message(before, after, name, answered) for name in OURS}
    driver = sum(one.result.cpu_seconds for one in seen) * 1000 / max(1, sum(one.result.posted for one in seen))
    fakes = {"simulator": per_message(before, after, "simulator", answered), "driver": round(driver, 2)}
    return {"cpu_ms": {**ours, "total": round(sum(ours.values()), 2)}, "fakes_cpu_ms": fakes}


async def answered(rig: Rig, jobs: Sequence[Job], what: str) -> tuple[list[Figure], Figure]:
    """Webhooks of each job at the same time, until all are answered: a verdict on each, and what they cost."""
    state = await rig.sim("GET", "state")
    since, posts = state["log_seq"], state["hooks"]["attempts"]
    before = rig.cpu()
    async with spied(rig, what, max(job.seconds for job in jobs)):
        results = await asyncio.gather(*map(rig.drive, jobs))
    sends = await sends_since(rig, since, sum(result.accepted for result in results))
    await asyncio.sleep(LAST_TICK)
    after = rig.cpu()
    rig.check()
    seen: list[Seen] = []
    for job, result in zip(jobs, results, strict=True):
        assert isinstance(job.source, Hooks)
        seen.append(Seen(job.source, result, sends))
    found = [verdict(one) for one in seen]
    total = sum(one["answered"] for one in found)
    # What the provider posted beside the contacts' messages: echoes of our sends and their ticks.
    posts = (await rig.sim("GET", "state"))["hooks"]["attempts"] - posts
    spent = cost(before, after, seen, total) | {"echoes_and_ticks_per_answer": round(posts / max(1, total), 2)}
    return found, spent | {"load": round(cpu.load(), 2)}


def spaced(rig: Rig, targets: list[Target], rate: float, seconds: float) -> Job:
    """Webhooks at `rate` by so many contacts that each is answered before it writes again, and none writes long."""
    contacts = rate * max(SECONDS_PER_CONTACT, seconds / MESSAGES_OF_CONTACT)
    source = rig.hooks(targets, max(1, math.ceil(contacts)))
    return Job("paced", source, seconds, rate=rate)


async def until_worked(rig: Rig, seconds: float) -> tuple[float, Figure]:
    """Wait until no stored webhook and no turn is open; how long it took, and the events that died."""
    begun = time.monotonic()
    async with rig.database() as db:
        while time.monotonic() - begun < seconds:
            due = await db.fetchval(
                "select (select count(*) from app.channel_events where state = 'received')"
                " + (select count(*) from app.turns where closed_at is null)"
            )
            if not due:
                break
            await asyncio.sleep(0.25)
        dead = await db.fetchval("select count(*) from app.channel_events where state in ('quarantined', 'dead')")
        return time.monotonic() - begun, {"dead": dead, "lost": due}


@contextlib.asynccontextmanager
async def spied(rig: Rig, what: str, seconds: float) -> AsyncGenerator[None]:
    """py-spy on our processes while the load lasts, if the rig has a folder for profiles; figures of such a run are
    not comparable."""
    spies: list[asyncio.subprocess.Process] = []
    if rig.profiles is not None:
        rig.profiles.mkdir(parents=True, exist_ok=True)
        for name in rig.children:
            out = rig.profiles / f"{name}-{what}.folded"
            command = ("record", "--pid", str(rig.roots[name]), "--format", "raw", "--rate", "150", "--output", out)
            spies.append(
                await asyncio.create_subprocess_exec(
                    Path(sys.executable).with_name("py-spy"), *command, "--duration", str(round(seconds)),
                    stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
                )
            )  # fmt: skip
    yield
    for spy in spies:
        await spy.wait()
