"""Which models made the vectors that a tenant's documents are found by: one, but while they are embedded anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Final
from uuid import UUID

from evoai.knowledge.embedder.protocol import Embedder
from evoai.knowledge.repository import documents as repository

if TYPE_CHECKING:
    from evoai.resources import Resources

_SECONDS = 30.0
_CAP = 10_000
_AT_MOST = 2
"""Models asked besides the one of the settings."""


class ModelsInUse:
    """Looked up at most every 30 s for a tenant: embedding anew takes minutes."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, tuple[float, Sequence[str]]] = OrderedDict()

    async def others(self, resources: Resources, tenant_id: UUID, embedder: Embedder) -> list[Embedder]:
        """Besides `embedder`, at the same endpoint."""
        until, names = self._known.get(tenant_id, (0.0, ()))
        if monotonic() >= until:
            async with resources.db.tenant_session(tenant_id) as db:
                names = await repository.models(db, tenant_id)
            self._known[tenant_id] = monotonic() + _SECONDS, names
            self._known.move_to_end(tenant_id)
            if len(self._known) > _CAP:
                self._known.popitem(last=False)
        return [embedder.under(name) for name in names if name != embedder.name][:_AT_MOST]

    def forget(self, tenant_id: UUID) -> None:
        self._known.pop(tenant_id, None)


MODELS: Final = ModelsInUse()
