"""Contacts on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.kit.schema import In, Out, Patch

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Phone = Annotated[str, Meta(min_length=8, max_length=25, pattern=r"^[+0-9 ()./-]+$")]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=40)]], Meta(max_length=50)]
FieldName = Annotated[str, Meta(min_length=1, max_length=60)]
FieldValue = Annotated[str, Meta(max_length=1000)] | int | float | bool | None
Fields = Annotated[dict[FieldName, FieldValue], Meta(max_length=50)]


class AliasOut(Out):
    kind: Literal["phone", "lid", "bsuid", "username"]
    value: str


class ContactOut(Out):
    id: UUID
    name: str
    phone: str | None
    aliases: list[AliasOut]
    tags: list[str]
    fields: dict[str, Any]
    blocked_at: datetime | None
    opted_out_at: datetime | None
    over_limit: bool
    """Beyond the plan's contacts: not counted, answered by people only."""
    created_at: datetime
    updated_at: datetime


class MergeOut(Out):
    """A contact that became part of this one."""

    id: UUID
    name: str
    by: str | None
    """Who asked for it; null: a message showed that both are one person."""
    created_at: datetime
    undone_at: datetime | None
    can_undo: bool


class ConsentOut(Out):
    """A wish to be left alone (`out`) or to be written to again (`in`)."""

    wish: Literal["out", "in"]
    text: str | None
    """The contact's own words, or the reason a person gave."""
    message_id: UUID | None
    by: str | None
    """The person who noted it; null: the contact itself."""
    at: datetime


class ContactDetailOut(ContactOut):
    merges: list[MergeOut]
    """Newest first."""
    consents: list[ConsentOut]
    """Newest first."""


class UndoneOut(Out):
    """The contact, and the one that is there again."""

    contact: ContactOut
    restored: ContactOut


class ContactIn(In):
    name: Name
    phone: Phone
    tags: Tags = []  # noqa: RUF012 - msgspec copies it
    fields: Fields = {}  # noqa: RUF012


class ContactPatch(Patch):
    name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    """A further one, shown from now on; those before stay the contact's."""
    tags: Tags | UnsetType = UNSET
    fields: Fields | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET
    opted_out: bool | UnsetType = UNSET
    """Needs `opt_out_reason`."""
    opt_out_reason: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET


class MergeIn(In):
    contact_id: UUID
    """Becomes part of the contact in the address."""


class ImportErrorOut(Out):
    line: int
    """Of the file, the first being 1."""
    code: str
    detail: str


class ImportOut(Out):
    """What an import did, or with `dry_run` would do."""

    dry_run: bool
    lines: int
    created: int
    updated: int
    unchanged: int
    failed: int
    errors: list[ImportErrorOut]
    """The first 200 lines that could not be taken."""


class ContactPage(Out):
    items: list[ContactOut]
    next_cursor: str | None
