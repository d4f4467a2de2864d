"""Documents as the API and the websocket show them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.errors import NotFound
from evoai.kit.storage import key_of
from evoai.knowledge.models import Document
from evoai.knowledge.repository import documents as repository
from evoai.knowledge.repository.documents import Filters
from evoai.knowledge.schemas import (
    ChangesOut,
    DocumentDetailOut,
    DocumentErrorOut,
    DocumentOut,
    FileOut,
    PassageOut,
    TagList,
    TagOut,
)

if TYPE_CHECKING:
    from evoai.resources import Resources


async def page(
    db: AsyncSession, tenant_id: UUID, filters: Filters, before: tuple[datetime, UUID] | None, limit: int
) -> list[DocumentOut]:
    return [out(document) for document in await repository.page(db, tenant_id, filters, before, limit)]


async def tags(db: AsyncSession, tenant_id: UUID) -> TagList:
    return TagList(items=[TagOut(tag=tag, documents=count) for tag, count in await repository.tags(db, tenant_id)])


async def version(db: AsyncSession, tenant_id: UUID) -> str:
    """Names what can be found at this moment."""
    return await repository.version(db, tenant_id)


async def one(db: AsyncSession, tenant_id: UUID, document_id: UUID) -> DocumentOut:
    """Raises `NotFound`."""
    return out(await shown(db, tenant_id, document_id))


async def detail(resources: Resources, tenant_id: UUID, document_id: UUID) -> DocumentDetailOut:
    """With a fresh link to its file. Raises `NotFound`."""
    async with resources.db.tenant_session(tenant_id) as db:
        document = await shown(db, tenant_id, document_id)
    file: FileOut | None = None
    if document.file_name is not None and document.mime_type is not None:
        name, mime_type = document.file_name, document.mime_type
        link = await resources.storage.link(key_of(tenant_id, document_id), name=name, mime_type=mime_type)
        file = FileOut(
            kind="document",
            mime_type=mime_type,
            size=document.size or 0,
            name=name,
            url=link.url,
            expires_at=link.expires_at,
        )
    changes: ChangesOut | None = None
    if document.changes is not None and document.changed_at is not None:
        changes = msgspec.convert(document.changes | {"at": document.changed_at}, ChangesOut)
    return DocumentDetailOut(**_fields(document), file=file, changes=changes)


async def passage(db: AsyncSession, tenant_id: UUID, document_id: UUID, chunk_id: UUID) -> PassageOut:
    """What an answer cited, as long as its document says it. Raises `NotFound`."""
    document = await shown(db, tenant_id, document_id)
    chunk = await repository.passage(db, tenant_id, document_id, chunk_id)
    if chunk is None:
        raise NotFound()
    return PassageOut(
        document_id=document.id,
        chunk_id=chunk.id,
        title=document.title,
        heading=chunk.heading,
        page=chunk.page,
        text=chunk.text,
    )


async def shown(db: AsyncSession, tenant_id: UUID, document_id: UUID) -> Document:
    """Raises `NotFound`."""
    document = await repository.find(db, tenant_id, document_id)
    if document is None:
        raise NotFound()
    return document


def out(document: Document) -> DocumentOut:
    return DocumentOut(**_fields(document))


def _fields(document: Document) -> dict[str, Any]:
    code, _, more = (document.error or "").partition(":")
    plain = {name: getattr(document, name) for name in DocumentOut.__struct_fields__ if name != "error"}
    return plain | {"error": DocumentErrorOut(code=code, detail=more or None) if code else None}
