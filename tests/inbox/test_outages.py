"""After an outage of ours, the provider's or the model's: what is stale goes to people, what dies again and again too,
and what was held back leaves in order and without a storm."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from evoai.inbox.repository import turns as turns_sql
from evoai.inbox.service.answer import Answerer
from evoai.inbox.service.deliver import settle_doubt
from evoai.kit.breaker import CircuitBreaker
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import (
    ANA,
    BIA,
    answered,
    deliveries,
    due_now,
    path_of,
    quiet,
    rest,
    state_is,
    switched,
    thinking,
    thoughts,
    turns,
)


async def test_I16_a_turn_whose_worker_dies_three_times_goes_to_people(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=30_000):
        clinic.says(ANA, "abacaxi azul")
        for death in range(1, 4):
            await thinking(clinic, "abacaxi azul", death)
            await _die(clinic)
        conversation = await state_is(clinic, ANA, "queued")
        await quiet(clinic)
    assert conversation["handoff"]["reason"] == "repeated-failure"
    (turn,) = await turns(clinic)
    assert (turn["deaths"], turn["outcome"]) == (3, "handed-over")
    (letter,) = await house.rows("select * from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    assert (letter["kind"], letter["ref_id"]) == ("turn", turn["id"])
    assert len(thoughts(clinic, "abacaxi azul")) == 3
    assert clinic.sent_to(ANA) == []


async def test_two_deaths_are_no_reason_to_give_up_and_a_lease_given_back_is_no_death(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=30_000):
        clinic.says(ANA, "abacaxi azul")
        for calls in range(1, 3):
            await thinking(clinic, "abacaxi azul", calls)
            await _die(clinic)
        for calls in range(3, 6):
            await thinking(clinic, "abacaxi azul", calls)
            # As a worker does that is told to stop: it gives back what it holds.
            await _die(clinic, lease_owner=None)
        await thinking(clinic, "abacaxi azul", 6)
        (turn,) = await turns(clinic)
        assert (turn["deaths"], turn["closed_at"]) == (2, None)
    await _die(clinic, lease_owner=None)
    await answered(clinic, ANA)
    await quiet(clinic)
    assert len(clinic.sent_to(ANA)) == 1


async def test_F05_that_the_database_went_away_is_not_the_turns_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await house.clinic()
    # More often than a turn may fail; and twice it cannot even be given back.
    writes = _went_away(monkeypatch, Answerer, "_write", 4)
    returns = _went_away(monkeypatch, turns_sql, "give_back", 2)
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA, seconds=30)
    await quiet(clinic)
    assert (writes, returns) == ([], [])
    (turn,) = await turns(clinic)
    assert (turn["attempts"], turn["deaths"], turn["outcome"]) == (0, 0, "answered")


def _went_away(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, times: int) -> list[int]:
    """Have a call lose its connection so many times; what is left of them."""
    left, real = list(range(times)), getattr(owner, name)

    async def call(*args: Any, **more: Any) -> Any:
        if left:
            left.pop()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return await real(*args, **more)

    monkeypatch.setattr(owner, name, call)
    return left


async def test_F11_a_turn_older_than_the_limit_is_not_answered_late(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=30_000):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        await house.rows(
            "update turns set opened_at = now() - interval '31 min' where tenant_id = $1 returning id",
            clinic.client.tenant_id,
        )
        await _die(clinic)
        conversation = await state_is(clinic, ANA, "queued")
        await quiet(clinic)
    assert conversation["handoff"]["reason"] == "waited-too-long"
    assert clinic.sent_to(ANA) == []


async def test_F12_webhooks_that_waited_too_long_for_a_worker_go_to_people(house: House) -> None:
    clinic = await house.clinic(quiet=0.3)
    # Stored 31 minutes ago, as far as anybody can tell, and not worked until now.
    await house.rows(
        "create or replace function app.backdate() returns trigger language plpgsql as $$ begin"
        f" if new.tenant_id = '{clinic.client.tenant_id}' then"
        " new.received_at = new.received_at - interval '31 min'; end if; return new; end $$"
    )
    await house.rows(
        "create trigger backdate before insert on channel_events for each row execute function app.backdate()"
    )
    try:
        await clinic.hook(_text(ANA, "abacaxi azul"))
        await clinic.hook(_text(ANA, "abacaxi verde"))
        conversation = await state_is(clinic, ANA, "queued")
    finally:
        await house.rows("drop trigger backdate on channel_events")
        await house.rows("drop function app.backdate()")
    await quiet(clinic)
    await rest(0.5)
    assert conversation["handoff"]["reason"] == "waited-too-long"
    assert [m["text"] for m in await clinic.messages(ANA)] == ["abacaxi azul", "abacaxi verde"]
    assert thoughts(clinic, "abacaxi") == []


async def test_an_answer_that_cannot_be_sent_in_time_is_withdrawn_and_a_person_is_told(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, error_rate=1.0, error_status=503):
        clinic.says(ANA, "abacaxi azul")
        await eventually(lambda: _has(clinic, state="ready"))
        await house.rows(
            "update deliveries set created_at = now() - interval '31 min' where tenant_id = $1 returning id",
            clinic.client.tenant_id,
        )
        conversation = await state_is(clinic, ANA, "queued")
    await quiet(clinic)
    (row,) = await deliveries(clinic)
    assert (row["state"], row["status"], row["error"]) == ("rejected", "failed", '{"code": "waited-too-long"}')
    assert conversation["handoff"]["reason"] == "waited-too-long"
    await rest(0.5)
    assert clinic.sent_to(ANA) == []


async def test_F06_a_provider_that_was_down_is_left_alone_and_met_gently_when_it_is_back(house: House) -> None:
    clinic = await house.clinic()
    phones = [f"55119{81000000 + n}" for n in range(30)]
    before = house.resources.breaker
    house.resources.breaker = CircuitBreaker(house.resources.redis, rest=2, look=0.1, gentle=20, pace=4)
    try:
        async with switched(house, error_rate=1.0, error_status=503):
            for phone in phones:
                clinic.says(phone, "bom dia")
                clinic.says(phone, "abacaxi azul")
            await eventually(lambda: _has(clinic, count=len(phones)), 30)
            await eventually(lambda: not house.resources.breaker.closed(clinic.channel_id), 10)
            began = await _attempts(clinic)
            for _ in range(12):
                await due_now(clinic)
                await rest(0.5)
            assert await _attempts(clinic) - began <= 6, "one probe a rest, however much is due"
            assert {row["state"] for row in await deliveries(clinic)} <= {"ready", "attempting"}
        times: list[float] = []

        async def drained() -> bool:
            await due_now(clinic)
            times[:] = sorted(entry.at for phone in phones for entry in clinic.sent_to(phone))
            return len(times) >= len(phones)

        await eventually(drained, 60, 0.3)
    finally:
        house.resources.breaker = before
    await quiet(clinic, 30)
    assert [len(clinic.sent_to(phone)) for phone in phones] == [1] * len(phones)
    busiest = max(sum(at <= other < at + 1 for other in times) for at in times)
    assert busiest <= 11, "a burst of five, four a second, and what the probe let through"


async def test_I6_a_send_whose_channel_cannot_be_opened_does_not_stay_in_doubt(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, drop_answers=1.0):
        house.sim.set(clinic.instance, silent=True)
        await clinic.hook(_text(ANA, "abacaxi azul"))
        await answered(clinic, ANA)
        sealed = (await house.row("select secrets_enc from channels where id = $1", UUID(clinic.channel_id)))[0]
        await _seal(clinic, b"damaged")
        await quiet(clinic, 40)
    (row,) = await deliveries(clinic)
    assert (row["state"], row["status"], row["attempt"]) == ("uncertain", "uncertain", 1)
    await _seal(clinic, sealed)
    await house.resources.redis.ping()
    # Its echo, late: evidence counts whenever it comes.
    house.sim.set(clinic.instance, silent=False)
    (entry,) = clinic.sent_to(ANA)
    echo = _text(ANA, entry.text, entry.id) | {"event": "send.message"}
    echo["data"]["key"]["fromMe"] = True
    await clinic.hook(echo)
    await eventually(lambda: _has(clinic, state="sent"))
    assert (await deliveries(clinic))[0]["evidence"] == "echo"


async def test_I6_doubt_is_measured_from_the_last_try(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, drop_answers=1.0):
        house.sim.set(clinic.instance, silent=True)
        await clinic.hook(_text(ANA, "abacaxi azul"))
        await answered(clinic, ANA)
        # An old message, tried a moment ago, at a provider that answers nothing just now.
        async with switched(house, error_rate=1.0, error_status=502):
            await house.rows(
                "update deliveries set created_at = created_at - interval '20 min', due_at = now()"
                " where tenant_id = $1 returning id",
                clinic.client.tenant_id,
            )
            (row,) = await deliveries(clinic)
            await settle_doubt(house.resources, row["tenant_id"], row["id"])
            assert (await deliveries(clinic))[0]["state"] == "attempting"
    await quiet(clinic, 30)
    (row,) = await deliveries(clinic)
    assert (row["state"], row["evidence"]) == ("sent", "lookup")
    assert len(clinic.sent_to(ANA)) == 1


async def test_two_equal_sends_in_doubt_need_an_echo_each(house: House) -> None:
    clinic = await house.clinic()
    for phone in (ANA, BIA):
        clinic.says(phone, "quero falar com um atendente")
        await state_is(clinic, phone, "queued")
    await quiet(clinic)
    path = await path_of(clinic, ANA)
    house.sim.set(clinic.instance, silent=True)
    async with switched(house, drop_answers=1.0):
        for _ in range(2):
            await clinic.client.post(f"{path}/messages", {"text": "Bom dia", "client_id": uuid4().hex})
        await quiet(clinic, 40)
    rows = [row for row in await deliveries(clinic) if row["text"] == "Bom dia"]
    assert [(row["state"], row["attempt"]) for row in rows] == [("sent", 1)] * 2
    assert len({row["provider_ref"] for row in rows}) == 2
    assert [entry.text for entry in clinic.sent_to(ANA)].count("Bom dia") == 2


async def _die(clinic: Clinic, lease_owner: str | None = "dead") -> None:
    """As the worker's death leaves the conversation: with a lease that nobody renews, which has run out."""
    house = clinic.house
    rows = await house.rows(
        "update conversations set fence = fence + 1, lease_owner = $2, lease_until = now() - interval '1 s'"
        " where tenant_id = $1 and lease_owner is not null returning id, fence",
        clinic.client.tenant_id,
        lease_owner,
    )
    for row in rows:
        house.worker.path.cancel(row["id"], row["fence"])


def _text(phone: str, text: str, provider_id: str | None = None) -> dict[str, Any]:
    key = {"remoteJid": f"{phone}@s.whatsapp.net", "fromMe": False, "id": provider_id or uuid4().hex.upper()}
    data = {"key": key, "pushName": "Ana", "message": {"conversation": text}, "messageType": "conversation"}
    return {"event": "messages.upsert", "data": data}


async def _has(clinic: Clinic, *, state: str | None = None, count: int = 1) -> bool:
    return sum(state in (None, row["state"]) for row in await deliveries(clinic)) >= count


async def _attempts(clinic: Clinic) -> int:
    return sum(row["attempt"] for row in await deliveries(clinic))


async def _seal(clinic: Clinic, sealed: bytes) -> None:
    await clinic.house.rows(
        "update channels set secrets_enc = $2 where id = $1 returning id", UUID(clinic.channel_id), sealed
    )
    clinic.house.resources.lines.forget(clinic.client.tenant_id, UUID(clinic.channel_id))
