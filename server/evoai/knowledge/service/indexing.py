"""Working one document under its lease: read, split, index, embed. A dead process leaves it due; the next begins anew,
and what is there already is taken out first. `chunks` is above 0 while the index holds the whole of it, so that what
is read anew is found as it was until its new text is in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.purchases import BUDGET_REACHED, NoRoom, purchase
from evoai.kit.db import utcnow
from evoai.kit.events import emit
from evoai.kit.log import get_logger
from evoai.kit.outbox import backoff, bury
from evoai.kit.storage import StorageError, key_of
from evoai.knowledge.embedder.protocol import Embedder, EmbeddingError
from evoai.knowledge.events import document_updated
from evoai.knowledge.models import Document
from evoai.knowledge.parsing.blocks import Block, Parsed, Refused
from evoai.knowledge.parsing.sandbox import parse
from evoai.knowledge.repository import documents as repository
from evoai.knowledge.repository import index
from evoai.knowledge.repository.index import NewChunk
from evoai.knowledge.service import pages
from evoai.knowledge.service.chunks import MAX_CHUNKS, Passage, count_tokens, split
from evoai.knowledge.service.terms import indexed

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

ATTEMPTS = 5
CRASHES = 3
_BATCH = 100
_EMBED_BATCH = 64
_EMBED_SECONDS = 30.0
_WAITS = timedelta(minutes=10)
"""Between two looks whether the month has room for a document's vectors."""
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
        blocks, title, page_count = await self._read()
        if title and document.source == "page" and document.title.startswith(_host(document.url)):
            document.title = title[:200]
        await self.step("splitting", 40, title=document.title, pages=page_count)
        passages = await asyncio.to_thread(split, blocks)
        if not passages:
            raise Refused("no-text")
        if len(passages) > MAX_CHUNKS:
            raise Refused("too-long")
        await self.step("indexing", 45, chunks=0)
        document.chunks = 0
        while await self._drop():
            pass
        await self._add(passages)
        embedded, wrong = await self._embed(len(passages))
        done: dict[str, Any] = {"embedded_with": embedded, "error": wrong, "chunks": len(passages), "attempts": 0}
        await self.step("ready", 100, **done, **_FREE)

    async def _read(self) -> tuple[Sequence[Block], str | None, int | None]:
        document = self.document
        if document.source == "pair":
            return [Block(document.question or "", 1), Block(document.answer or "")], None, None
        if document.source == "page":
            return await self._read_page(document.url or "")
        try:
            data = await self.resources.storage.get(key_of(self.tenant_id, document.id))
        except FileNotFoundError:
            raise Refused("file-gone") from None
        parsed = await _parse(document.kind or "", data)
        return parsed.blocks, parsed.title, parsed.pages

    async def _read_page(self, url: str) -> tuple[Sequence[Block], str | None, int | None]:
        parsed = await _parse(*await pages.fetch(self.resources, url))
        if not parsed.links:
            return parsed.blocks, parsed.title, parsed.pages
        blocks: list[Block] = []
        found = await pages.of_same_site(self.resources, url, parsed.links)
        for number, link in enumerate(found, 1):
            try:
                page = await _parse(*await pages.fetch(self.resources, link))
            except (Refused, pages.Unreachable) as error:
                log.info("site_map.page_left_out", reason=getattr(error, "code", "unreachable"))
                continue
            blocks.append(Block(page.title or link, 1, number))
            # The page's own headings stand below its title.
            levels = [min(block.level + 1, 6) if block.level else 0 for block in page.blocks]
            blocks += [Block(block.text, level, number) for block, level in zip(page.blocks, levels, strict=True)]
            await self.step("reading", 5 + 30 * number // len(found))
        if not blocks:
            raise pages.Unreachable
        return blocks, None, len(found)

    async def _drop(self) -> int:
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            return await index.drop_chunks(db, self.tenant_id, self.document.id, _BATCH)

    async def _add(self, passages: Sequence[Passage]) -> None:
        document = self.document
        for start in range(0, len(passages), _BATCH):
            some = passages[start : start + _BATCH]
            chunks = await asyncio.to_thread(_chunks, document, some, start)
            async with self.resources.db.tenant_session(self.tenant_id) as db:
                # In the transaction that adds them, so that a worker without the lease adds nothing.
                progress = 50 + 20 * (start + len(some)) // len(passages)
                await self._hold(db, progress=progress)
                await index.add_chunks(db, self.tenant_id, document.id, chunks)

    async def _embed(self, count: int) -> tuple[str | None, str | None]:
        """The model's name and None, or None and why there are no vectors: words alone find it too."""
        embedder = self.resources.embedder
        if embedder is None:
            return None, None

        async def hold(db: AsyncSession, done: int) -> None:
            await self._hold(db, progress=min(99, 70 + 30 * done // count))

        try:
            await _embed(self.resources, embedder, self.tenant_id, self.document.id, hold)
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
        while not kept and await self._drop():
            pass
        state: dict[str, Any] = {"state": "ready", "progress": 100} if kept else {"state": "failed"}
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            try:
                await self._hold(db, error=code, **state, **_FREE)
            except LostLease:
                return
            if poison and not kept:
                bury(db, self.tenant_id, "document", self.document.id, code)

    async def postpone(self, error: Exception) -> None:
        if self.document.attempts >= ATTEMPTS:
            await self.fail(_reason(error), poison=not isinstance(error, pages.Unreachable))
            return
        timers = self.resources.timers
        wait = backoff(self.document.attempts, timers.backoff_first, timers.backoff_cap)
        log.warning("document.postponed", attempts=self.document.attempts, error=f"{type(error).__name__}: {error}")
        async with self.resources.db.tenant_session(self.tenant_id) as db:
            await repository.postpone(db, self.tenant_id, self.document.id, self.resources.process, wait)


async def _embed(
    resources: Resources,
    embedder: Embedder,
    tenant_id: UUID,
    document_id: UUID,
    hold: Callable[[AsyncSession, int], Awaitable[None]],
) -> None:
    """Vectors for all chunks that have none of this model; content that the tenant has already is not sent again.
    `hold` is called in each transaction that writes, with the number done. Raises `EmbeddingError`, `NoRoom`."""
    done = 0
    while True:
        async with resources.db.tenant_session(tenant_id) as db:
            rows = await index.without_vector(db, tenant_id, document_id, embedder.name, _EMBED_BATCH)
            known = await index.known_vectors(db, tenant_id, embedder.name, [row[1] for row in rows])
        if not rows:
            return
        texts = {row[1]: f"{row[2]}\n{row[3]}" if row[2] else row[3] for row in rows if row[1] not in known}
        if texts:
            vectors = await _buy(resources, embedder, tenant_id, document_id, list(texts.values()))
            known |= dict(zip(texts, vectors, strict=True))
        done += len(rows)
        async with resources.db.tenant_session(tenant_id) as db:
            await hold(db, done)
            written = [(row[0], known[row[1]]) for row in rows]
            await index.add_vectors(db, tenant_id, document_id, embedder.name, written)


async def _buy(
    resources: Resources, embedder: Embedder, tenant_id: UUID, document_id: UUID, texts: Sequence[str]
) -> list[str]:
    reads = sum(map(count_tokens, texts))
    async with purchase(
        resources, tenant_id, "embedding", embedder.model, reads=reads, within=_EMBED_SECONDS, about_id=document_id
    ) as bill:
        said = await embedder.embed(texts, _EMBED_SECONDS)
        bill.says(said.tokens)
    return said.vectors


async def embed_anew(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """Vectors of the model that the settings name now, for a document that stays `ready` meanwhile; or those that it
    could not have while the month's budget was used up. May run twice."""
    embedder = resources.embedder
    if embedder is None:
        return

    async def hold(db: AsyncSession, _: int) -> None:
        if await repository.find(db, tenant_id, document_id) is None:
            raise LostLease

    try:
        await _embed(resources, embedder, tenant_id, document_id, hold)
    except NoRoom:
        await _let_wait(resources, tenant_id, document_id)
        return
    except (EmbeddingError, LostLease) as error:
        log.warning("document.not_embedded_anew", error=str(error))
        return
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.change(db, tenant_id, document_id, embedded_with=embedder.name, error=None)
        emit(db, resources.publisher, document_updated(tenant_id, document_id))


async def _let_wait(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """For a month with room, behind the documents of others."""
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.change(db, tenant_id, document_id, error=BUDGET_REACHED, next_at=utcnow() + _WAITS)


async def _parse(kind: str, data: bytes) -> Parsed:
    parsed = await parse(kind, data)
    if parsed.refused is not None:
        raise Refused(parsed.refused)
    return parsed


def _reason(error: Exception) -> str:
    if isinstance(error, pages.Unreachable):
        return "page-unreachable"
    return "storage-unavailable" if isinstance(error, StorageError) else "unavailable"


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
