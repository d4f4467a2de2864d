"""Forgetting what is past its time, tenant by tenant and in batches: bodies of webhooks after 7 days and their rows
after 90, work that was done, letters that were closed, idempotency keys, sessions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from evoai.auth import service as auth
from evoai.channels.service import events as stored
from evoai.kit.db import utcnow
from evoai.ops import repository
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.kit.db import Database
    from evoai.resources import Resources

ENTRY_LIFE = timedelta(days=7)
LETTER_LIFE = timedelta(days=90)
_BATCH = 1000


async def forget(resources: Resources) -> None:
    """May be broken off at any moment: what is left is forgotten the next time."""
    full = _BATCH
    while full == _BATCH:
        async with resources.db.system_session("retention") as db:
            full = await auth.forget_ended(db, _BATCH)
    await tenants.for_each(resources.db, "retention", partial(_forget_of, resources.db))


async def _forget_of(database: Database, tenant_id: UUID) -> None:
    now, full = utcnow(), _BATCH
    while full == _BATCH:
        async with database.tenant_session(tenant_id) as db:
            full = await repository.forget_done(db, tenant_id, now - ENTRY_LIFE, now - LETTER_LIFE, _BATCH)
    await stored.forget_old(database, tenant_id)
