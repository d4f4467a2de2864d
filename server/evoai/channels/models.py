"""Tables of the channels room: connections to WhatsApp, and the webhooks they sent, as stored before the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from evoai.channels.adapters.incoming import ChannelState, Quality
from evoai.kit.db import TenantModel, belongs_to, utcnow


class Channel(TenantModel):
    """One WhatsApp number. Closed by `deleted_at`, never deleted: events and messages keep their parent."""

    __tablename__ = "channels"

    name: Mapped[str]
    provider: Mapped[str]
    config: Mapped[dict[str, Any]]
    secrets_enc: Mapped[bytes] = mapped_column(LargeBinary)
    """The provider's secrets as JSON, sealed with the tenant's key."""
    hook_key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hook_key_enc: Mapped[bytes] = mapped_column(LargeBinary)
    """The webhook address's secret part, sealed, to register it again."""
    hook_group: Mapped[str | None]
    """What bodies at the provider's shared address name for this channel; null: it has an address of its own."""
    state: Mapped[ChannelState] = mapped_column(default="disconnected")
    state_reason: Mapped[str | None]
    phone: Mapped[str | None]
    profile_name: Mapped[str | None]
    quality: Mapped[Quality | None]
    messaging_limit: Mapped[int | None]
    """How many people a day we may write to first; -1 is any number, null is not told."""
    templates_due_at: Mapped[datetime | None]
    """When to ask for its templates again; null: it has none."""
    last_event_at: Mapped[datetime | None]
    """When a webhook last came; what we pull ourselves does not count."""
    reconciled_at: Mapped[datetime | None]
    """Up to here the provider was asked for what did not reach us."""
    reconcile_due_at: Mapped[datetime | None]
    """When to ask again; null is at once."""
    first_connected_at: Mapped[datetime | None]
    """From then on the number gets used to being written from."""
    pairing_since: Mapped[datetime | None]
    """When somebody last asked for a pairing that has not come about yet."""
    code_at: Mapped[datetime | None]
    """When a code to pair with was last shown."""
    code_mark: Mapped[str | None]
    """Which one, so that the same is not told twice."""
    drops: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How often the connection was lost in the hour from `drops_since`."""
    drops_since: Mapped[datetime | None]
    restriction: Mapped[str | None]
    """Why WhatsApp lets the number write first to nobody, until `restricted_until`."""
    restricted_at: Mapped[datetime | None]
    restricted_until: Mapped[datetime | None]
    next_start_at: Mapped[datetime | None]
    """Before then the number writes first to nobody."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
    deleted_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id", "hook_key_hash"),
            Index(
                "ix_channels_group",
                "provider",
                "hook_group",
                postgresql_where=text("deleted_at is null and hook_group is not null"),
            ),
            Index("ix_channels_templates_due", "templates_due_at", postgresql_where=text("deleted_at is null")),
            CheckConstraint("quality in ('high', 'medium', 'low')", name="quality"),
            Index(
                "ix_channels_reconcile_due",
                "reconcile_due_at",
                postgresql_where=text("deleted_at is null and state in ('connecting', 'connected', 'reconnecting')"),
            ),
            CheckConstraint(
                "state in ('disconnected', 'connecting', 'connected', 'reconnecting', 'banned')", name="state"
            ),
        )


class Template(TenantModel):
    """A message that the provider approved beforehand, as it was last told of."""

    __tablename__ = "templates"

    channel_id: Mapped[UUID]
    name: Mapped[str]
    language: Mapped[str]
    category: Mapped[str | None]
    status: Mapped[str]
    quality: Mapped[str | None]
    reason: Mapped[str | None]
    parts: Mapped[dict[str, Any]]
    """Header, body, footer, buttons and variables, as `TemplateParts`."""
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (belongs_to("channel_id", "channels"), UniqueConstraint("tenant_id", "channel_id", "name", "language"))


class ChannelEvent(TenantModel):
    """One event of a webhook. The row is its own work item: due while `received` and `next_at` has passed. Its id is
    made as it comes in, so that a span of `received_at` is a span of ids."""

    __tablename__ = "channel_events"

    channel_id: Mapped[UUID]
    kind: Mapped[str]
    shard: Mapped[int] = mapped_column(SmallInteger)
    dedupe_key: Mapped[str]
    body_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    """JSON of the event without the provider's secrets, sealed; emptied after 7 days."""
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """By the database's clock, as is `next_at`: a door whose clock is wrong makes nothing late or stale."""
    state: Mapped[str] = mapped_column(default="received")
    reason: Mapped[str | None]
    error: Mapped[str | None]
    """What the last try of one that is tried again, or dead, failed with."""
    signal: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether it carries no message (ticks, connection and others); known once processed."""
    reconciled: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether no webhook brought it: we found it at the provider."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    processed_at: Mapped[datetime | None]
    message_id: Mapped[UUID | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("channel_id", "channels"),
            UniqueConstraint("tenant_id", "channel_id", "dedupe_key"),
            Index("ix_channel_events_due", "shard", "id", postgresql_where=text("state = 'received'")),
            Index(
                "ix_channel_events_attention",
                "tenant_id",
                "id",
                postgresql_where=text("state in ('quarantined', 'dead')"),
            ),
            Index(
                "ix_channel_events_reconciled",
                "tenant_id",
                "channel_id",
                "received_at",
                postgresql_where=text("reconciled"),
            ),
            CheckConstraint(
                "state in ('received', 'processed', 'ignored', 'quarantined', 'dead')",
                name="state",
            ),
        )
