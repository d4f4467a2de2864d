"""Who writes without end: floods, and two machines that answer each other."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from evoai.assistant.service.floods import ANSWERS_PER_HOUR, FAST, REPEATS, too_much
from evoai.inbox.service.turns import HandoffAsk, Line
from evoai.kit.db import new_id
from tests.house import House
from tests.inbox.scenes import ANA, answered, quiet, rest, state_is, switched

from .conftest import Tenancy, line, turn

LONG = "Sua mensagem foi recebida, em breve responderemos"
NOBODY = Tenancy(new_id(), new_id(), 1)


def talk(rounds: int, said: Any, seconds: int = 60) -> list[Line]:
    """`rounds` answers and what the contact said `seconds` after each."""
    lines: list[Line] = []
    for number in range(rounds):
        for author, text in (("assistant", f"Resposta {number}"), ("contact", said(number))):
            one = line(len(lines) + 1, author, text)
            after = (number + 1) * 100 + (seconds if author == "contact" else 0)
            lines.append(msgspec.structs.replace(one, at=line(after, author, text).at))
    return lines


def stops(lines: list[Line]) -> HandoffAsk | None:
    context = turn(NOBODY, "x", before=lines[:-1])
    return too_much(msgspec.structs.replace(context, lines=tuple(lines)))


def test_what_nobody_can_type_so_fast_is_a_machine() -> None:
    assert stops(talk(FAST, lambda n: f"{LONG} {n}", seconds=1)) == HandoffAsk(reason="bot-loop")
    assert stops(talk(FAST - 1, lambda n: f"{LONG} {n}", seconds=1)) is None


@pytest.mark.parametrize(("said", "seconds"), [("sim", 1), (LONG, 20)])
def test_people_are_no_machines(said: str, seconds: int) -> None:
    assert stops(talk(10, lambda n: f"{said} {n}", seconds)) is None


def test_the_same_to_the_same_is_a_loop() -> None:
    same = [msgspec.structs.replace(one, text="Olá!") for one in talk(REPEATS, lambda n: "ok")]
    assert stops(same) == HandoffAsk(reason="bot-loop")
    assert stops(same[2:]) is None
    assert stops(talk(10, lambda n: "ok")) is None, "only one side repeats itself"


def test_when_a_person_spoke_it_begins_anew() -> None:
    lines = talk(FAST, lambda n: f"{LONG} {n}", seconds=1)
    lines[5] = msgspec.structs.replace(lines[5], author="agent")
    assert stops(lines) is None


async def test_two_numbers_that_answer_each_other_stop(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, f"{LONG}.")
    heard = 0
    for _ in range(30):
        heard = len(await answered(clinic, ANA, heard + 1))
        if (await clinic.conversation(ANA))["state"] == "queued":
            break
        clinic.says(ANA, f"{LONG}: {heard}.")
    conversation = await state_is(clinic, ANA, "queued")
    assert conversation["handoff"]["reason"] == "bot-loop"
    assert heard <= FAST + 2
    clinic.says(ANA, f"{LONG}: de novo.")
    await quiet(clinic)
    await rest(0.3)
    assert len(clinic.sent_to(ANA)) == heard


async def test_after_sixty_answers_in_an_hour_a_person_looks_at_it(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    row = await house.row("select answers from conversations where tenant_id = $1", clinic.client.tenant_id)
    assert row["answers"] == 1
    await house.run(
        "update conversations set answers = $2 where tenant_id = $1", clinic.client.tenant_id, ANSWERS_PER_HOUR
    )
    clinic.says(ANA, "bicicleta verde")
    conversation = await state_is(clinic, ANA, "queued")
    assert conversation["handoff"]["reason"] == "too-many-answers"
    said = await answered(clinic, ANA, 2)
    assert "pessoa" in said[1]
    back = await clinic.client.post(f"/conversations/{conversation['id']}/hand-back", None)
    assert back.status == 200
    clinic.says(ANA, "caderno roxo")
    assert "caderno" in (await answered(clinic, ANA, 3))[2]


async def test_yesterdays_answers_count_no_more(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    await house.run(
        "update conversations set answers = $2, answers_since = now() - interval '61 minutes' where tenant_id = $1",
        clinic.client.tenant_id,
        ANSWERS_PER_HOUR,
    )
    clinic.says(ANA, "bicicleta verde")
    assert "bicicleta" in (await answered(clinic, ANA, 2))[1]


async def test_T65_B160_a_storm_of_messages_costs_few_calls(house: House) -> None:
    clinic = await house.clinic(quiet=0, max_wait=4)
    house.sim.log.clear()
    async with switched(house, model_ms=250):
        for number in range(150):
            clinic.says(ANA, f"mensagem zq{number:04d}")
            await asyncio.sleep(0.03)
        await answered(clinic, ANA, 1, 30)
        await quiet(clinic, 30)
    calls = [call for call in house.sim.log.model_calls() if any("mensagem zq" in str(m) for m in call.messages)]
    assert len(calls) <= 20
    stored = [m for m in await clinic.messages(ANA) if m["author"] == "contact"]
    assert len(stored) >= 90, "a page of them; nothing said is lost"
