"""What the message step knows in memory of contacts, conversations and who answers, and what it decided about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from evoai.channels.adapters.incoming import Inbound
from evoai.inbox.models.contacts import Wish
from evoai.inbox.service.identity import Alias
from evoai.inbox.service.turns import Known, Summary


@dataclass(slots=True)
class ContactView:
    tenant_id: UUID
    id: UUID
    name: str
    phone: str | None
    blocked: bool
    over_limit: bool
    opted_out: bool = False
    username: str | None = None
    known: Known | None = None
    new: bool = False
    aliases: dict[Alias, str] = field(default_factory=dict[Alias, str])
    """Aliases to add, with the address to send to."""
    touched: bool = False
    """Whether what is stored of a known one has to be changed."""
    wished: Wish | None = None

    def learn(self, name: str | None, username: str | None) -> None:
        """The name is kept as first heard; a username is what was heard last."""
        if name and not self.name:
            self.name, self.touched = name, True
        if username and username != self.username:
            self.username, self.touched = username, True


@dataclass(slots=True)
class ResponderView:
    tenant_id: UUID
    profile: Any
    assistant_id: UUID | None
    version: int
    quiet: float
    max_wait: float
    enabled: bool
    budgeted: bool
    hours: str = "always"
    shadow: bool = False


@dataclass(slots=True)
class NewMessage:
    id: UUID
    seq: int
    direction: str
    author: str
    inbound: Inbound
    status: str
    created_at: datetime
    media_id: UUID | None = None
    """The row of its file, if it has one that may be kept."""


@dataclass(slots=True)
class Notice:
    """What we say to a contact by ourselves, stored and sent as a message of its own."""

    id: UUID
    seq: int
    wish: Wish
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two known contacts that a body shows as one person. `sure`: the provider said that the one became the other."""

    tenant_id: UUID
    first: UUID
    second: UUID
    alias: Alias
    """Of the second, which the first was written to with."""
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A contact is reached elsewhere from now on."""

    tenant_id: UUID
    contact_id: UUID
    left: list[Alias]
    now: Alias
    """By which it is found, should it have become part of another meanwhile."""
    address: str
    """What a provider is given to reach it."""
    phone: str | None
    """The one that it is shown by."""


@dataclass(slots=True)
class ConversationView:
    tenant_id: UUID
    id: UUID
    channel_id: UUID
    contact: ContactView
    state: str
    seq: int
    last_in_seq: int
    fence: int
    unread: int
    address: str
    resolved_at: datetime | None
    leased_by_other: bool
    answers: int = 0
    """The assistant's, within the hour."""
    summary: Summary | None = None
    rating_due: bool = False
    """Whether the contact was asked for a rating and has not given one."""
    rating: int | None = None
    last_in_at: datetime | None = None
    new: bool = False
    touched: bool = False
    messages: list[NewMessage] = field(default_factory=list[NewMessage])
    first_in_seq: int | None = None
    """The first of the new messages that a turn should speak to; None: no turn to open."""
    waits: bool = False
    """Whether the turn first waits for files of the new messages to be put into words."""
    notices: list[Notice] = field(default_factory=list[Notice])
    taken_over: bool = False
    hushed: bool = False
    """The contact wants no answer of the assistant's any more."""
    handoff: str = "keep"
    handoff_reason: str | None = None

    @property
    def last_message_id(self) -> UUID | None:
        shown = [(message.seq, message.id) for message in self.messages if message.inbound.content.type != "reaction"]
        shown += [(notice.seq, notice.id) for notice in self.notices]
        return max(shown)[1] if shown else None

    @property
    def heard(self) -> str | None:
        """The provider's id of the last message that came from the contact in this batch."""
        mine = [message.inbound.provider_message_id for message in self.messages if message.direction == "in"]
        return mine[-1] if mine else None


@dataclass(slots=True)
class Verdict:
    """What becomes of an event."""

    state: str
    reason: str | None = None
    signal: bool = False
    message_id: UUID | None = None
    conversation_id: UUID | None = None
    again_at: datetime | None = None
