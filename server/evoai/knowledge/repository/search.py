"""What answers a question: how rare its terms are, then one statement, BM25 over the postings and nearness over the
vectors, fused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import REAL, Text

K1, B = 1.2, 0.6
CANDIDATES = 60
COMPARED = 10_000
"""Chunks of a tenant whose vectors are all compared; with more, those of the `NEAREST` codes are."""
NEAREST = 800
ENOUGH = 3_000
"""Chunks that say one of a question's words that count most; where there are so many, those with none are left out."""

# Where a tenant has much, only chunks are ranked that say one of the words which count most: to add up those that have
# but words which every fifth has would cost more than all the rest, and they are not the best.
_TELLING = """
told as materialized (
  select distinct p.chunk_id from app.postings p where p.tenant_id = :tenant_id and p.term = any(:telling))
"""
# `asked` is one row for each way to say a part of the question; the best way counts, so that a passage with three
# words for one thing is not three times as right.
_WORDS = """
asked as (select * from unnest(cast(:parts as int[]), :terms, cast(:weights as real[])) as a(part, term, weight)),
said as (
  select p.chunk_id, a.part, max(a.weight * p.tf / (p.tf + :flat + :slope * p.length)) as score
    from asked a
    join app.postings p on p.tenant_id = :tenant_id and p.term = a.term
   where true {of_postings}
   group by p.chunk_id, a.part),
worded as (
  select chunk_id, sum(score) as score from said group by chunk_id order by score desc, chunk_id limit :candidates)
"""
# The question's own is a step by itself: written where it is used, its text would be read again for each row.
_ASKED_FOR = """
asked_for{n} as materialized (
  select v, public.binary_quantize(v) as code from (select cast(cast(:vector{n} as text) as public.halfvec) as v) q)
"""
# Read whole before it is ordered: an index over all tenants' vectors would find others' and give too few.
_ALL = """
mine{n} as materialized (
  select v.id, v.embedding from app.chunk_vectors v
   where v.tenant_id = :tenant_id and v.model = :model{n} {of_vectors})
"""
# Of many vectors only those are compared whose codes are near, by the bits that differ.
_LIKELY = """
mine{n} as materialized (
  select v.id, v.embedding
    from (select v.id from app.chunk_vectors v
           where v.tenant_id = :tenant_id and v.model = :model{n} {of_vectors}
           order by v.code operator(public.<~>) (select code from asked_for{n})
           limit :nearest) c
    join app.chunk_vectors v on v.tenant_id = :tenant_id and v.id = c.id)
"""
_NEAR = """
near{n} as (
  select id as chunk_id, 1 - (embedding operator(public.<=>) (select v from asked_for{n})) as score
    from mine{n} order by score desc, id limit :candidates)
"""
# Squared: a vector that is only somewhat near says little, and must not outweigh a word that is right.
_BOTH = """
fused as (
  select chunk_id, coalesce(w.score, 0) as worded, coalesce(greatest(n.score, 0) ^ 2, 0) as near,
         coalesce(w.score / nullif(max(w.score) over (), 0), 0) as relative
    from worded w full join near n using (chunk_id))
"""
_ALONE = """
fused as (
  select chunk_id, score as worded, 0::real as near, score / nullif(max(score) over (), 0) as relative from worded)
"""
_TAKEN = """
select f.chunk_id, f.worded, f.near, f.relative, c.document_id, c.heading, c.text, c.page, d.title, d.url, d.source
  from fused f
  join app.chunks c on c.tenant_id = :tenant_id and c.id = f.chunk_id
  join app.documents d on d.tenant_id = :tenant_id and d.id = c.document_id
 where c.edition = d.edition and d.deleted_at is null
 order by f.relative * :of_words + f.near * (1 - :of_words) desc, f.worded desc, f.chunk_id
 limit :limit
"""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a tenant has, as far as a question needs it."""

    chunks: int
    length: float
    """Of a chunk, on average."""
    terms: Mapping[str, int]
    """In how many chunks each of the question's terms stands; those that stand in none are not here."""


@dataclass(frozen=True, slots=True)
class Question:
    """`parts` are numbers of the question's parts, and with `terms` and `weights` the ways to say them."""

    parts: Sequence[int]
    terms: Sequence[str]
    weights: Sequence[float]
    vectors: Sequence[tuple[str, str]]
    """The question's, with the name of the model that each is compared under: more than one while the documents are
    embedded anew."""
    of_words: float
    """How much the words count against the vectors, 0 to 1."""
    documents: Sequence[UUID] | None
    tags: Sequence[str] | None
    limit: int


async def corpus(db: AsyncSession, tenant_id: UUID, terms: Sequence[str]) -> Corpus | None:
    """None where there is nothing to find. From here on the transaction's statements are planned for their own values:
    one plan for all tenants would read the large ones five times as long."""
    await db.execute(text("set local plan_cache_mode = force_custom_plan"))
    rows = (
        await db.execute(
            text(
                "select c.chunks, c.length, t.term, t.chunks as of_term from app.corpora c"
                " left join app.terms t on t.tenant_id = :tenant_id and t.term = any(:terms)"
                " where c.tenant_id = :tenant_id and c.chunks > 0"
            ).bindparams(bindparam("terms", type_=ARRAY(Text))),
            {"tenant_id": tenant_id, "terms": list(terms)},
        )
    ).all()
    if not rows:
        return None
    known = {row.term: row.of_term for row in rows if row.term is not None}
    return Corpus(rows[0].chunks, rows[0].length / rows[0].chunks, known)


async def ask(db: AsyncSession, tenant_id: UUID, question: Question, corpus: Corpus) -> Sequence[Any]:
    """Best first: (chunk_id, worded, near, relative, document_id, heading, text, page, title, url, source)."""
    near = bool(question.vectors)
    chosen = question.documents is not None or question.tags is not None
    ways = [
        (part, term, weight * _rarity(corpus, term))
        for part, term, weight in zip(question.parts, question.terms, question.weights, strict=True)
        if term in corpus.terms
    ]
    values: dict[str, Any] = {
        "tenant_id": tenant_id,
        "parts": [str(part) for part, _, _ in ways],
        "terms": [term for _, term, _ in ways],
        "weights": [str(weight * (K1 + 1)) for _, _, weight in ways],
        "flat": K1 * (1 - B),
        # Without any length there is no posting that this is used for.
        "slope": K1 * B / (corpus.length or 1),
        "candidates": CANDIDATES,
        "of_words": question.of_words if near else 1.0,
        "limit": question.limit,
    }
    which = " and {}.document_id in (select id from picked)" if chosen else ""
    many = corpus.chunks > COMPARED
    steps: list[str] = []
    of_postings = which.format("p")
    if many and not chosen:
        values["telling"] = _telling(corpus, ways)
        steps.append(_TELLING)
        of_postings = " and p.chunk_id in (select chunk_id from told)"
    steps.append(_WORDS.format(of_postings=of_postings))
    if chosen:
        picks = ["d.tenant_id = :tenant_id", "d.chunks > 0", "d.deleted_at is null"]
        if question.documents is not None:
            picks.append("d.id = any(cast(:documents as uuid[]))")
            values["documents"] = list(map(str, question.documents))
        if question.tags is not None:
            picks.append("d.tags ?| :tags")
            values["tags"] = list(question.tags)
        steps.insert(0, f"\npicked as materialized (select d.id from app.documents d where {' and '.join(picks)})")  # noqa: S608
    if near:
        values |= {"nearest": NEAREST} if many else {}
        for n, (vector, model) in enumerate(question.vectors):
            values |= {f"vector{n}": vector, f"model{n}": model}
            near_steps = (_ASKED_FOR, _LIKELY if many else _ALL, _NEAR)
            steps += [step.format(n=n, of_vectors=which.format("v")) for step in near_steps]
        tables = " union all ".join(f"table near{n}" for n in range(len(question.vectors)))
        steps += [f"\nnear as ({tables})", _BOTH]
    else:
        steps.append(_ALONE)
    sql = "with" + ",".join(step.rstrip() for step in steps) + _TAKEN
    return (await db.execute(_typed(sql, values), values)).all()


def _telling(corpus: Corpus, ways: Sequence[tuple[int, str, float]]) -> list[str]:
    """The terms that count most, as many as stand in `ENOUGH` chunks together."""
    taken: dict[str, int] = {}
    for _, term, _ in sorted(ways, key=lambda way: (-way[2], way[1])):
        if sum(taken.values()) >= ENOUGH:
            break
        taken[term] = corpus.terms[term]
    return list(taken)


def _rarity(corpus: Corpus, term: str) -> float:
    """BM25's inverse document frequency of a term that stands in some chunk."""
    those = corpus.terms[term]
    return math.log(1 + (max(corpus.chunks - those, 0) + 0.5) / (those + 0.5))


# Arrays of text alone: to learn any other the driver asks the catalogue, once in each connection.
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("parts", "terms", "weights", "telling", "documents", "tags"), ARRAY(Text)),
    **dict.fromkeys(("flat", "slope", "of_words"), REAL),
}


def _typed(sql: str, values: dict[str, Any]) -> Any:
    return text(sql).bindparams(*(bindparam(name, type_=_TYPES[name]) for name in values if name in _TYPES))


async def like(db: AsyncSession, tenant_id: UUID, first: Sequence[str], shortest: int, longest: int) -> dict[str, int]:
    """The tenant's terms that begin with one of the letters `first`, by length: who was meant by a mistyped one."""
    rows = await db.execute(
        text(
            "select term, chunks from app.terms where tenant_id = :tenant_id and left(term, 1) = any(:first)"
            " and length(term) between :shortest and :longest limit 20000"
        ).bindparams(bindparam("first", type_=ARRAY(Text))),
        {"tenant_id": tenant_id, "first": list(first), "shortest": shortest, "longest": longest},
    )
    return {row[0]: row[1] for row in rows}
