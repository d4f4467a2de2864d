"""Tables of the inbox: contacts and their addresses, conversations, messages and their files, turns and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.channels.adapters.incoming import MediaKind, MessageType
from evoai.kit.db import TenantModel, belongs_to, utcnow

AliasKind = Literal["phone", "lid", "bsuid"]
Wish = Literal["out", "in"]
ConversationState = Literal["bot", "queued", "human", "resolved"]
Direction = Literal["in", "out"]
Author = Literal["contact", "assistant", "agent", "system", "phone"]
MessageStatus = Literal["received", "queued", "uncertain", "sent", "failed", "delivered", "read"]

_EMPTY_LIST = text("'[]'::jsonb")
_EMPTY_OBJECT = text("'{}'::jsonb")


class Contact(TenantModel):
    """A person who writes to the tenant. Not an address: those are aliases, and the phone may be unknown."""

    __tablename__ = "contacts"

    name: Mapped[str]
    phone: Mapped[str | None]
    """E.164, the newest one; Brazilian mobiles always with the ninth digit."""
    username: Mapped[str | None]
    """As last heard. It can pass to somebody else, so it is no alias."""
    tags: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=_EMPTY_LIST)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=_EMPTY_OBJECT)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=_EMPTY_OBJECT)
    """What the assistant learnt, by key: see `Fact` in service/turns.py."""
    blocked_at: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
    over_limit: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (Index("ix_contacts_opted_out", "tenant_id", "id", postgresql_where=text("opted_out_at is not null")),)


class ContactAlias(TenantModel):
    """One address of a contact. `value` is the canonical form to match by, `address` what a provider is given."""

    __tablename__ = "contact_aliases"

    contact_id: Mapped[UUID]
    kind: Mapped[AliasKind]
    value: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    gone_at: Mapped[datetime | None]
    """When the contact moved to another number; who writes from this one later is somebody else."""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("contact_id", "contacts"),
            UniqueConstraint("tenant_id", "kind", "value"),
            Index(None, "tenant_id", "contact_id"),
            CheckConstraint("kind in ('phone', 'lid', 'bsuid')", name="kind"),
        )


class ContactWord(TenantModel):
    """A word that a contact is found by, as `service/search.py` makes them. By ranges of words, because behind
    row-level security neither `like` nor `@@` could use an index."""

    __tablename__ = "contact_words"

    contact_id: Mapped[UUID]
    word: Mapped[str] = mapped_column(String(collation="C"))

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("contact_id", "contacts"),
            UniqueConstraint("tenant_id", "contact_id", "word"),
            Index(None, "tenant_id", "word", "contact_id"),
        )


class ContactMerge(TenantModel):
    """Two contacts became one: `lost_id` went into `kept_id`. `before` has what undoing it needs."""

    __tablename__ = "contact_merges"

    kept_id: Mapped[UUID]
    lost_id: Mapped[UUID]
    lost_name: Mapped[str]
    by: Mapped[str | None]
    """Who asked for it, as the audit log names them; None: a message carried both addresses."""
    before: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    undone_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("kept_id", "contacts"),
            Index(None, "tenant_id", "kept_id"),
        )


class Consent(TenantModel):
    """A contact asked to be left alone, or to be written to again; or a person noted that it did."""

    __tablename__ = "consents"

    contact_id: Mapped[UUID]
    wish: Mapped[Wish]
    message_id: Mapped[UUID | None]
    """What the contact wrote; kept when the message is not."""
    text: Mapped[str | None]
    """The contact's words, or a person's reason."""
    by: Mapped[str | None]
    """The person who noted it; None: the contact itself."""
    at: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("contact_id", "contacts"),
            Index(None, "tenant_id", "contact_id", "id"),
            CheckConstraint("wish in ('out', 'in')", name="wish"),
        )


class Responder(TenantModel):
    """Which published assistant answers for the tenant, as far as the message step must know. One row a tenant;
    the assistant room writes it when it publishes."""

    __tablename__ = "responders"

    assistant_id: Mapped[UUID]
    version: Mapped[int]
    quiet_seconds: Mapped[float]
    max_wait_seconds: Mapped[float]
    enabled: Mapped[bool]
    hours: Mapped[str] = mapped_column(default="always", server_default="always")
    """`always`, or `business` or `outside`: only in, or only out of, the tenant's business hours."""
    shadow: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """It drafts and sends nothing; conversations go to people."""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id"),
            Index("ix_responders_shadow", "tenant_id", postgresql_where=text("shadow")),
        )


class Conversation(TenantModel):
    """A contact on a channel, from the first message to the resolution. `seq` numbers its messages; `fence` is the
    right to speak: whoever opens or supersedes a turn, takes over, hands back or resolves raises it."""

    __tablename__ = "conversations"

    channel_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    state: Mapped[ConversationState]
    assignee_id: Mapped[UUID | None]
    address: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    last_in_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    unread_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    last_message_id: Mapped[UUID | None]
    handoff_reason: Mapped[str | None]
    handoff_note: Mapped[str | None]
    handoff_at: Mapped[datetime | None]
    last_in_at: Mapped[datetime | None]
    """When the contact last wrote, by the provider's clock."""
    resolved_at: Mapped[datetime | None]
    answers: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """The assistant's, within the hour from `answers_since` on."""
    answers_since: Mapped[datetime | None]
    summary: Mapped[str | None]
    """What was said up to message `summary_seq`; each writing of it has the next `summary_version`."""
    summary_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    summary_version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    summary_at: Mapped[datetime | None]
    satisfaction_asked_at: Mapped[datetime | None]
    satisfaction: Mapped[int | None] = mapped_column(SmallInteger)
    """1 to 5, as the contact answered after the resolution."""
    analysis: Mapped[dict[str, Any] | None]
    """What a model made of it once it was resolved."""
    last_activity_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("channel_id", "channels"),
            belongs_to("contact_id", "contacts"),
            belongs_to("assignee_id", "members"),
            Index(
                "uq_conversations_open",
                "tenant_id",
                "channel_id",
                "contact_id",
                unique=True,
                postgresql_where=text("state <> 'resolved'"),
            ),
            Index("ix_conversations_contact", "tenant_id", "contact_id", "created_at"),
            Index("ix_conversations_activity", "tenant_id", "last_activity_at", "id"),
            # Without the assistant's own, which change with every message.
            Index(
                "ix_conversations_people",
                "tenant_id",
                "state",
                "last_activity_at",
                "id",
                postgresql_where=text("state in ('queued', 'human')"),
            ),
            CheckConstraint("state in ('bot', 'queued', 'human', 'resolved')", name="state"),
        )


class Media(TenantModel):
    """A file of messages; its bytes lie in the storage under its id from `stored_at` on.

    From a contact: `waiting → reading → ready`, or `failed`; what a member uploads: `receiving → ready`. While it is
    `waiting` or `reading` it is its own tray entry, due at `next_at`. One that no message names any more is dropped.
    """

    __tablename__ = "media"

    channel_id: Mapped[UUID | None]
    """Whose provider has it; null for what was uploaded here."""
    kind: Mapped[MediaKind]
    mime_type: Mapped[str | None]
    """As its sender says, until it is stored; then what it was found to be."""
    size: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str | None]
    seconds: Mapped[int | None]
    voice: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    reference: Mapped[dict[str, Any] | None]
    """What the provider's adapter needs to fetch it."""
    state: Mapped[str]
    error: Mapped[str | None]
    """Why it is `failed`; of a `ready` one, why its content could not be put into words."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(default=utcnow)
    stored_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("channel_id", "channels"),
            Index("ix_media_due", "next_at", postgresql_where=text("state in ('waiting', 'reading')")),
            Index(None, "created_at"),
            CheckConstraint("kind in ('image', 'audio', 'video', 'document', 'sticker')", name="kind"),
            CheckConstraint("state in ('receiving', 'waiting', 'reading', 'ready', 'failed')", name="state"),
        )


class Message(TenantModel):
    """One message, or one bubble of an answer."""

    __tablename__ = "messages"

    conversation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[Direction]
    author: Mapped[Author]
    agent_id: Mapped[UUID | None]
    type: Mapped[MessageType]
    text: Mapped[str | None]
    media_id: Mapped[UUID | None]
    transcript: Mapped[str | None]
    """What its file says, shows or holds, in words."""
    extra: Mapped[dict[str, Any] | None]
    provider_message_id: Mapped[str | None]
    quoted_id: Mapped[str | None]
    """The provider's id of the message replied to, or reacted to."""
    reactions: Mapped[dict[str, Any] | None]
    """Emoji by author."""
    status: Mapped[MessageStatus]
    error: Mapped[dict[str, Any] | None]
    client_id: Mapped[str | None]
    turn_id: Mapped[UUID | None]
    part_no: Mapped[int | None] = mapped_column(SmallInteger)
    trace_id: Mapped[UUID | None]
    provider_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("conversation_id", "conversations"),
            belongs_to("media_id", "media"),
            UniqueConstraint("tenant_id", "channel_id", "provider_message_id"),
            UniqueConstraint("tenant_id", "conversation_id", "seq"),
            Index(
                "uq_messages_client",
                "tenant_id",
                "conversation_id",
                "client_id",
                unique=True,
                postgresql_where=text("client_id is not null"),
            ),
            Index(
                "uq_messages_part",
                "tenant_id",
                "turn_id",
                "part_no",
                unique=True,
                postgresql_where=text("turn_id is not null"),
            ),
            Index("ix_messages_media", "tenant_id", "media_id", postgresql_where=text("media_id is not null")),
            CheckConstraint("direction in ('in', 'out')", name="direction"),
            CheckConstraint(
                "status in ('received', 'queued', 'uncertain', 'sent', 'failed', 'delivered', 'read')", name="status"
            ),
        )


class Turn(TenantModel):
    """Messages of a contact that one answer will speak to. Open until answered, handed over or taken over; due once
    the quiet window has passed."""

    __tablename__ = "turns"

    conversation_id: Mapped[UUID]
    first_in_seq: Mapped[int] = mapped_column(BigInteger)
    last_in_seq: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    max_due_at: Mapped[datetime]
    """From then on a newer message opens the next turn instead of superseding this one."""
    waits_until: Mapped[datetime | None]
    """While files of its messages are fetched and read, the longest that it waits for them."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often answering it raised."""
    deaths: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often a process died under it; at 2 it is a suspect, and only a death while it was `alone` is a third."""
    alone: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Its process answers it now, and no other suspect."""
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("conversation_id", "conversations"),
            UniqueConstraint("tenant_id", "conversation_id", "last_in_seq"),
            # The sweep reads all of it. One on `due_at` would look as short to the path's statements, and be taken.
            Index(
                "uq_turns_open", "tenant_id", "conversation_id", unique=True, postgresql_where=text("closed_at is null")
            ),
        )


class Delivery(TenantModel):
    """The sending of one outgoing message: `ready → attempting → sent`, or `rejected`, or `uncertain`. `attempt` is its
    fence: an outcome is written only for the attempt it belongs to, and never over `sent`."""

    __tablename__ = "deliveries"

    message_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    due_at: Mapped[datetime]
    """When to try (`ready`), or to look for evidence (`attempting`)."""
    attempt: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    deadline: Mapped[datetime | None]
    denials: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often the provider said that it has no such message."""
    asks: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often it was asked, and could not say."""
    provider_ref: Mapped[str | None]
    evidence: Mapped[str | None]
    """What proved it: 'answer', 'echo', 'receipt', 'lookup'."""
    opening: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether we write first, to somebody who has not written: such are paced."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("message_id", "messages"),
            UniqueConstraint("tenant_id", "message_id"),
            # Short, so that the sweep reads all of it, too.
            Index(
                "ix_deliveries_unsettled",
                "tenant_id",
                "conversation_id",
                "seq",
                postgresql_where=text("state in ('ready', 'attempting', 'uncertain')"),
            ),
            Index("ix_deliveries_opening", "tenant_id", "channel_id", "deadline", postgresql_where=text("opening")),
            CheckConstraint("state in ('ready', 'attempting', 'sent', 'rejected', 'uncertain')", name="state"),
        )


class ParkedUpdate(TenantModel):
    """A receipt, edit, deletion or reaction that came before its message; applied when the message comes, dropped
    after 24 h."""

    __tablename__ = "parked_updates"

    channel_id: Mapped[UUID]
    provider_message_id: Mapped[str]
    change: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("channel_id", "channels"),
            Index(None, "tenant_id", "channel_id", "provider_message_id"),
            Index(None, "created_at"),
        )
