"""Shadow mode on the wire: what the assistant would have answered, beside what people did."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from evoai.kit.schema import Out


class ShadowDraftOut(Out):
    id: UUID
    conversation_id: UUID
    assistant_version: int
    topic: str | None
    """Of the conversation, once it was resolved and analysed."""
    asked: str
    draft: str
    handoff_reason: str | None
    """Why it would have handed over instead."""
    reply: str | None
    """What people answered before the contact spoke again."""
    similarity: float | None
    """0 to 1, by the words that both share; null while nobody answered."""
    created_at: datetime


class ShadowDraftPage(Out):
    items: list[ShadowDraftOut]
    next_cursor: str | None


class ShadowTopicOut(Out):
    topic: str | None
    drafts: int
    answered: int
    """Of them, how many people answered themselves."""
    handed_over: int
    """How many it would have given to people."""
    similar: int
    """How many of those answered come near to what people wrote (0.5 and more)."""
    similarity: float | None
    """On average."""


class ShadowReportOut(Out):
    since: datetime
    total: ShadowTopicOut
    topics: list[ShadowTopicOut]
    """The most frequent first."""
