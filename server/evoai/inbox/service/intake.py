"""The message step's decisions, in memory: what each parsed event means for contacts, conversations and turns.

No query here: `receive.py` reads before, and writes after, what an `Intake` decided.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from evoai.channels.adapters.incoming import Address, Inbound
from evoai.inbox.models.contacts import Wish
from evoai.inbox.service import consent
from evoai.inbox.service.consent import Wished
from evoai.inbox.service.hours import within
from evoai.inbox.service.identity import Alias, alias_address, aliases_of, e164, send_address
from evoai.inbox.service.ratings import rating_of
from evoai.inbox.service.views import (
    ContactView,
    ConversationView,
    Moved,
    NewMessage,
    Notice,
    Pair,
    ResponderView,
    Verdict,
)
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


def _echoed(waiting: list[Any], inbound: Inbound) -> Any | None:
    """The doubtful send that an echo proves: the one that it names, or one of the same words."""
    if inbound.delivery_id is not None:
        return next((row for row in waiting if row["id"] == inbound.delivery_id), None)
    wanted = echo_hash(inbound.content.type, inbound.content.text)
    return next((row for row in waiting if row["body_hash"] == wanted), None)


class Intake:
    """One batch. Contacts and conversations are keyed as found; new ones are made as events ask for them."""

    def __init__(self, now: datetime, model_available: bool, stale_after: timedelta, reads: frozenset[str]) -> None:
        """`reads`: kinds of files that are put into words before anybody answers."""
        self.now = now
        self._reads = reads
        self._late_before = now - stale_after
        self._model_available = model_available
        self.contacts: dict[tuple[UUID, Alias], ContactView] = {}
        self.gone: dict[tuple[UUID, Alias], datetime] = {}
        """Since when aliases are their contact's no more."""
        self.left: list[tuple[UUID, Alias, datetime]] = []
        """Aliases that their contact moved away from in this batch."""
        self.moved: list[Moved] = []
        self.pairs: dict[tuple[UUID, UUID], Pair] = {}
        self.wishes: list[Wished] = []
        self.conversations: dict[tuple[UUID, UUID], ConversationView] = {}
        """By (channel, contact): the one that new messages go to."""
        self.responders: dict[UUID, ResponderView] = {}
        self.attempting: dict[UUID, list[Any]] = {}
        """Doubtful sends by conversation; a match is taken out, so that each echo counts once."""
        self.settled: list[tuple[Any, str]] = []
        """Doubtful sends that an echo proved, with the provider's id."""
        self.named: dict[UUID, tuple[UUID, str]] = {}
        """By message: tenant and the provider's id, which a receipt told of a send in doubt."""

    def contact(self, tenant_id: UUID, inbound: Inbound) -> ContactView:
        """The contact behind an inbound message; made, or given a new alias, where need be."""
        assert inbound.chat is not None
        found = self.known(tenant_id, inbound.chat, inbound.at, inbound.name)
        if found is None:
            phone = e164(inbound.chat)
            found = ContactView(
                tenant_id, new_id(), inbound.name or "", phone, False, False, username=inbound.chat.username, new=True
            )
            for alias in aliases_of(inbound.chat):
                self._give(found, alias, inbound.chat)
        return found

    def known(
        self, tenant_id: UUID, address: Address, at: datetime | None, name: str | None, *, sure: bool = False
    ) -> ContactView | None:
        """The contact behind an address, given what the address shows of it besides; None if nobody known is. Where
        its parts are two contacts', the surest decides, and both are noted as a pair."""
        aliases = aliases_of(address)
        behind = {alias: view for alias in aliases if (view := self._behind(tenant_id, alias, at))}
        found = next(iter(behind.values()), None)
        if found is None:
            return None
        for alias in aliases:
            view = behind.get(alias)
            if view is None:
                self._give(found, alias, address)
            elif view is not found:
                self.pairs[(found.id, view.id)] = Pair(tenant_id, found.id, view.id, alias, sure)
        found.learn(name, address.username)
        return found

    def move(self, tenant_id: UUID, before: Address, now: Address, at: datetime) -> ContactView | None:
        """A contact moved to another number: who writes from the old one from `at` on is somebody else."""
        aliases = aliases_of(before)
        found = next((view for alias in aliases if (view := self._behind(tenant_id, alias, at))), None)
        if found is None:
            return None
        kept = aliases_of(now)
        left = [a for a in aliases if a not in kept and self.contacts.get((tenant_id, a)) is found]
        for alias in left:
            self.gone[(tenant_id, alias)] = at
            self.left.append((tenant_id, alias, at))
        if left:
            self.moved.append(Moved(tenant_id, found.id, left, kept[0], send_address(now), e164(now)))
        for alias in kept:
            view = self._behind(tenant_id, alias, at)
            if view is None:
                self._give(found, alias, now)
            elif view is not found:
                self.pairs[(found.id, view.id)] = Pair(tenant_id, found.id, view.id, alias, sure=True)
        return found

    def _behind(self, tenant_id: UUID, alias: Alias, at: datetime | None) -> ContactView | None:
        gone = self.gone.get((tenant_id, alias))
        return None if gone is not None and (at or self.now) > gone else self.contacts.get((tenant_id, alias))

    def _give(self, view: ContactView, alias: Alias, address: Address) -> None:
        """A further alias. A phone newly heard of is the one that the contact is shown by."""
        self.contacts[(view.tenant_id, alias)] = view
        self.gone.pop((view.tenant_id, alias), None)
        view.aliases[alias] = alias_address(address, alias[0])
        if alias[0] == "phone" and not view.new:
            view.phone, view.touched = e164(address), True

    def conversation(self, channel_id: UUID, contact: ContactView, address: str) -> ConversationView:
        """The conversation that a message of now belongs to: the open one, the last one inside the reopen window, or
        a new one."""
        key = (channel_id, contact.id)
        view = self.conversations.get(key)
        if view is not None and (
            view.state != "resolved" or (view.resolved_at is not None and view.resolved_at > self.now - REOPEN_WINDOW)
        ):
            return view
        heard = view.last_in_at if view is not None else None
        view = self.conversations[key] = ConversationView(
            contact.tenant_id, new_id(), channel_id, contact, "bot", 0, 0, 0, 0, address, None, False, new=True
        )
        view.last_in_at = heard
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
        # Webhooks overtake each other, and the history comes last.
        view.last_in_at = max(view.last_in_at or said_at, said_at)
        if self.is_old(inbound) and not found:
            return Verdict("processed", "old", False, message.id, view.id)
        wish = consent.wish_of(inbound.content.text) if inbound.content.type in ("text", "interactive") else None
        if wish == "out" or (wish == "in" and contact.opted_out):
            return self._wished(view, message, wish)
        if inbound.content.type == "reaction":
            # A thumb under a goodbye opens nothing again.
            return Verdict("processed", None, False, message.id, view.id)
        if view.state == "resolved" and view.rating_due and (rating := rating_of(inbound.content.text)) is not None:
            view.rating, view.rating_due = rating, False
            return Verdict("processed", "rating", True, message.id, view.id)
        if view.state == "resolved":
            view.state, view.handoff, view.resolved_at = "bot", "clear", None
        view.unread += 1
        view.last_in_seq = message.seq
        if view.state == "bot":
            self._route(view, message, said_at)
        return Verdict("processed", None, False, message.id, view.id)

    def _wished(self, view: ConversationView, message: NewMessage, wish: Wish) -> Verdict:
        """Noted and confirmed once; no turn, and nothing of the assistant's goes on."""
        contact, out = view.contact, wish == "out"
        if contact.opted_out != out:
            contact.opted_out, contact.wished, contact.touched = out, wish, True
            text = message.inbound.content.text or ""
            self.wishes.append(Wished(contact.tenant_id, contact.id, wish, message.id, text, self.now))
            view.seq += 1
            responder = self.responders.get(view.tenant_id)
            said = consent.confirmation(wish, responder.profile.language if responder else "")
            view.notices.append(Notice(new_id(), view.seq, wish, said))
        if out and view.state == "bot":
            view.hushed, view.first_in_seq = True, None
            view.fence += 1
        return Verdict("processed", "opted-out" if out else "opted-in", True, message.id, view.id)

    def _route(self, view: ConversationView, message: NewMessage, said_at: datetime) -> None:
        responder = self.responders.get(view.tenant_id)
        if view.contact.over_limit:
            self._queue(view, "over-contact-limit")
        elif view.contact.opted_out:
            self._queue(view, "opted-out")
        elif not self._model_available or responder is None or not responder.enabled:
            self._queue(view, "assistant-off")
        elif not within(responder.hours, responder.profile, self.now):
            self._queue(view, "outside-hours")
        elif responder.shadow:
            self._queue(view, "shadow")
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
            match = _echoed(waiting, inbound)
            if match is not None:
                waiting.remove(match)
                self.settled.append((match, inbound.provider_message_id))
                return Verdict("ignored", "echo", False, match["message_id"], match["conversation_id"])
            if inbound.by_api and inbound.delivery_id is None:
                # Our own send may come back reworded while its answer is under way; then its provider id tells.
                return Verdict("received", "awaiting-send", again_at=self.now + timedelta(seconds=2))
        if inbound.delivery_id is not None:
            # Ours for certain, and settled already.
            return Verdict("ignored", "echo")
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
