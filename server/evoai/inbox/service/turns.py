"""What passes between the inbox and whoever answers: the context of a turn, and the answer to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from evoai.kit.path import OpenTurn

LINES = 30
"""Messages of the conversation that a turn may speak from, besides those that it waits to answer."""


SUSPECT = 2
"""Deaths of processes under a turn from which on it is answered alone: whichever other turn was under way in the same
processes may have been the cause."""


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant's profile, as the answerer may tell it."""

    name: str
    time_zone: str
    language: str
    description: str
    business_hours: dict[str, Any]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the conversation."""

    seq: int
    author: Literal["contact", "assistant", "agent", "system", "phone"]
    type: str
    text: str | None
    transcript: str | None = None
    """What its file says, shows or holds, in words."""
    at: datetime
    """When it was said, by the provider's clock where there is one."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept about the contact, as far as an answer may speak of it."""

    contact_id: UUID | None = None
    """None: nobody in particular, as where an answer is only tried out."""
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    facts: dict[str, str] = {}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the conversation was about up to message `up_to_seq`."""

    text: str
    up_to_seq: int


class TurnContext(msgspec.Struct, frozen=True, kw_only=True):
    """All that a turn may speak from: nothing of another contact, nothing of another tenant."""

    tenant_id: UUID
    conversation_id: UUID
    turn_id: UUID
    contact_name: str
    contact_phone: str | None
    address: str
    business: Business
    assistant_id: UUID
    assistant_version: int
    lines: tuple[Line, ...]
    """Oldest first; the last ones, from `first_in_seq` on, are what the contact waits for an answer to."""
    first_in_seq: int
    last_in_seq: int
    budgeted: bool = False
    """The plan or the tenant itself limits what may be spent this month."""
    answers: int = 0
    """What the assistant answered in this conversation within the hour."""
    known: Known = Known()
    summary: Summary | None = None
    heard: str | None = None
    """The provider's id of the message heard last, where the turn was opened by it."""


class HandoffAsk(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation goes to people."""

    reason: str
    """Kebab case: 'requested-by-contact', 'requested-by-assistant', 'model-failed', …"""
    note: str | None = None
    """For the person who takes it: what the contact wants, in a sentence or two."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something learnt about the contact, and from which message of which conversation; from none, if a person said
    so."""

    value: str
    learnt_at: datetime
    conversation_id: UUID | None = None
    seq: int | None = None


class ContactChange(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer changes about its own contact: stored with the answer, so at most once, or not at all."""

    name: str | None = None
    add_tags: tuple[str, ...] = ()
    drop_tags: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    facts: dict[str, Fact] = {}

    def then(self, later: ContactChange) -> ContactChange:
        """Both, where the later one has the last word."""
        add = [tag for tag in self.add_tags if tag not in later.drop_tags]
        drop = [tag for tag in self.drop_tags if tag not in later.add_tags]
        return ContactChange(
            name=later.name or self.name,
            add_tags=tuple(dict.fromkeys((*add, *later.add_tags))),
            drop_tags=tuple(dict.fromkeys((*drop, *later.drop_tags))),
            fields=self.fields | later.fields,
            facts=self.facts | later.facts,
        )


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn ends with: bubbles to send, a handoff, or both (the bubbles then say that a person will come)."""

    bubbles: tuple[str, ...]
    handoff: HandoffAsk | None = None
    change: ContactChange | None = None
    resolves: bool = False
    """The conversation ends with it, unless it is handed over or the contact wrote again meanwhile."""
    trace: Any = None
    """The answerer's own record, stored in the same transaction by its `record`."""


def line_of(row: Any) -> Line:
    return Line(
        seq=row["seq"],
        author=row["author"],
        type=row["type"],
        text=row["text"],
        transcript=row["transcript"],
        at=row["at"],
    )


_NO_TAGS, _NOTHING = "[]", "{}"


def known_of(contact_id: UUID, tags: str, fields: str, facts: str) -> Known:
    """From the columns' JSON, which is empty for most contacts."""
    if (tags, fields, facts) == (_NO_TAGS, _NOTHING, _NOTHING):
        return Known(contact_id=contact_id)
    return Known(
        contact_id=contact_id,
        tags=tuple(msgspec.json.decode(tags, type=list[str])),
        fields=msgspec.json.decode(fields, type=dict[str, Any]),
        facts={key: fact.value for key, fact in msgspec.json.decode(facts, type=dict[str, Fact]).items()},
    )


def open_turn(
    tenant_id: UUID,
    channel_id: UUID,
    turn: Any,
    fence: int,
    due_in: float,
    contact_name: str,
    contact_phone: str | None,
    address: str,
    responder: Any,
    newest_first: list[Line],
    answers: int,
    known: Known,
    summary: Summary | None,
    heard: str | None = None,
) -> OpenTurn:
    """A turn for the path, with all that it may speak from. `turn` is its row, `answers` those of the hour."""
    context = TurnContext(
        tenant_id=tenant_id,
        conversation_id=turn["conversation_id"],
        turn_id=turn["id"],
        contact_name=contact_name,
        contact_phone=contact_phone,
        address=address,
        business=responder.profile,
        assistant_id=responder.assistant_id,
        assistant_version=responder.version,
        lines=_as_said(reversed(newest_first), turn["first_in_seq"], turn["last_in_seq"]),
        first_in_seq=turn["first_in_seq"],
        last_in_seq=turn["last_in_seq"],
        budgeted=responder.budgeted,
        answers=answers,
        known=known,
        summary=summary,
        heard=heard,
    )
    suspect = turn["deaths"] >= SUSPECT
    return OpenTurn(tenant_id, turn["conversation_id"], channel_id, turn["id"], fence, due_in, context, suspect)


def _as_said(lines: Iterable[Line], first_in_seq: int, last_in_seq: int) -> tuple[Line, ...]:
    """What the contact waits for stands last, also where the assistant spoke to earlier messages meanwhile, and in the
    order of the provider's clock, for webhooks overtake each other. What came later is the next turn's."""
    waiting: list[Line] = []
    before: list[Line] = []
    for line in lines:
        if line.author != "contact" or line.seq < first_in_seq:
            before.append(line)
        elif line.seq <= last_in_seq:
            waiting.append(line)
    return (*before, *sorted(waiting, key=lambda line: line.at))
