"""Channels on the wire. Secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.channels.adapters.protocol import Capabilities, ChannelState
from evoai.kit.schema import In, Out, Patch

ChannelName = Annotated[str, Meta(min_length=1, max_length=80)]
Provider = Literal["evolution"]
EventState = Literal["received", "processed", "ignored", "quarantined", "dead"]


class EvolutionConfigIn(In):
    base_url: Annotated[str, Meta(min_length=8, max_length=300)]
    api_key: Annotated[str, Meta(min_length=1, max_length=300)]
    instance_name: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{8,64}$")] | None = None
    """An instance to adopt; without it one is created under a name nobody can guess."""


class ChannelIn(In):
    name: ChannelName
    provider: Provider
    config: EvolutionConfigIn


class ChannelPatch(Patch):
    name: ChannelName | UnsetType = UNSET


class ChannelOut(Out):
    id: UUID
    name: str
    provider: str
    state: ChannelState
    state_reason: str | None
    phone: str | None
    profile_name: str | None
    capabilities: Capabilities
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


class ChannelHealthOut(Out):
    state: ChannelState
    last_event_at: datetime | None
    gaps: GapsOut
    breaker: Literal["closed", "open", "half-open"]
    advice: str | None
    """Kebab case, one action: 'scan-qr', 'check-credentials', 'wait-for-provider', 'restart'; null when
    all is well."""
