"""One transaction's worth of events, as the message step carries it: what is known, what changed, what to tell once it
is committed. No query here: `gather.py` reads, `decide.py` decides, `store.py` writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.inbox.service.intake import Verdict
from evoai.kit.events import Event

if TYPE_CHECKING:
    from evoai.channels.service.stored import StoredEvent
    from evoai.resources import Resources


@dataclass(slots=True)
class Item:
    event: StoredEvent
    parsed: Any
    verdict: Verdict | None = None


@dataclass(slots=True)
class Known:
    """What is stored under a provider's message id."""

    tenant_id: UUID
    message_id: UUID | None
    conversation_id: UUID | None
    parked: bool


@dataclass(slots=True)
class Change:
    """Something that happens to a message, found by the provider's id."""

    tenant_id: UUID
    channel_id: UUID
    provider_id: str
    what: dict[str, Any]


@dataclass(slots=True)
class Batch:
    """With `tenant_id`, all events are that tenant's and every statement names it."""

    resources: Resources
    tenant_id: UUID | None
    known: dict[tuple[UUID, str], Known] = field(default_factory=dict[tuple[UUID, str], Known])
    """By channel and provider's message id."""
    changes: list[Change] = field(default_factory=list[Change])
    facts: list[Event] = field(default_factory=list[Event])
    fences: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])
    proved: set[tuple[UUID, UUID]] = field(default_factory=set[tuple[UUID, UUID]])
    """Tenant and conversation of doubtful sends that an echo settled; the next one may go."""

    @property
    def grouped(self) -> bool:
        return self.tenant_id is None

    def told(self) -> None:
        """After the commit: publish what happened, end other processes' turns that were superseded, and ring for what
        waited behind a send that is settled now."""
        self.resources.publisher.publish(self.facts)
        if self.fences:
            self.resources.fences.publish(self.fences)
        for tenant_id, conversation_id in self.proved:
            self.resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id))
