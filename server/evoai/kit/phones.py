"""Phone numbers as digits: one form to compare by, the forms that one mobile goes by, and what people type.

Brazil's mobiles got a ninth digit, but WhatsApp still registers many without it; Mexico's lost a 1 and Argentina's
carry a 9 that people leave out. Each pair is one phone. Landlines have one form.
"""

from __future__ import annotations

import re

_NOT_DIGITS = re.compile(r"[^0-9]")
# What people put between digits; anything else says that it is no phone.
_TYPED = re.compile(r"[0-9 ()./\-\u2010-\u2015\u00a0\u202f]+\Z")


def digits_in(text: str) -> str:
    return _NOT_DIGITS.sub("", text)


def canonical(digits: str) -> str:
    """The form to compare by, of digits with country code. Not for sending."""
    if len(digits) == 12 and digits.startswith("55") and digits[4] in "6789":
        return f"{digits[:4]}9{digits[4:]}"
    if len(digits) == 13 and digits.startswith(("521", "549")):
        return digits[:2] + digits[3:]
    return digits


def shown(digits: str) -> str:
    """E.164 as people write it."""
    return f"+{digits}" if digits.startswith("549") and len(digits) == 13 else f"+{canonical(digits)}"


def forms(digits: str) -> list[str]:
    """The forms under which the phone may be known: as given, then the other one."""
    compared = canonical(digits)
    if compared != digits:
        return [digits, compared]
    if len(digits) == 13 and digits.startswith("55") and digits[4] == "9" and digits[5] in "6789":
        return [digits, digits[:4] + digits[5:]]
    if len(digits) == 12 and digits.startswith("52"):
        return [digits, f"521{digits[2:]}"]
    if len(digits) == 12 and digits.startswith("54"):
        return [digits, f"549{digits[2:]}"]
    return [digits]


def typed(text: str) -> str | None:
    """Digits with country code of what somebody typed, Brazil's where no other is said; None if it is no phone."""
    text = text.strip()
    international = text.startswith("+")
    text = text.removeprefix("+").strip()
    if not _TYPED.match(text):
        return None
    digits = digits_in(text)
    if digits.startswith("00"):
        international, digits = True, digits[2:]
    if not international:
        # The trunk's 0 is dialled within the country alone.
        digits = digits.removeprefix("0")
        if _is_national(digits):
            digits = f"55{digits}"
    return digits if 10 <= len(digits) <= 15 and not digits.startswith("0") else None


def _is_national(digits: str) -> bool:
    """Whether these are Brazilian: two digits of area, none of them 0, and a landline or a mobile."""
    if len(digits) not in (10, 11) or "0" in digits[:2]:
        return False
    return digits[2] == "9" if len(digits) == 11 else digits[2] in "23456789"
