"""Answers that cite: marks become document and page, false ones are dropped, and what is not known is said so."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evoai.assistant.llm.fake import FakeModel
from evoai.assistant.llm.protocol import ToolCall
from evoai.assistant.service.sources import Passage, Passages, Sources
from evoai.assistant.service.think import think
from evoai.assistant.service.tools import Tool
from evoai.inbox.service.turns import HandoffAsk, TurnContext
from evoai.kit.db import Database, new_id
from evoai.kit.module import Module
from tests.house import Clinic, House
from tests.inbox.scenes import ANA, BIA, answered, quiet
from tests.knowledge.files import pdf
from tests.knowledge.forms import send_file, settled

from .conftest import Publish, Room, turn

LOOK = '#tool:search_knowledge {"query": "prazo para trocar"}'


def passage(title: str, page: int | None = None, source: Any = "file") -> Passage:
    return Passage(
        document_id=new_id(), chunk_id=new_id(), title=title, heading="", page=page, text="t", score=1.0, source=source
    )


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Custa R$ 180 [k1].", "Custa R$ 180.\n\nFonte: Tabela, p. 3"),
        ("Custa R$ 180 [k1; k2] e 【k3】.", "Custa R$ 180 e.\n\nFontes: Tabela, p. 3, 4; Regras"),
        ("Custa R$ 180 [k1] [k9].", "Custa R$ 180.\n\nFonte: Tabela, p. 3"),
        ("Abrimos às 8h [k4].", "Abrimos às 8h."),
        ("Vitamina D3 (K2) a R$ 40.", "Vitamina D3 (K2) a R$ 40."),
    ],
)
def test_marks_become_names_of_documents_and_pages(said: str, heard: str) -> None:
    sources = Sources()
    told = sources.add(
        Passages(
            "q", (passage("Tabela", 3), passage("Tabela", 4), passage("Regras"), passage("Que horas?", None, "pair"))
        )
    )
    assert '"mark":"[k4]"' in told
    assert sources.said(said, "pt-BR").text == heard


def test_an_answer_on_marks_that_were_never_given_is_not_said() -> None:
    sources = Sources()
    sources.add(Passages("q", (passage("Tabela", 3),)))
    said = sources.said("Custa R$ 5 [k7].", "pt-BR")
    assert said.unknown
    assert "R$" not in said.text
    assert "pessoa da nossa equipe" in said.text
    assert sources.cited == set()


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("I do not know. [?]", "I do not know.\n\nIf you like, I can ask a person from our team."),
        ("I do not know, shall I ask the team? [?]", "I do not know, shall I ask the team?"),
        ("[?]", "I could not find that here. Shall I ask a person from our team?"),
    ],
)
def test_who_does_not_know_offers_a_person(said: str, heard: str) -> None:
    found = Sources().said(said, "en")
    assert (found.text, found.unknown) == (heard, True)


def test_the_same_passage_keeps_its_mark_over_two_searches() -> None:
    sources, one = Sources(), passage("Tabela", 1)
    sources.add(Passages("a", (one,)))
    told = sources.add(Passages("b", (passage("Regras"), one)))
    assert (told.count("[k1]"), told.count("[k2]"), len(sources.passages)) == (1, 1, 2)


async def taught(house: House) -> Clinic:
    """A clinic with a guide of two pages."""
    clinic = await house.clinic()
    pages = [
        [("Limpeza", 20), ("A limpeza custa R$ 180.", 11)],
        [("Trocas", 20), ("O prazo para trocar: trinta dias.", 11)],
    ]
    added = await send_file(clinic.client, "guia.pdf", pdf(pages), title="Guia do cliente")
    assert (await settled(clinic.client, added["id"]))["state"] == "ready"
    return clinic


async def trace_of(clinic: Clinic, phone: str) -> Any:
    message = next(m for m in reversed(await clinic.messages(phone)) if m["author"] == "assistant")
    return (await clinic.client.get(f"/messages/{message['id']}/trace")).body


async def test_an_answer_from_a_document_names_document_and_page(house: House) -> None:
    clinic = await taught(house)
    clinic.says(ANA, "Qual o prazo para trocar?")
    (said,) = await answered(clinic, ANA)
    assert "trinta dias" in said
    assert said.endswith("Fonte: Guia do cliente, p. 2")
    assert "[k" not in said
    await quiet(clinic)
    trace = await trace_of(clinic, ANA)
    cited = [found for found in trace["passages"] if found["cited"]]
    assert [(found["title"], found["page"]) for found in cited] == [("Guia do cliente", 2)]
    assert 0 < cited[0]["score"] <= 1
    (tool,) = trace["tools"]
    assert (tool["name"], tool["outcome"]) == ("search_knowledge", "done")
    assert "prazo para trocar" in tool["arguments"]
    assert "trinta dias" in tool["result"]
    outcomes = [call["outcome"] for call in trace["calls"]]
    assert outcomes == ["tool", "embedded", "answered"]
    assert trace["input_tokens"] == sum(call["input_tokens"] for call in trace["calls"])
    assert all(call["input_tokens"] for call in trace["calls"])


async def test_what_the_model_made_up_under_a_false_mark_does_not_reach_the_contact(house: House) -> None:
    clinic = await taught(house)
    clinic.says(ANA, LOOK)
    await answered(clinic, ANA)
    clinic.says(BIA, "#say: Custa R$ 5 [k42].")
    (said,) = await answered(clinic, BIA)
    assert "R$" not in said
    assert "Quer que eu chame" in said
    await quiet(clinic)
    assert [item["question"] for item in (await clinic.client.get("/knowledge/gaps"))["items"]] == [
        "#say: Custa R$ 5 [k42]."
    ]


async def test_what_no_document_says_is_unknown_and_a_gap(house: House) -> None:
    clinic = await house.clinic()
    for phone, question in ((ANA, "Vocês têm estacionamento?"), (BIA, "Oi! tem estacionamento aí?")):
        clinic.says(phone, question)
        (said,) = await answered(clinic, phone)
        assert "[?]" not in said
        assert "equipe" in said
    await quiet(clinic)
    (gap,) = (await clinic.client.get("/knowledge/gaps"))["items"]
    assert (gap["question"], gap["count"], gap["state"]) == ("Vocês têm estacionamento?", 2, "open")


class Nothing(msgspec.Struct):
    pass


async def test_a_handoff_for_want_of_knowledge_is_a_gap_too(door: Database, published: Publish) -> None:
    async def run(resources: Any, context: TurnContext, args: Any) -> Passages:
        return Passages("prazo para trocar", ())

    look = Tool("look", "d", Nothing, "reads", run)
    hand_over = ToolCall("c2", "hand_over", '{"reason": "not-known", "summary": "Quer trocar."}')
    model = FakeModel(ToolCall("c1", "look", "{}"), hand_over)
    room: Any = Room(door, model, modules=(Module("m", tools=(look,)),))
    answer = await think(room, turn(await published(), "troca?"))
    assert answer.handoff == HandoffAsk(reason="requested-by-assistant", note="Quer trocar.")
    assert answer.trace.gap == "prazo para trocar"
    assert "end the reply with [?]" in str(model.asked[1][1][-1].content)
