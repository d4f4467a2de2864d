"""What a process opens once: the database, Redis, the network, the model, and the caches and clocks around them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from redis.asyncio import BlockingConnectionPool, Redis

from evoai.assistant.llm.breaker import Guarded
from evoai.assistant.llm.openai import OpenAIModel
from evoai.assistant.llm.protocol import LLM
from evoai.assistant.service.mcp import McpClient
from evoai.auth.tokens import Tokens
from evoai.billing.budget import Budgets
from evoai.channels.service.door import Door
from evoai.channels.service.lines import Lines
from evoai.inbox.reader.openai import OpenAIReader
from evoai.inbox.reader.protocol import Reader
from evoai.kit.breaker import CircuitBreaker
from evoai.kit.crypto import Wrapping
from evoai.kit.db import Database
from evoai.kit.events import Publisher
from evoai.kit.fences import Fences
from evoai.kit.http import Cursors
from evoai.kit.jobs import Bell, Job
from evoai.kit.limits import Limiter
from evoai.kit.module import DrawPage, Handler, Module, ReadFile
from evoai.kit.net import Net
from evoai.kit.outbox import deliver
from evoai.kit.path import Path, drain
from evoai.kit.scanner import Scanner, open_scanner
from evoai.kit.slots import FairSlots
from evoai.kit.storage import Storage, open_storage
from evoai.kit.timers import PRODUCTION, Timers
from evoai.knowledge.embedder.openai import OpenAIEmbedder
from evoai.knowledge.embedder.protocol import Embedder
from evoai.realtime.stream import Stream
from evoai.settings import Settings
from evoai.tenants.keys import TenantKeys

PICTURES_AT_ONCE = 2
"""That a process looks at: each may take the memory of a sandbox."""


@dataclass(slots=True)
class FilesOpen:
    """Contacts' files that this process holds in memory, and those that it has to be rung for again."""

    held: set[UUID] = field(default_factory=set[UUID])
    turned_away: dict[tuple[UUID, UUID], None] = field(default_factory=dict[tuple[UUID, UUID], None])
    """Tenant and id, in the order that they came."""


@dataclass(slots=True)
class Resources:
    """Handed to every handler and job. `path` is set in worker processes only."""

    settings: Settings
    modules: tuple[Module, ...]
    timers: Timers
    db: Database
    redis: Redis
    net: Net
    mcp: McpClient
    model: LLM | None
    embedder: Embedder | None
    reader: Reader | None
    read_file: ReadFile | None
    draw_page: DrawPage | None
    scanner: Scanner
    storage: Storage
    bell: Bell
    publisher: Publisher
    limiter: Limiter
    breaker: CircuitBreaker
    cursors: Cursors
    wrapping: Wrapping
    tokens: Tokens
    keys: TenantKeys
    lines: Lines
    door: Door
    handlers: Mapping[str, Handler]
    fences: Fences
    budgets: Budgets
    files_open: FilesOpen = field(default_factory=FilesOpen)
    pictures_open: FairSlots = field(default_factory=lambda: FairSlots(PICTURES_AT_ONCE))
    path: Path | None = None
    process: str = ""
    """Names this process on the leases it holds."""


def all_jobs(modules: Sequence[Module]) -> list[Job]:
    """Every job there is: the kit's own, and those of the rooms."""
    return [drain, deliver, *(job for module in modules for job in module.jobs)]


def open_redis(url: str) -> Redis:
    """A client whose blocking calls are never cut by a read timeout (a worker would drop and renew each of them every
    5 s), and with room for every slot of a worker."""
    pool: BlockingConnectionPool = cast(Any, BlockingConnectionPool).from_url(
        url, socket_timeout=None, socket_connect_timeout=2, max_connections=400, timeout=5
    )
    return Redis(connection_pool=pool)


@asynccontextmanager
async def open_resources(
    settings: Settings, modules: Sequence[Module], *, process: str, timers: Timers = PRODUCTION, pool_size: int = 10
) -> AsyncGenerator[Resources]:
    """Open everything, and close it in the reverse order."""
    db = Database(settings.database_url, pool_size=pool_size)
    redis = open_redis(settings.redis_url)
    net = Net(settings.egress_allow_private, settings.egress_allow_http)
    breaker = CircuitBreaker(redis)
    model = Guarded(OpenAIModel(settings.model), breaker) if settings.model.api_key else None
    embedder = (
        OpenAIEmbedder(settings.model, settings.model.embedding_model)
        if settings.model.api_key and settings.model.embedding_model
        else None
    )
    reader = (
        OpenAIReader(settings.model, settings.model.transcription_model)
        if settings.model.api_key and settings.model.transcription_model
        else None
    )
    bell = Bell(redis, all_jobs(modules))
    stream = Stream(redis)
    wrapping = Wrapping(settings.encryption_key, settings.encryption_keys_previous)
    keys = TenantKeys(wrapping)
    lines = Lines(db, keys, settings)
    resources = Resources(
        settings=settings,
        modules=tuple(modules),
        timers=timers,
        db=db,
        redis=redis,
        net=net,
        mcp=McpClient(net),
        model=model,
        embedder=embedder,
        reader=reader,
        read_file=next((module.read_file for module in modules if module.read_file is not None), None),
        draw_page=next((module.draw_page for module in modules if module.draw_page is not None), None),
        scanner=open_scanner(settings.file_scanner),
        storage=open_storage(settings),
        bell=bell,
        publisher=stream,
        limiter=Limiter(redis),
        breaker=breaker,
        cursors=Cursors(settings.jwt_secret),
        wrapping=wrapping,
        tokens=Tokens(
            settings.jwt_secret,
            settings.jwt_secret_previous,
            issuer=settings.api_url,
            lifetime=settings.jwt_expires_seconds,
        ),
        keys=keys,
        lines=lines,
        door=Door(db, bell, lines, settings),
        handlers={topic: handler for module in modules for topic, handler in module.handlers.items()},
        fences=Fences(redis),
        budgets=Budgets(db, stream, process, timers.turn, settings.model.usd_brl_rate),
        process=process,
    )
    await db.open()
    await net.start()
    if model is not None:
        await model.start()
    try:
        yield resources
    finally:
        await bell.close()
        await stream.close()
        if model is not None:
            await model.close()
        if embedder is not None:
            await embedder.close()
        if reader is not None:
            await reader.close()
        await net.close()
        await redis.aclose()
        await db.close()
