"""Conversations on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from evoai.inbox.models.conversations import ConversationState
from evoai.inbox.models.messages import Author, Direction, MessageStatus
from evoai.inbox.schemas.messages import ClientId, MemberBrief, TemplateIn, Text
from evoai.kit.schema import In, Out


class ContactBrief(Out):
    id: UUID
    name: str
    phone: str | None
    opted_out_at: datetime | None
    """Since when it wants no automatic messages; people may write."""


class ChannelBrief(Out):
    id: UUID
    name: str
    provider: str


class MessagePreview(Out):
    id: UUID
    type: str
    text: str | None
    direction: Direction
    author: Author
    status: MessageStatus
    created_at: datetime


class HandoffOut(Out):
    reason: str
    """`requested-by-contact`, `requested-by-assistant`, `model-failed`, `plan-limit`, `over-contact-limit`, …"""
    note: str | None
    """What the assistant, or the rule, says about it."""
    requested_at: datetime


class AnalysisOut(Out):
    intent: str
    topic: str
    sentiment: Literal["positive", "neutral", "negative"]
    outcome: Literal["solved", "handed-over", "unanswered", "abandoned"]
    summary: str
    analysed_at: datetime


class ConversationOut(Out):
    id: UUID
    contact: ContactBrief
    channel: ChannelBrief
    state: ConversationState
    assignee: MemberBrief | None
    handoff: HandoffOut | None
    """Why it waits for, or went to, a person; null while the assistant has it."""
    last_message: MessagePreview | None
    unread_count: int
    window_expires_at: datetime | None
    """Until then the contact may be written to freely, afterwards by a template alone; null: there is no limit."""
    resolved_at: datetime | None
    satisfaction: int | None
    """The rating from 1 to 5 that the contact gave it after the resolution."""
    analysis: AnalysisOut | None
    """What a model made of it when it was resolved; null before, and where nobody looked."""
    created_at: datetime
    updated_at: datetime


class ConversationIn(In):
    """The first message of a conversation that we begin: text, or a template, which alone may be sent to somebody who
    did not write within the window."""

    channel_id: UUID
    contact_id: UUID
    client_id: ClientId
    text: Text | None = None
    template: TemplateIn | None = None


class ConversationPage(Out):
    items: list[ConversationOut]
    next_cursor: str | None


class ConversationCounts(Out):
    """Open conversations by tab; `unread` counts messages from contacts that nobody opened."""

    mine: int
    queued: int
    bot: int
    all: int
    unread: int


class AssignIn(In):
    member_id: UUID | None
    """Null puts the conversation back in the queue."""
