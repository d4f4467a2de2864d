"""Whose address is this? Canonical forms to match contacts by, and how a phone is written and shown."""

from __future__ import annotations

from evoai.channels.adapters.protocol import Address

Alias = tuple[str, str]
"""Kind and canonical value."""


def canonical_phone(digits: str) -> str:
    """Digits with country code. Brazilian mobiles get their ninth digit: WhatsApp registers many without it, people
    write them with it, and both are one person."""
    digits = "".join(char for char in digits if char.isascii() and char.isdigit())
    if len(digits) == 12 and digits.startswith("55") and digits[4] in "6789":
        return f"{digits[:4]}9{digits[4:]}"
    return digits


def aliases_of(address: Address) -> list[Alias]:
    """The aliases an address shows, the phone first."""
    found: list[Alias] = []
    if address.phone:
        found.append(("phone", canonical_phone(address.phone)))
    if address.lid:
        found.append(("lid", address.lid))
    return found


def send_address(address: Address) -> str:
    """What a provider is given to reach this address: the digits as it wrote them, or the whole privacy id."""
    return address.phone or f"{address.lid}@lid"


def e164(address: Address) -> str | None:
    return f"+{canonical_phone(address.phone)}" if address.phone else None
