"""The one statement that answers a question: BM25 over the postings, nearness over the vectors, fused."""

from __future__ import annotations

from collections.abc import Sequence
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
NEAREST = 1_500

# `asked` is one row for each way to say a part of the question; the best way counts, so that a passage with three
# words for one thing is not three times as right. Without a posting for a term its part adds nothing.
_WORDS = """
asked as (select * from unnest(cast(:parts as int[]), :terms, cast(:weights as real[])) as a(part, term, weight)),
corpus as (
  select chunks::real as chunks, length::real / greatest(chunks, 1) as average
    from app.corpora where tenant_id = :tenant_id and chunks > 0),
said as (
  select p.chunk_id, a.part,
         max(a.weight * ln(1 + (greatest(c.chunks - t.chunks, 0) + 0.5) / (t.chunks + 0.5))
             * p.tf * (:k1 + 1) / (p.tf + :k1 * (1 - :b + :b * p.length / c.average))) as score
    from asked a
    join app.terms t on t.tenant_id = :tenant_id and t.term = a.term
    join app.postings p on p.tenant_id = :tenant_id and p.term = a.term
    cross join corpus c
   where true {of_postings}
   group by p.chunk_id, a.part),
worded as (
  select chunk_id, sum(score) as score from said group by chunk_id order by score desc, chunk_id limit :candidates)
"""
# Read whole before it is ordered: an index over all tenants' vectors would find others' and give too few. Of many
# vectors only those are compared whose codes are near, by the bits that differ. The question's own is a step by itself:
# written where it is used, its text would be read again for each row.
_NEAR = """
asked_for{n} as materialized (
  select v, public.binary_quantize(v) as code, coalesce((select chunks from corpus), 0) > :compared as many
    from (select cast(cast(:vector{n} as text) as public.halfvec) as v) q),
mine{n} as materialized (
  select v.id, v.embedding from app.chunk_vectors v
   where v.tenant_id = :tenant_id and v.model = :model{n} and not (select many from asked_for{n}) {of_vectors}
  union all
  select v.id, v.embedding
    from (select v.id from app.chunk_vectors v
           where v.tenant_id = :tenant_id and v.model = :model{n} and (select many from asked_for{n}) {of_vectors}
           order by v.code operator(public.<~>) (select code from asked_for{n})
           limit :nearest) c
    join app.chunk_vectors v on v.tenant_id = :tenant_id and v.id = c.id),
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
select f.chunk_id, f.worded, f.near, f.relative, c.document_id, c.heading, c.text, c.page, d.title, d.url, d.source,
       (select array_agg(distinct a.term) from asked a join app.terms t on t.tenant_id = :tenant_id and t.term = a.term)
         as known
  from fused f
  join app.chunks c on c.tenant_id = :tenant_id and c.id = f.chunk_id
  join app.documents d on d.tenant_id = :tenant_id and d.id = c.document_id
 where c.edition = d.edition and d.deleted_at is null
 order by f.relative * :of_words + f.near * (1 - :of_words) desc, f.worded desc, f.chunk_id
 limit :limit
"""


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


async def ask(db: AsyncSession, tenant_id: UUID, question: Question) -> Sequence[Any]:
    """Best first: (chunk_id, worded, near, relative, document_id, heading, text, page, title, url, source,
    known), the last being those of the terms that the tenant's documents say at all."""
    near = bool(question.vectors)
    chosen = question.documents is not None or question.tags is not None
    values: dict[str, Any] = {
        "tenant_id": tenant_id,
        "parts": list(map(str, question.parts)),
        "terms": list(question.terms),
        "weights": list(map(str, question.weights)),
        "k1": K1,
        "b": B,
        "candidates": CANDIDATES,
        "of_words": question.of_words if near else 1.0,
        "limit": question.limit,
    }
    which = " and {}.document_id in (select id from picked)" if chosen else ""
    steps = [_WORDS.format(of_postings=which.format("p"))]
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
        values |= {"compared": COMPARED, "nearest": NEAREST}
        for n, (vector, model) in enumerate(question.vectors):
            values |= {f"vector{n}": vector, f"model{n}": model}
            steps.append(_NEAR.format(n=n, of_vectors=which.format("v")))
        tables = " union all ".join(f"table near{n}" for n in range(len(question.vectors)))
        steps += [f"\nnear as ({tables})", _BOTH]
    else:
        steps.append(_ALONE)
    sql = "with" + ",".join(step.rstrip() for step in steps) + _TAKEN
    return (await db.execute(_typed(sql, values), values)).all()


# Arrays of text alone: to learn any other the driver asks the catalogue, once in each connection.
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("parts", "terms", "weights", "documents", "tags"), ARRAY(Text)),
    **dict.fromkeys(("k1", "b", "of_words"), REAL),
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
