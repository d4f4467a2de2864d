"""Ids as times: a UUIDv7 begins with the millisecond it was made in, so a span of time is a span of the primary key."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_id_at(moment: datetime) -> UUID:
    """The least id that may be made from `moment` on."""
    milliseconds = (moment - _EPOCH).total_seconds() * 1000
    return UUID(int=max(0, int(milliseconds)) << 80)
