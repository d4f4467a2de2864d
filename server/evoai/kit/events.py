"""Domain events: facts in the past tense that carry ids only. Their shape is read when a listener is told.

`emit` puts a fact on the tenant's live stream after the commit, best effort. A durable handler gets a row of the
outbox in the same transaction (`kit/outbox.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import after_commit, new_id, utcnow


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. `name` is one of the domain events or signals of the public API; `ids` name what it is about."""

    name: str
    tenant_id: UUID
    ids: dict[str, Any]
    event_id: UUID = msgspec.field(default_factory=new_id)
    at: datetime = msgspec.field(default_factory=utcnow)
    signal: bool = False
    """A passing state (typing, a QR code): shown, never counted or replayed."""


class Publisher(Protocol):
    """Where facts go once they are committed."""

    def publish(self, events: Iterable[Event]) -> None:
        """Hand over without waiting; losing them costs a client one fetch."""
        ...


def emit(db: AsyncSession, publisher: Publisher, *events: Event) -> None:
    """Publish `events` once `db` is committed."""
    after_commit(db, lambda: publisher.publish(events))


def fact(name: str, tenant_id: UUID, **ids: Any) -> Event:
    return Event(name=name, tenant_id=tenant_id, ids=ids)
