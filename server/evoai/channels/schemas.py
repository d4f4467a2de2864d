"""Channels on the wire. Secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.channels.adapters.protocol import Capabilities, ChannelState
from evoai.kit.schema import In, Out, Patch

ChannelName = Annotated[str, Meta(min_length=1, max_length=80)]
EventState = Literal["received", "processed", "ignored", "quarantined", "dead"]


class EvolutionConfigIn(In):
    base_url: Annotated[str, Meta(min_length=8, max_length=300)]
    api_key: Annotated[str, Meta(min_length=1, max_length=300)]
    instance_name: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{8,64}$")] | None = None
    """An instance to adopt; without it one is created under a name nobody can guess."""


class UazapiConfigIn(In):
    """One of the tokens: the server's own has an instance made, and is not kept; an instance's adopts it."""

    base_url: Annotated[str, Meta(min_length=8, max_length=300)]
    admin_token: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    instance_token: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


class EvolutionIn(In, tag_field="provider", tag="evolution"):
    name: ChannelName
    config: EvolutionConfigIn


class UazapiIn(In, tag_field="provider", tag="uazapi"):
    name: ChannelName
    config: UazapiConfigIn


ChannelIn = EvolutionIn | UazapiIn
"""`provider` says which."""


class ChannelPatch(Patch):
    name: ChannelName | UnsetType = UNSET


class RestrictionOut(Out):
    """The number may write first to nobody; answers still go."""

    code: str
    since: datetime
    until: datetime | None


class ChannelOut(Out):
    id: UUID
    name: str
    provider: str
    state: ChannelState
    state_reason: str | None
    phone: str | None
    profile_name: str | None
    capabilities: Capabilities
    restriction: RestrictionOut | None
    webhook_url: str
    """Without its secret part: '…/hooks/•••'."""
    last_event_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ChannelPage(Out):
    items: list[ChannelOut]
    next_cursor: str | None


class ConnectIn(In):
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{10,15}$")] | None = None
    """With it the provider also gives a pairing code."""


class QrOut(Out):
    code: str
    expires_at: datetime


class PairingOut(Out):
    state: ChannelState
    qr: QrOut | None
    pairing_code: str | None


class GapsOut(Out):
    messages: int
    """Of the last 7 days, that no webhook brought and we found at the provider."""
    found_at: datetime | None
    reconciled_at: datetime | None
    """Up to here the provider was asked."""


class PaceOut(Out):
    """What the number may start by itself; answers are not paced."""

    limit: int
    """New people within 24 hours. It grows from day to day, and shrinks while few of them write back."""
    used: int
    most: int
    replies: float | None
    """Share of those written to first within 7 days who wrote back; null while they are few."""
    started: int
    next_at: datetime | None


class ChannelHealthOut(Out):
    state: ChannelState
    cause: str | None
    """Kebab case: the one thing that is most wrong; null when all is well."""
    pace: PaceOut | None
    """Null where WhatsApp itself is the provider."""
    restriction: RestrictionOut | None
    drops: int
    """How often the connection was lost within the last hour."""
    last_event_at: datetime | None
    gaps: GapsOut
    breaker: Literal["closed", "open", "half-open"]
    advice: str | None
    """Kebab case, the one action against the cause: 'scan-qr', 'check-credentials', 'restart', …; null when there is
    nothing to do."""
