"""Reading JSON that strangers wrote: each value as what it should be, or as nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast

Json = dict[str, Any]

# WhatsApp's first year; what claims to be older, or to come from the future, has no usable clock.
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
_SKEW = timedelta(days=1)
_NO_NAME = re.compile(r"[\d\s+().@_-]*\Z")


def text_of(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def object_of(value: Any) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


def integer_of(value: Any) -> int | None:
    """A number however the provider writes it: number, decimal string, or `{low, high, unsigned}` with a signed low."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < 1e18 else None
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if re.fullmatch(r"-?[0-9]{1,19}", digits) else None
    if isinstance(value, dict):
        halves = cast(Json, value)
        low, high = halves.get("low"), halves.get("high", 0)
        if isinstance(low, int) and isinstance(high, int) and abs(high) < 2**32:
            return high * 2**32 + low % 2**32
    return None


def number_of(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def moment_of(value: Any) -> datetime | None:
    """A provider's time in seconds, milliseconds or microseconds, UTC; None when absent or absurd."""
    number = integer_of(value)
    if number is None or number <= 0:
        return None
    seconds = number / 1e6 if number > 10**14 else number / 1e3 if number > 10**11 else number
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return at if _EARLIEST <= at <= datetime.now(UTC) + _SKEW else None


def moment_ahead(value: Any) -> datetime | None:
    """When something ends, as ISO text or a number of seconds or milliseconds; UTC."""
    if isinstance(value, str) and not value.strip().isdigit():
        try:
            at = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        except ValueError:
            return None
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    number = integer_of(value)
    if number is None or not 0 < number < 10**13:
        return None
    return datetime.fromtimestamp(number / 1e3 if number > 10**11 else number, UTC)


def usable_name(name: Any) -> str | None:
    """A contact's own name, unless it is only the digits of an address, or the provider's word for ourselves."""
    if not isinstance(name, str):
        return None
    name = name.strip()[:200]
    return None if _NO_NAME.match(name) or name == "Você" else name


def vcard(card: str) -> tuple[str | None, list[str]]:
    """Name and phones of a vCard; a phone is WhatsApp's own digits where the card gives them."""
    name: str | None = None
    phones: list[str] = []
    for line in re.sub(r"\r?\n[ \t]", "", card).splitlines():
        head, _, value = line.partition(":")
        parameters = head.split(";")
        field = parameters[0].rpartition(".")[2].upper()
        if field == "FN":
            name = value.strip() or None
        elif field == "TEL":
            waid = next((p[5:] for p in parameters if p.lower().startswith("waid=")), "")
            phone = f"+{waid}" if waid.isdigit() else value.strip()
            if phone and phone not in phones:
                phones.append(phone)
    return name, phones
