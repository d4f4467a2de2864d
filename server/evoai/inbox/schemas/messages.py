"""Messages on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from evoai.channels.adapters.incoming import MediaKind
from evoai.inbox.models.messages import Author, Direction, MessageStatus
from evoai.kit.schema import In, Out

Text = Annotated[str, Meta(min_length=1, max_length=4096)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class MemberBrief(Out):
    id: UUID
    name: str


class MediaOut(Out):
    """A file of a message. `url` is null until the file is stored here."""

    id: UUID
    kind: MediaKind
    mime_type: str | None
    size: int | None
    name: str | None
    seconds: int | None
    voice: bool
    """To be heard as a voice note."""
    state: Literal["pending", "ready", "failed"]
    reading: bool
    """Whether it is still being put into words: see the message's `transcript`."""
    error: str | None
    """Why it failed, or, of one that is ready, why it has no words; from the glossary's failures of files."""
    retryable: bool
    """Whether a person may have a failed one fetched again."""
    url: str | None
    expires_at: datetime | None


class ReactionOut(Out):
    author: Author
    emoji: str


class QuoteOut(Out):
    message_id: UUID | None
    author: Author | None
    type: str | None
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
    transcript: str | None
    """What the file says, shows or holds, in words."""
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


class LocationIn(In):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    name: Annotated[str, Meta(max_length=100)] | None = None
    address: Annotated[str, Meta(max_length=200)] | None = None


class CardIn(In):
    """A person, as a contact card shows them."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    phones: Annotated[list[Annotated[str, Meta(pattern=r"^\+?[0-9 ()-]{8,24}$")]], Meta(min_length=1, max_length=5)]


class PollIn(In):
    """`text` is its question."""

    options: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(min_length=2, max_length=10)]
    selectable: Annotated[int, Meta(ge=0, le=10)] = 1
    """How many may be chosen; 0 for any."""


class ButtonIn(In):
    id: Annotated[str, Meta(min_length=1, max_length=200)]
    title: Annotated[str, Meta(min_length=1, max_length=20)]


class RowIn(In):
    id: Annotated[str, Meta(min_length=1, max_length=200)]
    title: Annotated[str, Meta(min_length=1, max_length=24)]
    description: Annotated[str, Meta(max_length=72)] | None = None


class SectionIn(In):
    rows: Annotated[list[RowIn], Meta(min_length=1, max_length=10)]
    title: Annotated[str, Meta(max_length=24)] | None = None


class InteractiveIn(In):
    """Buttons, or a list of rows behind the word `button`; `text` is what is asked."""

    buttons: Annotated[list[ButtonIn], Meta(min_length=1, max_length=3)] | None = None
    button: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    sections: Annotated[list[SectionIn], Meta(min_length=1, max_length=10)] | None = None
    header: Annotated[str, Meta(max_length=60)] | None = None
    footer: Annotated[str, Meta(max_length=60)] | None = None


class TemplateIn(In):
    """An approved template of the channel, and all of its variables by place."""

    name: Annotated[str, Meta(min_length=1, max_length=512)]
    language: Annotated[str, Meta(min_length=2, max_length=20)]
    variables: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it


class MessageIn(In):
    """Text alone, or one of the other kinds, with `text` as its caption or question."""

    client_id: ClientId
    text: Text | None = None
    media_id: UUID | None = None
    location: LocationIn | None = None
    contacts: Annotated[list[CardIn], Meta(min_length=1, max_length=10)] | None = None
    poll: PollIn | None = None
    interactive: InteractiveIn | None = None
    template: TemplateIn | None = None
    """Has its words from the template, so it goes without `text`."""
    reply_to: UUID | None = None
    """The message of this conversation that is quoted."""


class ReactionIn(In):
    emoji: Annotated[str, Meta(max_length=16)]
    """'' removes it."""


class MessageEditIn(In):
    text: Text


class MessagePage(Out):
    items: list[MessageOut]
    next_cursor: str | None
