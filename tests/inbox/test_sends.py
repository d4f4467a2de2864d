"""The send state machine: nothing is said twice, and what may be unsaid is settled by evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from evoai.kit.breaker import CircuitBreaker
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import (
    ANA,
    BIA,
    answered,
    deliveries,
    due_now,
    locked,
    messages_used,
    path_of,
    quiet,
    rest,
    said_by_people,
    state_is,
    switched,
    thinking,
    waits_for_lock,
)


async def test_I5_a_hang_up_after_the_provider_took_it_sends_nothing_twice(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, hang_up_after_accept=1.0):
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        await quiet(clinic)
    await rest(1)
    assert len(clinic.sent_to(ANA)) == 1
    (row,) = await deliveries(clinic)
    assert (row["state"], row["attempt"], row["evidence"] in ("echo", "receipt")) == ("sent", 1, True)


async def test_I5_without_echo_or_receipt_the_provider_is_asked(house: House) -> None:
    clinic = await house.clinic()
    for fault in ("hang_up_after_accept", "accept_then_400"):
        async with switched(house, **{fault: 1.0}):
            clinic.says(ANA, f"abacaxi {fault}")
            await eventually(lambda: clinic.sent_to(ANA))
            # From here on the provider tells us nothing by itself.
            house.sim.set(clinic.instance, silent=True)
            await quiet(clinic)
            house.sim.set(clinic.instance, silent=False)
    await rest(1)
    assert len(clinic.sent_to(ANA)) == 2
    assert [(row["state"], row["attempt"]) for row in await deliveries(clinic)] == [("sent", 1)] * 2


async def test_I5_a_person_s_message_whose_answer_is_lost_is_found_at_the_provider(house: House) -> None:
    clinic, path = await _queued(house)
    async with switched(house, drop_answers=1.0):
        house.sim.set(clinic.instance, silent=True)
        written = await clinic.client.post(f"{path}/messages", said_by_people("Aqui é a Ana"))
        assert written.status == 201
        await quiet(clinic)
    rows = await deliveries(clinic)
    assert [(row["state"], row["evidence"], row["attempt"]) for row in rows[-1:]] == [("sent", "lookup", 1)]
    assert [entry.text for entry in clinic.sent_to(ANA)].count("Aqui é a Ana") == 1


async def test_an_answer_that_the_provider_denies_twice_is_sent_again(house: House) -> None:
    clinic, path = await _queued(house)
    async with switched(house, error_rate=1.0, error_status=500):
        written = await clinic.client.post(f"{path}/messages", said_by_people("Aqui é a Ana"))
        assert written.status == 201
        await eventually(lambda: _attempted(clinic, 1))
    await quiet(clinic)
    rows = await deliveries(clinic)
    assert (rows[-1]["state"], rows[-1]["attempt"]) == ("sent", 2)
    assert [entry.text for entry in clinic.sent_to(ANA)].count("Aqui é a Ana") == 1


async def test_503_and_a_refused_connection_prove_that_nothing_arrived_and_are_tried_again(house: House) -> None:
    clinic, path = await _queued(house)
    async with switched(house, error_rate=1.0, error_status=503):
        written = await clinic.client.post(f"{path}/messages", said_by_people("Aqui é a Ana"))
        assert written.status == 201
        await eventually(lambda: _attempted(clinic, 2))
    await quiet(clinic)
    (row,) = (await deliveries(clinic))[-1:]
    assert row["state"] == "sent"
    assert row["attempt"] >= 3
    assert [entry.text for entry in clinic.sent_to(ANA)].count("Aqui é a Ana") == 1


async def test_a_provider_that_is_down_is_sent_to_once_when_it_is_back(house: House) -> None:
    clinic, path = await _queued(house)
    instance = house.sim.instance(clinic.instance)
    # The channel is moved to a port where nobody listens.
    await _move(clinic, "http://127.0.0.1:9")
    written = await clinic.client.post(f"{path}/messages", said_by_people("Aqui é a Ana"))
    assert written.status == 201
    await eventually(lambda: _attempted(clinic, 1))
    assert (await deliveries(clinic))[-1]["state"] in ("ready", "attempting")
    await _move(clinic, house.sim.evolution_url)
    await quiet(clinic, 30)
    assert instance.state == "open"
    assert [entry.text for entry in clinic.sent_to(ANA)].count("Aqui é a Ana") == 1


async def test_I6_where_nothing_can_be_asked_the_send_is_shown_as_uncertain_and_never_repeated(house: House) -> None:
    clinic, path = await _queued(house)
    async with switched(house, hang_up_after_accept=1.0):
        house.sim.set(clinic.instance, silent=True)
        written = await clinic.client.post(f"{path}/messages", said_by_people("Aqui é a Ana"))
        await eventually(lambda: _attempted(clinic, 1))
        await eventually(lambda: len(clinic.sent_to(ANA)) == 2)
        # And now it cannot be asked either.
        await _move(clinic, "http://127.0.0.1:9")
        await quiet(clinic, 30)
        await _move(clinic, house.sim.evolution_url)
    message = next(m for m in await clinic.messages(ANA) if m["id"] == written["id"])
    assert (message["status"], message["error"]["code"]) == ("uncertain", "no-evidence")
    await rest(1.5)
    assert len(clinic.sent_to(ANA)) == 2
    house.sim.set(clinic.instance, silent=False)
    again = await clinic.client.post(f"/messages/{written['id']}/resend", {})
    assert again.status == 200
    await quiet(clinic)
    assert len(clinic.sent_to(ANA)) == 3


async def test_a_long_answer_goes_in_bubbles_in_order_and_each_counts(house: House) -> None:
    clinic = await house.clinic(quiet=0.8)
    used = await messages_used(clinic)
    for n in range(12):
        clinic.says(ANA, f"palavra{n:02d}x " + "muito " * 40)
    await answered(clinic, ANA)
    await quiet(clinic)
    said = [entry.text for entry in clinic.sent_to(ANA)]
    rows = await deliveries(clinic)
    assert 1 < len(said) <= 4
    assert said == [row["text"] for row in rows]
    together = "\n".join(said)
    assert [together.count(f"palavra{n:02d}x") for n in range(12)] == [1] * 12
    assert await messages_used(clinic) == used + len(said)
    assert len({row["message_id"] for row in rows}) == len(said)


async def test_each_further_bubble_is_typed_before_it_comes(house: House) -> None:
    clinic, timers = await house.clinic(quiet=0.8), house.resources.timers
    # Its length would take longer: the longest that a bubble is typed holds.
    house.resources.timers = replace(timers, typing_longest=1.0, typing_speed=10)
    try:
        for n in range(12):
            clinic.says(ANA, f"palavra{n:02d}x " + "muito " * 40)
        await answered(clinic, ANA)
        await quiet(clinic)
    finally:
        house.resources.timers = timers
    log = [entry for entry in house.sim.log if entry.instance == clinic.instance and entry.kind in ("presence", "send")]
    sent = [place for place, entry in enumerate(log) if entry.kind == "send" and entry.accepted]
    assert len(sent) > 1
    for before, place in pairwise(sent):
        assert any(entry.kind == "presence" for entry in log[before + 1 : place])
        assert 0.8 < log[place].at - log[before].at < 10


async def test_bubbles_wait_for_the_one_before_them_whatever_becomes_of_it(house: House) -> None:
    clinic = await house.clinic(quiet=0.8)
    async with switched(house, hang_up_after_accept=0.5, latency_ms=50):
        for n in range(12):
            clinic.says(ANA, f"palavra{n:02d}x " + "muito " * 40)
        await answered(clinic, ANA)
        await quiet(clinic, 40)
    said = [entry.text for entry in clinic.sent_to(ANA)]
    assert said == [row["text"] for row in await deliveries(clinic)]


async def test_one_contact_s_doubtful_send_holds_up_nobody_else(house: House) -> None:
    clinic, timers = await house.clinic(), house.resources.timers
    # However slow the machine, the doubt lasts until Bia is answered.
    house.resources.timers = replace(timers, settle=300)
    try:
        async with switched(house, drop_answers=1.0):
            house.sim.set(clinic.instance, silent=True)
            await clinic.hook(_message("3EB0ANA", ANA, "abacaxi azul"))
            await answered(clinic, ANA)
        house.sim.set(clinic.instance, silent=False)
        clinic.says(BIA, "bicicleta verde")
        await answered(clinic, BIA)
        assert (await deliveries(clinic))[0]["state"] == "attempting"
    finally:
        house.resources.timers = timers

    async def settled() -> bool:
        await house.rows(
            "update deliveries set due_at = now() where tenant_id = $1 and state = 'attempting' returning id",
            clinic.client.tenant_id,
        )
        return (await deliveries(clinic))[0]["state"] == "sent"

    await eventually(settled)
    await quiet(clinic)


async def test_while_the_channel_s_breaker_is_open_nothing_is_tried_and_nothing_is_lost(house: House) -> None:
    clinic, path = await _queued(house)
    before, breaker = house.resources.breaker, CircuitBreaker(house.resources.redis, rest=2, look=0.1)
    house.resources.breaker = breaker
    try:
        for _ in range(5):
            breaker.record(clinic.channel_id, False)
        assert not breaker.allows(clinic.channel_id)
        written = await clinic.client.post(f"{path}/messages", said_by_people("Aqui é a Ana"))
        assert written.status == 201
        await rest(1)
        row = (await deliveries(clinic))[-1]
        assert (row["state"], row["attempt"]) == ("ready", 0)
        assert row["due_at"] - row["created_at"] > timedelta(seconds=10), "it comes back later, not at once"
        assert len(clinic.sent_to(ANA)) == 1

        async def sent() -> bool:
            await due_now(clinic)
            return len(clinic.sent_to(ANA)) == 2

        await eventually(sent, 20, 0.5)
        await quiet(clinic)
    finally:
        house.resources.breaker = before
    assert [entry.text for entry in clinic.sent_to(ANA)][1:] == ["Aqui é a Ana"]


async def _queued(house: House) -> tuple[Clinic, str]:
    clinic = await house.clinic()
    clinic.says(ANA, "quero falar com um atendente")
    await state_is(clinic, ANA, "queued")
    await answered(clinic, ANA)
    await quiet(clinic)
    return clinic, await path_of(clinic, ANA)


async def _attempted(clinic: Clinic, times: int) -> bool:
    rows = await deliveries(clinic)
    return len(rows) > 1 and rows[-1]["attempt"] >= times


async def _move(clinic: Clinic, base_url: str) -> None:
    """Point the channel elsewhere, behind the product's back."""
    await clinic.house.rows(
        "update channels set config = config || jsonb_build_object('base_url', $2::text) where id = $1 returning id",
        UUID(clinic.channel_id),
        base_url,
    )
    clinic.house.resources.lines.forget(clinic.client.tenant_id, UUID(clinic.channel_id))


def _message(message_id: str, phone: str, text: str) -> dict[str, object]:
    return {
        "event": "messages.upsert",
        "data": {
            "key": {"remoteJid": f"{phone}@s.whatsapp.net", "fromMe": False, "id": message_id},
            "pushName": "Ana",
            "message": {"conversation": text},
            "messageType": "conversation",
        },
    }


async def test_I3_an_answer_that_waited_for_the_conversation_is_sent_after_what_was_written_meanwhile(
    house: House,
) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=600):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        tenant_id = clinic.client.tenant_id
        async with locked(clinic, "select id from conversations where tenant_id = $1 for update") as conn:
            # The answer's commit waits for the conversation, into which somebody writes.
            await eventually(lambda: waits_for_lock(clinic, "with held as"), 5, 0.01)
            await conn.execute("update conversations set seq = seq + 1 where tenant_id = $1", tenant_id)
            await conn.execute(
                "insert into messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, text,"
                " status, created_at) select tenant_id, id, id, channel_id, seq, 'out', 'agent', 'text', 'Um momento',"
                " 'queued', now() from conversations where tenant_id = $1",
                tenant_id,
            )
            await conn.execute(
                "insert into deliveries (tenant_id, id, message_id, conversation_id, channel_id, seq, body_hash, state,"
                " due_at, created_at) select tenant_id, id, id, id, channel_id, seq, '', 'ready', now(), now()"
                " from conversations where tenant_id = $1",
                tenant_id,
            )
        said = await answered(clinic, ANA, 2)
    assert said[0] == "Um momento"
    assert "“abacaxi azul”" in said[1]
