"""Documents as people keep them: added, changed, read again, deleted. Their text is read in `indexing.py`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import IO, TYPE_CHECKING, cast
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.kit.db import after_commit, new_id, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from evoai.kit.events import emit
from evoai.kit.outbox import close_letters, enqueue
from evoai.kit.scanner import refuse_harm
from evoai.kit.storage import StorageError, key_of
from evoai.knowledge.events import document_updated
from evoai.knowledge.models import Document
from evoai.knowledge.repository import documents as repository
from evoai.knowledge.schemas import (
    DocumentIn,
    DocumentOut,
    DocumentPatch,
    Tags,
)
from evoai.knowledge.service.formats import MIME_TYPES, kind_of
from evoai.knowledge.service.read import out, shown

if TYPE_CHECKING:
    from evoai.resources import Resources

MAX_FILE = 25 * 1024 * 1024
INDEX = "knowledge.index_document"
ERASE = "knowledge.erase"
STRANDED = timedelta(hours=1)
"""An upload that takes longer never ends."""
_TAGS = msgspec.json.Decoder(Tags)


async def add_file(
    resources: Resources,
    tenant_id: UUID,
    file: IO[bytes],
    *,
    name: str,
    head: bytes,
    size: int,
    sha256: bytes,
    title: str | None,
    tags: list[str],
) -> DocumentOut:
    """The row comes first and hidden, then the file, then the row is shown: whatever dies in between, no file lies in
    the storage that no row names. Raises `Invalid`, `LimitReached`, `Unavailable`."""
    kind = kind_of(name, head)
    await refuse_harm(resources.scanner, file.read(), name)
    file.seek(0)
    document = _new(tenant_id, "file", title or name.rpartition(".")[0] or name, tags, state="receiving")
    document.kind, document.file_name, document.mime_type = kind, name, MIME_TYPES[kind]
    document.size, document.content_hash = size, sha256
    async with resources.db.tenant_session(tenant_id) as db:
        await billing.take(db, tenant_id, "documents", publisher=resources.publisher)
        await repository.add(db, document)
    try:
        key = key_of(tenant_id, document.id)
        await resources.storage.put(key, file, name=name, mime_type=MIME_TYPES[kind])
    except BaseException as error:
        async with resources.db.tenant_session(tenant_id) as db:
            await _drop(resources, db, tenant_id, document.id)
        if isinstance(error, StorageError):
            raise Unavailable(detail="The file could not be stored", retry_after=5) from error
        raise
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.change(db, tenant_id, document.id, state="uploaded")
        _announce(resources, db, tenant_id, document.id, ring=True)
    async with resources.db.tenant_session(tenant_id) as db:
        return out(await shown(db, tenant_id, document.id))


async def add(resources: Resources, tenant_id: UUID, data: DocumentIn) -> DocumentOut:
    """A page or a pair. Raises `Invalid`, `LimitReached`."""
    is_page = bool(data.url)
    is_pair = bool(data.question) or bool(data.answer)
    if is_page == is_pair:
        raise Invalid(errors=(FieldError("", "invalid", "Either url, or question and answer"),))
    title = data.title or None
    if data.url:
        url = await resources.net.check_reachable(data.url.split("#", 1)[0])
        document = _new(tenant_id, "page", title or _title_of(url), data.tags)
        document.url, document.kind, document.refresh_days = url, "html", data.refresh_days
    else:
        if not data.question or not data.answer:
            missing = "/answer" if data.question else "/question"
            raise Invalid(errors=(FieldError(missing, "required", "A pair has a question and an answer"),))
        document = new_pair(tenant_id, data.question, data.answer, title, data.tags)
    async with resources.db.tenant_session(tenant_id) as db:
        await store(resources, db, document)
    return out(document)


def new_pair(tenant_id: UUID, question: str, answer: str, title: str | None, tags: Sequence[str]) -> Document:
    document = _new(tenant_id, "pair", title or question[:200], tags)
    document.question, document.answer = question, answer
    return document


async def store(resources: Resources, db: AsyncSession, document: Document) -> None:
    """Add a document that needs no file, and have it indexed. Raises `LimitReached`."""
    await billing.take(db, document.tenant_id, "documents", publisher=resources.publisher)
    await repository.add(db, document)
    _announce(resources, db, document.tenant_id, document.id, ring=True)


def read_tags(raw: str) -> list[str]:
    """The form's `tags`, a list in JSON. Raises `Invalid`."""
    try:
        return _TAGS.decode(raw) if raw else []
    except msgspec.MsgspecError as error:
        raise Invalid(errors=(FieldError("/tags", "invalid", str(error)[:200]),)) from None


def _new(tenant_id: UUID, source: str, title: str, tags: Sequence[str], *, state: str = "uploaded") -> Document:
    now = utcnow()
    return Document(
        id=new_id(),
        tenant_id=tenant_id,
        title=title[:200],
        source=source,
        tags=list(dict.fromkeys(tags)),
        state=state,
        progress=0,
        chunks=0,
        attempts=0,
        # The database's clock decides what is due.
        next_at=func.now(),
        created_at=now,
        updated_at=now,
    )


def _title_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path.rstrip('/')}"[:200]


async def retry(resources: Resources, db: AsyncSession, tenant_id: UUID, document_id: UUID) -> DocumentOut:
    """Work a failed document from its beginning. Raises `NotFound`, `Conflict`."""
    document = await shown(db, tenant_id, document_id)
    if document.state != "failed" and document.error is None:
        raise Conflict(detail="Only what failed is tried again")
    return await _begin_anew(resources, db, document)


async def refresh(resources: Resources, db: AsyncSession, tenant_id: UUID, document_id: UUID) -> DocumentOut:
    """Read a page again; what was found before is found until the new text is in. Raises `NotFound`, `Conflict`."""
    document = await shown(db, tenant_id, document_id)
    if document.source != "page":
        raise Conflict(detail="Only a page is read again")
    if document.state not in ("ready", "failed"):
        raise Conflict(detail="It is being read already")
    return await _begin_anew(resources, db, document)


async def read_again(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """A page whose time has come, unless somebody was faster or took it away."""
    async with resources.db.tenant_session(tenant_id) as db:
        with suppress(NotFound, Conflict):
            await refresh(resources, db, tenant_id, document_id)


async def change(
    resources: Resources, db: AsyncSession, tenant_id: UUID, document_id: UUID, patch: DocumentPatch
) -> DocumentOut:
    """Raises `NotFound`, `Invalid`."""
    document = await shown(db, tenant_id, document_id)
    changes = {name: value for name, value in patch.changes().items() if value != getattr(document, name)}
    if document.source != "pair" and (wrong := changes.keys() & {"question", "answer"}):
        raise Invalid(errors=(FieldError(f"/{min(wrong)}", "invalid", "Only a pair has a question and an answer"),))
    if document.source != "page" and "refresh_days" in changes:
        raise Invalid(errors=(FieldError("/refresh_days", "invalid", "Only a page is read again"),))
    # A pair that nobody named goes by its question.
    if "question" in changes and "title" not in changes and document.title == (document.question or "")[:200]:
        changes["title"] = str(changes["question"])[:200]
    if isinstance(tags := changes.get("tags"), list):
        changes["tags"] = list(dict.fromkeys(cast(list[str], tags)))
    for name, value in changes.items():
        setattr(document, name, value)
    if changes.keys() - {"tags", "refresh_days"}:
        return await _begin_anew(resources, db, document)
    document.updated_at = utcnow()
    await db.flush()
    _announce(resources, db, tenant_id, document_id, ring=False)
    return out(document)


async def _begin_anew(resources: Resources, db: AsyncSession, document: Document) -> DocumentOut:
    document.state, document.error, document.progress = "uploaded", None, 0
    document.attempts, document.next_at = 0, func.now()
    # Whoever works it by now has the text of before.
    document.lease_until, document.leased_by = None, None
    document.updated_at = utcnow()
    await db.flush()
    await close_letters(db, document.tenant_id, "document", [document.id], "replayed")
    _announce(resources, db, document.tenant_id, document.id, ring=True)
    return out(document)


async def delete(resources: Resources, db: AsyncSession, tenant_id: UUID, document_id: UUID) -> None:
    """Gone from every answer with this transaction; chunks, vectors and file follow by the tray. Raises `NotFound`."""
    await shown(db, tenant_id, document_id)
    await _drop(resources, db, tenant_id, document_id)


async def drop_stranded(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """An upload that never ended."""
    async with resources.db.tenant_session(tenant_id) as db:
        await _drop(resources, db, tenant_id, document_id)


async def _drop(resources: Resources, db: AsyncSession, tenant_id: UUID, document_id: UUID) -> None:
    if await repository.mark_deleted(db, tenant_id, document_id):
        await billing.give_back(db, tenant_id, "documents")
        await enqueue(db, resources.bell, ERASE, {"document_id": str(document_id)})
        emit(db, resources.publisher, document_updated(tenant_id, document_id))


def _announce(resources: Resources, db: AsyncSession, tenant_id: UUID, document_id: UUID, *, ring: bool) -> None:
    emit(db, resources.publisher, document_updated(tenant_id, document_id))
    if ring:
        after_commit(db, lambda: resources.bell.ring(INDEX, str(tenant_id), str(document_id)))
