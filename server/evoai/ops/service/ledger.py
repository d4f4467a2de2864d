"""The ledger: how many webhook events came in, and what became of each, to the unit."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import utcnow
from evoai.kit.errors import FieldError, Invalid
from evoai.ops import repository
from evoai.ops.schemas import LedgerItem, LedgerOut, LedgerSums
from evoai.tenants.service import tenants

LONGEST = 92
"""Days that one call may ask for."""
_USUAL = 7


async def read(db: AsyncSession, tenant_id: UUID, first: date | None, last: date | None) -> LedgerOut:
    """Of the days from `first` to `last`, both included, in the tenant's time zone; the last 7 unless said. Raises
    `Invalid`."""
    zone = await zone_of(db, tenant_id)
    days = _days(first, last, utcnow().astimezone(zone).date())
    starts = [begin_of(day, zone) for day in (*days, days[-1] + timedelta(days=1))]
    items: dict[tuple[date, UUID], LedgerItem] = {}
    totals = LedgerSums()
    for row in await repository.ledger(db, tenant_id, starts):
        day, channel_id = days[int(row.day) - 1], UUID(str(row.channel_id))
        item = items.setdefault((day, channel_id), LedgerItem(day=day, channel_id=channel_id))
        _count(item, row)
        _count(totals, row)
    return LedgerOut(items=list(items.values()), totals=totals)


def _days(first: date | None, last: date | None, today: date) -> list[date]:
    for name, day in (("from", first), ("to", last)):
        if day is not None:
            check_day(name, day)
    last = last or max(first or today, today)
    first = first or last - timedelta(days=_USUAL - 1)
    count = (last - first).days + 1
    if not 1 <= count <= LONGEST:
        raise Invalid(errors=(FieldError("from", "range", f"Expected 1 to {LONGEST} days"),))
    return [first + timedelta(days=n) for n in range(count)]


def check_day(name: str, day: date) -> None:
    """Raises `Invalid` for days that no event of ours can be of; so far out even arithmetic ends."""
    if not 2000 <= day.year <= 2200:
        raise Invalid(errors=(FieldError(name, "range", "Expected a day of this century"),))


def _count(sums: LedgerSums, row: Any) -> None:
    sums.received += row.events
    sums.processed += row.processed
    told: str = row[2]
    if told == "ignored":
        sums.ignored[row.reason] = sums.ignored.get(row.reason, 0) + row.events
    else:
        setattr(sums, told, getattr(sums, told) + row.events)


def difference(sums: LedgerSums) -> int:
    """How many events more were received than fall into a class: zero, or the ledger lies."""
    classes = sums.signals + sums.answered + sums.handed_over + sums.pending + sums.quarantined + sums.dead
    return sums.received - classes - sum(sums.ignored.values())


async def zone_of(db: AsyncSession, tenant_id: UUID) -> ZoneInfo:
    return ZoneInfo((await tenants.read_tenant(db, tenant_id)).time_zone)


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins in a time zone."""
    return datetime.combine(day, time(), zone)
