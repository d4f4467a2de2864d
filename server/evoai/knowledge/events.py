"""Facts of the knowledge room."""

from __future__ import annotations

from uuid import UUID

from evoai.kit.events import Event, fact


def document_updated(tenant_id: UUID, document_id: UUID) -> Event:
    return fact("document.updated", tenant_id, document_id=document_id)
