"""Tenants' data keys: made at sign-up, wrapped in the database, open in each process that needs them."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.crypto import Box, Wrapping
from evoai.kit.errors import NotFound
from evoai.tenants import repository
from evoai.tenants.models import TenantKey

_CAP = 20_000


class TenantKeys:
    """Process cache of open keys. A tenant's key never changes while it lives, so nothing expires."""

    def __init__(self, wrapping: Wrapping) -> None:
        self._wrapping = wrapping
        self._boxes: OrderedDict[UUID, Box] = OrderedDict()

    def make(self, db: AsyncSession, tenant_id: UUID) -> None:
        key_id, wrapped = self._wrapping.new(tenant_id)
        db.add(TenantKey(tenant_id=tenant_id, key_id=key_id, wrapped=wrapped))

    async def renew(self, db: AsyncSession, tenant_id: UUID) -> bool:
        """Wrap the tenant's key by the deployment's present one; whether it was wrapped by another. What it sealed is
        not touched, and whoever has it open goes on. Raises `SealError` if no key of ours opens it."""
        row = await repository.tenant_key(db, tenant_id, lock=True)
        if row is None or row.key_id == self._wrapping.current:
            return False
        row.key_id, row.wrapped = self._wrapping.renew(tenant_id, row.key_id, row.wrapped)
        return True

    async def outdated(self, db: AsyncSession) -> list[UUID]:
        """Tenants whose key is not wrapped by the present one, as `system` sees them."""
        return await repository.tenants_with_other_keys(db, self._wrapping.current)

    async def box(self, db: AsyncSession, tenant_id: UUID) -> Box:
        """Raises `SealError` if the deployment's key does not open it."""
        box = self._boxes.get(tenant_id)
        if box is None:
            row = await repository.tenant_key(db, tenant_id)
            if row is None:
                raise NotFound()
            box = self._boxes[tenant_id] = self._wrapping.open(tenant_id, row.key_id, row.wrapped)
            if len(self._boxes) > _CAP:
                self._boxes.popitem(last=False)
        return box
