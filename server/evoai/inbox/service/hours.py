"""Whether a business is open at a moment, by its own clock and its own hours."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evoai.inbox.service.turns import Business

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def local_time(business: Business, moment: datetime) -> datetime:
    try:
        return moment.astimezone(ZoneInfo(business.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return moment.astimezone(ZoneInfo("America/Sao_Paulo"))


def spans(business: Business, day: str) -> list[tuple[str, str]]:
    """From when until when, as "08:00"; several a day."""
    return [(start, end) for start, end in cast(list[tuple[str, str]], business.business_hours.get(day) or [])]


def is_open(business: Business, moment: datetime) -> bool:
    """A business without hours is always open."""
    if not any(business.business_hours.values()):
        return True
    local = local_time(business, moment)
    return any(start <= f"{local:%H:%M}" < end for start, end in spans(business, DAYS[local.weekday()]))


def within(hours: str, business: Business, moment: datetime) -> bool:
    """Whether an assistant with these `hours` answers at that moment."""
    return hours == "always" or (hours == "business") == is_open(business, moment)
