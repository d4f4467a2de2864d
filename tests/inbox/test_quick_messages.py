"""Quick messages: the quiet window, the longest wait, and what comes while the answer is being written."""

from __future__ import annotations

import asyncio
import time

from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, answered, edit, quiet, rest, switched, thinking, thoughts, turns


async def test_three_quick_messages_get_one_answer_that_speaks_to_all(house: House) -> None:
    clinic = await house.clinic(quiet=1)
    for text in ("abacaxi azul", "bicicleta verde", "caneta roxa"):
        clinic.says(ANA, text)
        await asyncio.sleep(0.2)
    said = await answered(clinic, ANA)
    assert all(f"“{text}”" in said[0] for text in ("abacaxi azul", "bicicleta verde", "caneta roxa"))
    await rest(1.5)
    assert len(clinic.sent_to(ANA)) == 1
    (turn,) = await turns(clinic)
    assert (turn["first_in_seq"], turn["last_in_seq"], turn["outcome"]) == (1, 3, "answered")
    assert [m["seq"] for m in await clinic.messages(ANA)] == [1, 2, 3, 4]


async def test_the_longest_wait_caps_the_quiet_window_and_all_is_answered_once(house: House) -> None:
    clinic = await house.clinic(quiet=1, max_wait=1.5)
    began = asyncio.get_running_loop().time()
    first_answer: float | None = None
    texts = [f"palavra{n:02d}x" for n in range(10)]
    for text in texts:
        clinic.says(ANA, text)
        await asyncio.sleep(0.4)
        if first_answer is None and clinic.sent_to(ANA):
            first_answer = asyncio.get_running_loop().time() - began
    assert first_answer is not None, "somebody who goes on writing is never answered"
    assert first_answer < 3.5
    await quiet(clinic)
    said = "\n".join(entry.text for entry in clinic.sent_to(ANA))
    assert [said.count(f"“{text}”") for text in texts] == [1] * len(texts)


async def test_a_message_while_the_model_runs_has_the_answer_written_anew(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=800):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        clinic.says(ANA, "bicicleta verde")
        said = await answered(clinic, ANA)
        await rest(1.2)
    assert len(clinic.sent_to(ANA)) == 1
    assert "“abacaxi azul”" in said[0]
    assert "“bicicleta verde”" in said[0]
    assert len(thoughts(clinic, "abacaxi azul")) == 2
    (turn,) = await turns(clinic)
    assert (turn["first_in_seq"], turn["last_in_seq"], turn["outcome"]) == (1, 2, "answered")


async def test_a_message_after_the_longest_wait_lets_the_answer_out_and_is_the_next_turns(
    form: str, house: House
) -> None:
    clinic = await house.clinic(quiet=0, max_wait=0.3)
    async with switched(house, model_ms=1200):
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        await asyncio.sleep(0.4)
        clinic.says(ANA, "bicicleta verde")
        said = await answered(clinic, ANA, 2)
    await quiet(clinic)
    assert len(clinic.sent_to(ANA)) == 2
    assert "“abacaxi azul”" in said[0]
    assert "bicicleta" not in said[0]
    assert "“bicicleta verde”" in said[1]
    assert "abacaxi" not in said[1]
    first, second = await turns(clinic)
    assert (first["last_in_seq"], second["first_in_seq"], second["last_in_seq"]) == (1, 2, 2)


async def test_parallel_duplicated_and_overtaken_webhooks_lose_and_double_nothing(house: House) -> None:
    clinic = await house.clinic(quiet=1)
    phones = [f"5511988{n:06d}" for n in range(12)]
    async with switched(house, duplicate_rate=0.5, reorder_rate=0.5, reorder_ms=300):
        for n in range(4):
            for phone in phones:
                clinic.says(phone, f"coisa{n}q{phone[-3:]}")
        await eventually(lambda: all(clinic.sent_to(phone) for phone in phones), 30)
        await house.sim.settled(20)
    await quiet(clinic)
    for phone in phones:
        texts = {f"coisa{n}q{phone[-3:]}" for n in range(4)}
        received = [m["text"] for m in await clinic.messages(phone) if m["direction"] == "in"]
        assert sorted(received) == sorted(texts)
        said = "\n".join(entry.text for entry in clinic.sent_to(phone))
        assert {text: said.count(f"“{text}”") for text in texts} == dict.fromkeys(texts, 1)
    rows = await house.rows(
        "select conversation_id, array_agg(seq order by seq) as seqs from messages where tenant_id = $1"
        " group by conversation_id",
        clinic.client.tenant_id,
    )
    assert len(rows) == len(phones)
    assert all(list(row["seqs"]) == list(range(1, len(row["seqs"]) + 1)) for row in rows)


async def test_I3_messages_that_overtook_each_other_are_told_in_the_order_of_the_phones_clock(
    form: str, house: House
) -> None:
    clinic = await house.clinic(quiet=0.8)
    now = int(time.time())
    clinic.says(ANA, "bicicleta verde", timestamp=now - 5)
    await eventually(lambda: _stored(clinic, 1))
    clinic.says(ANA, "abacaxi azul", timestamp=now - 10)
    (said,) = await answered(clinic, ANA)
    assert said.index("“abacaxi azul”") < said.index("“bicicleta verde”")
    assert [m["text"] for m in await clinic.messages(ANA)][:2] == ["bicicleta verde", "abacaxi azul"]


async def test_T32_a_message_of_two_days_ago_is_stored_and_answered_by_nobody(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul", timestamp=int(time.time()) - 2 * 86_400)
    await eventually(lambda: _stored(clinic, 1))
    await quiet(clinic)
    await rest(0.5)
    assert clinic.sent_to(ANA) == []
    assert await turns(clinic) == []


async def test_however_many_wait_the_model_is_told_of_all(house: House) -> None:
    clinic = await house.clinic(quiet=1.5, max_wait=30)
    texts = [f"palavra{n:02d}x" for n in range(45)]
    for text in texts:
        clinic.says(ANA, text)
    await answered(clinic, ANA)
    await quiet(clinic)
    told = "\n".join(str(message["content"]) for message in thoughts(clinic, "palavra44x")[-1].messages)
    assert [text for text in texts if text not in told] == []
    (turn,) = await turns(clinic)
    assert (turn["first_in_seq"], turn["last_in_seq"]) == (1, 45)


async def test_a_typo_corrected_in_the_quiet_window_is_answered_as_corrected(house: House) -> None:
    clinic = await house.clinic(quiet=1)
    first = clinic.says(ANA, "abacaxi azul")
    await eventually(lambda: _stored(clinic, 1))
    assert (await clinic.hook(edit(first, "abacaxi amarelo"))).status == 200
    (said,) = await answered(clinic, ANA)
    await quiet(clinic)
    assert "“abacaxi amarelo”" in said
    assert "azul" not in said
    assert len(thoughts(clinic, "abacaxi")) == len(clinic.sent_to(ANA)) == 1


async def test_a_typo_corrected_while_the_model_runs_has_the_answer_written_anew(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=800):
        first = clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        assert (await clinic.hook(edit(first, "abacaxi amarelo"))).status == 200
        (said,) = await answered(clinic, ANA)
        await rest(1.2)
    assert "“abacaxi amarelo”" in said
    assert len(clinic.sent_to(ANA)) == 1
    # What was answered already is not answered again.
    assert (await clinic.hook(edit(first, "abacaxi roxo"))).status == 200
    await eventually(lambda: _says(clinic, "abacaxi roxo"))
    await quiet(clinic)
    await rest(0.5)
    assert len(clinic.sent_to(ANA)) == 1


async def test_what_the_contact_took_back_is_not_answered(house: House) -> None:
    clinic = await house.clinic(quiet=1)
    first = clinic.says(ANA, "abacaxi azul")
    await eventually(lambda: _stored(clinic, 1))
    house.sim.engine.revoke(house.sim.instance(clinic.instance), first)
    await eventually(lambda: _says(clinic, None))
    await quiet(clinic)
    await rest(1.3)
    assert thoughts(clinic, "abacaxi") == []
    (turn,) = await turns(clinic)
    assert turn["outcome"] == "withdrawn"
    clinic.says(ANA, "bicicleta verde")
    (said,) = await answered(clinic, ANA)
    assert "“bicicleta verde”" in said
    assert "abacaxi" not in said


async def _says(clinic: Clinic, text: str | None) -> bool:
    """Whether the contact's first message now reads so."""
    return (await clinic.messages(ANA))[0]["text"] == text


async def _stored(clinic: Clinic, count: int) -> bool:
    rows = await clinic.house.rows("select id from messages where tenant_id = $1", clinic.client.tenant_id)
    return len(rows) == count
