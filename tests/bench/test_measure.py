"""That the bench sees what it should see: lost, duplicated and disordered answers, and the CPU of process trees."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import pytest

from tests.bench import cpu
from tests.bench.driver import Job, Result, Target, closed, messages, paced
from tests.bench.measure import MODEL_MS, TOKEN, quantiles, verdict

TARGETS = [
    Target("http://127.0.0.1:1/hooks/a", {"X-Hook-Token": "s"}, "one", "551199"),
    Target("http://127.0.0.1:1/hooks/b", {}, "two", "551198"),
]
IDLE = dict.fromkeys(("api", "worker", "postgres", "redis", "simulator"), 0.0)
FIRST = 1_000_000


def judge(sends: list[tuple[float, list[int]]], posted: int = 4) -> dict[str, object]:
    """The verdict over `posted` messages at times 0, 1, 2 …, at two per second, so that ten contacts take turns."""
    result = Result(posted, posted, 0, 1.0, [0.01] * posted, [float(n) for n in range(posted)], 0.004)
    found = verdict(2, result, FIRST, sends, IDLE, {**IDLE, "api": 0.008})
    return {name: found[name] for name in ("answered", "lost", "duplicated", "out_of_order")} | found


def test_each_message_answered_once_in_order() -> None:
    found = judge([(n + 0.35, [FIRST + n]) for n in range(4)])
    assert (found["answered"], found["lost"], found["duplicated"], found["out_of_order"]) == (4, 0, 0, 0)
    assert found["less_model_ms"] == {"p50": pytest.approx(350 - MODEL_MS), "p95": 50.0, "p99": 50.0}
    assert found["answered_per_s"] == 1.0
    assert found["cpu_ms"] == {"api": 2.0, "worker": 0.0, "postgres": 0.0, "redis": 0.0, "total": 2.0}


def test_lost_and_duplicated_are_counted_and_answers_of_other_jobs_are_not() -> None:
    found = judge([(1, [FIRST]), (2, [FIRST, FIRST + 1]), (3, [FIRST + 2]), (3, [5])])
    assert (found["answered"], found["lost"], found["duplicated"]) == (3, 1, 1)


def test_out_of_order_is_seen_within_a_contact_only() -> None:
    contacts = 10
    swapped = [(1.0, [FIRST + contacts]), (2.0, [FIRST])]
    assert judge(swapped, 11)["out_of_order"] == 1
    assert judge([(1.0, [FIRST + 1]), (2.0, [FIRST])])["out_of_order"] == 0


def test_texts_carry_their_number_and_a_contact_keeps_its_channel() -> None:
    made = messages(TARGETS, contacts=3, first=FIRST)
    sent = [next(made) for _ in range(6)]
    assert [int(TOKEN.findall(s.payload.decode())[0]) for s in sent] == [FIRST + n for n in range(6)]
    assert [s.payload.split(b" ")[1] for s in sent[:3]] == [s.payload.split(b" ")[1] for s in sent[3:]]
    for one in sent:
        head, _, body = one.payload.partition(b"\r\n\r\n")
        assert int(head.rpartition(b": ")[2]) == len(body)
    assert b"NUMBER" not in sent[0].payload
    assert b"PHONE" not in sent[0].payload


async def test_the_driver_counts_what_was_accepted_and_what_was_not() -> None:
    seen = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(head.rpartition(b": ")[2]))
            seen += 1
            status = b"503 No" if seen % 10 == 0 else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\nok")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/a"
    target = [Target(url, {}, "one", "551199")]
    for job in (
        Job("closed", target, 0.3, FIRST, connections=4),
        Job("paced", target, 0.5, FIRST, rate=100, contacts=5),
    ):
        seen = 0
        result = await (closed(job) if job.mode == "closed" else paced(job))
        assert result.posted == seen > 10
        assert (result.refused, result.accepted) == (seen // 10, seen - seen // 10)
        assert len(result.posted_at) == (seen if job.mode == "paced" else 0)
    server.close()


def test_cpu_of_a_tree_counts_children() -> None:
    spin = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    pid = os.getpid()
    before = cpu.trees({"me": pid})["me"]
    own = time.process_time()
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", spin]) == 0
    own = time.process_time() - own
    assert 0.25 <= cpu.trees({"me": pid})["me"] - before - own < 3


def test_quantiles_are_milliseconds() -> None:
    assert quantiles([n / 1000 for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert quantiles([]) == {}
