"""Whether a contact asks for a person, told from the words alone, so that it holds whatever a model thinks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

_SCANNED = 4000
"""Characters of a message that are looked at: half from the beginning, half from the end."""

_STRETCHED = re.compile(r"(.)\1{2,}")
# Where a new thought begins: a "no" before it says nothing about what comes after.
_BORDER = re.compile(r"[.,;:!?…\n()\-–—]+|\b(?:mas|porem|but)\b")
_NOT_WORD = re.compile(r"[^\w]+")

_ATTENDANT = r"(?:(?:um|uma|o|a|os|as|algum|alguma|outro|outra) )?(?:atend(?:ente|ete|nte|ende|enti)s?)"
_HUMAN = (
    r"(?:(?:um|uma|o|a|algum|alguma) )?(?:ser )?(?:humanos?|humana|"
    r"(?:pessoa|gente|alguem)(?: (?:de verdade|real|humana|do time|da equipe|da loja|da clinica|da empresa)))"
)
_ANYBODY = (
    r"(?:(?:um|uma|o|a|algum|alguma|seu|sua) )?(?:pessoa|alguem|gente|operadora?|recepcao|recepcionista|secretaria|"
    r"responsavel|gerente|dono|dona|vendedora?|consultora?|supervisora?|funcionari[oa]|equipe|time de voces)"
)
_WISH = r"(?:quero|queria|qro|quer|preciso(?: de)?|precisava(?: de)?|gostaria de|prefiro|desejo|exijo)"
_BRING = (
    r"(?:chama|chame|chamar|passa|passe|passar|transfere|transfira|transferir|encaminha|encaminhe|encaminhar|"
    r"me da|me de|coloca|coloque|manda|mande|arruma)(?: me)?(?: (?:para|pra|pro|por|com|ai|aqui|logo|de volta))*"
    r"(?: falar com)?"
)
_SPEAK = r"(?:falar|conversar|fala|falo|tratar|contato) (?:\w+ )?(?:com|c|cm)"

_PORTUGUESE = (
    rf"{_SPEAK} (?:{_ATTENDANT}|{_HUMAN}|{_ANYBODY})",
    rf"ser (?:atendid[oa]) por (?:{_ATTENDANT}|{_HUMAN}|{_ANYBODY})",
    rf"{_WISH} (?:{_ATTENDANT}|{_HUMAN})",
    rf"{_WISH} (?:uma )?pessoa(?=$| (?:pra|para|me|por favor|aqui|ai)\b)",
    rf"{_BRING} (?:{_ATTENDANT}|{_HUMAN}|{_ANYBODY})",
    rf"(?:tem|ha|existe|cade|kd|tiver) (?:{_ATTENDANT}|{_HUMAN})",
    r"atendimento (?:humano|com (?:uma )?(?:pessoa|humano|atendente)|de verdade|pessoal)",
    r"suporte humano",
)
_PERSON = r"(?:(?:an?|the|some|another|your) )?(?:(?:real|actual|live|human) )?"
_WHO = (
    r"(?:human(?: being)?|person|agent|representative|operator|attendant|someone|somebody|anyone|staff|manager|people)"
)
_STRICT_WHO = (
    r"(?:(?:an?|the|some) )?(?:(?:real|live|human|actual) (?:person|agent|representative|operator|being|human)|"
    r"human|agent|representative|operator)"
)
_ENGLISH = (
    rf"(?:talk|speak|chat|talking|speaking|chatting) (?:\w+ )?(?:to|with) {_PERSON}{_WHO}",
    rf"(?:want|need|prefer|like|get me|give me|find me|wanna have) {_STRICT_WHO}",
    rf"(?:connect|transfer|pass|forward|put|hand)(?: me)?(?: (?:to|with|through|over|on))+ {_PERSON}{_WHO}",
    rf"(?:call|get) {_PERSON}(?:human|agent|representative|operator|attendant)(?=$| )",
    r"human (?:support|help|assistance|service)",
)
_REQUEST = re.compile(r"\b(?:" + "|".join(_PORTUGUESE + _ENGLISH) + r")\b")

_POLITE = (
    r"(?:por favor|pf|pfv|please|pls|oi|ola|bom dia|boa tarde|boa noite|hi|hello|sim|yes|ok|ai|aqui|urgente|"
    r"entao|agora|now|quero|um|uma|o|a|an|the)"
)
_ALONE = re.compile(
    rf"^(?:{_POLITE} )*(?:atend(?:ente|ete|nte|ende)s?|humano|humana|ser humano|pessoa (?:real|de verdade|humana)|"
    rf"human|agent|live agent|human agent|representative|operator|real person)(?: {_POLITE})*$"
)

_WHY = frozenset({"porque", "pq", "why"})
_NEGATIONS = frozenset(
    {"nao", "n", "nunca", "nem", "sem", "jamais", "dont", "not", "never", "no", "without", "doesnt", "wont", "didnt"}
)
# What may stand between a "no" and what it denies: "não quero mais ter que falar com…".
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        """
        quero queria quer quiser quis querendo preciso precisa precisava precisar precisam gostaria desejo necessario
        de mais ter que e me pra para vou ir um uma o a estou to ainda agora pedi pedindo
        chame chama chamar passe passa passar transfira transfere transferir
        want need needs to have wanna would like wish asking for ask going gonna any an you please necessary there is
        """,
    )
)


def asks_for_person(messages: Iterable[str], keywords: Sequence[str] = ()) -> bool:
    """Whether one of `messages` asks for a person, or has one of `keywords` as whole words. Built-in phrases are
    Portuguese and English; "não quero falar com atendente" and the like ask for nothing."""
    wanted = [f" {plain} " for keyword in keywords if (plain := normalise(keyword))]
    for message in messages:
        text = message if len(message) <= _SCANNED else f"{message[: _SCANNED // 2]}\n{message[-_SCANNED // 2 :]}"
        if wanted:
            padded = f" {normalise(text)} "
            if any(keyword in padded for keyword in wanted):
                return True
        if any(_requests(clause) for clause in _clauses(text)):
            return True
    return False


@lru_cache(maxsize=1000)
def normalise(text: str) -> str:
    """Lower case words without accents or punctuation, one space apart; "atendenteee" is "atendente"."""
    return _NOT_WORD.sub(" ", _bare(text)).strip()


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).lower()
    letters = "".join(char for char in decomposed if unicodedata.category(char) not in ("Mn", "Cf"))
    return _STRETCHED.sub(r"\1", letters.replace("'", "").replace("’", ""))


def _clauses(text: str) -> Iterable[str]:
    return filter(None, (_NOT_WORD.sub(" ", part).strip() for part in _BORDER.split(_bare(text))))


def _requests(clause: str) -> bool:
    if _ALONE.match(clause):
        return True
    return any(not _denied(clause, match) for match in _REQUEST.finditer(clause))


def _denied(clause: str, match: re.Match[str]) -> bool:
    before = clause[: match.start()].split()
    # "Por que não chama um atendente?" asks for one.
    if "por que" in clause[: match.start()] or _WHY.intersection(before):
        return False
    if clause[match.end() :].strip() in ("nao", "no", "not"):
        # "Quero falar com atendente não" denies it, "não dá pra falar com um atendente não?" pleads for it.
        return not _NEGATIONS.intersection(before)
    while before and before[-1] in _FILLERS:
        before.pop()
    return bool(before) and before[-1] in _NEGATIONS
