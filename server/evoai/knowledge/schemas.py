"""Documents and search on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from evoai.kit.schema import In, Out, Patch

DocumentState = Literal["uploaded", "reading", "splitting", "indexing", "ready", "failed"]
Source = Literal["file", "page", "pair"]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Question = Annotated[str, Meta(min_length=2, max_length=500)]
Answer = Annotated[str, Meta(min_length=1, max_length=8000)]
Tag = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^\S(.*\S)?$")]
RefreshDays = Annotated[int, Meta(ge=1, le=90)]
Tags = Annotated[list[Tag], Meta(max_length=20)]


class DocumentIn(In):
    """Either a page's (or a site map's) `url`, or a `question` with its `answer`. Files come as multipart."""

    url: Annotated[str, Meta(min_length=8, max_length=2000)] | UnsetType = UNSET
    question: Question | UnsetType = UNSET
    answer: Answer | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    tags: Tags = field(default_factory=list[str])
    refresh_days: RefreshDays | None = 7
    """A page is read again by itself after so many days; null: never."""


class DocumentPatch(Patch):
    """Only a pair has `question` and `answer`, only a page `refresh_days`. New words are read anew; the old ones are
    found until then."""

    title: Title | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    question: Question | UnsetType = UNSET
    answer: Answer | UnsetType = UNSET
    refresh_days: RefreshDays | UnsetType | None = UNSET


class FileOut(Out):
    kind: Literal["document"]
    mime_type: str
    size: int
    name: str
    url: str
    """Opens the file for everybody, for five minutes."""
    expires_at: datetime


class DocumentErrorOut(Out):
    code: str
    detail: str | None


class DocumentOut(Out):
    id: UUID
    title: str
    source: Source
    url: str | None
    question: str | None
    answer: str | None
    file_name: str | None
    mime_type: str | None
    size: int | None
    tags: list[str]
    state: DocumentState
    progress: int
    """0 to 100."""
    error: DocumentErrorOut | None
    """Why it failed; beside `ready`, what went wrong that search can do without, or why what is found is still that of
    before."""
    pages: int | None
    chunks: int
    """Passages that are found now; while it is read anew, those of before."""
    refresh_days: int | None
    read_at: datetime | None
    """When it was last read to the end, or in vain."""
    created_at: datetime
    updated_at: datetime


class ChangedPassage(Out):
    heading: str
    text: str
    """Its first 500 characters."""


class ChangesOut(Out):
    """The first 20 passages that came and that went, and how many there were of each."""

    at: datetime
    added: list[ChangedPassage]
    added_count: int
    removed: list[ChangedPassage]
    removed_count: int


class DocumentDetailOut(DocumentOut):
    file: FileOut | None
    changes: ChangesOut | None
    """Of a page: what the last reading that found other words than the one before changed."""


class DocumentPage(Out):
    items: list[DocumentOut]
    next_cursor: str | None


class TagOut(Out):
    tag: str
    documents: int


class TagList(Out):
    items: list[TagOut]


class PassageOut(Out):
    document_id: UUID
    chunk_id: UUID
    title: str
    heading: str
    """The headings above the passage, outermost first."""
    page: int | None
    text: str


GapState = Literal["open", "answered", "dismissed"]


class GapOut(Out):
    """A question that the documents did not answer."""

    id: UUID
    question: str
    """As it was asked first."""
    count: int
    """How often it, or another that asks the same, was asked."""
    state: GapState
    document_id: UUID | None
    first_asked_at: datetime
    last_asked_at: datetime


class GapPage(Out):
    items: list[GapOut]
    next_cursor: str | None


class GapAnswerIn(In):
    answer: Annotated[str, Meta(min_length=1, max_length=8000)]
    question: Annotated[str, Meta(min_length=2, max_length=500)] | None = None
    """Null: as it was asked."""
    tags: Tags = field(default_factory=list[str])


class SearchIn(In):
    query: Annotated[str, Meta(min_length=1, max_length=2000)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 10
    tags: Tags | None = None
    """Documents that carry one of these, and no others."""
    documents: Annotated[list[UUID], Meta(max_length=100)] | None = None


class Found(Out):
    document_id: UUID
    chunk_id: UUID
    title: str
    heading: str
    """The headings above the passage, outermost first."""
    page: int | None
    text: str
    source: Literal["file", "page", "pair"]
    score: float
    """0 to 1, within this answer only."""


class SearchOut(Out):
    items: list[Found]
