"""Channels on the wire. Secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.channels.adapters.incoming import ChannelState, Quality
from evoai.channels.adapters.protocol import Capabilities
from evoai.kit.schema import In, Out, Patch

ChannelName = Annotated[str, Meta(min_length=1, max_length=80)]
EventState = Literal["received", "processed", "ignored", "quarantined", "dead"]


class ChannelIn(In):
    name: ChannelName
    provider: Annotated[str, Meta(min_length=1, max_length=64)]
    """'evolution', 'uazapi', 'whatsapp_cloud', or one that an installed package speaks to."""
    config: dict[str, Any]
    """The provider's own settings. evolution: `base_url`, `api_key`, `instance_name`?. uazapi: `base_url` and one of
    `admin_token` and `instance_token`. whatsapp_cloud: `phone_number_id`, `waba_id`, `access_token`, `app_secret`?,
    `verify_token`?, `graph_version`?; without an `app_secret` the number belongs to the operator's Meta app."""


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
    quality: Quality | None
    """What the provider thinks of the number; null where it does not tell."""
    last_event_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ChannelPage(Out):
    items: list[ChannelOut]
    next_cursor: str | None


class ConnectIn(In):
    phone: Annotated[str, Meta(pattern=r"^\+?[0-9]{10,15}$")] | None = None
    """With it the provider also gives a pairing code."""
    access_token: Annotated[str, Meta(min_length=16, max_length=1000)] | None = None
    """A new one, for a provider that goes by a token; kept if it opens the number."""


class WebhookOut(Out):
    """What to set at the provider, where that cannot be done from here."""

    url: str
    verify_token: str | None
    """Null at the operator's shared address, whose token the operator has."""


class TemplateButtonOut(Out):
    kind: str
    title: str


class TemplateOut(Out):
    name: str
    language: str
    category: str | None
    status: str
    """'approved' may be sent; else 'pending', 'rejected', 'paused', 'disabled', …"""
    quality: str | None
    reason: str | None
    """Why it was rejected."""
    header: str | None
    header_file: Literal["image", "video", "document"] | None
    body: str | None
    footer: str | None
    buttons: list[TemplateButtonOut]
    variables: list[str]
    """All of them must be given: `body.1` or `body.name`, `header.1`, `header.media` (the address of a file),
    `button.0` (what a link's end, or a code to copy, is filled with)."""
    updated_at: datetime


class TemplatePage(Out):
    items: list[TemplateOut]
    next_cursor: str | None


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
    quality: Quality | None
    messaging_limit: int | None
    """How many people a day may be written to first; -1 is any number, null is not told."""
    breaker: Literal["closed", "open", "half-open"]
    advice: str | None
    """Kebab case, the one action against the cause: 'scan-qr', 'check-credentials', 'check-account', 'restart', …; null
    when there is nothing to do."""
