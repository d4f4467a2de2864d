"""Conversations, whose turn it is to speak in them, and who answers for a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow

ConversationState = Literal["bot", "queued", "human", "resolved"]


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
