"""Tables of what a business knows: documents, the chunks they were split into, and the two indexes over chunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from evoai.kit.db import TenantModel, belongs_to

STATES = ("receiving", "uploaded", "reading", "splitting", "indexing", "ready", "failed")
"""`receiving` is ours alone: the file is not in storage yet, so nobody is shown the document."""


class HalfVector(UserDefinedType[Any]):
    """pgvector's `halfvec`, in whatever number of dimensions: the model may change without a migration."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "public.halfvec"


class Document(TenantModel):
    """Something the assistant may answer from. The row is its own tray entry: due while it is neither ready nor
    failed, `next_at` has come and nobody holds its lease."""

    __tablename__ = "documents"

    title: Mapped[str]
    source: Mapped[str]
    """`file`, `page` (also a site map) or `pair`."""
    kind: Mapped[str | None]
    """The format that the parser is chosen by; told from the bytes, never from the name alone."""
    url: Mapped[str | None]
    question: Mapped[str | None]
    answer: Mapped[str | None]
    file_name: Mapped[str | None]
    mime_type: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    content_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    tags: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    state: Mapped[str]
    progress: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    error: Mapped[str | None]
    pages: Mapped[int | None]
    chunks: Mapped[int] = mapped_column(default=0, server_default="0")
    edition: Mapped[int] = mapped_column(default=0, server_default="0")
    """Which of its chunks are found; those of another edition are on their way in or out."""
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the words that are found, title and passages: a page that says what it said is not indexed again."""
    embedded_with: Mapped[str | None]
    """The model and dimensions of its vectors; null: found by words alone."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    refresh_days: Mapped[int | None] = mapped_column(SmallInteger)
    """After how many days a page is read again by itself; null: never."""
    read_at: Mapped[datetime | None]
    """When it was last read to the end, or in vain."""
    changes: Mapped[dict[str, Any] | None]
    """What the last reading that changed a page's words added and took away."""
    changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            CheckConstraint(f"state in {STATES}", name="state"),
            Index("ix_documents_refresh", "read_at", postgresql_where=text("refresh_days is not null")),
            Index("ix_documents_page", "tenant_id", "created_at", "id"),
            Index(
                "ix_documents_due",
                "next_at",
                postgresql_where=text("state in ('uploaded', 'reading', 'splitting', 'indexing')"),
            ),
        )


class Chunk(TenantModel):
    """A passage of a document, small enough to quote. `content_hash` is of what was embedded, so that equal passages
    share one call of the model."""

    __tablename__ = "chunks"

    document_id: Mapped[UUID]
    edition: Mapped[int] = mapped_column(default=0, server_default="0")
    position: Mapped[int]
    heading: Mapped[str]
    text: Mapped[str]
    page: Mapped[int | None]
    tokens: Mapped[int]
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("document_id", "documents"),
            Unique("tenant_id", "document_id", "edition", "position"),
            Index(None, "tenant_id", "content_hash"),
        )


class ChunkVector(TenantModel):
    """The vector of a chunk, apart from its text and under its id, so that comparing all of a tenant's reads little.
    `code` has a bit for each dimension: its sign. Where vectors are many, codes find those worth comparing."""

    __tablename__ = "chunk_vectors"

    document_id: Mapped[UUID]
    model: Mapped[str]
    embedding: Mapped[Any] = mapped_column(HalfVector())
    code: Mapped[Any] = mapped_column(
        BIT(varying=True), Computed("(public.binary_quantize(embedding))::bit varying", persisted=True)
    )

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            ForeignKeyConstraint(["tenant_id", "id"], ["app.chunks.tenant_id", "app.chunks.id"]),
            Index(None, "tenant_id", "document_id"),
            # All codes of a tenant are read for a question, from here alone.
            Index("ix_chunk_vectors_code", "tenant_id", "model", postgresql_include=["id", "document_id", "code"]),
        )


class Posting(TenantModel):
    """One term in one chunk. Words of titles and headings count more often than they stand there; `length` is the
    chunk's, in the same counting."""

    __tablename__ = "postings"

    term: Mapped[str]
    chunk_id: Mapped[UUID]
    document_id: Mapped[UUID]
    tf: Mapped[int] = mapped_column(SmallInteger)
    length: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("document_id", "documents"),
            Index(None, "tenant_id", "document_id"),
            # All that ranking needs stands in the index: `@@` could not use one behind row-level security.
            Index(
                "ix_postings_term", "tenant_id", "term", postgresql_include=["chunk_id", "document_id", "tf", "length"]
            ),
        )


class Term(TenantModel):
    """In how many chunks of the tenant a term stands; gone with the last of them."""

    __tablename__ = "terms"

    term: Mapped[str]
    chunks: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (Unique("tenant_id", "term"),)


class Corpus(TenantModel):
    """How many chunks a tenant has and how long they are together: one row, whose lock puts every change of the
    tenant's index in line, so that these numbers and those of `terms` are exact."""

    __tablename__ = "corpora"

    chunks: Mapped[int] = mapped_column(default=0, server_default="0")
    length: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (Unique("tenant_id"),)


class Gap(TenantModel):
    """A question that the documents did not answer. `key` is its normal form: who asks the same counts here."""

    __tablename__ = "gaps"

    key: Mapped[str]
    question: Mapped[str]
    conversation_id: Mapped[UUID | None]
    """Where these words were said; they go with it."""
    count: Mapped[int] = mapped_column(default=1, server_default="1")
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    document_id: Mapped[UUID | None]
    """The pair that answered it; the document may be gone since."""
    first_asked_at: Mapped[datetime]
    last_asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            Unique("tenant_id", "key"),
            CheckConstraint("state in ('open', 'answered', 'dismissed')", name="state"),
            Index("ix_gaps_page", "tenant_id", "state", "count", "id"),
        )
