"""What a test expects of an answer: checked by rule, and suggested from an answer that was good. Criteria in words are
left to `judge.py`."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from evoai.assistant.schemas.tests import Expectation
from evoai.assistant.service.rehearsal import Rehearsed
from evoai.knowledge.service.terms import fold

_MOST = 6
_LINK = re.compile(r"https?://[^\s)>\]]+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MONEY = re.compile(r"(?:R\$|US\$|\$|€)\s*\d[\d.,]*")
_MARK = re.compile(r"\b\d{1,2}(?:h(?:\d\d)?|:\d\d)\b|\d[\d.,/-]*\d")
_TIME = re.compile(r"\b([01]?\d|2[0-3])\s*(?:h(?:oras?)?|:)\s*([0-5]\d)?(?!\d)(?:\s*(?:min|h))?\b")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_TOKEN = re.compile(r"\d+h\d\d|\d+(?:\.\d+)?|[a-z]+")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation that was not met, and how."""

    kind: str
    value: str
    reason: str


def plain(text: str) -> str:
    """Words apart by one space, without accents, case and punctuation; prices, numbers and times in one way of writing:
    "R$ 1.180,00" is "1180", "8h", "08:00" and "8 horas" are "8h00"."""
    folded = fold(text)
    folded = _TIME.sub(lambda found: f" {int(found[1])}h{found[2] or '00'} ", folded)
    folded = _NUMBER.sub(lambda found: f" {_number(found[0])} " if not _in_time(folded, found) else found[0], folded)
    return " ".join(_TOKEN.findall(folded))


def _in_time(text: str, found: re.Match[str]) -> bool:
    """Whether the number is part of a time as written above."""
    after = text[found.end() : found.end() + 1]
    before = text[max(0, found.start() - 1) : found.start()]
    return after == "h" or before == "h"


def _number(written: str) -> str:
    if _THOUSANDS.fullmatch(written):
        comma, point = written.rfind(","), written.rfind(".")
        decimal = "," if comma > point and len(written) - comma != 4 else "." if len(written) - point != 4 else ""
        written = "".join("." if char == decimal else "" if char in ".," else char for char in written)
    else:
        written = written.replace(",", ".") if written.count(",") + written.count(".") == 1 else written
    whole, _, part = written.partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole


def says(answer: str, wanted: str) -> bool:
    """Whether `wanted` stands in an answer, as whole words."""
    needle = plain(wanted)
    return f" {needle} " in f" {plain(answer)} " if needle else fold(wanted).strip() in fold(answer)


def unmet(expected: Sequence[Expectation], rehearsed: Rehearsed) -> list[Failure]:
    """What of it does not hold, but for criteria."""
    found: list[Failure] = []
    if rehearsed.failed:
        found.append(Failure(kind="no-answer", value="", reason="No model gave a usable answer"))
    for item in expected:
        reason = _why_not(item, rehearsed)
        if reason is not None:
            found.append(Failure(kind=item.kind, value=item.value, reason=reason))
    return found


def _why_not(item: Expectation, rehearsed: Rehearsed) -> str | None:
    used = rehearsed.tools
    handed_over = rehearsed.handoff is not None
    reason: str | None = None
    if item.kind == "contains" and not says(rehearsed.text, item.value):
        reason = f"The answer does not say “{item.value}”"
    elif item.kind == "not_contains" and says(rehearsed.text, item.value):
        reason = f"The answer says “{item.value}”"
    elif item.kind == "tool_called" and item.value not in used:
        reason = f"It did not call {item.value}" + (f", but {', '.join(used)}" if used else "")
    elif item.kind == "tool_not_called" and item.value in used:
        reason = f"It called {item.value}"
    elif item.kind == "handed_over" and not handed_over:
        reason = "It answered instead of handing over"
    elif item.kind == "not_handed_over" and handed_over:
        reason = "It handed over instead of answering"
    elif item.kind == "cites_document" and item.value not in map(str, rehearsed.cited):
        reason = "It does not name that document as a source"
    return reason


def suggested(reply: str | None, handed_over: bool) -> list[Expectation]:
    """What a later answer should have in common with one that was good: its prices, times, links and numbers, or the
    handoff; where it has none of them, its meaning."""
    if handed_over:
        return [Expectation(kind="handed_over")]
    if not reply:
        return []
    found: dict[str, None] = {}
    rest = reply
    for pattern in (_LINK, _MAIL, _MONEY, _MARK):
        found |= {match[0].rstrip(".,;"): None for match in pattern.finditer(rest)}
        rest = pattern.sub(" ", rest)
    if not found:
        return [Expectation(kind="criterion", value=f"Diz o mesmo que: {' '.join(reply.split())}"[:500])]
    return [Expectation(kind="contains", value=text[:500]) for text in list(found)[:_MOST]]
