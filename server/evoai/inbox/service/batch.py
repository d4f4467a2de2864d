"""One transaction's worth of events, as the message step carries it: what is known, what changed, what to tell once it
is committed. No query here: `gather.py` reads, `decide.py` decides, `store.py` writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.inbox.service.turns import Business
from evoai.inbox.service.views import ContactView, Verdict
from evoai.kit import metrics
from evoai.kit.events import Event
from evoai.kit.log import get_logger
from evoai.kit.outbox import deliver

if TYPE_CHECKING:
    from evoai.channels.service.stored import StoredEvent
    from evoai.resources import Resources

log = get_logger(__name__)


@dataclass(slots=True)
class Item:
    event: StoredEvent
    parsed: Any
    verdict: Verdict | None = None
    contact: ContactView | None = None
    """Of a message that this batch stores: who it belongs to."""


@dataclass(slots=True)
class Known:
    """What is stored under a provider's message id."""

    tenant_id: UUID
    message_id: UUID | None
    conversation_id: UUID | None
    status: str | None
    parked: bool
    waits: int | None = None
    """The message's `seq` if it is the contact's: an open turn may be about to speak to it."""


@dataclass(slots=True)
class Change:
    """Something that happens to a message, found by the provider's id."""

    tenant_id: UUID
    channel_id: UUID
    provider_id: str
    what: dict[str, Any]


@dataclass(slots=True)
class Kept:
    """What the process remembers from batch to batch."""

    profiles: dict[UUID, tuple[datetime, Business, bool]] = field(
        default_factory=dict[UUID, tuple[datetime, Business, bool]]
    )
    """By tenant, with the time of its last change and whether its month is limited: a batch reads that time, and the
    rest only if it is another."""
    active: dict[UUID, float] = field(default_factory=dict[UUID, float])
    """When each channel's last event was noted, by the monotonic clock."""
    paired: dict[tuple[UUID, UUID], float] = field(default_factory=dict[tuple[UUID, UUID], float])
    """When two contacts were last put down to be made one, by the same clock."""

    def trim(self) -> None:
        for kept in (self.profiles, self.active, self.paired):
            if len(kept) > _KEPT:
                kept.clear()


_KEPT = 20_000


@dataclass(slots=True)
class Batch:
    """With `tenant_id`, all events are that tenant's and every statement names it."""

    resources: Resources
    tenant_id: UUID | None
    kept: Kept
    known: dict[tuple[UUID, str], Known] = field(default_factory=dict[tuple[UUID, str], Known])
    """By channel and provider's message id."""
    changes: list[Change] = field(default_factory=list[Change])
    facts: list[Event] = field(default_factory=list[Event])
    fences: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])
    worked: list[Verdict] = field(default_factory=list[Verdict])
    proved: set[tuple[UUID, UUID]] = field(default_factory=set[tuple[UUID, UUID]])
    """Tenant and conversation of doubtful sends that an echo or a receipt settled, and of confirmations to send; the
    next one may go."""
    files: list[tuple[UUID, UUID]] = field(default_factory=list[tuple[UUID, UUID]])
    """Tenant and id of files to fetch."""
    entries: list[tuple[UUID, UUID]] = field(default_factory=list[tuple[UUID, UUID]])
    """Tenant and id of what was put into the tray."""
    paired: list[tuple[UUID, UUID]] = field(default_factory=list[tuple[UUID, UUID]])
    """The contacts that some of it says are one person."""

    repeated: list[tuple[UUID, UUID]] = field(default_factory=list[tuple[UUID, UUID]])
    """Tenant and id of deliveries that the provider shows under a second id."""

    @property
    def grouped(self) -> bool:
        return self.tenant_id is None

    def told(self) -> None:
        """After the commit: publish what happened, end other processes' turns that were superseded, and ring for what
        waited behind a send that is settled now, and for files to fetch."""
        for verdict in self.worked:
            metrics.worked(verdict.state, verdict.reason)
        for tenant_id, delivery_id in dict.fromkeys(self.repeated):
            log.error("send.duplicate", tenant_id=str(tenant_id), delivery_id=str(delivery_id))
            metrics.send_duplicate_detected.inc()
        self.resources.publisher.publish(self.facts)
        if self.fences:
            self.resources.fences.publish(self.fences)
        self.kept.paired.update(dict.fromkeys(self.paired, monotonic()))
        for tenant_id, entry_id in self.entries:
            self.resources.bell.ring(deliver.name, str(tenant_id), str(entry_id))
        for tenant_id, conversation_id in self.proved:
            self.resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id))
        for tenant_id, media_id in self.files:
            self.resources.bell.ring("inbox.fetch_media", str(tenant_id), str(media_id))
