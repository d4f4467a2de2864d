"""A turn that failed for good, asked for again by a person: its conversation goes back to the assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.repository import turns
from evoai.inbox.service import handling
from evoai.kit.errors import Conflict, NotFound

if TYPE_CHECKING:
    from evoai.resources import Resources


async def answer_again(resources: Resources, db: AsyncSession, tenant_id: UUID, turn_id: UUID) -> None:
    """Only while the conversation still waits in the queue: what a person has taken, resolved or given back is theirs
    to decide. Raises `NotFound`, `Conflict`."""
    conversation_id = await turns.conversation_of(db, tenant_id, turn_id)
    if conversation_id is None:
        raise NotFound()
    conversation = await handling.lock(db, tenant_id, conversation_id)
    if conversation.state != "queued":
        raise Conflict("not-replayable", "Its conversation no longer waits for anybody")
    await handling.hand_back(resources, db, tenant_id, conversation_id)
