"""Searching: a question into parts and ways to say them, what may be meant by mistyped ones, and what is found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.purchases import NoRoom, purchase
from evoai.kit.log import get_logger
from evoai.knowledge.embedder.protocol import Embedder, EmbeddingError
from evoai.knowledge.repository import search as repository
from evoai.knowledge.repository.search import Corpus, Question
from evoai.knowledge.schemas import Found, SearchOut
from evoai.knowledge.service.chunks import count_tokens
from evoai.knowledge.service.models_in_use import MODELS
from evoai.knowledge.service.terms import all_words, root, stem, words
from evoai.knowledge.service.thesaurus import asked_for, other_ways, vocabulary

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

OTHER_WAY = 0.55
KIN = 0.3
ASKED_FOR = 0.25
MISTYPED = {1: 0.85, 2: 0.6}
OF_WORDS = 0.6
MAX_PARTS = 40
EMBED_SECONDS = 3.0
"""A question waits no longer for its vector; then it is answered from words."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that the question says, and how it may stand in a document, with weights."""

    term: str | None
    ways: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Vector:
    """A question's, with the name to compare it under, and what the model was called that read so many tokens."""

    written: str
    name: str
    model: str
    tokens: int


async def search(
    resources: Resources,
    tenant_id: UUID,
    query: str,
    limit: int,
    *,
    documents: Sequence[UUID] | None = None,
    tags: Sequence[str] | None = None,
) -> SearchOut:
    """The passages nearest to `query`, best first; without room in the month for its vector, by its words alone."""

    async def buy(embedder: Embedder) -> Vector:
        async with purchase(
            resources, tenant_id, "search", embedder.model, reads=count_tokens(query), within=EMBED_SECONDS
        ) as bill:
            vector = await _vector(embedder, query)
            bill.says(vector.tokens)
        return vector

    asked = await _vectors(resources, tenant_id, buy)
    return await _find(resources, tenant_id, query, limit, asked, documents, tags)


async def look_up(resources: Resources, tenant_id: UUID, query: str, limit: int) -> tuple[SearchOut, list[Vector]]:
    """The same for a turn, whose trace counts what the question's vectors took."""
    asked = await _vectors(resources, tenant_id, lambda embedder: _vector(embedder, query))
    return await _find(resources, tenant_id, query, limit, asked, None, None), asked


async def _vectors(resources: Resources, tenant_id: UUID, ask: Callable[[Embedder], Awaitable[Vector]]) -> list[Vector]:
    """Of the model that the settings name, and of those that made what the tenant has: its documents are found as
    before while they are embedded anew. Without those that could not be had."""
    embedder = resources.embedder
    if embedder is None:
        return []
    others = await MODELS.others(resources, tenant_id, embedder)
    answers = await asyncio.gather(*map(ask, (embedder, *others)), return_exceptions=True)
    vectors: list[Vector] = []
    for answer in answers:
        if isinstance(answer, Vector):
            vectors.append(answer)
        elif isinstance(answer, EmbeddingError):
            log.warning("search.without_vector", error=str(answer))
        elif not isinstance(answer, NoRoom):
            raise answer
    return vectors


async def _find(
    resources: Resources,
    tenant_id: UUID,
    query: str,
    limit: int,
    asked: Sequence[Vector],
    documents: Sequence[UUID] | None,
    tags: Sequence[str] | None,
) -> SearchOut:
    vectors = [(vector.written, vector.name) for vector in asked]
    parts = parts_of(query)
    async with resources.db.tenant_session(tenant_id) as db:
        corpus = await repository.corpus(db, tenant_id, _terms(parts))
        if corpus is None:
            return SearchOut(items=[])
        better = await _well_typed(db, tenant_id, parts, corpus)
        if better is not None:
            parts, corpus = better, await repository.corpus(db, tenant_id, _terms(better)) or corpus
        rows = await repository.ask(db, tenant_id, _question(parts, vectors, documents, tags, limit), corpus)
    of_words = OF_WORDS if vectors else 1.0
    items = [
        Found(
            document_id=row.document_id,
            chunk_id=row.chunk_id,
            title=row.title,
            heading=row.heading,
            page=row.page,
            text=row.text,
            source=row.source,
            score=round(max(0.0, row.relative * of_words + row.near * (1 - of_words)), 4),
        )
        for row in rows
    ]
    return SearchOut(items=items)


async def _well_typed(db: AsyncSession, tenant_id: UUID, parts: Sequence[Part], corpus: Corpus) -> list[Part] | None:
    """With what may be meant by terms that the tenant's documents do not say; None if nothing may."""
    mistyped = {part.term for part in parts if part.term and part.term not in corpus.terms and _may_be(part.term)}
    if not mistyped:
        return None
    first = sorted({letter for term in mistyped for letter in term[:2]})
    shortest, longest = min(map(len, mistyped)) - 2, max(map(len, mistyped)) + 2
    terms = dict.fromkeys(vocabulary(), 0) | await repository.like(db, tenant_id, first, shortest, longest)
    meant = {term: found for term in mistyped if (found := meant_by(term, terms))}
    if not meant:
        return None
    return [Part(part.term, {**part.ways, **meant.get(part.term or "", {})}) for part in parts]


async def _vector(embedder: Embedder, query: str) -> Vector:
    """Raises `EmbeddingError`."""
    said = await embedder.embed([query], EMBED_SECONDS)
    return Vector(said.vectors[0], embedder.name, embedder.model, said.tokens or count_tokens(query))


def parts_of(query: str) -> list[Part]:
    """The parts of a question, each term once. A question of nothing but small words is taken by those."""
    found = list(dict.fromkeys(stem(word) for word in words(query) or all_words(query)))[:MAX_PARTS]
    parts = [Part(term, _ways(term)) for term in found]
    said = set(found)
    parts += [Part(None, dict.fromkeys(ways, ASKED_FOR)) for ways in asked_for(query) if not ways & said]
    return parts


def _ways(term: str) -> dict[str, float]:
    ways = dict.fromkeys(other_ways(term), OTHER_WAY)
    if (kin := root(term)) is not None:
        ways[kin] = KIN
    return ways | {term: 1.0}


def _terms(parts: Sequence[Part]) -> list[str]:
    return sorted({term for part in parts for term in part.ways})


def _question(
    parts: Sequence[Part],
    vectors: Sequence[tuple[str, str]],
    documents: Sequence[UUID] | None,
    tags: Sequence[str] | None,
    limit: int,
) -> Question:
    rows = [(number, term, weight) for number, part in enumerate(parts) for term, weight in part.ways.items()]
    return Question(
        parts=[row[0] for row in rows],
        terms=[row[1] for row in rows],
        weights=[row[2] for row in rows],
        vectors=vectors,
        of_words=OF_WORDS,
        documents=documents,
        tags=tags,
        limit=limit,
    )


def _may_be(term: str) -> bool:
    """Whether a term that nobody wrote may be mistyped: short ones are near to everything, numbers mean another, and
    what the thesaurus knows is well written."""
    return len(term) >= 4 and term.isalpha() and not other_ways(term)


def meant_by(term: str, terms: Mapping[str, int]) -> dict[str, float]:
    """Of the terms that are known, the nearest by letters mistyped, at most three, those of more chunks first, and
    what else may stand for them."""
    most = 1 if len(term) < 7 else 2
    near: dict[int, list[str]] = {}
    for other in terms:
        if abs(len(other) - len(term)) <= most and other.isalpha():
            apart = letters_apart(term, other, most)
            if 0 < apart <= most:
                near.setdefault(apart, []).append(other)
    if not near:
        return {}
    apart = min(near)
    weight = MISTYPED[apart]
    best = sorted(near[apart], key=lambda other: (-terms[other], other))[:3]
    others = {way: OTHER_WAY * weight for meant in best for way in other_ways(meant)}
    return others | dict.fromkeys(best, weight)


def letters_apart(left: str, right: str, most: int) -> int:
    """Letters to change, add, drop or swap with their neighbour; `most + 1` stands for any more."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other))
            if i > 1 and j > 1 and one == right[j - 2] and left[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
