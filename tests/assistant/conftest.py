"""A real database with the tables behind their wall, a tenant with a published assistant, and contexts of turns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from evoai.assistant.llm.openai import OpenAIModel
from evoai.assistant.llm.protocol import LLM
from evoai.assistant.models.assistants import Assistant, AssistantVersion
from evoai.billing.models import Plan
from evoai.billing.plans import PLANS
from evoai.embedded import Embedded
from evoai.inbox.service.turns import Business, Line, TurnContext
from evoai.kit.database_url import sqlalchemy_url
from evoai.kit.db import SCHEMA, Base, Database, TenantModel, new_id
from evoai.kit.timers import Timers
from evoai.kit.walls import shared, wall
from evoai.resources import open_redis
from evoai.simulator.app import Simulator
from evoai.tables import load_tables
from evoai.tenants.models import Tenant
from tests.assistant.endpoint import Endpoint, model_settings
from tests.house import Urls
from tests.listening import listening

BUSINESS = Business(
    name="Clínica Sorriso",
    time_zone="America/Sao_Paulo",
    language="pt-BR",
    description="A limpeza custa R$ 180.\nO clareamento custa R$ 900.\nFicamos na Rua das Flores, 120.",
    business_hours={"mon": [["08:00", "12:00"], ["13:00", "18:00"]], "sat": [["08:00", "12:00"]]},
)
FIELDS: dict[str, Any] = {
    "name": "Assistente",
    "instructions": "Responda em frases curtas.",
    "tone": "warm",
    "model": "gpt-4o-mini",
    "fallback_models": [],
    "quiet_seconds": 4.0,
    "max_wait_seconds": 20.0,
    "handoff_keywords": [],
    "enabled": True,
}


@pytest.fixture(scope="session")
def database_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    folder: Path = tmp_path_factory.mktemp("assistant") / "data"
    with Embedded(folder, tuned_for_tests=True, servers=("postgres",)) as servers:
        yield servers.create_database("assistant")


@pytest.fixture(scope="session")
async def door(database_urls: tuple[str, str]) -> AsyncIterator[Database]:
    owner, app = database_urls
    engine = create_async_engine(sqlalchemy_url(owner))
    async with engine.begin() as conn:
        await conn.execute(text(f"create schema {SCHEMA}"))
        for role in ("tenant", "system", "door"):
            await conn.execute(text(f"create role {role}"))
            await conn.execute(text(f"grant usage on schema {SCHEMA} to {role}"))
            await conn.execute(text(f"grant {role} to evoai_app"))
        load_tables()
        await conn.run_sync(Base.metadata.create_all)
        for mapper in Base.registry.mappers:
            table: str = mapper.class_.__tablename__
            for statement in wall(table) if issubclass(mapper.class_, TenantModel) else shared(table, tenant="select"):
                await conn.execute(text(statement))
        await conn.execute(insert(Plan), PLANS)
    await engine.dispose()
    database = Database(app)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def owner(database_urls: tuple[str, str]) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Sees only what the wall lets it see: rows are read by role `system`."""
    connection = await asyncpg.connect(database_urls[1], server_settings={"search_path": SCHEMA})
    await connection.execute("set role system")
    yield connection
    await connection.close()


@dataclass
class Room:
    """As much of `Resources` as a turn uses."""

    db: Database
    model: LLM | None
    timers: Timers = field(default_factory=Timers)
    modules: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Tenancy:
    tenant_id: UUID
    assistant_id: UUID
    version: int


async def publish(door: Database, **fields: Any) -> Tenancy:
    """A new tenant whose assistant has version 7 with these fields."""
    tenancy = Tenancy(new_id(), new_id(), 7)
    merged = FIELDS | fields
    async with door.system_session("test") as db:
        db.add(Tenant(id=tenancy.tenant_id, name="Clínica Sorriso"))
        await db.flush()
        db.add(Assistant(tenant_id=tenancy.tenant_id, id=tenancy.assistant_id, published_version=7, **merged))
        await db.flush()
        db.add(
            AssistantVersion(
                tenant_id=tenancy.tenant_id, assistant_id=tenancy.assistant_id, number=tenancy.version, fields=merged
            )
        )
    return tenancy


Publish = Callable[..., Any]


@pytest.fixture
def published(door: Database) -> Publish:
    async def make(**fields: Any) -> Tenancy:
        return await publish(door, **fields)

    return make


def line(seq: int, author: Any, words: str | None, kind: str = "text") -> Line:
    at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC) + timedelta(seconds=seq)
    return Line(seq=seq, author=author, type=kind, text=words, at=at)


def turn(
    tenancy: Tenancy, *waiting: str, before: Sequence[Line] = (), business: Business = BUSINESS, name: str = "Ana"
) -> TurnContext:
    """The contact waits for an answer to `waiting`, which came after `before`."""
    first = max((item.seq for item in before), default=0) + 1
    lines = (*before, *(line(first + number, "contact", words) for number, words in enumerate(waiting)))
    return TurnContext(
        tenant_id=tenancy.tenant_id,
        conversation_id=new_id(),
        turn_id=new_id(),
        contact_name=name,
        contact_phone="+5511987654321",
        address="5511987654321",
        business=business,
        assistant_id=tenancy.assistant_id,
        assistant_version=tenancy.version,
        lines=lines,
        first_in_seq=first,
        last_in_seq=lines[-1].seq,
    )


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(port=0, model_ms=0) as running:
        yield running


@pytest.fixture
async def redis(urls: Urls) -> AsyncIterator[Redis]:
    client = open_redis(urls.redis)
    yield client
    await client.aclose()


@pytest.fixture
async def room(door: Database, simulator: Simulator) -> AsyncIterator[Room]:
    """With the real client against the simulator."""
    model = OpenAIModel(model_settings(simulator.model_url))
    await model.start()
    yield Room(door, model, Timers(model=0.4, turn=3))
    await model.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    served = Endpoint()
    async with listening(served.serve) as url:
        served.url = f"{url}/v1"
        yield served
