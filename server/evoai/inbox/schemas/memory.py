"""What is remembered, on the wire: facts about contacts, summaries of conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from evoai.kit.schema import In, Out


class FactOut(Out):
    """Something that the assistant learnt about a contact, or a person noted."""

    key: str
    value: str
    learnt_at: datetime
    conversation_id: UUID | None
    message_id: UUID | None
    """Where it was said; null where a person noted it."""


class FactPage(Out):
    items: list[FactOut]


class FactIn(In):
    value: Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]


class SummaryOut(Out):
    """What was said in a conversation up to message `up_to_seq`; `text` is null while it is short."""

    text: str | None
    up_to_seq: int
    version: int
    updated_at: datetime | None


class SummaryIn(In):
    text: Annotated[str, Meta(max_length=3000)] | None
    """Null has it written anew when the assistant needs it."""
    version: int
    """The one that was read."""
