"""Every query on documents: what people see, and the lease of whoever works one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import utcnow
from evoai.knowledge.models import Chunk, Document


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page of documents is narrowed to; null is everything."""

    state: str | None = None
    source: str | None = None
    tag: str | None = None
    words: str | None = None
    """Part of the title."""


DUE = ("uploaded", "reading", "splitting", "indexing")


async def add(db: AsyncSession, document: Document) -> None:
    db.add(document)
    await db.flush()


async def find(db: AsyncSession, tenant_id: UUID, document_id: UUID) -> Document | None:
    """One that people may see."""
    return await db.scalar(
        select(Document).where(
            Document.tenant_id == tenant_id,
            Document.id == document_id,
            Document.state != "receiving",
            Document.deleted_at.is_(None),
        )
    )


async def passage(db: AsyncSession, tenant_id: UUID, document_id: UUID, chunk_id: UUID) -> Chunk | None:
    return await db.scalar(
        select(Chunk).where(Chunk.tenant_id == tenant_id, Chunk.id == chunk_id, Chunk.document_id == document_id)
    )


async def find_any(db: AsyncSession, tenant_id: UUID, document_id: UUID) -> Document | None:
    return await db.scalar(select(Document).where(Document.tenant_id == tenant_id, Document.id == document_id))


async def page(
    db: AsyncSession, tenant_id: UUID, filters: Filters, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Document]:
    """Newest first."""
    statement = select(Document).where(
        Document.tenant_id == tenant_id, Document.state != "receiving", Document.deleted_at.is_(None)
    )
    if filters.state is not None:
        statement = statement.where(Document.state == filters.state)
    if filters.source is not None:
        statement = statement.where(Document.source == filters.source)
    if filters.tag is not None:
        statement = statement.where(func.jsonb_exists(Document.tags, filters.tag))
    if filters.words:
        statement = statement.where(Document.title.icontains(filters.words, autoescape=True))
    if before is not None:
        statement = statement.where(tuple_(Document.created_at, Document.id) < before)
    ordered = statement.order_by(Document.created_at.desc(), Document.id.desc()).limit(limit)
    return (await db.scalars(ordered)).all()


async def tags(db: AsyncSession, tenant_id: UUID) -> Sequence[tuple[str, int]]:
    """Each tag with the number of documents that carry it, by name."""
    rows = await db.execute(
        text(
            "select tag, count(*) from app.documents d, jsonb_array_elements_text(d.tags) tag"
            " where d.tenant_id = :tenant_id and d.deleted_at is null and d.state <> 'receiving'"
            " group by tag order by tag limit 1000"
        ),
        {"tenant_id": tenant_id},
    )
    return [(tag, count) for tag, count in rows]


async def models(db: AsyncSession, tenant_id: UUID) -> Sequence[str]:
    """Names of the models whose vectors the tenant's documents have, that of most documents first."""
    rows = await db.execute(
        select(Document.embedded_with)
        .where(
            Document.tenant_id == tenant_id,
            Document.embedded_with.is_not(None),
            Document.chunks > 0,
            Document.deleted_at.is_(None),
        )
        .group_by(Document.embedded_with)
        .order_by(func.count().desc(), Document.embedded_with)
    )
    return [name for name in rows.scalars() if name is not None]


async def version(db: AsyncSession, tenant_id: UUID) -> str:
    """Differs whenever other documents can be found, or the same with another text."""
    row = (
        await db.execute(
            select(func.count(), func.max(Document.updated_at)).where(
                Document.tenant_id == tenant_id, Document.state == "ready", Document.deleted_at.is_(None)
            )
        )
    ).one()
    return f"{row[0]} {row[1]}"


async def change(db: AsyncSession, tenant_id: UUID, document_id: UUID, **values: Any) -> bool:
    """Whether it is still there."""
    return await _update(db, tenant_id, document_id, (), values)


async def change_leased(db: AsyncSession, tenant_id: UUID, document_id: UUID, worker: str, **values: Any) -> bool:
    """Whether `worker` still holds it; another's, and a deleted one, is left as it is."""
    held = (Document.leased_by == worker, Document.deleted_at.is_(None))
    return await _update(db, tenant_id, document_id, held, values)


async def _update(
    db: AsyncSession, tenant_id: UUID, document_id: UUID, more: Sequence[Any], values: dict[str, Any]
) -> bool:
    found = await db.scalar(
        update(Document)
        .where(Document.tenant_id == tenant_id, Document.id == document_id, *more)
        .values(updated_at=utcnow(), **values)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None


async def claim(db: AsyncSession, tenant_id: UUID, document_id: UUID, worker: str, seconds: float) -> Document | None:
    """Take a due document's lease and count the attempt; None if it is not due or somebody else's."""
    claimed = await db.scalar(
        update(Document)
        .where(
            Document.tenant_id == tenant_id,
            Document.id == document_id,
            Document.state.in_(DUE),
            Document.deleted_at.is_(None),
            Document.next_at <= func.now(),
            or_(Document.lease_until.is_(None), Document.lease_until < func.now()),
        )
        .values(attempts=Document.attempts + 1, leased_by=worker, lease_until=func.now() + timedelta(seconds=seconds))
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    )
    return None if claimed is None else await find_any(db, tenant_id, document_id)


async def renew(db: AsyncSession, tenant_id: UUID, document_id: UUID, worker: str, seconds: float) -> bool:
    until = func.now() + timedelta(seconds=seconds)
    return await change_leased(db, tenant_id, document_id, worker, lease_until=until)


async def postpone(db: AsyncSession, tenant_id: UUID, document_id: UUID, worker: str, seconds: float) -> None:
    """Give the lease back and begin anew in `seconds`."""
    at = func.now() + timedelta(seconds=seconds)
    free: dict[str, Any] = {"lease_until": None, "leased_by": None}
    await change_leased(db, tenant_id, document_id, worker, state="uploaded", next_at=at, **free)


async def due(db: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    """Over all tenants, without locks."""
    rows = await db.execute(
        select(Document.tenant_id, Document.id)
        .where(
            # As the partial index says it, so that it is used.
            text("state in ('uploaded', 'reading', 'splitting', 'indexing')"),
            Document.deleted_at.is_(None),
            Document.next_at <= func.now(),
            or_(Document.lease_until.is_(None), Document.lease_until < func.now()),
        )
        .order_by(Document.next_at)
        .limit(100)
    )
    return [(tenant_id, document_id) for tenant_id, document_id in rows]


async def stranded(db: AsyncSession, until: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Uploads that never ended, over all tenants."""
    rows = await db.execute(
        select(Document.tenant_id, Document.id)
        .where(Document.state == "receiving", Document.created_at < until, Document.deleted_at.is_(None))
        .limit(500)
    )
    return [(tenant_id, document_id) for tenant_id, document_id in rows]


async def outdated(db: AsyncSession, model: str, waiting: str) -> Sequence[tuple[UUID, UUID]]:
    """Ready documents whose vectors are another model's, or missing, over all tenants; those that wait for room in
    the month once their time has come."""
    rows = await db.execute(
        select(Document.tenant_id, Document.id)
        .where(
            Document.state == "ready",
            Document.deleted_at.is_(None),
            Document.embedded_with.is_distinct_from(model),
            or_(Document.error.is_(None), and_(Document.error == waiting, Document.next_at <= func.now())),
        )
        .order_by(Document.updated_at)
        .limit(200)
    )
    return [(tenant_id, document_id) for tenant_id, document_id in rows]


async def stale_pages(db: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    """Pages that are due to be read again, over all tenants, the longest due first."""
    rows = await db.execute(
        select(Document.tenant_id, Document.id)
        .where(
            Document.refresh_days.is_not(None),
            Document.read_at < func.now() - Document.refresh_days * timedelta(days=1),
            Document.state.in_(("ready", "failed")),
            Document.deleted_at.is_(None),
        )
        .order_by(Document.read_at)
        .limit(200)
    )
    return [(tenant_id, document_id) for tenant_id, document_id in rows]


async def remove(db: AsyncSession, tenant_id: UUID, document_id: UUID) -> None:
    await db.execute(
        Document.__table__.delete().where(  # type: ignore[attr-defined]
            Document.tenant_id == tenant_id, Document.id == document_id
        )
    )


async def mark_deleted(db: AsyncSession, tenant_id: UUID, document_id: UUID) -> bool:
    """Whether this call did it."""
    return await _update(db, tenant_id, document_id, (Document.deleted_at.is_(None),), {"deleted_at": utcnow()})
