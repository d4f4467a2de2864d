"""What was said: messages and their files, how they leave, and changes that came before what they change."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evoai.channels.adapters.incoming import MediaKind, MessageType
from evoai.kit.db import TenantModel, belongs_to, utcnow

Direction = Literal["in", "out"]
Author = Literal["contact", "assistant", "agent", "system", "phone"]
MessageStatus = Literal["received", "queued", "uncertain", "sent", "failed", "delivered", "read"]


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
