"""Brazilian phone numbers as WhatsApp has them, with and without the ninth digit. Digits only, country code first."""

from __future__ import annotations

BRAZIL_LENGTHS = (12, 13)


def person_key(phone: str) -> str:
    """Brazilian numbers with and without the ninth digit are one person."""
    if phone.startswith("55") and len(phone) in BRAZIL_LENGTHS:
        return phone[:4] + phone[-8:]
    return phone


def same_person(one: str, other: str) -> bool:
    return person_key(one.partition("@")[0]) == person_key(other.partition("@")[0])


def registered(phone: str) -> str:
    """From area code 31 up WhatsApp registers many mobiles without the ninth digit."""
    if len(phone) == 13 and phone.startswith("55") and phone[4] == "9" and int(phone[2:4]) >= 31 and phone[5] >= "7":
        return phone[:4] + phone[5:]
    return phone
