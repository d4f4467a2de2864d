"""Every query that changes the two indexes over chunks. Each function that does holds the tenant's row of `corpora`
until the transaction ends, so the counts that ranking divides by are exact whatever runs beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import new_id
from evoai.knowledge.models import Chunk, ChunkVector, Corpus, Posting, Term


@dataclass(frozen=True, slots=True)
class NewChunk:
    position: int
    heading: str
    text: str
    page: int | None
    tokens: int
    content_hash: bytes
    terms: Mapping[str, int]
    """How often each term counts."""


async def add_chunks(
    db: AsyncSession, tenant_id: UUID, document_id: UUID, edition: int, chunks: Sequence[NewChunk]
) -> None:
    """The next chunks of a document's edition, with their postings. Locks the tenant's corpus."""
    await _lock(db, tenant_id)
    ids = [new_id() for _ in chunks]
    own = {"tenant_id": tenant_id, "document_id": document_id}
    await db.execute(
        insert(Chunk),
        [
            own
            | {
                "id": chunk_id,
                "edition": edition,
                "position": chunk.position,
                "heading": chunk.heading,
                "text": chunk.text,
                "page": chunk.page,
                "tokens": chunk.tokens,
                "content_hash": chunk.content_hash,
            }
            for chunk_id, chunk in zip(ids, chunks, strict=True)
        ],
    )
    postings = [
        own | {"id": new_id(), "chunk_id": chunk_id, "term": term, "tf": min(tf, 30_000), "length": _length(chunk)}
        for chunk_id, chunk in zip(ids, chunks, strict=True)
        for term, tf in chunk.terms.items()
    ]
    if postings:
        await db.execute(insert(Posting), postings)
    added = Counter(term for chunk in chunks for term in chunk.terms)
    if added:
        upsert = insert(Term)
        await db.execute(
            upsert.on_conflict_do_update(
                index_elements=["tenant_id", "term"], set_={"chunks": Term.chunks + upsert.excluded.chunks}
            ),
            [
                {"tenant_id": tenant_id, "id": new_id(), "term": term, "chunks": count}
                for term, count in sorted(added.items())
            ],
        )
    await _count(db, tenant_id, len(chunks), sum(map(_length, chunks)))


def _length(chunk: NewChunk) -> int:
    return sum(chunk.terms.values())


async def contents(
    db: AsyncSession, tenant_id: UUID, document_id: UUID, edition: int
) -> Sequence[tuple[bytes, str, str]]:
    """(content hash, heading, text) of an edition's chunks, in order."""
    rows = await db.execute(
        select(Chunk.content_hash, Chunk.heading, Chunk.text)
        .where(Chunk.tenant_id == tenant_id, Chunk.document_id == document_id, Chunk.edition == edition)
        .order_by(Chunk.position)
    )
    return [(row.content_hash, row.heading, row.text) for row in rows]


async def drop_chunks(
    db: AsyncSession, tenant_id: UUID, document_id: UUID, limit: int, keeping: Collection[int] = ()
) -> int:
    """Take up to `limit` of a document's chunks out of everything, but for the editions `keeping`; how many it were.
    Locks the tenant's corpus."""
    await _lock(db, tenant_id)
    of_document = (
        Chunk.tenant_id == tenant_id,
        Chunk.document_id == document_id,
        Chunk.edition.not_in(keeping),
    )
    ids = list((await db.scalars(select(Chunk.id).where(*of_document).order_by(Chunk.position).limit(limit))).all())
    if not ids:
        return 0
    gone = (
        Posting.tenant_id == tenant_id,
        Posting.document_id == document_id,
        Posting.chunk_id.in_(ids),
    )
    counted = (
        await db.execute(select(Posting.term, func.count(), func.sum(Posting.tf)).where(*gone).group_by(Posting.term))
    ).all()
    await db.execute(delete(Posting).where(*gone).execution_options(synchronize_session=False))
    if counted:
        table: Any = Term.__table__
        await db.execute(
            update(table)
            .where(table.c.tenant_id == tenant_id, table.c.term == bindparam("gone_term"))
            .values(chunks=table.c.chunks - bindparam("gone_count")),
            [{"gone_term": term, "gone_count": count} for term, count, _ in counted],
        )
        await db.execute(
            delete(Term)
            .where(Term.tenant_id == tenant_id, Term.chunks <= 0)
            .execution_options(synchronize_session=False)
        )
    await db.execute(
        delete(ChunkVector)
        .where(ChunkVector.tenant_id == tenant_id, ChunkVector.id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    await db.execute(delete(Chunk).where(*of_document, Chunk.id.in_(ids)).execution_options(synchronize_session=False))
    await _count(db, tenant_id, -len(ids), -sum(int(total) for _, _, total in counted))
    return len(ids)


async def _lock(db: AsyncSession, tenant_id: UUID) -> None:
    await db.execute(insert(Corpus).values(tenant_id=tenant_id, id=new_id()).on_conflict_do_nothing())
    await db.execute(select(Corpus.id).where(Corpus.tenant_id == tenant_id).with_for_update())


async def _count(db: AsyncSession, tenant_id: UUID, chunks: int, length: int) -> None:
    await db.execute(
        update(Corpus)
        .where(Corpus.tenant_id == tenant_id)
        .values(chunks=Corpus.chunks + chunks, length=Corpus.length + length)
        .execution_options(synchronize_session=False)
    )


async def without_vector(
    db: AsyncSession, tenant_id: UUID, document_id: UUID, edition: int, model: str, limit: int
) -> Sequence[tuple[UUID, bytes, str, str]]:
    """(id, content hash, heading, text) of an edition's chunks that have no vector of `model`, in order."""
    rows = await db.execute(
        text(
            "select c.id, c.content_hash, c.heading, c.text from app.chunks c"
            " where c.tenant_id = :tenant_id and c.document_id = :document_id and c.edition = :edition and not exists ("
            "  select from app.chunk_vectors v"
            "   where v.tenant_id = :tenant_id and v.id = c.id and v.model = :model)"
            " order by c.position limit :limit"
        ),
        {"tenant_id": tenant_id, "document_id": document_id, "edition": edition, "model": model, "limit": limit},
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


async def known_vectors(db: AsyncSession, tenant_id: UUID, model: str, hashes: Sequence[bytes]) -> dict[bytes, str]:
    """Vectors that the tenant has already for the same content, in pgvector's text form."""
    rows = await db.execute(
        text(
            "select distinct on (c.content_hash) c.content_hash, v.embedding::text from app.chunks c"
            " join app.chunk_vectors v on v.tenant_id = :tenant_id and v.id = c.id and v.model = :model"
            " where c.tenant_id = :tenant_id and c.content_hash in ("
            "  select decode(h, 'hex') from unnest(cast(:hashes as text[])) h) order by c.content_hash, c.id"
        ),
        {"tenant_id": tenant_id, "model": model, "hashes": [each.hex() for each in hashes]},
    )
    return {bytes(row[0]): row[1] for row in rows}


async def add_vectors(
    db: AsyncSession, tenant_id: UUID, document_id: UUID, model: str, vectors: Sequence[tuple[UUID, str]]
) -> None:
    """Write vectors, in pgvector's text form, over those of another model. Locks the tenant's corpus, so that no chunk
    goes meanwhile."""
    await _lock(db, tenant_id)
    there = set(
        (
            await db.scalars(
                select(Chunk.id).where(Chunk.tenant_id == tenant_id, Chunk.id.in_([each for each, _ in vectors]))
            )
        ).all()
    )
    rows = [
        {"tenant_id": tenant_id, "id": chunk_id, "document_id": document_id, "model": model, "embedding": vector}
        for chunk_id, vector in vectors
        if chunk_id in there
    ]
    if rows:
        await db.execute(
            text(
                "insert into app.chunk_vectors (tenant_id, id, document_id, model, embedding)"
                " values (:tenant_id, :id, :document_id, :model, cast(cast(:embedding as text) as public.halfvec))"
                " on conflict (tenant_id, id) do update set model = excluded.model, embedding = excluded.embedding"
            ),
            rows,
        )
