"""Questions that need no context are answered once for all who ask the same, and nobody's answer reaches another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evoai.assistant.service.cache import ANSWERS, AnswerCache, Kept, is_anybodys, meaning_of, question_of
from evoai.inbox.service.turns import Known
from evoai.kit.db import new_id
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, quiet

from .conftest import Tenancy, line, turn

CARLA = "5531988880000"
NOBODY = Tenancy(new_id(), new_id(), 1)
ASKED = "Quanto custa a limpeza?"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Oi, bom dia! Quanto custa a limpeza? Obrigada", "quanto custa a limpeza"),
        ("quanto custa a limpeza", "quanto custa a limpeza"),
        ("Por favor, gostaria de saber onde fica a clínica", "onde fica a clinica"),
        ("Do you take credit cards?", "do you take credit cards"),
    ],
)
def test_questions_that_stand_by_themselves(text: str, plain: str) -> None:
    assert question_of(turn(NOBODY, text)) == meaning_of(plain)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Quanto custa a limpeza?", "Bom dia! Qual o preço da limpeza?", True),
        ("Onde fica a clínica?", "Qual é o endereço da clínica?", True),
        ("Que horas vocês abrem?", "Oi, que horas abrem por favor?", True),
        ("Que horas vocês abrem?", "Que horas vocês fecham?", False),
        ("Vocês aceitam cartão?", "Vocês aceitam pix?", False),
        ("Quanto custa a limpeza?", "Quanto custa o clareamento?", False),
        ("Atendem com convênio particular?", "Atendem sem convênio particular?", False),
        ("Como é a consulta?", "Quando é a consulta?", False),
        ("Qual o frete de Santos para Campinas?", "Qual o frete de Campinas para Santos?", False),
        ("Quanto custam 10 sessões?", "Quanto custam 20 sessões?", False),
        ("Posso pagar antes da aula?", "Posso pagar depois da aula?", False),
    ],
)
def test_questions_that_mean_the_same(one: str, other: str, same: bool) -> None:
    first, second = (question_of(turn(NOBODY, text)) for text in (one, other))
    assert first is not None
    assert second is not None
    assert (first == second) is same


@pytest.mark.parametrize(
    "text",
    [
        "Oi!",
        "E quanto custa a limpeza?",
        "Quanto custa essa limpeza?",
        "Vocês abrem hoje à tarde?",
        "Qual é o valor da minha consulta?",
        "Is it open now?",
        "Quero marcar uma limpeza",
        "Limpeza?",
        "Quanto custa " + "muito " * 60 + "?",
    ],
)
def test_questions_that_point_elsewhere_are_asked_anew(text: str) -> None:
    assert question_of(turn(NOBODY, text)) is None


def test_two_messages_or_a_picture_are_no_such_question() -> None:
    assert question_of(turn(NOBODY, "oi", ASKED)) is None
    one = turn(NOBODY, ASKED)
    picture = line(1, "contact", ASKED, "image")
    assert question_of(msgspec.structs.replace(one, lines=(picture,))) is None


@pytest.mark.parametrize(
    ("said", "tools", "anybodys"),
    [
        ("Custa R$ 180.", set[str](), True),
        ("Custa R$ 180.", {"search_knowledge"}, True),
        ("Custa R$ 180.", {"search_knowledge", "find_slots"}, False),
        ("Ana, custa R$ 180.", set[str](), False),
        ("Bom dia! Custa R$ 180.", set[str](), False),
        ("Ligamos para 11 98765-4321.", set[str](), False),
    ],
)
def test_what_names_somebody_is_not_kept(said: str, tools: set[str], anybodys: bool) -> None:
    context = turn(NOBODY, ASKED, name="Ana Souza")
    assert is_anybodys(context, [said], frozenset(tools)) is anybodys


@pytest.mark.parametrize("what", [{"tags": ("vip",)}, {"fields": {"plano": "ouro"}}, {"facts": {"filho": "Rui"}}])
def test_T64_who_is_known_is_answered_anew(what: dict[str, Any]) -> None:
    context = msgspec.structs.replace(turn(NOBODY, ASKED), known=Known(**what))
    assert question_of(context) is None


def test_an_answer_within_a_talk_is_not_kept() -> None:
    assert not is_anybodys(turn(NOBODY, ASKED, before=(line(1, "contact", "oi"),)), ["R$ 180"], frozenset())


def test_the_least_recently_used_answer_makes_place() -> None:
    cache, kept = AnswerCache(2), Kept(new_id(), ("x",), "m", ())
    keys: list[Any] = [(new_id(), new_id(), 1, b"", str(n)) for n in range(3)]
    cache.put(keys[0], kept)
    cache.put(keys[1], kept)
    assert cache.get(keys[0]) == kept
    cache.put(keys[2], kept)
    assert [cache.get(key) is not None for key in keys] == [True, False, True]


async def clinic_that_cleans(house: House, price: str = "R$ 180") -> Clinic:
    client = await house.sign_up()
    await client.patch("/tenant", {"description": f"A limpeza custa {price}."})
    clinic = await house.clinic(client=client)
    house.sim.log.clear()
    return clinic


def calls(house: House) -> int:
    return len(house.sim.log.model_calls())


async def ask(clinic: Clinic, phone: str, text: str = ASKED, **more: Any) -> str:
    before = len(clinic.sent_to(phone))
    clinic.says(phone, text, **more)
    said = (await answered(clinic, phone, before + 1))[-1]
    await quiet(clinic)
    return said


async def test_who_asks_the_same_hears_the_same_without_a_model(house: House) -> None:
    clinic = await clinic_that_cleans(house)
    first = await ask(clinic, ANA)
    assert "R$ 180" in first
    assert calls(house) == 1
    assert await ask(clinic, BIA, "oi, qual o preço da LIMPEZA") == first
    assert calls(house) == 1
    usage = await clinic.client.get("/usage")
    assert usage["answer_cache"] == {"questions": 2, "hits": 1}
    message = (await clinic.messages(BIA))[-1]
    trace = await clinic.client.get(f"/messages/{message['id']}/trace")
    assert [(call["outcome"], call["input_tokens"]) for call in trace["calls"]] == [("cached", 0)]
    assert (trace["model"], trace["cost_micro_usd"]) == ("gpt-4o-mini", 0)


async def test_T64_another_tenant_hears_its_own(house: House) -> None:
    one, other = await clinic_that_cleans(house), await clinic_that_cleans(house, "R$ 999")
    assert "R$ 180" in await ask(one, ANA)
    assert "R$ 999" in await ask(other, ANA)
    assert calls(house) == 2


async def test_a_new_version_profile_or_document_is_asked_anew(house: House) -> None:
    clinic = await clinic_that_cleans(house)
    client = clinic.client
    await ask(clinic, ANA)
    assistant = (await client.get("/assistants"))["items"][0]
    await client.post(f"/assistants/{assistant['id']}/publish", {})
    await ask(clinic, BIA)
    assert calls(house) == 2
    await client.patch("/tenant", {"description": "A limpeza custa R$ 200."})
    assert "R$ 200" in await ask(clinic, CARLA)
    assert calls(house) == 3
    added = await client.post("/documents", {"question": "Aceitam cartão?", "answer": "Sim."})

    async def ready() -> bool:
        return (await client.get(f"/documents/{added['id']}"))["state"] == "ready"

    await eventually(ready, 30)
    # Within seconds; no need to wait for them.
    ANSWERS._versions.clear()  # pyright: ignore[reportPrivateUsage]
    await ask(clinic, "5541999990000")
    assert calls(house) == 4


async def test_within_a_talk_the_question_is_answered_from_the_cache_but_the_answer_is_not_kept(house: House) -> None:
    clinic = await clinic_that_cleans(house)
    await ask(clinic, ANA, "abacaxi azul")
    await ask(clinic, ANA)
    assert calls(house) == 2
    await ask(clinic, BIA)
    assert calls(house) == 3
    await ask(clinic, ANA)
    assert calls(house) == 3
