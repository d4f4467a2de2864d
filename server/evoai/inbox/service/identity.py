"""Whose address is this? Canonical forms to match contacts by, what they are found by, and how a phone is shown."""

from __future__ import annotations

from evoai.channels.adapters.incoming import Address
from evoai.kit import phones

Alias = tuple[str, str]
"""Kind and canonical value."""


def aliases_of(address: Address) -> list[Alias]:
    """What an address is found by, the surest first: a phone may pass to somebody else, a LID or a BSUID does not. A
    username is none of it."""
    found: list[Alias] = []
    if address.lid:
        found.append(("lid", address.lid))
    if address.bsuid:
        found.append(("bsuid", address.bsuid))
    if address.phone:
        found.append(("phone", phones.canonical(address.phone)))
    return found


def addresses_of(alias: Alias) -> list[str]:
    """All that a provider may have been given to reach an alias."""
    kind, value = alias
    if kind == "phone":
        return phones.forms(value)
    return [alias_address(Address(**{kind: value}), kind)]


def send_address(address: Address) -> str:
    """What a provider is given to reach this address: the digits as it wrote them, or else the whole other id."""
    return address.phone or (f"{address.lid}@lid" if address.lid else address.bsuid) or ""


def alias_address(address: Address, kind: str) -> str:
    """What a provider is given to reach one of its aliases."""
    return send_address(Address(**{kind: getattr(address, kind)}))


def e164(address: Address) -> str | None:
    return phones.shown(address.phone) if address.phone else None
