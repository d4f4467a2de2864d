"""Background entry points of the knowledge room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing.purchases import BUDGET_REACHED
from evoai.kit.db import utcnow
from evoai.kit.jobs import Arg, job
from evoai.kit.sweep import Due
from evoai.knowledge.repository import documents as repository
from evoai.knowledge.service import embedding, indexing
from evoai.knowledge.service.documents import INDEX, STRANDED, drop_stranded, read_again

if TYPE_CHECKING:
    from evoai.resources import Resources


@job(INDEX, queue="embedding", timeout=600, attempts=indexing.ATTEMPTS)
async def index_document(resources: Resources, tenant: str, document: str) -> None:
    """Bring a document to `ready` or `failed`."""
    await indexing.index_document(resources, UUID(tenant), UUID(document))


@job("knowledge.embed_anew", queue="embedding", timeout=600, attempts=5)
async def embed_anew(resources: Resources) -> None:
    """Give ready documents the vectors of the model that the settings name now."""
    if resources.embedder is None:
        return
    async with resources.db.system_session("embed anew") as db:
        found = await repository.outdated(db, resources.embedder.name, BUDGET_REACHED)
    for tenant_id, document_id in found:
        await embedding.embed_anew(resources, tenant_id, document_id)


@job("knowledge.refresh_pages", queue="maintenance", timeout=300, attempts=5)
async def refresh_pages(resources: Resources) -> None:
    """Have pages read again whose time has come."""
    async with resources.db.system_session("refresh pages") as db:
        found = await repository.stale_pages(db)
    for tenant_id, document_id in found:
        await read_again(resources, tenant_id, document_id)


@job("knowledge.clean_up", queue="maintenance", timeout=300, attempts=5)
async def clean_up(resources: Resources) -> None:
    """Drop uploads that never ended, with what of their files is there."""
    async with resources.db.system_session("stranded uploads") as db:
        found = await repository.stranded(db, utcnow() - STRANDED)
    for tenant_id, document_id in found:
        await drop_stranded(resources, tenant_id, document_id)


async def erase(resources: Resources, tenant_id: UUID, payload: Mapping[str, Any]) -> None:
    """The tray's handler for a deleted document."""
    await indexing.erase(resources, tenant_id, UUID(payload["document_id"]))


async def _find_due(db: AsyncSession) -> Sequence[tuple[Arg, ...]]:
    return [(str(tenant_id), str(document_id)) for tenant_id, document_id in await repository.due(db)]


DUE = Due("documents", index_document, _find_due)
