"""Processes and servers are killed while a contact waits; what was accepted is answered once, without any help."""

from __future__ import annotations

import asyncio
import signal
from time import monotonic, time

import pytest

from evoai.embedded import Embedded
from tests.faults.checker import check
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import Rig, kill, rig_of
from tests.house import Clinic, eventually
from tests.inbox.scenes import ANA, BIA, answered, quiet, thinking, thoughts

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]

SOON = 120
"""Seconds within which a crashed part must have recovered."""


@pytest.mark.full
async def test_F02_fifty_turns_of_a_killed_worker_are_taken_up_by_another(servers: Embedded, report: Report) -> None:
    async with rig_of(servers, "f02", timers=None) as rig:
        await rig.start_api()
        holder = await rig.start_worker()
        clinic = await rig.house.clinic()
        rig.house.sim.set(model_ms=20_000)
        for n in range(50):
            rig.history.says(clinic, phone_of(n))
        await eventually(lambda: len(rig.house.sim.log.model_calls()) >= 50, 15)
        other = await rig.start_worker()
        kill(holder)
        killed = time()
        rig.house.sim.set(model_ms=20)
        await rig.drained(SOON + 30)
        waits = sorted(entry.at - killed for entry in rig.house.sim.sends())
        verdict = await check(rig)
        report(**verdict.line(), p95=round(waits[int(len(waits) * 0.95)], 1), longest=round(waits[-1], 1))
        verdict.holds()
        assert waits[-1] < SOON
        assert other.poll() is None


async def test_I1_an_api_killed_right_after_it_accepted_a_webhook_loses_nothing(servers: Embedded) -> None:
    async with rig_of(servers, "f_api", timers=None) as rig:
        api = await rig.start_api()
        await rig.start_worker()
        clinic = await rig.house.clinic()
        body = {
            "event": "messages.upsert",
            "data": {
                "key": {"remoteJid": f"{ANA}@s.whatsapp.net", "fromMe": False, "id": "3EB0KILLED"},
                "pushName": "Ana",
                "message": {"conversation": "abacaxi azul"},
                "messageType": "conversation",
            },
        }
        rig.house.sim.world.person(ANA)
        accepted = await clinic.hook(body)
        kill(api)
        assert accepted.status == 200
        await rig.start_api()
        # The provider does not know that it was heard, and comes again.
        assert (await clinic.hook(body)).status == 200
        await _answered_once(clinic, "abacaxi azul")


@pytest.mark.full
async def test_F04_redis_emptied_and_then_killed_costs_seconds_and_no_message(servers: Embedded) -> None:
    async with rig_of(servers, "f_redis", timers=None) as rig:
        await rig.start_api()
        await rig.start_worker()
        clinic = await rig.house.clinic()
        rig.house.sim.set(model_ms=1500)
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        await _flush(rig)
        clinic.says(BIA, "bicicleta verde")
        await _answered_once(clinic, "abacaxi azul")
        await _answered_once(clinic, "bicicleta verde", BIA)

        await asyncio.to_thread(servers.kill_redis)
        began = monotonic()
        clinic.says(ANA, "caneta roxa")
        await answered(clinic, ANA, 2, 60)
        assert monotonic() - began < 60, "without Redis the sweep works what is due itself"
        await asyncio.to_thread(servers.start_redis)
        clinic.says(ANA, "dado amarelo")
        await answered(clinic, ANA, 3, 60)
        await quiet(clinic, 120)
        said = [entry.text for entry in clinic.sent_to(ANA)]
        assert ["“caneta roxa”" in said[1], "“dado amarelo”" in said[2], len(said)] == [True, True, 3]


@pytest.mark.full
async def test_F05_a_database_that_goes_at_once_and_comes_back_is_answered_from_without_help(
    servers: Embedded,
) -> None:
    async with rig_of(servers, "f_postgres", timers=None, retry_time_factor=0.2) as rig:
        api = await rig.start_api()
        worker = await rig.start_worker()
        clinic = await rig.house.clinic()
        rig.house.sim.set(model_ms=2000)
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        await asyncio.to_thread(servers.restart_postgres, mode="immediate")
        began = monotonic()
        clinic.says(BIA, "bicicleta verde")
        rig.house.sim.set(model_ms=20)
        await _answered_once(clinic, "abacaxi azul")
        await _answered_once(clinic, "bicicleta verde", BIA)
        assert monotonic() - began < SOON
        assert (api.poll(), worker.poll()) == (None, None)


async def test_a_worker_asked_to_stop_ends_what_it_thinks_and_leaves_at_once(servers: Embedded) -> None:
    async with rig_of(servers, "f_drain", timers=None) as rig:
        await rig.start_api()
        worker = await rig.start_worker()
        clinic = await rig.house.clinic()
        rig.house.sim.set(model_ms=2500)
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        worker.send_signal(signal.SIGTERM)
        began = monotonic()
        await eventually(lambda: worker.poll() is not None, 30, 0.1)
        assert worker.returncode == 0
        assert monotonic() - began < 15
        assert len(clinic.sent_to(ANA)) == 1, "the turn that ran was ended"
        assert len(thoughts(clinic, "abacaxi azul")) == 1


@pytest.mark.full
async def test_a_stopping_worker_gives_back_turns_whose_window_is_open(servers: Embedded) -> None:
    async with rig_of(servers, "f_release", timers=None) as rig:
        await rig.start_api()
        worker = await rig.start_worker()
        clinic = await rig.house.clinic(quiet=4)
        clinic.says(ANA, "abacaxi azul")
        await eventually(lambda: _open_turns(clinic))
        await rig.start_worker()
        began = monotonic()
        worker.send_signal(signal.SIGTERM)
        await _answered_once(clinic, "abacaxi azul")
        assert monotonic() - began < 25, "it was not waited for the lease to run out"


async def _answered_once(clinic: Clinic, words: str, phone: str = ANA) -> None:
    await answered(clinic, phone, 1, SOON)
    await quiet(clinic, SOON)
    said = [entry.text for entry in clinic.sent_to(phone)]
    assert len(said) == 1, said
    assert f"“{words}”" in said[0]
    rows = [m for m in await clinic.messages(phone) if m["direction"] == "in"]
    assert [m["text"] for m in rows] == [words]


async def _open_turns(clinic: Clinic) -> bool:
    rows = await clinic.house.rows("select id from turns where closed_at is null")
    return len(rows) == 1


async def _flush(rig: Rig) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(rig.servers.redis_url) as redis:
        await redis.flushall()
