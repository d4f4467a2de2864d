"""The inbox on the wire: contacts, conversations, messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.kit.schema import In, Out, Patch

ConversationState = Literal["bot", "queued", "human", "resolved"]
Direction = Literal["in", "out"]
Author = Literal["contact", "assistant", "agent", "system", "phone"]
MessageStatus = Literal["received", "queued", "uncertain", "sent", "failed", "delivered", "read"]

Text = Annotated[str, Meta(min_length=1, max_length=4096)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=120)]


class AliasOut(Out):
    kind: Literal["phone", "lid", "bsuid", "username"]
    value: str


class ContactOut(Out):
    id: UUID
    name: str
    phone: str | None
    aliases: list[AliasOut]
    tags: list[str]
    fields: dict[str, Any]
    blocked_at: datetime | None
    opted_out_at: datetime | None
    over_limit: bool
    """Beyond the plan's contacts: not counted, answered by people only."""
    created_at: datetime
    updated_at: datetime


class ContactIn(In):
    name: Name
    phone: Annotated[str, Meta(min_length=8, max_length=20, pattern=r"^\+?[0-9 ()-]+$")]
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=40)]], Meta(max_length=50)] = []  # noqa: RUF012 - msgspec copies it


class ContactPatch(Patch):
    name: Name | UnsetType = UNSET
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=40)]], Meta(max_length=50)] | UnsetType = UNSET
    fields: dict[str, str | int | float | bool | None] | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET


class ContactBrief(Out):
    id: UUID
    name: str
    phone: str | None


class ChannelBrief(Out):
    id: UUID
    name: str
    provider: str


class MemberBrief(Out):
    id: UUID
    name: str


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
    resolved_at: datetime | None
    created_at: datetime
    updated_at: datetime


class MediaOut(Out):
    """A file of a message. `url` is null until the file is stored here."""

    id: UUID | None
    kind: Literal["image", "audio", "video", "document", "sticker"]
    mime_type: str | None
    size: int | None
    name: str | None
    seconds: int | None
    url: str | None
    expires_at: datetime | None


class ReactionOut(Out):
    author: Author
    emoji: str


class QuoteOut(Out):
    message_id: UUID | None
    text: str | None


class SendErrorOut(Out):
    code: str
    detail: str | None


class MessageOut(Out):
    id: UUID
    conversation_id: UUID
    seq: int
    direction: Direction
    author: Author
    agent: MemberBrief | None
    type: str
    text: str | None
    media: MediaOut | None
    extra: dict[str, Any] | None
    quote: QuoteOut | None
    reactions: list[ReactionOut]
    status: MessageStatus
    error: SendErrorOut | None
    client_id: str | None
    trace_id: UUID | None
    edited_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime


class MessageIn(In):
    text: Text
    client_id: ClientId


class ConversationPage(Out):
    items: list[ConversationOut]
    next_cursor: str | None


class MessagePage(Out):
    items: list[MessageOut]
    next_cursor: str | None


class ContactPage(Out):
    items: list[ContactOut]
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
