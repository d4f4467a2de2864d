"""Rehearsals on the wire: the playground, test cases, test runs with their results."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from evoai.assistant.schemas.assistants import TraceOut
from evoai.kit.schema import In, Out, Patch

Said = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"\S")]
Value = Annotated[str, Meta(max_length=500)]
CaseName = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
ContactName = Annotated[str, Meta(max_length=80)]
ExpectationKind = Literal[
    "contains",
    "not_contains",
    "tool_called",
    "tool_not_called",
    "handed_over",
    "not_handed_over",
    "cites_document",
    "criterion",
]


class SpokenLine(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One message of a made-up or remembered conversation."""

    author: Literal["contact", "assistant", "agent"]
    text: Said


class Expectation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the answer must be like. All but `criterion` are checked by rule, without accents, case or ways of writing
    a price or a time counting; `criterion` is judged by a model."""

    kind: ExpectationKind
    value: Value = ""
    """The text, the tool's name, the document's id, or the criterion in words; nothing for a handoff."""


Lines = Annotated[list[SpokenLine], Meta(min_length=1, max_length=30)]
Expectations = Annotated[list[Expectation], Meta(max_length=20)]


class PlaygroundIn(In):
    messages: Lines
    """Oldest first; the contact's last ones are what is answered."""
    contact_name: ContactName = ""


class HandoffOut(Out):
    reason: str
    note: str | None


class PlayedToolOut(Out):
    name: str
    outcome: str
    arguments: str
    """JSON, as the model wrote it, shortened."""
    result: str
    simulated: bool
    """It would have changed something, and was not run."""


class PlaygroundOut(Out):
    """What the draft would answer. Nothing was sent, and nothing changed."""

    bubbles: list[str]
    handoff: HandoffOut | None
    tools: list[PlayedToolOut]
    trace: TraceOut


class TestIn(In):
    """A case of one's own (`messages`), or made from a real conversation (`conversation_id`, and `message_id` for the
    answer or question that it is about): then messages, name and expectations are suggested where they are left out."""

    name: CaseName | None = None
    messages: Lines | None = None
    contact_name: ContactName | None = None
    expectations: Expectations | None = None
    must_pass: bool = True
    conversation_id: UUID | None = None
    message_id: UUID | None = None


class TestPatch(Patch):
    name: CaseName | UnsetType = UNSET
    messages: Lines | UnsetType = UNSET
    contact_name: ContactName | UnsetType = UNSET
    expectations: Expectations | UnsetType = UNSET
    must_pass: bool | UnsetType = UNSET


class TestOut(Out):
    id: UUID
    assistant_id: UUID
    name: str
    contact_name: str
    messages: list[SpokenLine]
    expectations: list[Expectation]
    must_pass: bool
    """Whether its failure alone refuses a publication."""
    conversation_id: UUID | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime


class TestPage(Out):
    items: list[TestOut]
    next_cursor: str | None


class EstimateOut(Out):
    """What a run would cost, from what earlier ones did; from the length of texts where there are none."""

    cases: int
    tokens: int
    cost_micro_usd: int | None
    cost_micro_brl: int | None


class TestRunIn(In):
    test_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)] | None = None
    """Only these; a publication needs a run of all."""


class FailureOut(Out):
    kind: str
    """An expectation's kind, or `no-answer` where no model answered."""
    value: str
    reason: str


class TestResultOut(Out):
    test_id: UUID
    name: str
    subject: Literal["draft", "published"]
    must_pass: bool
    passed: bool | None
    """Null until it was run."""
    answer: str | None
    handed_over: bool | None
    tools: list[str]
    failures: list[FailureOut]
    tokens: int
    cost_micro_usd: int | None
    milliseconds: int | None


class TestRunOut(Out):
    id: UUID
    assistant_id: UUID
    state: Literal["queued", "running", "finished", "cancelled", "failed"]
    error: str | None
    total: int
    """Cases on the draft, and on the published version where that was not measured yet."""
    done: int
    passed: int
    failed: int
    """Of the draft."""
    published_passed: int | None
    """Of the same cases, on what is published; null while nothing is, or where the draft is the same."""
    publishable: bool | None
    """Whether the draft as it was then may be published; null until it is finished."""
    stale: bool
    """The draft, the cases or what the business says of itself have changed since."""
    estimate: EstimateOut
    tokens: int
    cost_micro_usd: int | None
    cost_micro_brl: int | None
    started_by: str | None
    created_at: datetime
    finished_at: datetime | None


class TestRunDetailOut(TestRunOut):
    results: list[TestResultOut]


class TestRunPage(Out):
    items: list[TestRunOut]
    next_cursor: str | None
