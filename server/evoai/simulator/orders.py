"""What instructions order the scripted mind: what it always says, what it never speaks of, when it calls a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from evoai.simulator.script import Ask, answer, fill, plain, shorten, stems

ALWAYS = "Always:"
HAND_OVER = "Call the tool hand_over when:"
_SECTION = re.compile(rf"^(?:{re.escape(ALWAYS)}|{re.escape(HAND_OVER)})\n((?:- .*\n?)+)", re.MULTILINE)
_QUOTED = re.compile(r"[“\"]([^”\"]+)[”\"]")
_NEVER = re.compile(r"^(?:nunca|jamais|nao|never|do not)\b")
_EVERY_TIME = re.compile(r"^(?:sempre|termine|em toda|always|end)\b")
# Stems that say nothing about what a rule is about.
_EMPTY = stems(
    "nunca jamais não sempre fale falar diga dizer informe informar mencione prometa dê dar conta contato pessoa pedir "
    "pede quer alguém sobre termine resposta quando for never always about speak"
)


class Orders(msgspec.Struct, frozen=True):
    always: tuple[str, ...] = ()
    hand_over: tuple[str, ...] = ()


def without_orders(context: str) -> tuple[str, Orders]:
    """What is left of a system text without its orders, and these."""
    if ALWAYS not in context and HAND_OVER not in context:
        return context, _NONE
    found: dict[str, tuple[str, ...]] = {}
    for match in _SECTION.finditer(context):
        heading = match[0].partition("\n")[0]
        found[heading] = tuple(line.removeprefix("- ").strip() for line in match[1].splitlines())
    return _SECTION.sub("", context), Orders(found.get(ALWAYS, ()), found.get(HAND_OVER, ()))


_NONE = Orders()


def ordered(
    context: str, messages: list[str], tools: list[tuple[str, dict[str, Any]]], results: list[str]
) -> str | Ask:
    """`script.answer`, under the orders that stand in `context`."""
    context, orders = without_orders(context)
    asked = frozenset[str]().union(*map(stems, messages)) if orders != _NONE else frozenset[str]()
    person = next(((name, schema) for name, schema in tools if "hand" in name), None)
    if person is not None and not results and any(_topics(rule) & asked for rule in orders.hand_over):
        summary = "O contato escreveu: " + " / ".join(shorten(text, 200) for text in messages)
        return Ask(person[0], msgspec.json.encode(fill(person[1], {"summary": summary})).decode())
    reply = answer(context, messages, tools, results)
    if isinstance(reply, Ask) or not orders.always:
        return reply
    verify = f"Sobre “{shorten(' / '.join(messages))}”: vou verificar com a equipe."
    return "\n".join(obey(orders, asked, reply.split("\n"), verify))


def obey(orders: Orders, asked: frozenset[str], parts: Sequence[str], verify: str) -> list[str]:
    """An answer's `parts` as the orders have them; `asked` are the stems of what the contact wants. Where everything
    is forbidden, `verify` is said."""
    kept = [part for part in parts if not any(_forbids(rule, part) for rule in orders.always)]
    if parts and not kept:
        kept = [verify]
    for rule in orders.always:
        said = _QUOTED.search(rule)
        if said is None or _NEVER.match(plain(rule)) or said[1] in "\n".join(kept):
            continue
        if _EVERY_TIME.match(plain(rule)) or _topics(rule[: said.start()]) & asked:
            kept.append(said[1])
    return kept


def _forbids(rule: str, part: str) -> bool:
    return _NEVER.match(plain(rule)) is not None and bool(_topics(rule) & stems(part))


@lru_cache(maxsize=2_000)
def _topics(text: str) -> frozenset[str]:
    return stems(text) - _EMPTY
