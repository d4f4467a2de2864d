"""Reading JSON that strangers wrote: each value as what it should be, or as nothing."""

from __future__ import annotations

import re
from typing import Any, cast

Json = dict[str, Any]


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
