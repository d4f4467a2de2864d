"""Counted things stay exact, and a key stands for one effect, whoever dies and however often a client asks again."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from uuid import uuid4

import aiohttp
import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, Rig, kill, rig_of
from tests.house import Answer, Client

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]

PARALLEL = 50


@pytest.mark.full
async def test_F13_quotas_are_exact_while_processes_die(servers: Embedded, seed: int, report: Report) -> None:
    rounds = 20 if FULL else 1
    async with rig_of(servers, "f13", seed=seed, retry_time_factor=0.1, env={"SIGNUP_PLAN": "business"}) as rig:
        await rig.up(2)
        seen: Counter[str] = Counter()
        for _ in range(rounds):
            # A key whose process died over the network frees itself after a minute.
            for kind in (_people, _channels) if FULL else (_people,):
                seen.update(await kind(rig))
            seen.update(await _answers(rig))
        await rig.drained(60)
        verdict = await check(rig, answered=False)
        report(**verdict.line(), restarts=rig.restarts, **seen)
        verdict.holds()
        assert rig.restarts == rounds * (3 if FULL else 2)


async def _people(rig: Rig) -> Counter[str]:
    """Contacts made through the API, a little over the limit."""
    client = await rig.house.sign_up()
    await _limit(rig, client, "contacts", 40)
    bodies = [{"name": f"Pessoa {n}", "phone": f"+{phone_of(n)}"} for n in range(PARALLEL)]
    statuses = await _together(rig, client, "/contacts", bodies)
    used, lim = await _quota(rig, client, "contacts")
    (row,) = await rig.house.rows("select count(*) as n from contacts where tenant_id = $1", client.tenant_id)
    assert used == row["n"] == lim == statuses[201], (used, row["n"], lim, statuses)
    return Counter({f"contacts {status}": count for status, count in statuses.items()})


async def _channels(rig: Rig) -> Counter[str]:
    """Channels, whose making needs the network: what a crash leaves half-made holds no room."""
    client = await rig.house.sign_up()
    await _limit(rig, client, "channels", 5)
    config = {"base_url": rig.house.sim.evolution_url, "api_key": "simulator-key"}
    bodies = [{"name": f"Número {n}", "provider": "evolution", "config": config} for n in range(10)]
    statuses = await _together(rig, client, "/channels", bodies)
    used, lim = await _quota(rig, client, "channels")
    (row,) = await rig.house.rows(
        "select count(*) as n from channels where tenant_id = $1 and deleted_at is null", client.tenant_id
    )
    assert used == row["n"] == lim == statuses[201], (used, row["n"], lim, statuses)
    return Counter({f"channels {status}": count for status, count in statuses.items()})


async def _answers(rig: Rig) -> Counter[str]:
    """Answers of the assistant: who finds no room goes to people."""
    clinic = await rig.house.clinic()
    await _limit(rig, clinic.client, "messages", 30)
    for n in range(PARALLEL):
        rig.history.says(clinic, phone_of(n))
    await asyncio.sleep(rig.history.random.uniform(0.05, 0.5))
    await asyncio.to_thread(kill, rig.of("worker")[0])
    await rig.drained(60)
    used, lim = await _quota(rig, clinic.client, "messages")
    (row,) = await rig.house.rows(
        "select count(*) filter (where m.direction = 'out') as said,"
        " (select count(*) from conversations v where v.tenant_id = $1 and v.handoff_reason = 'plan-limit') as queued"
        " from messages m where m.tenant_id = $1",
        clinic.client.tenant_id,
    )
    assert used == row["said"] == lim, (used, row["said"], lim)
    assert row["queued"] == PARALLEL - lim
    return Counter({"admitted": used, "queued": row["queued"]})


async def _limit(rig: Rig, client: Client, kind: str, lim: int) -> None:
    await rig.house.rows(
        "update quotas set lim = $3 where tenant_id = $1 and kind = $2 returning id", client.tenant_id, kind, lim
    )


async def _quota(rig: Rig, client: Client, kind: str) -> tuple[int, int]:
    row = await rig.house.row("select used, lim from quotas where tenant_id = $1 and kind = $2", client.tenant_id, kind)
    return row["used"], row["lim"]


async def _together(rig: Rig, client: Client, path: str, bodies: list[dict[str, object]]) -> Counter[int]:
    """Post all at once, each with its key, while the API dies; who hears nothing asks again. How each ended."""
    (api,) = rig.of("api")

    async def die() -> None:
        await asyncio.sleep(rig.history.random.uniform(0.02, 0.3))
        await asyncio.to_thread(kill, api)

    answers = await asyncio.gather(*(_persist(client, path, body, uuid4().hex) for body in bodies), die())
    await rig.live()
    return Counter(answer.status for answer in answers if answer is not None)


async def _persist(client: Client, path: str, body: dict[str, object], key: str, patience: float = 30) -> Answer:
    """Ask until there is an answer that is one: not silence, nor `come again`."""
    async with asyncio.timeout(90):
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(patience):
                    answer = await client.post(path, body, idempotency_key=key)
                if answer.status < 500 and not (answer.status == 409 and "in-progress" in answer.body["code"]):
                    return answer
            patience = max(1.0, patience)
            await asyncio.sleep(0.25)


async def test_F15_a_key_has_one_effect_whoever_gave_up_on_it(servers: Embedded, seed: int, report: Report) -> None:
    keys, parallel = (100, 10) if FULL else (10, 10)
    async with rig_of(servers, "f15", seed=seed) as rig:
        await rig.start_api()
        client = await rig.house.sign_up()
        rand = rig.history.random

        async def one(number: int) -> None:
            """Ten clients with one key; some hear nothing in time and ask again."""
            key, body = uuid4().hex, {"name": f"Pessoa {number}", "phone": f"+{phone_of(number)}"}
            answers = await asyncio.gather(
                *(_persist(client, "/contacts", body, key, rand.choice((0.005, 0.02, 5))) for _ in range(parallel))
            )
            assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers]
            assert len({answer["id"] for answer in answers}) == 1

        for start in range(0, keys, 5):
            await asyncio.gather(*(one(n) for n in range(start, start + 5)))
        rows = await rig.house.rows("select count(*) as n from contacts where tenant_id = $1", client.tenant_id)
        report(operations=keys * parallel, keys=keys, effects=rows[0]["n"])
        assert rows[0]["n"] == keys
        used, _ = await _quota(rig, client, "contacts")
        assert used == keys
