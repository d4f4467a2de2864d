"""What a provider's adapter must do, and what it is given and gives back; what comes in is in `incoming.py`. Provider
words stay in the adapter's own file.

An adapter is stateless: it turns bytes into neutral structs, and verbs into requests through `kit/net.py`.
It never reads the database and never decides what a message means for a conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

import msgspec

from evoai.channels.adapters.incoming import (
    ChannelState,
    Connection,
    Envelope,
    Event,
    MediaKind,
    MessageType,
    Pulled,
    Qr,
    Restriction,
)

if TYPE_CHECKING:
    from evoai.kit.net import Net


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel's provider can do; the web app shows features by these, never by the provider's name."""

    templates: bool = False
    window_24h: bool = False
    typing: bool = False
    reactions: bool = False
    edit: bool = False
    delete: bool = False
    """Whether what we sent can be taken back for everyone."""
    sends: tuple[MessageType, ...] = ("text",)
    """The kinds of message that `send` takes. A reaction is no message here: see `reactions`."""
    pairing_code: bool = False
    lookup: bool = False
    """Whether a doubtful send can be settled by asking the provider."""
    history: bool = False
    """Whether messages that did not reach us can be pulled from the provider."""
    official: bool = False
    """Whether WhatsApp itself is the provider. Others connect as a device would, and what we start is paced."""
    renews_qr: bool = True
    """Whether a pairing code that changed is told; if not, `status` has to be asked for it."""
    receipt_proof: bool = False
    """Whether receipts name the send that they are for, so that they prove a doubtful one."""
    read_marks: bool = False
    """Whether the contact is shown that we read what they wrote."""
    pairing: bool = True
    """Whether the number is linked by a code on its phone; if not, it is connected once it is created."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One channel as its adapter sees it: settings in clear and secrets opened. Never logged, never stored."""

    tenant_id: UUID
    channel_id: UUID
    config: dict[str, str]
    """The provider's own non-secret settings, e.g. `base_url` and the name it knows the number by."""
    secrets: dict[str, str]
    """The provider's own secrets, e.g. `api_key`, and `hook_token`, which its webhooks must show."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a channel's settings, as its adapter read them."""

    config: dict[str, str]
    secrets: dict[str, str]
    hook_group: str | None = None
    """What bodies at the provider's shared address name for this channel; None if it has an address of its own."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file in memory, with what it was found to be."""

    kind: MediaKind
    mime_type: str
    name: str
    body: bytes
    voice: bool = False
    """An audio to be heard as a voice note."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message to send, or one to look for, which then comes without its `file`."""

    delivery_id: UUID
    address: str
    """The contact as the provider told it: a phone's digits, or `<digits>@lid`, or a `bsuid`."""
    type: MessageType = "text"
    """One that the adapter's `capabilities.sends` names."""
    text: str
    """As of `Content.text`; of a file its caption, '' for none."""
    file: File | None = None
    extra: dict[str, Any] | None = None
    """As of `Content.extra`."""
    quoted_id: str | None = None


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A message at the provider to react to, to edit, or to take back."""

    provider_message_id: str
    address: str
    """Of the contact, as in `Outgoing`."""
    from_me: bool


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the provider gave it; what it says of it is not checked yet."""

    body: bytes
    mime_type: str | None = None
    name: str | None = None


class MediaGone(Exception):
    """The provider will never give this file; `reason` is kebab case: 'expired', 'not-found', 'too-large', …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SendOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a send ended, in the classes of the send state machine.

    `accepted`: the provider took it. `not_delivered`: proved that it did not arrive, may be tried again.
    `final`: it never will. `unknown`: anything else; only evidence decides.
    """

    result: Literal["accepted", "not_delivered", "final", "unknown"]
    provider_message_id: str | None = None
    address: str | None = None
    """The address that the provider resolved the contact to, where it differs."""
    code: str | None = None
    """Kebab case, for people and metrics: 'connection-refused', 'not-on-whatsapp', …"""
    detail: str | None = None
    retry_after: float | None = None
    restriction: Restriction | None = None
    """Where the provider says with it that the number may not write first."""
    trouble: Connection | None = None
    """What a refusal says of the number itself."""


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `connect`."""

    state: ChannelState
    qr: Qr | None = None
    phone: str | None = None


class Adapter(Protocol):
    """The verbs of a provider. Network verbs raise `evoai.kit.errors` families (`UpstreamFailed`, `UpstreamTimeout`,
    `Conflict("integration-not-configured")` for refused credentials); `send` and `find_sent` never raise."""

    provider: str
    capabilities: Capabilities
    config_type: type[Any]
    """The struct of its settings, as the API takes them in `config`."""
    signs_bodies: bool
    """Whether `verify` needs the body; if not, it is asked before the body is read, and given none."""

    def settings(self, given: Any, *, name: str, token: str, shared: bool) -> Settings:
        """What to keep of a `config_type`. `name` is one that nobody can guess, `token` a fresh secret, for whatever
        needs one; `shared` says that the operator has an address for all channels. Raises `Conflict`."""
        ...

    def verify(self, line: Line, headers: Mapping[str, str], raw: bytes) -> bool:
        """Whether the webhook is authentic; compares in constant time. Header names are lower case."""
        ...

    def open(self, line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
        """Split an authentic body into events. Never raises: what cannot be read is one quarantined envelope."""
        ...

    def parse(self, line: Line, body: bytes) -> Event:
        """Neutral form of one stored event. Raises `Unreadable`."""
        ...

    async def create(self, net: Net, line: Line, webhook_url: str) -> dict[str, str]:
        """Create the instance at the provider, or adopt the named one that the key opens, and set its webhook.
        Returns secrets to keep beside the line's own (e.g. the instance's token); an empty one is not kept."""
        ...

    async def set_webhook(self, net: Net, line: Line, url: str) -> None:
        """Have the instance's webhooks sent to `url`, whatever it did before."""
        ...

    async def connect(self, net: Net, line: Line, phone: str | None) -> Pairing: ...

    async def status(self, net: Net, line: Line) -> Connection: ...

    async def restart(self, net: Net, line: Line) -> None: ...

    async def disconnect(self, net: Net, line: Line) -> None:
        """Log the number out; already logged out is fine."""
        ...

    async def remove(self, net: Net, line: Line) -> None:
        """Delete the instance at the provider; already gone is fine."""
        ...

    async def typing(self, net: Net, line: Line, address: str, heard: str | None = None) -> None:
        """Show typing for a moment; failures are silent. `heard` is the provider's id of what is being answered."""
        ...

    async def send(self, net: Net, line: Line, message: Outgoing, timeout: float) -> SendOutcome: ...

    async def react(self, net: Net, line: Line, target: Target, emoji: str) -> None:
        """Set our reaction, or remove it with ''. Twice is as good as once. For providers with `reactions`."""
        ...

    async def edit(self, net: Net, line: Line, target: Target, text: str) -> None:
        """Replace the text of a message of ours. Twice is as good as once. For providers with `edit`."""
        ...

    async def delete(self, net: Net, line: Line, target: Target) -> None:
        """Take a message of ours back for everyone; already gone is fine. For providers with `delete`."""
        ...

    async def fetch_media(self, net: Net, line: Line, reference: dict[str, Any], max_bytes: int) -> Fetched:
        """The file of a `Media`, decrypted. Raises `MediaGone` for what will never come; whatever else it raises is
        tried again later."""
        ...

    async def find_sent(
        self, net: Net, line: Line, message: Outgoing, since: datetime
    ) -> Literal["unknown"] | SendOutcome | None:
        """Look for a doubtful send at the provider: its `accepted` outcome, None if the provider says it has no such
        message, 'unknown' if it could not be asked."""
        ...

    async def pull(self, net: Net, line: Line, since: datetime, until: datetime) -> Pulled:
        """The messages of this stretch of time by the provider's clock, both ends included, as the envelopes that its
        webhooks would have made. For providers with `history`."""
        ...
