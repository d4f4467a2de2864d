"""The message step's decisions, in memory: what each parsed event means for contacts, conversations and turns.

No query here: `receive.py` reads before, and writes after, what an `Intake` decided.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from evoai.channels.adapters.protocol import Inbound
from evoai.inbox.service.identity import Alias, aliases_of, e164, send_address
from evoai.kit.db import new_id

REOPEN_WINDOW = timedelta(hours=24)
OLD = timedelta(hours=24)
"""A message older than this when it arrives is stored and not answered."""


def body_hash(text: str) -> bytes:
    """What the echo of a text is compared by."""
    return hashlib.sha256(unicodedata.normalize("NFC", text).strip().encode()).digest()


def echo_hash(kind: str, text: str | None) -> bytes:
    """What the echo of any message is compared by: its words and, unless it is text, its kind. Places and cards come
    back reworded, so their kind has to do."""
    if kind == "text":
        return body_hash(text or "")
    return body_hash(f"{kind}\n{'' if kind in ('location', 'contact') else text or ''}")


@dataclass(slots=True)
class ContactView:
    tenant_id: UUID
    id: UUID
    name: str
    phone: str | None
    blocked: bool
    over_limit: bool
    new: bool = False
    aliases: dict[Alias, str] = field(default_factory=dict[Alias, str])
    """Aliases to add, with the address to send to."""
    rename: str | None = None


@dataclass(slots=True)
class ResponderView:
    tenant_id: UUID
    profile: Any
    assistant_id: UUID | None
    version: int
    quiet: float
    max_wait: float
    enabled: bool
    budgeted: bool


@dataclass(slots=True)
class NewMessage:
    id: UUID
    seq: int
    direction: str
    author: str
    inbound: Inbound
    status: str
    created_at: datetime
    media_id: UUID | None = None
    """The row of its file, if it has one that may be kept."""


@dataclass(slots=True)
class ConversationView:
    tenant_id: UUID
    id: UUID
    channel_id: UUID
    contact: ContactView
    state: str
    seq: int
    last_in_seq: int
    fence: int
    unread: int
    address: str
    resolved_at: datetime | None
    leased_by_other: bool
    answers: int = 0
    """The assistant's, within the hour."""
    new: bool = False
    touched: bool = False
    messages: list[NewMessage] = field(default_factory=list[NewMessage])
    first_in_seq: int | None = None
    """The first of the new messages that a turn should speak to; None: no turn to open."""
    waits: bool = False
    """Whether the turn first waits for files of the new messages to be put into words."""
    taken_over: bool = False
    handoff: str = "keep"
    handoff_reason: str | None = None

    @property
    def last_message_id(self) -> UUID | None:
        shown = [message.id for message in self.messages if message.inbound.content.type != "reaction"]
        return shown[-1] if shown else None


@dataclass(slots=True)
class Verdict:
    """What becomes of an event."""

    state: str
    reason: str | None = None
    signal: bool = False
    message_id: UUID | None = None
    conversation_id: UUID | None = None
    again_at: datetime | None = None


class Intake:
    """One batch. Contacts and conversations are keyed as found; new ones are made as events ask for them."""

    def __init__(self, now: datetime, model_available: bool, stale_after: timedelta, reads: frozenset[str]) -> None:
        """`reads`: kinds of files that are put into words before anybody answers."""
        self.now = now
        self._reads = reads
        self._late_before = now - stale_after
        self._model_available = model_available
        self.contacts: dict[tuple[UUID, Alias], ContactView] = {}
        self.conversations: dict[tuple[UUID, UUID], ConversationView] = {}
        """By (channel, contact): the one that new messages go to."""
        self.responders: dict[UUID, ResponderView] = {}
        self.attempting: dict[UUID, list[Any]] = {}
        """Doubtful sends by conversation; a match is taken out, so that each echo counts once."""
        self.settled: list[tuple[Any, str]] = []
        """Doubtful sends that an echo proved, with the provider's id."""

    def contact(self, tenant_id: UUID, inbound: Inbound) -> ContactView:
        """The contact behind an inbound message; made, or given a new alias, where need be."""
        assert inbound.chat is not None
        aliases = aliases_of(inbound.chat)
        found = next((view for alias in aliases if (view := self.contacts.get((tenant_id, alias)))), None)
        if found is None:
            found = ContactView(tenant_id, new_id(), inbound.name or "", e164(inbound.chat), False, False, new=True)
        for alias in aliases:
            if (tenant_id, alias) not in self.contacts:
                self.contacts[(tenant_id, alias)] = found
                found.aliases[alias] = send_address(inbound.chat)
        if not found.name and inbound.name:
            found.name = found.rename = inbound.name
        return found

    def conversation(self, channel_id: UUID, contact: ContactView, address: str) -> ConversationView:
        """The conversation that a message of now belongs to: the open one, the last one inside the reopen window, or
        a new one."""
        key = (channel_id, contact.id)
        view = self.conversations.get(key)
        if view is not None and (
            view.state != "resolved" or (view.resolved_at is not None and view.resolved_at > self.now - REOPEN_WINDOW)
        ):
            return view
        view = self.conversations[key] = ConversationView(
            contact.tenant_id, new_id(), channel_id, contact, "bot", 0, 0, 0, 0, address, None, False, new=True
        )
        return view

    def is_old(self, inbound: Inbound) -> bool:
        return inbound.history or (inbound.at is not None and inbound.at < self.now - OLD)

    def from_contact(
        self, contact: ContactView, channel_id: UUID, inbound: Inbound, said_at: datetime, *, found: bool
    ) -> Verdict:
        """`found`: no webhook brought it, we asked the provider; so nobody has seen it, however old it is."""
        assert inbound.chat is not None
        if contact.blocked:
            return Verdict("ignored", "blocked")
        view = self.conversation(channel_id, contact, send_address(inbound.chat))
        if inbound.chat.phone:
            view.address = send_address(inbound.chat)
        message = self._append(view, inbound, "in", "contact", "received")
        if self.is_old(inbound) and not found:
            return Verdict("processed", "old", False, message.id, view.id)
        if inbound.content.type == "reaction":
            # A thumb under a goodbye opens nothing again.
            return Verdict("processed", None, False, message.id, view.id)
        if view.state == "resolved":
            view.state, view.handoff, view.resolved_at = "bot", "clear", None
        view.unread += 1
        view.last_in_seq = message.seq
        if view.state == "bot":
            self._route(view, message, said_at)
        return Verdict("processed", None, False, message.id, view.id)

    def _route(self, view: ConversationView, message: NewMessage, said_at: datetime) -> None:
        responder = self.responders.get(view.tenant_id)
        if view.contact.over_limit:
            self._queue(view, "over-contact-limit")
        elif not self._model_available or responder is None or not responder.enabled:
            self._queue(view, "assistant-off")
        elif said_at < self._late_before:
            self._queue(view, "waited-too-long")
        else:
            if view.first_in_seq is None:
                view.first_in_seq = message.seq
            media = message.inbound.content.media
            if message.media_id is not None and media is not None and media.kind in self._reads:
                view.waits = True

    def _queue(self, view: ConversationView, reason: str) -> None:
        view.state, view.handoff, view.handoff_reason = "queued", "set", reason
        view.fence += 1
        view.first_in_seq = None

    def from_us(self, contact: ContactView, channel_id: UUID, inbound: Inbound, said_at: datetime) -> Verdict:
        """An echo of what we sent, or something the owner wrote elsewhere."""
        assert inbound.chat is not None
        view = self.conversations.get((channel_id, contact.id))
        waiting = self.attempting.get(view.id, []) if view is not None else []
        if waiting and not inbound.history:
            wanted = echo_hash(inbound.content.type, inbound.content.text)
            match = next((row for row in waiting if row["body_hash"] == wanted), None)
            if match is not None:
                waiting.remove(match)
                self.settled.append((match, inbound.provider_message_id))
                return Verdict("ignored", "echo", False, match["message_id"], match["conversation_id"])
            if inbound.by_api:
                # Our own send may come back reworded while its answer is under way; then its provider id tells.
                return Verdict("received", "awaiting-send", again_at=self.now + timedelta(seconds=2))
        view = self.conversation(channel_id, contact, send_address(inbound.chat))
        message = self._append(view, inbound, "out", "phone", "sent")
        if self.is_old(inbound):
            return Verdict("processed", "old", False, message.id, view.id)
        if inbound.content.type != "reaction":
            if said_at >= self._late_before:
                view.unread = 0
            if view.state != "human":
                view.state, view.taken_over = "human", True
                view.handoff, view.handoff_reason = "keep", None
                view.fence += 1
                view.first_in_seq = None
        return Verdict("processed", None, False, message.id, view.id)

    def _append(self, view: ConversationView, inbound: Inbound, direction: str, author: str, status: str) -> NewMessage:
        view.touched = True
        view.seq += 1
        message = NewMessage(new_id(), view.seq, direction, author, inbound, status, self.now)
        content = inbound.content
        # What its sender wants seen once is not kept.
        if content.media is not None and not (content.extra or {}).get("view_once"):
            message.media_id = new_id()
        view.messages.append(message)
        return message

    def in_order(self) -> Iterable[ConversationView]:
        return sorted((view for view in self.conversations.values() if view.touched), key=lambda view: view.id)
