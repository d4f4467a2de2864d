"""WhatsApp's addresses, which unofficial providers pass on as they are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from evoai.channels.adapters.incoming import Address
from evoai.kit import phones

_PHONE_SERVERS = frozenset({"s.whatsapp.net", "c.us", "hosted"})
_LID_SERVERS = frozenset({"lid", "hosted.lid"})
_SHARED = {"g.us": "group", "newsletter": "newsletter", "broadcast": "broadcast", "bot": "bot"}


def split(jid: Any) -> tuple[str, str]:
    """User and server of a JID, without device and agent, lower case; ('', '') for anything else."""
    return _split(jid) if isinstance(jid, str) and len(jid) <= 128 else ("", "")


# The door reads the same few addresses over and over; these two are most of what it would do.
@lru_cache(maxsize=8192)
def _split(jid: str) -> tuple[str, str]:
    user, at, server = jid.strip().lower().partition("@")
    if not at:
        return "", ""
    return user.partition(":")[0].partition("_")[0], server


def kind_of(jid: Any) -> str:
    """'phone', 'lid', or why nobody in particular is behind it: 'group', 'status-broadcast', 'broadcast',
    'newsletter', 'bot', 'system'; '' for what is not a JID."""
    user, server = split(jid)
    return _kind(user, server) if server else ""


@lru_cache(maxsize=8192)
def _kind(user: str, server: str) -> str:
    if server in _PHONE_SERVERS:
        if user == "0":
            return "system"
        return "phone" if user.isdecimal() and user.isascii() else ""
    if server in _LID_SERVERS:
        return "lid" if user.isdecimal() and user.isascii() else ""
    if server == "broadcast" and user == "status":
        return "status-broadcast"
    return _SHARED.get(server, "")


def phone_jids(digits: str) -> list[str]:
    """The JIDs under which a phone may be known: as given, and its other form."""
    return [f"{form}@s.whatsapp.net" for form in phones.forms(digits)]


def same_person(one: Any, other: Any) -> bool:
    (user, server), (user2, server2) = split(one), split(other)
    if server in _PHONE_SERVERS and server2 in _PHONE_SERVERS:
        return phones.canonical(user) == phones.canonical(user2)
    return bool(server) and (user, server) == (user2, server2)


def address_of(jids: list[Any], own: Any = None) -> Address | None:
    """The first phone and the first LID among `jids` that are not ours; ours only if there is nothing else (a chat
    with oneself)."""
    known = [jid for jid in jids if jid and isinstance(jid, str)]
    others = [jid for jid in known if not same_person(jid, own)]
    for candidates in (others, known):
        phone = next((split(jid)[0] for jid in candidates if kind_of(jid) == "phone"), None)
        lid = next((split(jid)[0] for jid in candidates if kind_of(jid) == "lid"), None)
        if phone or lid:
            return Address(phone=phone, lid=lid)
    return None


def chat_of(address: Address | None) -> str | None:
    if address is None:
        return None
    return phones.canonical(address.phone) if address.phone else address.lid
