"""That the bench sees what it should see: lost, duplicated and disordered answers, CPU of process trees, medians."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time

import pytest

from tests.bench import cpu
from tests.bench.driver import MIX, Asks, Hooks, Job, Place, Target, calls, drive, messages
from tests.bench.figures import MODEL_MS, TOKEN, Figure, Seen, cost, medians, quantiles, verdict
from tests.bench.wire import Result

TARGETS = [
    Target("http://127.0.0.1:1/hooks/a", {"X-Hook-Token": "s"}, "one", "551199"),
    Target("http://127.0.0.1:1/hooks/b", {}, "two", "551198"),
]
IDLE = dict.fromkeys(("api", "worker", "postgres", "redis", "simulator"), 0.0)
FIRST = 1_000_000


def seen(sends: list[tuple[float, list[int]]], posted: int = 4) -> Seen:
    """`posted` messages at times 0, 1, 2 …, by ten contacts who take turns."""
    times = [float(n) for n in range(posted)]
    result = Result(posted, posted, 0, 1.0, [0.01] * posted, [""] * posted, {200: posted}, times, 0.004)
    return Seen(Hooks(TARGETS, FIRST, 10), result, sends)


def judge(sends: list[tuple[float, list[int]]], posted: int = 4) -> Figure:
    return verdict(seen(sends, posted))


def test_each_message_answered_once_in_order() -> None:
    found = judge([(n + 0.35, [FIRST + n]) for n in range(4)])
    assert (found["answered"], found["lost"], found["duplicated"], found["out_of_order"]) == (4, 0, 0, 0)
    assert found["less_model_ms"] == {"p50": pytest.approx(350 - MODEL_MS), "p95": 50.0, "p99": 50.0}
    assert (found["answered_per_s"], found["last_answer_s"]) == (1.0, 3.35)


def test_lost_and_duplicated_are_counted_and_answers_of_other_jobs_are_not() -> None:
    found = judge([(1, [FIRST]), (2, [FIRST, FIRST + 1]), (3, [FIRST + 2]), (3, [5])])
    assert (found["answered"], found["lost"], found["duplicated"]) == (3, 1, 1)


def test_out_of_order_is_seen_within_a_contact_only() -> None:
    contacts = 10
    assert judge([(1.0, [FIRST + contacts]), (2.0, [FIRST])], 11)["out_of_order"] == 1
    assert judge([(1.0, [FIRST + 1]), (2.0, [FIRST])])["out_of_order"] == 0


def test_cost_is_per_answered_message_and_the_fakes_apart() -> None:
    found = cost(IDLE, {**IDLE, "api": 0.008, "simulator": 0.002}, [seen([])], 4)
    assert found["cpu_ms"] == {"api": 2.0, "worker": 0.0, "postgres": 0.0, "redis": 0.0, "total": 2.0}
    assert found["fakes_cpu_ms"] == {"simulator": 0.5, "driver": 1.0}


def test_medians_of_runs_and_sums_of_what_must_not_happen() -> None:
    runs: list[Figure] = [
        {"figure": "path", "lost": lost, "less_model_ms": {"p95": p95}, "what": "so"}
        for lost, p95 in ((0, 10.0), (1, 90.0), (0, 20.0))
    ]
    assert medians(runs) == {"figure": "path", "runs": 3, "lost": 1, "less_model_ms": {"p95": 20.0}, "what": "so"}


def test_texts_carry_their_number_and_a_contact_keeps_its_channel() -> None:
    sent = list(itertools.islice(messages(Hooks(TARGETS, FIRST, contacts=3)), 6))
    assert [int(TOKEN.findall(s.payload.decode())[0]) for s in sent] == [FIRST + n for n in range(6)]
    assert [s.payload.split(b" ")[1] for s in sent[:3]] == [s.payload.split(b" ")[1] for s in sent[3:]]
    for one in sent:
        head, _, body = one.payload.partition(b"\r\n\r\n")
        assert int(head.rpartition(b": ")[2]) == len(body)
    assert b"NUMBER" not in sent[0].payload
    assert b"PHONE" not in sent[0].payload


def test_the_mix_reads_writes_and_searches_in_its_shares() -> None:
    places = [Place(["v0"], ["v0"], ["c0"]), Place([], [], [])]
    job = Asks("http://127.0.0.1:1", [("full", 0), ("empty", 1)], places)
    made = list(itertools.islice(calls(job), 4000))
    for name, share in (("read", 0.8), ("write", 0.15), ("search", 0.05)):
        assert sum(one.kind.startswith(name) for one in made) / 4000 == pytest.approx(share, abs=0.03)
    assert {one.kind for one in made} == set(MIX)
    assert any(one.payload.startswith(b"PATCH /api/v1/contacts/c0 ") for one in made)
    # Who has nothing writes nothing, and nobody asks for what another tenant has.
    assert all(b"v0" not in one.payload and b"c0" not in one.payload for one in made if b"Bearer empty" in one.payload)


async def test_the_driver_counts_what_was_accepted_and_what_was_not() -> None:
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(head.rpartition(b": ")[2]))
            asked += 1
            status = b"503 No" if asked % 10 == 0 else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\nok")

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/a"
    source = Hooks([Target(url, {}, "one", "551199")], FIRST, 5)
    for job in (Job("closed", source, 0.3, connections=4), Job("paced", source, 0.5, rate=100)):
        asked = 0
        result = await drive(job)
        assert result.posted == asked > 10
        assert (result.refused, result.accepted) == (asked // 10, asked - asked // 10)
        assert result.statuses == {200: result.accepted, 503: result.refused}
        assert len(result.posted_at) == (asked if job.mode == "paced" else 0)
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
