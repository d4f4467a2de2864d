"""Tools on the wire: what an assistant may be given, tools that are HTTP requests, servers that list tools."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.kit.schema import In, Out, Patch

Effect = Literal["reads", "writes"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

Name = Annotated[str, Meta(min_length=2, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
ServerName = Annotated[str, Meta(min_length=2, max_length=20, pattern=r"^[a-z][a-z0-9]*$")]
Description = Annotated[str, Meta(min_length=1, max_length=1000)]
Address = Annotated[str, Meta(min_length=8, max_length=2000)]
Seconds = Annotated[float, Meta(ge=1, le=20)]


class HeaderIn(In):
    """A header sent with each call. Its value is sealed and never shown again."""

    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
    value: Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"^[\x20-\x7e]+$")]


Headers = Annotated[list[HeaderIn], Meta(max_length=10)]


class ToolIn(In, kw_only=True):
    name: Name
    """What the model calls it by; never changes."""
    description: Description
    """What it does and when to use it, for the model."""
    method: Method = "GET"
    url: Address
    """Places for arguments in path and query: `https://api.example.com/orders/{order_id}`."""
    parameters: dict[str, Any]
    """A JSON schema of an object. What has no place in the address goes into the query, or the body as JSON."""
    headers: Headers = []  # noqa: RUF012 - msgspec copies it
    effect: Effect | None = None
    """Whether a call changes something. Null: whatever is not a GET does. What writes is called once for a turn."""
    timeout_seconds: Seconds = 8
    enabled: bool = True


class ToolPatch(Patch):
    description: Description | UnsetType = UNSET
    method: Method | UnsetType = UNSET
    url: Address | UnsetType = UNSET
    """With another host the stored headers are forgotten, unless new ones come with it."""
    parameters: dict[str, Any] | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    effect: Effect | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ToolOut(Out):
    id: UUID
    name: str
    description: str
    method: Method
    url: str
    parameters: dict[str, Any]
    header_names: list[str]
    effect: Effect
    timeout_seconds: float
    enabled: bool
    created_at: datetime
    updated_at: datetime


class ToolPage(Out):
    items: list[ToolOut]


class ToolTryIn(In):
    arguments: dict[str, Any]


class ToolTryOut(Out):
    """What a call gave, as the model would be told."""

    state: Literal["done", "refused", "unreachable", "unknown"]
    status: int | None
    text: str
    milliseconds: int


class ServerIn(In, kw_only=True):
    name: ServerName
    """Comes before the names of its tools; never changes."""
    url: Address
    headers: Headers = []  # noqa: RUF012 - msgspec copies it
    timeout_seconds: Seconds = 10
    enabled: bool = True


class ServerPatch(Patch):
    url: Address | UnsetType = UNSET
    """With another host the stored headers are forgotten, unless new ones come with it."""
    headers: Headers | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    allowed: Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(max_length=200)] | UnsetType = UNSET
    """The tools that assistants may be given, by the server's names for them."""


class ServerToolOut(Out):
    name: str
    """As the server calls it."""
    tool: str | None
    """As an assistant has it; null for one whose arguments cannot be used."""
    description: str
    parameters: dict[str, Any]
    allowed: bool
    changed: bool
    """It is not what was allowed any more, and not offered until it is allowed again."""


class ServerOut(Out):
    id: UUID
    name: str
    url: str
    header_names: list[str]
    timeout_seconds: float
    enabled: bool
    tools: list[ServerToolOut]
    listed_at: datetime | None
    error: str | None
    """Why it could not be listed the last time: `unreachable`, `refused`, `protocol`, `version`; null if it could."""
    created_at: datetime
    updated_at: datetime


class ServerPage(Out):
    items: list[ServerOut]


class CatalogEntryOut(Out):
    name: str
    description: str
    effect: Literal["reads", "writes", "hands-over"]
    kind: Literal["house", "http", "server"]


class Catalog(Out):
    items: list[CatalogEntryOut]
