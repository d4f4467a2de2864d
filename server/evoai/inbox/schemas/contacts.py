"""Contacts on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.kit.schema import In, Out, Patch

Name = Annotated[str, Meta(min_length=1, max_length=120)]


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


class ContactIn(In):
    name: Name
    phone: Annotated[str, Meta(min_length=8, max_length=20, pattern=r"^\+?[0-9 ()-]+$")]
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=40)]], Meta(max_length=50)] = []  # noqa: RUF012 - msgspec copies it


class ContactPatch(Patch):
    name: Name | UnsetType = UNSET
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=40)]], Meta(max_length=50)] | UnsetType = UNSET
    fields: dict[str, str | int | float | bool | None] | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET


class ContactPage(Out):
    items: list[ContactOut]
    next_cursor: str | None
