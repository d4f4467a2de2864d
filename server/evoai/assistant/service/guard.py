"""The check of an answer before it leaves. A link that neither the business nor its sources name is taken out; what
gives away the prompt, somebody else's phone or e-mail, or a secret is withheld, and the conversation goes to people.

It judges the text alone, whatever the model was told or tells: an answer passes or does not.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase
from urllib.parse import unquote

from evoai.assistant.schemas.assistants import FindingOut
from evoai.assistant.service.links import Link, find_links, host_is, links_in, same_address
from evoai.assistant.service.prompt import RULES, canary
from evoai.assistant.service.versions import Published
from evoai.inbox.service.turns import TurnContext
from evoai.kit import metrics

_BLOCK = 16
_RUN_OF_RULES = 2 * _BLOCK
"""Letters and digits in a row that are of our rules' wording and of nobody else's."""
_ROT13 = str.maketrans(ascii_lowercase, codecs.encode(ascii_lowercase, "rot13"))
_ORDERS_TOLD = 2
"""Orders to the assistant that an answer may not repeat word for word, from this many on."""
_LEAST_ORDER = 20

_TAGS = re.compile(r"</?\s*(?:rules|business|instructions|contact|summary)\s*>", re.IGNORECASE)
_ORDER = re.compile(
    r"^\W*(?:voce e|nunca|jamais|sempre|responda|use|seja|evite|fale|diga|chame|escreva|cumprimente|pergunte|passe|"
    r"ofereca|mantenha|trate|siga|you are|never|always|do not|don't|answer|say|ask|keep|be|write|call|offer|speak)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){7,14}(?!\d)")
_RUN = re.compile(r"\d[\d\s().-]{6,}\d")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_LONG_NUMBER = 10
_TAIL = 8
_SECRET = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abpr]-[\w-]{10,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|\bBearer\s+[A-Za-z0-9._~+/-]{16,}"
)
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
# Sources that order about instead of telling something: nothing that they name is to be passed on.
_ORDERS_ABOUT = re.compile(
    r"ignor\w*\W+(?:\w+\W+){0,4}(?:instruc|regra|orden|rule|previous|prior|above)|"
    r"(?:esqueca|desconsidere|forget|disregard)\W+(?:\w+\W+){0,4}(?:instruc|regra|rule|everything|tudo)|"
    r"system prompt|prompt do sistema|voce agora e|you are now|#tool:|#say\b|"
    r"(?:chame|use|execute|call|invoke)\W+(?:\w+\W+){0,2}(?:ferramenta|tool|function|funcao)|"
    r"(?:envie|mande|poste|send|post|forward)\W+(?:\w+\W+){0,8}https?\b"
)


class Checked:
    """What may be said of an answer, and what was found in it."""

    __slots__ = ("findings", "text")

    def __init__(self, text: str, findings: Sequence[FindingOut]) -> None:
        self.text, self.findings = text, tuple(findings)

    @property
    def withheld(self) -> bool:
        """Nothing of it may be said."""
        return any(finding.action == "withheld" for finding in self.findings)


def check(text: str, context: TurnContext, version: Published, told: Sequence[str]) -> Checked:
    """`told` is what tools gave back in this turn."""
    if _gives_prompt_away(text, context, version):
        return Checked(text, [FindingOut(check="prompt", action="withheld", detail="")])
    if _SECRET.search(text):
        return Checked(text, [FindingOut(check="secret", action="withheld", detail="")])
    found = find_links(text)
    findings: list[FindingOut] = []
    if found:
        text, findings = _without_foreign(text, found, context, version, told)
    personal = _foreign_person(text, context, version, told)
    if personal is not None:
        findings.append(FindingOut(check="personal-data", action="withheld", detail=personal))
    elif findings and not any(char.isalnum() for char in text):
        findings.append(FindingOut(check="link", action="withheld", detail=""))
    return Checked(text, findings)


def _gives_prompt_away(text: str, context: TurnContext, version: Published) -> bool:
    if _TAGS.search(text):
        return True
    mark = canary(context)
    for form in _forms(text):
        if mark in form:
            metrics.canary_seen.inc()
            return True
        if _quotes_rules(form):
            return True
    return _orders_repeated(squashed(text), version.instructions) >= _ORDERS_TOLD


def _forms(text: str) -> Iterable[str]:
    """The letters and digits of a text, also as it reads backwards and in simple codes."""
    plain = squashed(text)
    yield plain
    yield plain[::-1]
    yield plain.translate(_ROT13)
    if "%" in text:
        yield squashed(unquote(text))
    for found in _ENCODED.finditer(text):
        for decode in (_from_base64, _from_hex):
            inner = decode(found[0])
            if inner:
                yield squashed(inner)


def squashed(text: str) -> str:
    """Lower-case letters and digits alone, without accents: spaces, dots and dashes between them hide nothing."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return "".join(char for char in text.lower() if char.isalnum())


def _from_base64(text: str) -> str:
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "ignore")
    except (binascii.Error, ValueError):
        return ""


def _from_hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode("utf-8", "ignore")
    except ValueError:
        return ""


def _quotes_rules(form: str) -> bool:
    """Whether a run of `_RUN_OF_RULES` letters is the rules'. A run that long has one of its blocks whole in it, so
    that most texts are done with after a look-up for each block."""
    rules = _rules()
    for at in range(0, len(form) - _BLOCK + 1, _BLOCK):
        if form[at : at + _BLOCK] in rules.blocks:
            first = max(0, at - _BLOCK)
            around = (form[start : start + _RUN_OF_RULES] for start in range(first, at + 1))
            if any(len(run) == _RUN_OF_RULES and any(run in part for part in rules.parts) for run in around):
                return True
    return False


@dataclass(frozen=True, slots=True)
class _Rules:
    parts: tuple[str, ...]
    """Letters and digits of the rules, between what is filled in."""
    blocks: frozenset[str]


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    parts = tuple(squashed(part) for part in re.split(r"\{\w+\}", RULES))
    return _Rules(
        parts, frozenset(part[at : at + _BLOCK] for part in parts for at in range(max(0, len(part) - _BLOCK + 1)))
    )


@lru_cache(maxsize=2_000)
def _orders(instructions: str) -> tuple[str, ...]:
    found = (squashed(part) for part in _SENTENCE.split(instructions) if _ORDER.match(_bare(part)))
    return tuple(order for order in dict.fromkeys(found) if len(order) >= _LEAST_ORDER)


def _orders_repeated(said: str, instructions: str) -> int:
    return sum(order in said for order in _orders(instructions))


def _bare(text: str) -> str:
    """Lower case without accents, its spaces kept."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))


def _without_foreign(
    text: str, found: Sequence[Link], context: TurnContext, version: Published, told: Sequence[str]
) -> tuple[str, list[FindingOut]]:
    own = [link for said in _own_words(context, version) for link in links_in(said)]
    named = [*own, *(link for said in _trusted(told) for link in find_links(said))]
    findings: list[FindingOut] = []
    for link in reversed(found):
        if any(host_is(link, other.host) for other in own) or any(same_address(link, other) for other in named):
            continue
        text = text[: link.start].rstrip(" (<[\"'“") + text[link.end :].lstrip(")>]\"'”")
        findings.append(FindingOut(check="link", action="removed", detail=link.host[:100]))
    return re.sub(r"[ \t]{2,}", " ", text).strip(), findings[::-1]


def _own_words(context: TurnContext, version: Published) -> Iterable[str]:
    """What the business itself says."""
    yield context.business.description
    yield version.instructions
    for line in context.lines:
        if line.author in ("agent", "phone") and line.text:
            yield line.text


def _trusted(told: Sequence[str]) -> Iterable[str]:
    """What sources and tools said, passage by passage, but for passages that order about."""
    for text in told:
        for part in text.split("},{"):
            if not _ORDERS_ABOUT.search(_bare(part)):
                yield part


def _foreign_person(text: str, context: TurnContext, version: Published, told: Sequence[str]) -> str | None:
    """'email' or 'number' for one that this conversation has nothing to do with."""
    emails = [found[0].lower().rstrip(".") for found in _EMAIL.finditer(text)] if "@" in text else []
    numbers = _numbers(text)
    if not emails and not numbers:
        return None
    known = context.known
    sources = [
        *_own_words(context, version),
        *_trusted(told),
        *(said for line in context.lines for said in (line.text, line.transcript) if said),
        *known.facts.values(),
        *(str(value) for value in known.fields.values()),
        context.contact_name,
        context.contact_phone or "",
        context.address,
        context.summary.text if context.summary else "",
    ]
    everything = "\n".join(sources).lower()
    if any(email not in everything for email in emails):
        return "email"
    runs = [_digits(run) for run in _RUN.findall(everything)]
    return "number" if any(not any(number[-_TAIL:] in run for run in runs) for number in numbers) else None


def _numbers(text: str) -> list[str]:
    """Numbers as long as a phone's or a document's; prices, dates and hours are shorter."""
    found = (_digits(match[0]) for match in _NUMBER.finditer(_DATE.sub("/", text)))
    return [number for number in found if len(number) >= _LONG_NUMBER]


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
