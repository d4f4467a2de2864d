"""Operations on the wire: the ledger, stored events, dead letters, queues."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from evoai.channels.schemas import EventState
from evoai.kit.schema import In, Out

EventClass = Literal["signals", "answered", "handed_over", "ignored", "pending", "quarantined", "dead"]


class LedgerSums(Out, kw_only=True):
    """received = signals + answered + handed_over + all of ignored + pending + quarantined + dead, to the unit."""

    received: int = 0
    processed: int = 0
    """Of them, those whose state is `processed`, whatever became of their messages."""
    ignored: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """By reason."""
    quarantined: int = 0
    dead: int = 0
    signals: int = 0
    answered: int = 0
    handed_over: int = 0
    pending: int = 0


class LedgerItem(LedgerSums, kw_only=True):
    day: date
    """When they were received, in the tenant's time zone."""
    channel_id: UUID


class LedgerOut(Out):
    items: list[LedgerItem]
    totals: LedgerSums


class InboundEventOut(Out):
    id: UUID
    channel_id: UUID
    kind: str
    state: EventState
    reason: str | None
    class_: EventClass = msgspec.field(name="class")
    """What became of it, as the ledger counts it."""
    attempts: int
    received_at: datetime
    next_at: datetime
    """When one that is `received` is due."""
    processed_at: datetime | None
    error: str | None
    message_id: UUID | None
    conversation_id: UUID | None


class InboundEventPage(Out):
    items: list[InboundEventOut]
    next_cursor: str | None


class InboundEventDetail(InboundEventOut):
    body: str | None
    """As stored, without the provider's secrets. Null after 7 days, and for those who may not manage channels."""


Reason = Annotated[str, Meta(min_length=1, max_length=64)]


class ReplayIn(In):
    state: Literal["quarantined", "dead", "ignored"]
    reason: Reason | None = None
    channel_id: UUID | None = None


class ReplayOut(Out):
    replayed: int


class DeadLetterOut(Out):
    id: UUID
    kind: str
    """'event', 'turn', 'outbox': whose row `ref_id` is."""
    ref_id: UUID
    reason: str
    created_at: datetime
    closed_at: datetime | None
    closed_as: Literal["replayed", "discarded"] | None


class DeadLetterPage(Out):
    items: list[DeadLetterOut]
    next_cursor: str | None


QueueStatus = Literal["healthy", "degraded", "down"]


class QueueOut(Out):
    due: int
    oldest_seconds: float
    """How long what is due has been so; 0 where nothing is."""
    running: int
    """What a lease or an attempt shows to be under way."""
    dead: int
    """Dead letters that wait for a person."""


class QueueHealthOut(Out):
    status: QueueStatus
    queues: dict[str, QueueOut]
