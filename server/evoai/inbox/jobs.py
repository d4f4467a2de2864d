"""Background entry points of the inbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete

from evoai.inbox.models.messages import ParkedUpdate
from evoai.inbox.service import deliver as delivering
from evoai.inbox.service import fetch, media, upkeep
from evoai.kit.db import utcnow
from evoai.kit.jobs import job

if TYPE_CHECKING:
    from evoai.resources import Resources


@job("inbox.reply", queue="reply", timeout=30, attempts=upkeep.ATTEMPTS)
async def reply(resources: Resources, tenant: str, turn: str) -> None:
    """Take up a turn that nobody holds, and run it in this process."""
    if resources.path is None:
        return
    opened = await upkeep.take_up(resources, UUID(tenant), UUID(turn))
    if opened is not None:
        resources.path.open(opened)


@job(media.FETCH, queue="reply", timeout=170, attempts=fetch.ATTEMPTS)
async def fetch_media(resources: Resources, tenant: str, media_id: str) -> None:
    """Fetch a contact's file and put it into words."""
    await fetch.fetch(resources, UUID(tenant), UUID(media_id))


@job("inbox.drop_files", queue="maintenance", timeout=300, attempts=5)
async def drop_files(resources: Resources) -> None:
    """Delete files that no message names any more."""
    await media.drop_unnamed(resources)


@job("inbox.deliver", queue="delivery", timeout=300, attempts=50)
async def deliver(resources: Resources, tenant: str, conversation: str) -> None:
    """Send what a conversation has ready."""
    await delivering.deliver_ready(resources, UUID(tenant), UUID(conversation))


@job("inbox.settle", queue="delivery", timeout=60, attempts=10)
async def settle(resources: Resources, tenant: str, delivery: str) -> None:
    """Look for evidence of a send whose outcome is in doubt."""
    await delivering.settle_doubt(resources, UUID(tenant), UUID(delivery))


@job("inbox.drop_parked", queue="maintenance", timeout=60, attempts=5)
async def drop_parked(resources: Resources) -> None:
    """Forget updates whose message did not come within 24 hours."""
    async with resources.db.system_session("drop parked updates") as db:
        await db.execute(delete(ParkedUpdate).where(ParkedUpdate.created_at < utcnow() - timedelta(hours=24)))
