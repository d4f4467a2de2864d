"""The question for a rating from 1 to 5 when a conversation is resolved. It counts as no message of the plan. The
answer is read by the message step (`ratings.py`), and opens nothing again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.events import message_event
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.repository import contacts, people
from evoai.inbox.service.compose import Draft
from evoai.inbox.service.queued import queue
from evoai.kit.db import after_commit, utcnow
from evoai.kit.events import emit
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.resources import Resources

WINDOW = timedelta(hours=24)
"""How long a rating is waited for; also how recent the contact's last word must be to be asked at all."""

_QUESTIONS = {
    "pt": "Seu atendimento foi encerrado. De 1 a 5, que nota você dá? (1 = péssimo, 5 = ótimo)",
    "en": "Your conversation has been closed. From 1 to 5, how was it? (1 = very bad, 5 = great)",
}


async def ask(resources: Resources, db: AsyncSession, conversation: Conversation) -> None:
    """In the transaction that resolves a locked conversation; only where the tenant wants it, and once a day."""
    now = utcnow()
    asked = conversation.satisfaction_asked_at
    if (asked is not None and asked > now - WINDOW) or not conversation.last_in_seq:
        return
    if conversation.last_activity_at < now - WINDOW:
        return
    tenant = await tenants.read_tenant(db, conversation.tenant_id)
    contact = await contacts.contact(db, conversation.tenant_id, conversation.contact_id)
    if not tenant.asks_satisfaction or contact is None or contact.blocked_at or contact.opted_out_at:
        return
    text = _QUESTIONS["en" if tenant.language.startswith("en") else "pt"]
    message = await queue(db, conversation, Draft("text", text), author="system")
    conversation.satisfaction_asked_at, conversation.satisfaction = now, None
    tenant_id, conversation_id = conversation.tenant_id, conversation.id
    emit(db, resources.publisher, message_event("message.queued", tenant_id, message.id, conversation_id))
    after_commit(db, lambda: resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id)))


async def ask_after_answer(resources: Resources, tenant_id: UUID, payload: Mapping[str, Any]) -> None:
    """The tray's handler for a conversation that an answer resolved. Done twice, it asks once."""
    async with resources.db.tenant_session(tenant_id) as db:
        conversation = await people.conversation(db, tenant_id, UUID(payload["conversation_id"]), lock=True)
        if conversation is not None and conversation.state == "resolved":
            await ask(resources, db, conversation)
