"""What a batch of answers changes about its contacts, as rows of group commit 3: a row a contact, also where two of its
conversations are answered together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from evoai.inbox.events import contact_updated
from evoai.inbox.repository import answers as sql
from evoai.inbox.service import search
from evoai.inbox.service.turns import Answer, ContactChange
from evoai.kit.db import new_id
from evoai.kit.events import Event
from evoai.kit.path import OpenTurn
from evoai.kit.sql import Writes


class Changes:
    def __init__(self) -> None:
        self._by_contact: dict[tuple[UUID, UUID], ContactChange] = {}

    def add(self, turn: OpenTurn, answer: Answer) -> None:
        """The contact is the turn's own, whatever the model said."""
        contact_id: UUID | None = turn.context.known.contact_id
        if answer.change is None or contact_id is None:
            return
        key = (turn.tenant_id, contact_id)
        before = self._by_contact.get(key)
        self._by_contact[key] = before.then(answer.change) if before is not None else answer.change

    def write(self, writes: Writes, now: datetime, tenant_id: UUID | None) -> None:
        if self._by_contact:
            rows = [
                _row(*key, change, now) for key, change in sorted(self._by_contact.items(), key=lambda item: item[0])
            ]
            sql.change_contacts(writes, rows, tenant_id)
            added = [row for key, change in self._by_contact.items() for row in _words(*key, change)]
            if added:
                sql.add_words(writes, added, tenant_id)
            dropped = [
                (tenant, new_id(), contact, search.tag_word(tag))
                for (tenant, contact), change in self._by_contact.items()
                for tag in change.drop_tags
            ]
            if dropped:
                sql.drop_words(writes, dropped, tenant_id)

    def facts(self) -> list[Event]:
        return [contact_updated(*key) for key in self._by_contact]


def _words(tenant_id: UUID, contact_id: UUID, change: ContactChange) -> list[tuple[UUID, UUID, UUID, str]]:
    tags = [tag for tag in change.add_tags if tag not in change.drop_tags]
    words = search.words_of(change.name or "", (), None, tags)
    return [(tenant_id, new_id(), contact_id, word) for word in words]


def _row(tenant_id: UUID, contact_id: UUID, change: ContactChange, now: datetime) -> tuple[object, ...]:
    return (
        tenant_id,
        contact_id,
        change.name,
        _json(change.add_tags),
        _json(change.drop_tags),
        _json(change.fields),
        _json(change.facts),
        now,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
