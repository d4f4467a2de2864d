"""The assistant on the wire: the draft that people edit, what is published, and why it answered so."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.kit.schema import In, Out, Patch

ModelName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:/-]+$")]
Tone = Literal["warm", "neutral", "formal", "playful"]
ToolName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
FieldName = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^\S(?:.*\S)?$")]
Keyword = Annotated[str, Meta(min_length=2, max_length=60)]
Rule = Annotated[str, Meta(min_length=2, max_length=500, pattern=r"\S")]
Hours = Literal["always", "business", "outside"]
Percent = Annotated[int, Meta(ge=0, le=100)]
VersionNote = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class AssistantIn(In):
    """A new assistant. It answers nobody until it is published."""

    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S")]
    copy_of: UUID | None = None
    """Begin with another one's draft."""


class AssistantPatch(Patch):
    name: Annotated[str, Meta(min_length=1, max_length=80)] | UnsetType = UNSET
    instructions: Annotated[str, Meta(max_length=20_000)] | UnsetType = UNSET
    tone: Tone | UnsetType = UNSET
    model: ModelName | UnsetType = UNSET
    fallback_models: Annotated[list[ModelName], Meta(max_length=3)] | UnsetType = UNSET
    quiet_seconds: Annotated[float, Meta(ge=0, le=30)] | UnsetType = UNSET
    max_wait_seconds: Annotated[float, Meta(ge=0, le=120)] | UnsetType = UNSET
    handoff_keywords: Annotated[list[Keyword], Meta(max_length=30)] | UnsetType = UNSET
    """Words that call a person whatever the model thinks, beside the built-in requests."""
    rules: Annotated[list[Rule], Meta(max_length=30)] | UnsetType = UNSET
    """What it always or never does, one sentence each."""
    handoff_rules: Annotated[list[Rule], Meta(max_length=30)] | UnsetType = UNSET
    """When it gives the conversation to people, in words: 'the contact complains about a treatment'."""
    hours: Hours | UnsetType = UNSET
    """When it answers: `business` and `outside` go by the tenant's business hours; else conversations go to people."""
    shadow: bool | UnsetType = UNSET
    """On: it drafts and sends nothing, and conversations go to people."""
    enabled: bool | UnsetType = UNSET
    """Off: conversations go to people."""
    tools: Annotated[list[ToolName], Meta(max_length=40)] | UnsetType = UNSET
    """Names from `GET /tools/catalog`. `hand_over` is there without being named."""
    contact_fields: Annotated[list[FieldName], Meta(max_length=30)] | UnsetType = UNSET
    """Custom fields of contacts that it may fill in by the tool `update_contact`."""
    pass_rate: Percent | UnsetType = UNSET
    """Percent of all test cases that must pass for a publication; holds at once."""


class AssistantOut(Out):
    id: UUID
    name: str
    instructions: str
    tone: Tone
    model: str
    fallback_models: list[str]
    quiet_seconds: float
    max_wait_seconds: float
    handoff_keywords: list[str]
    rules: list[str]
    handoff_rules: list[str]
    hours: Hours
    shadow: bool
    enabled: bool
    tools: list[str]
    contact_fields: list[str]
    pass_rate: int
    answers: bool
    """Whether it is the one that answers contacts: of several, the one that was published last."""
    published_version: int | None
    published_at: datetime | None
    dirty: bool
    """Whether the draft differs from what is published."""
    updated_at: datetime


class AssistantPage(Out):
    items: list[AssistantOut]
    next_cursor: str | None


class VersionOut(Out):
    number: int
    published_at: datetime
    published_by: str | None
    note: str | None
    restored_from: int | None
    """The version that was published again as this one."""
    override_reason: str | None
    """Why an owner published it although its tests had failed."""
    fields: dict[str, Any]


class VersionPage(Out):
    items: list[VersionOut]
    next_cursor: str | None


class PublishIn(In):
    note: VersionNote | None = None
    override_reason: VersionNote | None = None
    """An owner's, to publish below the bar; kept in the audit log."""


class RestoreIn(In):
    version: Annotated[int, Meta(ge=1)]
    publish: bool = True
    """True: contacts meet it again from the next turn on, without tests, and the draft stays as it is. False: it
    becomes the draft."""
    note: VersionNote | None = None


class FieldChangeOut(Out):
    field: str
    before: Any
    after: Any


class DiffOut(Out):
    """What changed from one version to another, or to the draft (null)."""

    from_version: int
    to_version: int | None
    changes: list[FieldChangeOut]


class ModelCallOut(Out):
    """One try at one model."""

    model: str
    outcome: str
    """'answered', 'cached' (given before, not asked again), 'tool', 'embedded', 'broken-off' (nobody waited any more;
    its tokens are an estimate), or why it failed: 'timeout', 'rate-limited', 'server-error', 'refused', 'empty', …"""
    milliseconds: int
    input_tokens: int
    output_tokens: int


class UsedPassageOut(Out):
    """A passage that the assistant was shown."""

    mark: str
    document_id: UUID
    chunk_id: UUID
    title: str
    heading: str
    page: int | None
    score: float
    """0 to 1, within one search."""
    cited: bool
    """Whether the answer rests on it."""


class ToolUseOut(Out):
    """A tool that the model had run, with the beginnings of what it was told and of what it said."""

    name: str
    outcome: str
    milliseconds: int
    arguments: str = ""
    result: str = ""


class FindingOut(Out):
    """What the check of an answer found before it was sent."""

    check: Literal["link", "prompt", "personal-data", "secret"]
    action: Literal["removed", "withheld"]
    detail: str
    """The host of a link; of what must not be told nothing but its kind."""


class TraceOut(Out):
    """Why the assistant answered so."""

    id: UUID
    purpose: Literal["answer", "playground", "test", "shadow", "analysis"]
    conversation_id: UUID | None
    """Null in the playground and in tests, which touch no conversation."""
    outcome: Literal["answered", "handed-over", "superseded", "failed"]
    model: str | None
    assistant_version: int
    prompt_version: str
    calls: list[ModelCallOut]
    tools: list[ToolUseOut]
    passages: list[UsedPassageOut]
    checks: list[FindingOut]
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int | None
    """Millionths of a US dollar; null for a model without a known price."""
    cost_micro_brl: int | None
    """The same in millionths of a real, at the operator's rate; null without one."""
    milliseconds: int
    created_at: datetime
