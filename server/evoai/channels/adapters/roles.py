"""What some adapters can do besides (`protocol.py`). Each role is a protocol of its own; an adapter plays it by having
its verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from evoai.channels.adapters.protocol import Line

if TYPE_CHECKING:
    from evoai.kit.net import Net
    from evoai.settings import Settings


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator of the house has set for a provider, beside all channels' own settings."""

    config: dict[str, str] = {}
    """Laid under every line's config."""
    secrets: dict[str, str] = {}
    """Of the address that channels share. No line has them."""


class SharedPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a body at a shared address holds for one number, or for all numbers of a group."""

    group: str
    number: str | None
    """The provider's name of the number; None for what concerns the whole group."""
    body: bytes
    """A body of its own, for `open`."""


class TemplateButton(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    """'quick-reply', 'url', 'phone-number', 'copy-code', …"""
    title: str
    url: str | None = None


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the provider approved beforehand, which may be sent when nothing else may."""

    provider_id: str | None
    name: str
    language: str
    category: str | None
    status: str
    """'approved' may be sent; 'pending', 'rejected', 'paused', 'disabled', …"""
    quality: str | None
    reason: str | None
    header: str | None
    header_file: str | None
    """'image', 'video' or 'document' where the header is a file."""
    body: str | None
    footer: str | None
    buttons: tuple[TemplateButton, ...]
    variables: tuple[str, ...]
    """By place: `body.1` or `body.name`, `header.1`, `header.media`, `button.0`."""


@runtime_checkable
class Handshakes(Protocol):
    """The provider asks an address who it is before it sends there."""

    def handshake(self, secrets: Mapping[str, str], query: Mapping[str, str]) -> str | None:
        """What to answer, or None to refuse; compares in constant time."""
        ...


@runtime_checkable
class SharesAddress(Protocol):
    """Webhooks of many channels come to one address of the operator's."""

    def operator(self, settings: Settings) -> Operator: ...

    def verify_shared(self, secrets: Mapping[str, str], headers: Mapping[str, str], raw: bytes) -> bool: ...

    def split_shared(self, raw: bytes) -> Sequence[SharedPart]:
        """Never raises; what names nobody is left out."""
        ...

    def is_for(self, line: Line, number: str) -> bool: ...


@runtime_checkable
class HasTemplates(Protocol):
    async def list_templates(self, net: Net, line: Line) -> Sequence[Template]: ...


@runtime_checkable
class MarksRead(Protocol):
    async def mark_read(self, net: Net, line: Line, provider_message_id: str) -> None:
        """Show the contact that this message, and those before it, were read; failures are silent."""
        ...
