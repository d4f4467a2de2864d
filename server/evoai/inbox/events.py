"""Facts and signals of the inbox."""

from __future__ import annotations

from uuid import UUID

from evoai.kit.events import Event, fact

RESOLVED = "conversation.resolved"
"""Topic of the tray: who looks back at a conversation once it is over; with `conversation_id`."""
ASK_RATING = "inbox.ask_rating"
"""Topic of the tray: a conversation that an answer resolved; with `conversation_id`."""


def message_event(name: str, tenant_id: UUID, message_id: UUID, conversation_id: UUID) -> Event:
    """`name` is one of message.received, .processed, .queued, .sent, .status, .updated, or response.generated."""
    return fact(name, tenant_id, message_id=message_id, conversation_id=conversation_id)


def conversation_event(name: str, tenant_id: UUID, conversation_id: UUID) -> Event:
    """`name` is one of conversation.updated, handoff.requested, handoff.completed."""
    return fact(name, tenant_id, conversation_id=conversation_id)


def contact_updated(tenant_id: UUID, contact_id: UUID) -> Event:
    return fact("contact.updated", tenant_id, contact_id=contact_id)


def assistant_typing(tenant_id: UUID, conversation_id: UUID) -> Event:
    return Event(name="assistant.typing", tenant_id=tenant_id, ids={"conversation_id": conversation_id}, signal=True)
