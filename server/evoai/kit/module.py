"""Module: what a room plugs into the house, as data. Adding a room is one line in `modules.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar.handlers import BaseRouteHandler
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.jobs import Job

if TYPE_CHECKING:
    from evoai.kit.sweep import Due
    from evoai.resources import Resources

NewTenant = Callable[["Resources", AsyncSession, UUID], Awaitable[None]]
ReadFile = Callable[[str, bytes], Awaitable[str]]
DrawPage = Callable[[bytes, int], Awaitable[tuple[bytes, int]]]
Join = Callable[[AsyncSession, UUID, UUID, UUID], Awaitable[None]]
"""Tenant, the contact that goes, the one that stays."""
Forget = Callable[[AsyncSession, UUID, UUID, Sequence[UUID]], Awaitable[None]]
"""Tenant, contact, its conversations."""
Handler = Callable[["Resources", UUID, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cron:
    """A job that is due again and again; a row of `schedules` holds when. `every` is in seconds, or a time of each day
    in UTC."""

    name: str
    every: int | time
    job: Job


@dataclass(frozen=True, slots=True)
class Module:
    """One room. `controllers` stand below /api/v1 and `roots` at the top of the address; `handlers` take topics of
    the outbox; `due` are the queries that the sweep asks; `new_tenant` runs in sign-up's transaction; `steps` are
    the room's part of the message path (`kit/path.py`); `read_file` gives the text of a file, '' if it has none
    that can be read; `draw_page` a page of a PDF as PNG, empty where there is none, and how many there are. What a
    room holds on contacts or conversations it hands on in `join`, in the transaction that makes two contacts one,
    and deletes in `forget`, in the one that erases a contact; what a person undoes of the former stays with the
    contact that was kept."""

    name: str
    controllers: Sequence[ControllerRouterHandler] = ()
    roots: Sequence[ControllerRouterHandler | BaseRouteHandler] = ()
    jobs: Sequence[Job] = ()
    crons: Sequence[Cron] = ()
    handlers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    due: Sequence[Due] = ()
    steps: object | None = None
    tools: Sequence[object] = ()
    new_tenant: NewTenant | None = None
    read_file: ReadFile | None = None
    draw_page: DrawPage | None = None
    join: Join | None = None
    forget: Forget | None = None
