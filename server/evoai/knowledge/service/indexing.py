"""Working one document under its lease: read, split, index, embed. What is read anew becomes the next edition, and the
one before it is found until all of that is in. A dead process leaves the document due, and the next goes on from the
chunks and vectors that are there."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.purchases import BUDGET_REACHED, NoRoom
from evoai.kit.confined import Refused
from evoai.kit.events import emit
from evoai.kit.log import get_logger
from evoai.kit.outbox import backoff, bury
from evoai.kit.storage import StorageError, key_of
from evoai.knowledge.embedder.protocol import EmbeddingError
from evoai.knowledge.events import document_updated
from evoai.knowledge.models import Document
from evoai.knowledge.repository import documents as repository
from evoai.knowledge.repository import index
from evoai.knowledge.repository.index import NewChunk
from evoai.knowledge.service import contents, pages
from evoai.knowledge.service.chunks import MAX_CHUNKS, Passage, split
from evoai.knowledge.service.embedding import embed
from evoai.knowledge.service.terms import indexed

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

ATTEMPTS = 5
CRASHES = 3
_BATCH = 100
_SHOWN, _SHOWN_LENGTH = 20, 500
"""Of the passages that a reading added or took away, and of each."""
TITLE_TIMES = 1
HEADING_TIMES = 2
_FREE: dict[str, Any] = {"lease_until": None, "leased_by": None}
_POISON = ("parser-crashed", "took-too-long")


class LostLease(Exception):
    """Another worker has it, or it was deleted: what this one does counts no more."""


async def index_document(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """Claim one due document and bring it to `ready` or `failed`, or postpone it."""
    lease = resources.timers.lease
    async with resources.db.tenant_session(tenant_id) as db:
        document = await repository.claim(db, tenant_id, document_id, resources.process, lease)
    if document is None:
        return
    work = _Work(resources, tenant_id, document)
    if document.attempts > ATTEMPTS or (document.attempts > CRASHES and document.state != "uploaded"):
        # The attempts before this one ended without a word: their process died with them.
        await work.fail("worker-crashed", poison=True)
        return
    try:
        async with work.lease():
            await work.run()
    except Refused as refused:
        await work.fail(refused.code, poison=refused.code in _POISON)
    except LostLease:
        return
    except (pages.Unreachable, StorageError, EmbeddingError, SQLAlchemyError, OSError) as error:
        await work.postpone(error)


@dataclass(slots=True)
class _Work:
    resources: Resources
    tenant_id: UUID
    document: Document
    wrong: str | None = None
    """What search can do without."""

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[None]:
        """Renews until the end; losing it cancels the work."""
        task = asyncio.current_task()
        assert task is not None
        lost = False

        async def renew() -> None:
            nonlocal lost
            timers = self.resources.timers
            while True:
                await asyncio.sleep(timers.renew)
                try:
                    async with self.resources.db.tenant_session(self.tenant_id) as db:
                        kept = await repository.renew(
                            db, self.tenant_id, self.document.id, self.resources.process, timers.lease
                        )
                except (SQLAlchemyError, OSError):
                    continue
                if not kept:
                    lost = True
                    task.cancel()
                    return

        renewing = asyncio.create_task(renew())
        try:
            yield
        except asyncio.CancelledError:
            if lost:
                raise LostLease from None
            raise
        finally:
            renewing.cancel()

    async def run(self) -> None:
        document = self.document
        await self.step("reading", 5)
        said = await contents.read(self.resources, document, self._reading)
        if said.title and document.source == "page" and document.title.startswith(_host(document.url)):
            document.title = said.title[:200]
        await self.step("splitting", 40, title=document.title, pages=said.pages)
        passages = await asyncio.to_thread(split, said.blocks)
        if not passages:
            raise Refused("no-text")
        if len(passages) > MAX_CHUNKS:
            raise Refused("too-long")
        fingerprint = _fingerprint(document.title, passages)
        if not self._says_the_same(fingerprint):
            await self.step("indexing", 45)
            await self._put(passages, fingerprint)
        while await self._drop(document.edition):
            pass
        await self.step("ready", 100, error=self.wrong, attempts=0, read_at=func.now(), **_FREE)

    def _says_the_same(self, fingerprint: bytes) -> bool:
        document, embedder = self.document, self.resources.embedder
        found_by = embedder.name if embedder else None
        return document.chunks > 0 and (document.fingerprint, document.embedded_with) == (fingerprint, found_by)

    async def _reading(self, done: float) -> None:
        await self.step("reading", 5 + int(30 * done))

    async def _put(self, passages: Sequence[Passage], fingerprint: bytes) -> None:
        """Index them as the next edition, and let that be found."""
        document = self.document
        edition = document.edition + 1
        hashes = [passage.content_hash for passage in passages]
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            before = await index.contents(db, self.tenant_id, document.id, document.edition)
            there = [row[0] for row in await index.contents(db, self.tenant_id, document.id, edition)]
        # What an attempt before this one put in is kept; what an older text left is not.
        if document.attempts == 1 or there != hashes[: len(there)]:
            while await self._drop(document.edition):
                pass
            there = []
        await self._add(edition, passages, len(there))
        embedded, self.wrong = await self._embed(edition, len(passages))
        now: dict[str, Any] = {"edition": edition, "chunks": len(passages), "fingerprint": fingerprint}
        if document.source == "page" and document.chunks:
            now |= {"changes": _changes(before, passages), "changed_at": func.now()}
        # From this transaction on it is these that are found.
        await self.step("indexing", 99, embedded_with=embedded, **now)
        document.edition, document.chunks = edition, len(passages)

    async def _drop(self, *keeping: int) -> int:
        """Raises `LostLease`: which editions are to go, only the worker that has the document knows."""
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            if not await repository.change_leased(db, self.tenant_id, self.document.id, self.resources.process):
                raise LostLease
            return await index.drop_chunks(db, self.tenant_id, self.document.id, _BATCH, keeping)

    async def _add(self, edition: int, passages: Sequence[Passage], start: int) -> None:
        document = self.document
        for place in range(start, len(passages), _BATCH):
            some = passages[place : place + _BATCH]
            chunks = await asyncio.to_thread(_chunks, document, some, place)
            async with self.resources.db.tenant_session(self.tenant_id) as db:
                # In the transaction that adds them, so that a worker without the lease adds nothing.
                progress = 50 + 20 * (place + len(some)) // len(passages)
                await self._hold(db, progress=progress)
                await index.add_chunks(db, self.tenant_id, document.id, edition, chunks)

    async def _embed(self, edition: int, count: int) -> tuple[str | None, str | None]:
        """The model's name and None, or None and why there are no vectors: words alone find it too."""
        embedder = self.resources.embedder
        if embedder is None:
            return None, None

        async def hold(db: AsyncSession, done: int) -> None:
            await self._hold(db, progress=min(98, 70 + 28 * done // count))

        try:
            await embed(self.resources, embedder, self.tenant_id, self.document.id, edition, hold)
        except NoRoom:
            return None, BUDGET_REACHED
        except EmbeddingError as error:
            if not error.lasting and self.document.attempts < ATTEMPTS:
                raise
            log.warning("document.not_embedded", error=str(error))
            return None, "not-embedded"
        return embedder.name, None

    async def step(self, state: str, progress: int, **values: Any) -> None:
        """Raises `LostLease`."""
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            await self._hold(db, state=state, progress=progress, **values)

    async def _hold(self, db: AsyncSession, **values: Any) -> None:
        if not await repository.change_leased(db, self.tenant_id, self.document.id, self.resources.process, **values):
            raise LostLease
        emit(db, self.resources.publisher, document_updated(self.tenant_id, self.document.id))

    async def fail(self, code: str, *, poison: bool) -> None:
        log.info("document.failed", code=code, kind=self.document.kind)
        # What was found before may still be whole: then it is kept.
        kept = self.document.chunks > 0
        state: dict[str, Any] = {"state": "ready", "progress": 100} if kept else {"state": "failed"}
        try:
            while await (self._drop(self.document.edition) if kept else self._drop()):
                pass
            async with self.resources.db.tenant_session(self.tenant_id) as db:
                await self._hold(db, error=code, read_at=func.now(), **state, **_FREE)
                if poison and not kept:
                    bury(db, self.tenant_id, "document", self.document.id, code)
        except LostLease:
            return

    async def postpone(self, error: Exception) -> None:
        if self.document.attempts >= ATTEMPTS:
            await self.fail(_reason(error), poison=not isinstance(error, pages.Unreachable))
            return
        timers = self.resources.timers
        wait = backoff(self.document.attempts, timers.backoff_first, timers.backoff_cap)
        log.warning("document.postponed", attempts=self.document.attempts, error=f"{type(error).__name__}: {error}")
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            await repository.postpone(db, self.tenant_id, self.document.id, self.resources.process, wait)


def _reason(error: Exception) -> str:
    if isinstance(error, pages.Unreachable):
        return "page-unreachable"
    return "storage-unavailable" if isinstance(error, StorageError) else "unavailable"


def _fingerprint(title: str, passages: Sequence[Passage]) -> bytes:
    said = hashlib.sha256(title.encode())
    for passage in passages:
        said.update(passage.content_hash + str(passage.page).encode())
    return said.digest()


def _changes(before: Sequence[tuple[bytes, str, str]], passages: Sequence[Passage]) -> dict[str, Any]:
    """Passages that came and went; how many, and the first of them."""
    now = [(passage.content_hash, passage.heading, passage.text) for passage in passages]
    were, are = {row[0] for row in before}, {row[0] for row in now}
    added = [row for row in now if row[0] not in were]
    removed = [row for row in before if row[0] not in are]
    shown = {
        name: [{"heading": heading, "text": text[:_SHOWN_LENGTH]} for _, heading, text in rows[:_SHOWN]]
        for name, rows in (("added", added), ("removed", removed))
    }
    return shown | {"added_count": len(added), "removed_count": len(removed)}


def _host(url: str | None) -> str:
    return (url or "").split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]


def _chunks(document: Document, passages: Sequence[Passage], start: int) -> list[NewChunk]:
    title = Counter(indexed(document.title))
    chunks: list[NewChunk] = []
    for position, passage in enumerate(passages, start):
        counted = Counter(indexed(passage.text))
        for term, times in Counter(indexed(passage.heading)).items():
            counted[term] += times * HEADING_TIMES
        for term, times in title.items():
            counted[term] += times * TITLE_TIMES
        chunks.append(
            NewChunk(
                position=position,
                heading=passage.heading,
                text=passage.text,
                page=passage.page,
                tokens=passage.tokens,
                content_hash=passage.content_hash,
                terms=counted,
            )
        )
    return chunks


async def erase(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """Take a deleted document out of the indexes and the storage, then its row. May run twice."""
    while True:
        async with resources.db.tenant_session(tenant_id) as db:
            if not await index.drop_chunks(db, tenant_id, document_id, _BATCH):
                break
    await resources.storage.delete(key_of(tenant_id, document_id))
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.remove(db, tenant_id, document_id)
