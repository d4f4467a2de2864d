"""Where Evolution puts WhatsApp's addresses, in all generations of its message keys."""

from __future__ import annotations

from typing import Any

from evoai.channels.adapters.incoming import Address
from evoai.channels.adapters.jids import address_of
from evoai.channels.adapters.loose import Json, list_of, object_of

_KEY_FIELDS = ("remoteJid", "remoteJidAlt", "senderPn", "senderLid", "previousRemoteJid")
# `sender…` describes the author, so of our own messages it is our own number.
_OWN_KEY_FIELDS = ("remoteJid", "remoteJidAlt", "previousRemoteJid")


def key_address(key: Json, own: Any) -> Address | None:
    fields = _OWN_KEY_FIELDS if key.get("fromMe") is True else _KEY_FIELDS
    return address_of([key.get(field) for field in fields], own)


def event_jids(data: Any) -> list[Any]:
    """The addresses of an event that is not a message: of its first item where it is a list."""
    items = list_of(data)
    first = items[0] if items else data
    if isinstance(first, str):
        return [first]
    fields = object_of(first)
    return [fields.get(name) for name in ("remoteJid", "remoteJidAlt", "from", "chatId", "id")]
