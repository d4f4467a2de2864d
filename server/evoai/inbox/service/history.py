"""What was said, and to whom the business says it: read by the rooms above outside of any turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.events import conversation_event
from evoai.inbox.models.messages import Message
from evoai.inbox.repository import contacts, people, turns
from evoai.inbox.repository import history as repository
from evoai.inbox.schemas.conversations import AnalysisOut
from evoai.inbox.service.turns import LINES, Business, Line
from evoai.kit.errors import NotFound
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation up to a question of the contact, and what followed it."""

    conversation_id: UUID
    contact_name: str
    lines: tuple[Line, ...]
    """Oldest first; the last is the contact's."""
    reply: str | None
    """What the assistant or a person said then, before the contact spoke again."""
    handed_over: bool
    """Whether the assistant gave it to people then."""


async def business(db: AsyncSession, tenant_id: UUID) -> Business:
    """The tenant's profile, as an assistant may tell it."""
    return await turns.business_of(db, tenant_id)


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """A resolved conversation."""

    resolved_at: datetime
    handed_over: bool
    lines: tuple[Line, ...]
    """Oldest first."""
    analysed: bool
    """Whether there is an analysis of this resolution."""


async def transcript(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> Transcript | None:
    """None where the conversation is gone, or no longer resolved."""
    conversation = await people.conversation(db, tenant_id, conversation_id)
    if conversation is None or conversation.resolved_at is None or conversation.state != "resolved":
        return None
    rows = list(reversed(await people.messages_page(db, tenant_id, conversation_id, None, 2 * LINES)))
    known = conversation.analysis
    return Transcript(
        resolved_at=conversation.resolved_at,
        handed_over=conversation.handoff_at is not None,
        lines=tuple(_line(row) for row in rows if _shown(row) and row.author != "system"),
        analysed=known is not None and datetime.fromisoformat(known["analysed_at"]) >= conversation.resolved_at,
    )


async def recent_topics(db: AsyncSession, tenant_id: UUID, limit: int) -> list[str]:
    """What conversations were about of late, the most frequent first."""
    return await repository.recent_topics(db, tenant_id, limit)


async def set_analysis(
    resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID, analysis: AnalysisOut
) -> None:
    """What the room above found. Nothing else about the conversation changes."""
    await repository.set_analysis(db, tenant_id, conversation_id, msgspec.to_builtins(analysis))
    emit(db, resources.publisher, conversation_event("conversation.updated", tenant_id, conversation_id))


async def last_in_seq(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> int:
    """The contact's last message, by its number; 0 where there is none, or no such conversation."""
    conversation = await people.conversation(db, tenant_id, conversation_id)
    return conversation.last_in_seq if conversation is not None else 0


async def excerpt(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, message_id: UUID | None) -> Excerpt:
    """Up to `message_id`, where that is the contact's; else up to what it answers; without it, up to what was asked
    last. Raises `NotFound`, also where the contact had said nothing yet."""
    conversation = await people.conversation(db, tenant_id, conversation_id)
    if conversation is None:
        raise NotFound()
    until = conversation.seq
    if message_id is not None:
        message = await people.message(db, tenant_id, message_id)
        if message is None or message.conversation_id != conversation_id:
            raise NotFound()
        until = message.seq
    rows = list(reversed(await people.messages_page(db, tenant_id, conversation_id, until + 1, 2 * LINES)))
    # The contact's last word before that, and all that was said up to there.
    asked = [place for place, row in enumerate(rows) if _of_contact(row)]
    if not asked:
        raise NotFound()
    before = rows[: asked[-1] + 1]
    after = await repository.messages_after(db, tenant_id, conversation_id, before[-1].seq, LINES)
    contact = await contacts.contact(db, tenant_id, conversation.contact_id)
    said = _reply(after)
    return Excerpt(
        conversation_id=conversation_id,
        contact_name=contact.name if contact is not None else "",
        lines=tuple(_line(row) for row in before if _shown(row))[-LINES:],
        reply="\n".join(row.text or "" for row in said) or None,
        # An answer that hands over is stored in the transaction that does it, at one and the same time.
        handed_over=any(row.author == "assistant" and row.created_at == conversation.handoff_at for row in said),
    )


def _of_contact(row: Message) -> bool:
    return row.author == "contact" and row.type != "reaction" and row.deleted_at is None


def _shown(row: Message) -> bool:
    return row.type != "reaction" and row.deleted_at is None and row.status != "failed"


def _reply(after: Sequence[Message]) -> list[Message]:
    """What was said until the contact spoke again."""
    said: list[Message] = []
    for row in after:
        if _of_contact(row):
            break
        if row.direction == "out" and row.text and _shown(row) and row.author != "system":
            said.append(row)
    return said


def _line(row: Message) -> Line:
    author = "agent" if row.author == "phone" else row.author
    return Line(seq=row.seq, author=author, type=row.type, text=row.text, at=row.provider_at or row.created_at)
