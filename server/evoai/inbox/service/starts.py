"""Writing first: a conversation that a member or an integrator begins, and what the number has begun so far."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.service import read as channels
from evoai.channels.service.pace import DAY, WEEK, Started
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.repository import contacts, people
from evoai.inbox.repository import starts as repository
from evoai.inbox.schemas.conversations import ConversationIn
from evoai.inbox.schemas.messages import MessageIn, MessageOut
from evoai.inbox.service import write
from evoai.kit.db import new_id
from evoai.kit.errors import Conflict, FieldError, Invalid

if TYPE_CHECKING:
    from evoai.resources import Resources

# What reaches a person on any channel, the best first.
_REACHES = ("phone", "lid", "bsuid")


async def start(
    resources: Resources, db: AsyncSession, tenant_id: UUID, member_id: UUID | None, data: ConversationIn
) -> tuple[MessageOut, bool]:
    """The first message of a conversation, and whether it is new: the same `client_id` again gives the first one. With
    a contact that has a conversation on the channel it goes there, and opens it again."""
    channel = await channels.find(db, tenant_id, data.channel_id)
    if channel is None:
        raise Invalid(errors=(FieldError("/channel_id", "invalid", "No such channel"),))
    contact = await contacts.contact(db, tenant_id, data.contact_id)
    if contact is None:
        raise Invalid(errors=(FieldError("/contact_id", "invalid", "No such contact"),))
    conversation = await repository.newest_conversation(db, tenant_id, channel.id, contact.id)
    if conversation is None:
        address = await _address(db, tenant_id, contact.id)
        conversation = Conversation(
            tenant_id=tenant_id,
            id=new_id(),
            channel_id=channel.id,
            contact_id=contact.id,
            state="human",
            assignee_id=member_id,
            address=address,
            seq=0,
        )
        db.add(conversation)
        await db.flush()
    elif conversation.state == "resolved":
        known = await people.message_by_client_id(db, tenant_id, conversation.id, data.client_id)
        if known is None:
            conversation.state, conversation.assignee_id, conversation.resolved_at = "human", member_id, None
            await db.flush()
    said = MessageIn(text=data.text, template=data.template, client_id=data.client_id)
    return await write.write(resources, db, tenant_id, conversation.id, member_id, said)


async def _address(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> str:
    aliases = (await contacts.aliases(db, tenant_id, [contact_id])).get(contact_id, [])
    known = {alias.kind: alias.address for alias in aliases}
    for kind in _REACHES:
        if kind in known:
            return known[kind]
    raise Conflict("conflict", "The contact has no address that a message can go to")


async def started(db: AsyncSession, tenant_id: UUID, channel_id: UUID, but: UUID | None = None) -> Started:
    """What the channel's number began of late; without the conversation `but`."""
    return Started(*await repository.started(db, tenant_id, channel_id, DAY, WEEK, but))
