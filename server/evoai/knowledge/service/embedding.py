"""Vectors for a document's chunks, bought within the month's budget. Content that the tenant has a vector of already
is not sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.purchases import BUDGET_REACHED, NoRoom, purchase
from evoai.kit.db import utcnow
from evoai.kit.events import emit
from evoai.kit.log import get_logger
from evoai.knowledge.embedder.protocol import Embedder, EmbeddingError
from evoai.knowledge.events import document_updated
from evoai.knowledge.repository import documents as repository
from evoai.knowledge.repository import index
from evoai.knowledge.service.chunks import count_tokens, embedded

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

_BATCH = 64
_SECONDS = 30.0
_WAITS = timedelta(minutes=10)
"""Between two looks whether the month has room for a document's vectors."""

Hold = Callable[[AsyncSession, int], Awaitable[None]]
"""Called in each transaction that writes vectors, with the number done. What it raises undoes them."""


class _Gone(Exception):
    """The document was deleted meanwhile."""


async def embed(
    resources: Resources, embedder: Embedder, tenant_id: UUID, document_id: UUID, edition: int, hold: Hold
) -> None:
    """Vectors for all chunks of the edition that have none of this model. Raises `EmbeddingError`, `NoRoom`, and what
    `hold` raises."""
    done = 0
    while True:
        async with resources.db.tenant_session(tenant_id) as db:
            rows = await index.without_vector(db, tenant_id, document_id, edition, embedder.name, _BATCH)
            known = await index.known_vectors(db, tenant_id, embedder.name, [row[1] for row in rows])
        if not rows:
            return
        texts = {row[1]: embedded(row[2], row[3]) for row in rows if row[1] not in known}
        if texts:
            vectors = await _buy(resources, embedder, tenant_id, document_id, list(texts.values()))
            known |= dict(zip(texts, vectors, strict=True))
        done += len(rows)
        async with resources.db.tenant_session(tenant_id) as db:
            await hold(db, done)
            written = [(row[0], known[row[1]]) for row in rows]
            await index.add_vectors(db, tenant_id, document_id, embedder.name, written)


async def embed_anew(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """Vectors of the model that the settings name now, for a document that stays `ready` meanwhile; or those that it
    could not have while the month's budget was used up. May run twice."""
    embedder = resources.embedder
    if embedder is None:
        return

    async def hold(db: AsyncSession, _: int) -> None:
        if await repository.find(db, tenant_id, document_id) is None:
            raise _Gone

    try:
        async with resources.db.tenant_session(tenant_id) as db:
            document = await repository.find(db, tenant_id, document_id)
        if document is None:
            return
        await embed(resources, embedder, tenant_id, document_id, document.edition, hold)
    except NoRoom:
        await _let_wait(resources, tenant_id, document_id)
        return
    except (EmbeddingError, _Gone) as error:
        log.warning("document.not_embedded_anew", error=str(error))
        return
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.change(db, tenant_id, document_id, embedded_with=embedder.name, error=None)
        emit(db, resources.publisher, document_updated(tenant_id, document_id))


async def _buy(
    resources: Resources, embedder: Embedder, tenant_id: UUID, document_id: UUID, texts: Sequence[str]
) -> list[str]:
    reads = sum(map(count_tokens, texts))
    async with purchase(
        resources, tenant_id, "embedding", embedder.model, reads=reads, within=_SECONDS, about_id=document_id
    ) as bill:
        said = await embedder.embed(texts, _SECONDS)
        bill.says(said.tokens)
    return said.vectors


async def _let_wait(resources: Resources, tenant_id: UUID, document_id: UUID) -> None:
    """For a month with room, behind the documents of others."""
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.change(db, tenant_id, document_id, error=BUDGET_REACHED, next_at=utcnow() + _WAITS)
