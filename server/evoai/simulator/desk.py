"""The scripted mind at its desk: it judges answers by criteria and sums conversations up, where tools ask it to."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from evoai.simulator.script import CONCEPTS, GREETING, PERSON, Ask, plain, shorten, stems

_NUMBER = re.compile(r"\d+")
_NOT = re.compile(r"^(?:nao|nunca|jamais|sem|does not|never|no)\b")
_EMPTY = stems("diz responde resposta mesmo informa fala assistente contato nunca prometa promete deve")
_ANGRY = re.compile(r"\b(?:pessim|horriv|ruim|absurd|reclam|raiva|nunca mais|demora|decepcion)")
_GLAD = re.compile(r"\b(?:obrigad|otim|excelent|perfeit|adorei|amei|maravilh|valeu)")
_TOPICS = {"#preco": "preços", "#horario": "horários", "#endereco": "endereço", "#pagamento": "pagamento"}
_INTENTS = {
    "preços": "saber o preço",
    "horários": "saber o horário",
    "endereço": "saber onde fica",
    "pagamento": "saber como pagar",
}


def at_desk(tools: list[tuple[str, dict[str, Any]]], material: str) -> Ask | None:
    """The call of a tool that only desk work is asked for by; `material` is what it is about, in JSON."""
    names = {name for name, _ in tools}
    try:
        if "give_verdicts" in names:
            return Ask("give_verdicts", _judge(msgspec.json.decode(material)))
        if "record_analysis" in names:
            return Ask("record_analysis", _sum_up(msgspec.json.decode(material)))
    except msgspec.MsgspecError:
        return None
    return None


def _judge(material: dict[str, Any]) -> str:
    verdicts: list[dict[str, Any]] = []
    for item in material["criteria"]:
        met = _meets(item["text"], material["answer"], bool(material["handed_over"]))
        reason = "A resposta diz isso." if met else f"A resposta não cumpre: {shorten(item['text'], 200)}"
        verdicts.append({"criterion": item["criterion"], "met": met, "reason": reason})
    return msgspec.json.encode({"verdicts": verdicts}).decode()


def _meets(criterion: str, answer: str, handed_over: bool) -> bool:
    """All numbers of the criterion stand in the answer, and most of what it is about; with a "no", none of that."""
    bare = plain(criterion)
    if handed_over and PERSON.search(bare):
        return True
    topics = stems(criterion) - _EMPTY
    if _NOT.match(bare):
        return topics.isdisjoint(stems(answer))
    said = set(_NUMBER.findall(answer))
    return set(_NUMBER.findall(criterion)) <= said and 2 * len(topics & stems(answer)) >= len(topics)


def _sum_up(material: dict[str, Any]) -> str:
    asked = [line["text"] for line in material["conversation"] if line["author"] == "contact"]
    answered = any(line["author"] in ("assistant", "agent") for line in material["conversation"])
    about = [text for text in asked if not GREETING.match(plain(text))] or asked
    found = [concept for text in about for concept in CONCEPTS if concept in stems(text)]
    topic = _TOPICS[found[0]] if found else "outros"
    last = plain(" ".join(asked[-2:]))
    sentiment = "negative" if _ANGRY.search(last) else "positive" if _GLAD.search(last) else "neutral"
    outcome = "handed-over" if material.get("handed_over") else "solved" if answered else "unanswered"
    return msgspec.json.encode(
        {
            "intent": _INTENTS.get(topic, "falar com a empresa"),
            "topic": topic,
            "sentiment": sentiment,
            "outcome": outcome,
            "summary": shorten(f"O contato escreveu: {' / '.join(about)}", 400),
        }
    ).decode()
