"""What comes from a provider, in neutral words: events as the door stores them and as the inbox reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

ChannelState = Literal["disconnected", "connecting", "connected", "reconnecting", "banned"]
Quality = Literal["high", "medium", "low"]
ReceiptStatus = Literal["sent", "delivered", "read", "failed"]
MessageType = Literal[
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "reaction",
    "interactive",
    "poll",
    "template",
    "unsupported",
]
MediaKind = Literal["image", "audio", "video", "document", "sticker"]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a webhook body, as far as the door reads it."""

    kind: str
    """The provider's event name, for people who look at stored events."""
    dedupe_key: str
    """Equal for every delivery of the same event (reliability: objects), at most 200 characters."""
    chat: str
    """What messages of one conversation share, to choose the shard: the phone's digits if known, else any address."""
    body: bytes
    """JSON of this one event, without the provider's secrets; `parse` reads it again."""
    quarantine: str | None = None
    """Why the event cannot be worked, kebab case; None when it can."""
    prompt: bool = True
    """Whether somebody waits for what follows from it. Ticks and the like may be worked a moment later, together."""
    also_known_as: str | None = None
    """Of what was pulled: another key under which a webhook may have brought the same."""


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider has of a stretch of time, oldest first."""

    envelopes: Sequence[Envelope]
    complete: bool
    """False: there is more than is read at once; ask for a shorter stretch."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Who a person is on a channel: all that one body says of it. At least one of `phone`, `lid` and `bsuid` is set."""

    phone: str | None = None
    """Digits with country code, as the provider wrote them."""
    lid: str | None = None
    """WhatsApp's privacy id (digits). Never a phone."""
    bsuid: str | None = None
    """The id under which a business knows somebody (`BR.150…`), as the provider wrote it."""
    username: str | None = None
    """Without `@`. To be shown: it can pass to somebody else, so nobody is found by it."""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the provider holds; `reference` is what `fetch_media` needs to get it. Never a secret."""

    kind: MediaKind
    mime_type: str | None = None
    size: int | None = None
    name: str | None = None
    seconds: int | None = None
    voice: bool = False
    reference: dict[str, Any]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says."""

    type: MessageType
    text: str | None = None
    """Body, caption, chosen button or row, emoji of a reaction ('' removes it), a poll's question, or a card's names
    and phones."""
    media: Media | None = None
    extra: dict[str, Any] | None = None
    """What has no field of its own, by type; all of it optional:

    location: `latitude`, `longitude`, `name`, `address`, `live`. contact: `contacts`, each `{name, phones}`.
    interactive, asked: `buttons`, each `{id, title, url?, phone?, copy?}`, or `button` (the word that opens the list)
    with `sections`, each `{title, rows: [{id, title, description?}]}`; `header`, `footer`. interactive, answered:
    `choice_id`, `params`. poll: `options` (texts), `selectable` (how many, 0 for any). template: `name`, `language`,
    `components`. unsupported: `provider_type`. Any: `view_once`, `ad`."""


class Inbound(msgspec.Struct, frozen=True, kw_only=True, tag="message"):
    """A message of a chat, from the contact or from us."""

    provider_message_id: str
    chat: Address | None
    """The contact. None for groups and broadcasts, which carry `ignore`."""
    from_me: bool
    by_api: bool
    """True for the provider's report of a message sent through its API (by us, or by another program)."""
    name: str | None
    """The contact's own name; None when we are the author or the name is only digits."""
    at: datetime | None
    """The provider's clock, UTC; None when absent or absurd."""
    content: Content
    quoted_id: str | None = None
    target_id: str | None = None
    """For a reaction: the provider id of the message reacted to."""
    delivery_id: UUID | None = None
    """The delivery that it is the echo of, where the provider gives back what `send` told it."""
    history: bool = False
    """From a history sync: stored, never answered."""
    ignore: str | None = None
    """Why the message is none of our business: 'group', 'status-broadcast', 'broadcast', 'newsletter', …"""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt"):
    """A tick for a message that we sent."""

    provider_message_id: str
    status: ReceiptStatus
    at: datetime | None = None
    reason: str | None = None
    detail: str | None = None
    """The provider's own words on a failure."""
    delivery_id: UUID | None = None
    """The send that the provider says it is for. A claim: whether that was ours, on this channel, is looked up."""
    trouble: Connection | None = None
    """What a failure says of the number itself."""


class ReadElsewhere(msgspec.Struct, frozen=True, kw_only=True, tag="read-elsewhere"):
    """The owner read the contact's message on another device."""

    provider_message_id: str


class Edit(msgspec.Struct, frozen=True, kw_only=True, tag="edit"):
    provider_message_id: str
    text: str


class Deletion(msgspec.Struct, frozen=True, kw_only=True, tag="deletion"):
    provider_message_id: str


class PollVotes(msgspec.Struct, frozen=True, kw_only=True, tag="poll-votes"):
    """How a poll stands now."""

    provider_message_id: str
    votes: dict[str, int]
    """Voters by option."""


class Qr(msgspec.Struct, frozen=True, kw_only=True, tag="qr"):
    """A new pairing code to show; lives `seconds`."""

    code: str
    """What the picture says, or the picture itself as a data URL of a PNG."""
    pairing_code: str | None = None
    seconds: int = 45


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """WhatsApp forbids the number to write first to people; answers still go."""

    code: str
    """Kebab case: 'reachout-timelock', 'new-chat-limit', …"""
    until: datetime | None = None


class Connection(msgspec.Struct, frozen=True, kw_only=True, tag="connection"):
    """The number's connection changed."""

    state: ChannelState
    reason: str | None = None
    phone: str | None = None
    profile_name: str | None = None
    qr: Qr | None = None
    """The code that waits to be scanned, where `status` shows it."""
    restriction: Restriction | None = None
    quality: Quality | None = None
    messaging_limit: int | None = None
    """How many people a day we may write to first; -1 is any number."""


class Rating(msgspec.Struct, frozen=True, kw_only=True, tag="rating"):
    """What the provider thinks of the number, and what it allows it; None is not told."""

    quality: Quality | None = None
    messaging_limit: int | None = None
    phone: str | None = None
    """Digits of the number that is meant; None is every number of the account."""


class TemplateChange(msgspec.Struct, frozen=True, kw_only=True, tag="template-change"):
    """Something about a template became different; None is not told."""

    name: str
    language: str
    status: str | None = None
    category: str | None = None
    quality: str | None = None
    reason: str | None = None


class ContactName(msgspec.Struct, frozen=True, kw_only=True, tag="contact-name"):
    """What is told of a contact that we may know, beside any message: its name, that several addresses are one
    person's, or both."""

    address: Address
    name: str | None = None


class NumberChange(msgspec.Struct, frozen=True, kw_only=True, tag="number-change"):
    """A person moved to another number. What `before` names is theirs no more."""

    before: Address
    now: Address
    at: datetime | None = None
    """The provider's clock."""


class Noted(msgspec.Struct, frozen=True, kw_only=True, tag="noted"):
    """An event that carries nothing to act on (presence, chat lists, calls, …)."""

    what: str


Event = (
    Inbound
    | Receipt
    | ReadElsewhere
    | Edit
    | Deletion
    | PollVotes
    | Connection
    | Rating
    | TemplateChange
    | Qr
    | ContactName
    | NumberChange
    | Noted
)


class Unreadable(Exception):
    """`parse` cannot make sense of an authentic body; the event is quarantined under this kebab-case reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
