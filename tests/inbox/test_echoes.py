"""What comes back of our own sends, and what the owner writes on the phone."""

from __future__ import annotations

from typing import Any

from tests.house import Clinic, House, eventually
from tests.inbox.scenes import (
    ANA,
    answered,
    deliveries,
    edit,
    locked,
    quiet,
    rest,
    state_is,
    switched,
    thinking,
    turns,
    waits_for_lock,
)


async def test_ticks_climb_to_read_and_our_own_echo_makes_no_second_message(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, read_ms=300):
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        await eventually(lambda: _last_status(clinic, "read"))
    assert len(await clinic.messages(ANA)) == 2
    echoes = [row for row in await clinic.events() if row["kind"] == "send.message"]
    assert [(row["state"], row["reason"]) for row in echoes] == [("ignored", "echo")]
    (delivery,) = await deliveries(clinic)
    assert (delivery["state"], delivery["attempt"]) == ("sent", 1)


async def test_receipts_that_outrun_the_answer_are_parked_and_applied(house: House) -> None:
    clinic = await house.clinic()
    # The answer to the send never comes, so our message learns its provider id late, by the echo.
    async with switched(house, drop_answers=1.0, hook_delay_ms=0, server_ack_ms=0, delivery_ack_ms=0, read_ms=0):
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        await eventually(lambda: _last_status(clinic, "read"))
    await quiet(clinic)
    assert len(clinic.sent_to(ANA)) == 1
    assert await house.rows("select id from parked_updates where tenant_id = $1", clinic.client.tenant_id) == []


async def test_an_update_of_an_unknown_message_waits_for_it(house: House) -> None:
    clinic = await house.clinic()
    edited = edit("3EB0EARLY", "abacaxi vermelho")
    assert (await clinic.hook(edited)).status == 200
    await eventually(lambda: _parked(clinic, 1))
    clinic.says(ANA, "abacaxi azul", id="3EB0EARLY")
    await answered(clinic, ANA)
    first = (await clinic.messages(ANA))[0]
    assert (first["text"], first["edited_at"] is not None) == ("abacaxi vermelho", True)
    assert await _parked(clinic, 0)


async def test_status_moves_to_the_right_only(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, server_ack_ms=600, delivery_ack_ms=300, read_ms=0):
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        await house.sim.settled()
    await quiet(clinic)
    assert (await clinic.messages(ANA))[-1]["status"] == "read"


async def test_the_owner_writing_on_the_phone_takes_over_and_silences_the_assistant(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=800):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        _owner_writes(clinic, "Oi Ana, aqui é a dona da clínica")
        await state_is(clinic, ANA, "human")
        await rest(1.2)
    assert clinic.sent_to(ANA) == []
    last = (await clinic.messages(ANA))[-1]
    assert (last["author"], last["direction"], last["status"]) == ("phone", "out", "sent")
    (turn,) = await turns(clinic)
    assert turn["outcome"] == "taken-over"
    clinic.says(ANA, "e agora?")
    await quiet(clinic)
    await rest(0.5)
    assert clinic.sent_to(ANA) == []


async def test_a_take_over_on_the_phone_withdraws_bubbles_that_wait_and_leaves_what_is_on_its_way(
    form: str, house: House
) -> None:
    clinic = await house.clinic()
    # An answer of several bubbles whose first never hears back: the others wait behind it.
    async with switched(house, drop_answers=1.0, hook_delay_ms=2500):
        for line in _long():
            clinic.says(ANA, line)
        await answered(clinic, ANA)
        house.sim.set(hook_delay_ms=0)
        _owner_writes(clinic, "Pode deixar comigo")
        await state_is(clinic, ANA, "human")
    await quiet(clinic)
    await house.sim.settled()
    rows = await deliveries(clinic)
    assert len(rows) > 1
    assert rows[0]["state"] == "sent"
    assert [(row["state"], row["evidence"], row["status"]) for row in rows[1:]] == [
        ("rejected", "taken-over", "failed")
    ] * (len(rows) - 1)
    assert len(clinic.sent_to(ANA)) == 1


async def test_groups_broadcasts_and_blocked_contacts_are_ignored_with_their_reason(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    contact = (await clinic.conversation(ANA))["contact"]["id"]
    blocked = await clinic.client.patch(f"/contacts/{contact}", {"blocked": True})
    assert blocked.status == 200
    clinic.says(ANA, "oi, grupo", group="120363041234567890@g.us")
    clinic.says(ANA, "meu status", group="status@broadcast")
    clinic.says(ANA, "estou bloqueada")
    await eventually(lambda: _ignored(clinic, 4))
    reasons = {row["reason"] for row in await clinic.events() if row["state"] == "ignored"}
    assert reasons == {"echo", "group", "status-broadcast", "blocked"}
    await rest(0.5)
    assert len(clinic.sent_to(ANA)) == 1
    assert len(await clinic.messages(ANA)) == 2


async def test_reactions_edits_and_deletions_change_the_message_they_are_about(house: House) -> None:
    clinic = await house.clinic()
    first = clinic.says(ANA, "abacaxi azul")
    (sent,) = await _sent(clinic)
    clinic.says(ANA, "👍", kind="reaction", target=sent.id)
    await eventually(lambda: _message(clinic, 1, reactions=[{"author": "contact", "emoji": "👍"}]))
    clinic.says(ANA, "", kind="reaction", target=sent.id)
    await eventually(lambda: _message(clinic, 1, reactions=[]))
    assert (await clinic.hook(edit(first, "abacaxi amarelo"))).status == 200
    await eventually(lambda: _message(clinic, 0, text="abacaxi amarelo"))
    house.sim.engine.revoke(house.sim.instance(clinic.instance), first)
    await eventually(lambda: _message(clinic, 0, text=None))
    assert (await clinic.messages(ANA))[0]["deleted_at"] is not None
    await quiet(clinic)
    await rest(0.5)
    assert len(clinic.sent_to(ANA)) == 1, "nobody answers a reaction, an edit or a deletion"


async def test_an_echo_that_meets_the_sent_step_is_still_ours(house: House) -> None:
    clinic = await house.clinic()
    # The answer to the send is lost, and its echo comes late.
    async with switched(house, drop_answers=1.0, hold_s=30, hook_delay_ms=1000):
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        (said,) = clinic.sent_to(ANA)
        tenant_id = clinic.client.tenant_id
        async with locked(clinic, "select id from conversations where tenant_id = $1 for update") as conn:
            # The echo's batch looked the message up, found nothing, and waits for the conversation.
            await eventually(lambda: waits_for_lock(clinic, "order by v.id for update of v"), 5, 0.01)
            # Meanwhile the sent step ends.
            await conn.execute(
                "update deliveries set state = 'sent', evidence = 'answer' where tenant_id = $1", tenant_id
            )
            await conn.execute(
                "update messages set provider_message_id = $2, status = 'sent'"
                " where tenant_id = $1 and direction = 'out'",
                tenant_id,
                said.id,
            )
            released = await conn.fetchval("select clock_timestamp()")
        await quiet(clinic)
    assert (await clinic.conversation(ANA))["state"] == "bot", "nobody wrote on the phone"
    assert len(await clinic.messages(ANA)) == 2
    echoes = [row for row in await clinic.events() if row["kind"] == "send.message"]
    assert [(row["state"], row["reason"]) for row in echoes] == [("ignored", "echo")]
    assert echoes[0]["processed_at"] < released, "the batch had to be done again"


def _owner_writes(clinic: Clinic, text: str) -> None:
    sim = clinic.house.sim
    sim.engine.write(sim.instance(clinic.instance), ANA, "text", {"text": text}, from_me=True)


def _long() -> list[str]:
    return [f"palavra{n}x " + "muito " * 45 + f"fim{n}" for n in range(6)]


async def _sent(clinic: Clinic) -> list[Any]:
    await answered(clinic, ANA)
    await quiet(clinic)
    return clinic.sent_to(ANA)


async def _last_status(clinic: Clinic, status: str) -> bool:
    return (await clinic.messages(ANA))[-1]["status"] == status


async def _message(clinic: Clinic, place: int, **fields: Any) -> bool:
    found = (await clinic.messages(ANA))[place]
    return all(found[name] == value for name, value in fields.items())


async def _parked(clinic: Clinic, count: int) -> bool:
    rows = await clinic.house.rows("select id from parked_updates where tenant_id = $1", clinic.client.tenant_id)
    return len(rows) == count


async def _ignored(clinic: Clinic, count: int) -> bool:
    return sum(row["state"] == "ignored" for row in await clinic.events(settled=False)) == count
