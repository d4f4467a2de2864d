"""Answers to questions that need no context, kept in the process for whoever asks the same. Only an answer is kept that
was given to somebody of whom nothing was known, and that names nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec

from evoai.assistant.schemas.assistants import UsedPassageOut
from evoai.assistant.service.asked import normalise
from evoai.assistant.service.prompt import is_waiting, moment_of
from evoai.inbox.service.turns import TurnContext
from evoai.knowledge.service import read as documents
from evoai.knowledge.service.terms import stem
from evoai.knowledge.service.terms import words as words_of

if TYPE_CHECKING:
    from evoai.resources import Resources

_LASTS = 3600.0
_KEPT = 5000
_LOOK_AGAIN = 5.0
"""Seconds after which it is asked again whether the documents have changed."""
_LONGEST = 300
_FEWEST_WORDS = 3

_POLITE = (
    r"(?:oi+e?|ola|opa|bom dia|boa tarde|boa noite|tudo bem|tudo bom|por favor|pf|pfv|por gentileza|obrigad[oa]|"
    r"hi|hello|good (?:morning|afternoon|evening)|please|thanks|thank you|"
    r"(?:eu )?(?:queria|quero|gostaria de|preciso) saber|(?:pode(?:ria)? )?me (?:dizer|informar|diz|fala)|"
    r"i (?:would like|want) to know|can you tell me)"
)
_BEFORE = re.compile(rf"^(?:{_POLITE} )+")
_AFTER = re.compile(rf"(?: {_POLITE})+$")
_ASKS = re.compile(
    r"^(?:qual|quais|quanto|quanta|quantos|quantas|onde|como|quando|quem|que|o que|por que|voces|vcs|voce|vc|tem|ha|"
    r"aceita[m]?|atende[m]?|abre[m]?|fecha[m]?|fica[m]?|faz(?:em)?|vende[m]?|entrega[m]?|precisa|da pra|posso|"
    r"what|where|how|when|who|which|do you|does|is|are|can)\b"
)
# Words that point outside the question: at what was said, at whoever asks, at the moment.
_POINTING = """
isso isto esse essa esses essas este esta estes estas aquele aquela aqueles aquelas aquilo ele ela eles elas dele dela
deles delas nele nela la ali ai mesmo mesma tambem outro outra outros outras entao dai ultimo ultima anterior meu minha
meus minhas eu me mim comigo nosso nossa nos tenho estou sou fui fiz comprei paguei marquei recebi pedi hoje agora
amanha ontem ja ainda cedo tarde noite semana it this that these those they them he she his her my mine i me our we also
too then there other same last today now tomorrow yesterday yet still
"""
_POINTS = frozenset(_POINTING.split())
_SAME = {
    **dict.fromkeys(("quanto", "preco", "precos", "valor", "valores", "custa", "custam", "custo", "custar"), "#price"),
    **dict.fromkeys(("onde", "endereco", "fica", "ficam", "localizacao", "localizada", "localizado"), "#place"),
}
_TURNS = frozenset(
    re.findall(
        r"\w+",
        """
        nao sem com so apenas menos mais exceto nunca sempre antes depois ate desde entre sobre contra quando como quem
        porque dia dias not without with only less more except never always before after until since when how who why
        """,
    )
)
"""Small words that make another question of the same terms."""
_TOWARDS = frozenset({"para", "pra", "ate", "a", "to", "from"})
_GOES_ON = ("e ", "mas ", "ou ", "and ", "but ", "or ", "so ", "entao ")
_GREETS = re.compile(r"\b(?:bom dia|boa tarde|boa noite|good (?:morning|afternoon|evening))\b")

Key = tuple[UUID, UUID, int, bytes, str]


class Kept(NamedTuple):
    conversation_id: UUID
    """The one that it was first given in."""
    bubbles: tuple[str, ...]
    model: str
    passages: tuple[UsedPassageOut, ...]


def question_of(context: TurnContext) -> str | None:
    """What is asked, if somebody of whom nothing is known waits for an answer to one question that stands by itself."""
    known = context.known
    if known.tags or known.fields or known.facts:
        return None
    waiting = [line for line in context.lines if is_waiting(context, line)]
    if len(waiting) != 1 or waiting[0].type != "text" or context.known.facts or context.known.fields:
        return None
    text = waiting[0].text or ""
    # Most of what people write is no question, and is not looked at any closer.
    if len(text) > _LONGEST or len(text.split(maxsplit=_FEWEST_WORDS)) < _FEWEST_WORDS:
        return None
    plain = _AFTER.sub("", _BEFORE.sub("", normalise(text)))
    words = plain.split()
    if len(words) < _FEWEST_WORDS or plain.startswith(_GOES_ON) or not _POINTS.isdisjoint(words):
        return None
    return meaning_of(plain) if "?" in text or _ASKS.match(plain) else None


def meaning_of(plain: str) -> str:
    """What questions share that are answered alike: their terms in any order, with one word for price and one for
    place, and the small words that turn them. Where it matters which way round, the words as they stand."""
    words = plain.split()
    if "de" in words and not _TOWARDS.isdisjoint(words):
        return plain
    found = {stem(word) for word in words_of(plain) if word not in _SAME}
    found |= {_SAME[word] for word in words if word in _SAME}
    return f"{' '.join(sorted(found))} | {' '.join(sorted(word for word in words if word in _TURNS))}"


def is_anybodys(context: TurnContext, said: Sequence[str], tools: frozenset[str]) -> bool:
    """Whether an answer may be given to others: nothing of this contact was known but the name, which it does not say,
    and no tool ran but the search."""
    if len(context.lines) != 1 or not tools <= {"search_knowledge"}:
        return False
    text = normalise(" ".join(said))
    names = [name for name in normalise(context.contact_name).split() if len(name) > 2]
    digits = re.sub(r"\D", "", context.contact_phone or "")[-8:]
    return (
        not _GREETS.search(text)
        and not any(name in text.split() for name in names)
        and not (digits and digits in re.sub(r"\D", "", text))
    )


@dataclass(slots=True)
class _Version:
    seen_at: float
    version: str


class AnswerCache:
    """A bounded cache; the least recently used answer makes place."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._most = kept
        self._held: dict[Key, tuple[float, Kept]] = {}
        self._versions: dict[UUID, _Version] = {}
        self._given_in: dict[UUID, set[Key]] = {}

    async def key(self, resources: Resources, context: TurnContext, question: str, now: datetime) -> Key:
        """Whatever an answer rests on: the tenant's profile and documents, the assistant's version, the day, and
        whether the business is open."""
        documents_version = await self._documents(resources, context.tenant_id)
        rest = msgspec.json.encode((context.business, documents_version, moment_of(context.business, now)))
        return (context.tenant_id, context.assistant_id, context.assistant_version, rest, question)

    def get(self, key: Key) -> Kept | None:
        held = self._take(key)
        if held is None or held[0] < monotonic():
            return None
        self._keep(key, held)
        return held[1]

    def put(self, key: Key, kept: Kept) -> None:
        self._take(key)
        self._keep(key, (monotonic() + _LASTS, kept))
        if len(self._held) > self._most:
            self._take(next(iter(self._held)))

    def forget(self, conversation_id: UUID) -> None:
        """Drop what was first asked in a conversation."""
        for key in self._given_in.pop(conversation_id, ()):
            self._held.pop(key, None)

    def _keep(self, key: Key, held: tuple[float, Kept]) -> None:
        self._held[key] = held
        self._given_in.setdefault(held[1].conversation_id, set()).add(key)

    def _take(self, key: Key) -> tuple[float, Kept] | None:
        held = self._held.pop(key, None)
        if held is not None:
            given_in = self._given_in[held[1].conversation_id]
            given_in.discard(key)
            if not given_in:
                del self._given_in[held[1].conversation_id]
        return held

    async def _documents(self, resources: Resources, tenant_id: UUID) -> str:
        held = self._versions.get(tenant_id)
        if held is None or held.seen_at < monotonic() - _LOOK_AGAIN:
            seen_at = monotonic()
            async with resources.db.tenant_session(tenant_id) as db:
                held = _Version(seen_at, await documents.version(db, tenant_id))
            if len(self._versions) >= self._most:
                self._versions.clear()
            self._versions[tenant_id] = held
        return held.version


ANSWERS = AnswerCache()
"""This process's."""
