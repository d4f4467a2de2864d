"""Messages on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from evoai.kit.schema import In, Out

Direction = Literal["in", "out"]
Author = Literal["contact", "assistant", "agent", "system", "phone"]
MessageStatus = Literal["received", "queued", "uncertain", "sent", "failed", "delivered", "read"]

Text = Annotated[str, Meta(min_length=1, max_length=4096)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class MemberBrief(Out):
    id: UUID
    name: str


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


class MessagePage(Out):
    items: list[MessageOut]
    next_cursor: str | None
