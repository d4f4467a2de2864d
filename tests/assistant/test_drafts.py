"""Drafts and what is published of them, on a real database as role `tenant`."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.repository import assistants as repository
from evoai.assistant.schemas.assistants import AssistantOut, AssistantPatch
from evoai.assistant.service import drafts, publishing
from evoai.assistant.service.versions import as_published
from evoai.kit.db import Database, new_id
from evoai.kit.errors import BadRequest, Invalid, NotFound
from evoai.kit.http import Cursors, Paging
from evoai.tenants.models import Tenant

SIGNUP: Any = SimpleNamespace(modules=(), settings=SimpleNamespace(model=SimpleNamespace(name="gpt-4o-mini")))


@pytest.fixture
async def tenant_id(door: Database) -> UUID:
    """A tenant as sign-up leaves it."""
    async with door.system_session("sign-up") as db:
        row = Tenant(id=new_id(), name="Clínica Sorriso")
        db.add(row)
        await db.flush()
        await drafts.new_tenant(SIGNUP, db, row.id)
    return row.id


async def publish(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> AssistantOut:
    """As a draft without tests is."""
    row = await drafts.found(db, tenant_id, assistant_id, lock=True)
    number = await repository.last_number(db, tenant_id, assistant_id) + 1
    await drafts.store_version(db, row, drafts.draft_of(row), number, "Ana")
    return await drafts.shown(db, tenant_id, row)


def paging(tenant_id: UUID, cursor: str | None = None, shown: int = 50) -> Paging:
    return Paging(Cursors("x" * 32), tenant_id, "a list", cursor, shown)


async def first_id(door: Database, tenant_id: UUID) -> UUID:
    async with door.tenant_session(tenant_id) as db:
        page = await drafts.list_assistants(db, tenant_id, paging(tenant_id))
    return page.items[0].id


async def responder(owner: asyncpg.Connection[asyncpg.Record], tenant_id: UUID) -> dict[str, Any]:
    [row] = await owner.fetch("select * from responders where tenant_id = $1", tenant_id)
    return dict(row)


async def test_sign_up_lays_down_a_published_assistant(
    door: Database, tenant_id: UUID, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with door.tenant_session(tenant_id) as db:
        page = await drafts.list_assistants(db, tenant_id, paging(tenant_id))
        [item] = page.items
        version = await repository.get_version(db, tenant_id, item.id, 1)
    assert (item.name, item.tone, item.model, item.published_version) == ("Assistente", "warm", "gpt-4o-mini", 1)
    assert (item.dirty, item.enabled, page.next_cursor) == (False, True, None)
    assert version is not None
    assert as_published(version.fields).instructions == item.instructions
    row = await responder(owner, tenant_id)
    assert (row["assistant_id"], row["version"], row["quiet_seconds"], row["max_wait_seconds"], row["enabled"]) == (
        item.id,
        1,
        4.0,
        20.0,
        True,
    )


async def test_a_change_waits_for_its_publication(
    door: Database, tenant_id: UUID, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    assistant_id = await first_id(door, tenant_id)
    patch = AssistantPatch(name="Bia", quiet_seconds=0, max_wait_seconds=5, fallback_models=["gpt-4o"], enabled=False)
    async with door.tenant_session(tenant_id) as db:
        changed = await drafts.change_assistant(SIGNUP, db, tenant_id, assistant_id, patch)
    assert (changed.name, changed.dirty, changed.published_version) == ("Bia", True, 1)
    assert (await responder(owner, tenant_id))["version"] == 1
    async with door.tenant_session(tenant_id) as db:
        published = await publish(db, tenant_id, assistant_id)
    assert (published.dirty, published.published_version) == (False, 2)
    row = await responder(owner, tenant_id)
    assert (row["version"], row["quiet_seconds"], row["max_wait_seconds"], row["enabled"]) == (2, 0.0, 5.0, False)
    async with door.tenant_session(tenant_id) as db:
        assert (await drafts.get_assistant(db, tenant_id, assistant_id)).dirty is False
        back = await drafts.change_assistant(SIGNUP, db, tenant_id, assistant_id, AssistantPatch(name="Assistente"))
        assert back.dirty is True
        back = await drafts.change_assistant(SIGNUP, db, tenant_id, assistant_id, AssistantPatch(name="Bia"))
        assert back.dirty is False


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        (AssistantPatch(max_wait_seconds=3), "/max_wait_seconds"),
        (AssistantPatch(quiet_seconds=21), "/quiet_seconds"),
        (AssistantPatch(quiet_seconds=5, max_wait_seconds=4), "/max_wait_seconds"),
        (AssistantPatch(handoff_keywords=["gerente", "!!"]), "/handoff_keywords/1"),
        (AssistantPatch(name="  "), "/name"),
    ],
)
async def test_what_cannot_be_is_refused(door: Database, tenant_id: UUID, patch: AssistantPatch, pointer: str) -> None:
    assistant_id = await first_id(door, tenant_id)
    with pytest.raises(Invalid) as caught:
        async with door.tenant_session(tenant_id) as db:
            await drafts.change_assistant(SIGNUP, db, tenant_id, assistant_id, patch)
    assert [error.pointer for error in caught.value.errors] == [pointer]
    async with door.tenant_session(tenant_id) as db:
        assert (await drafts.get_assistant(db, tenant_id, assistant_id)).dirty is False


async def test_versions_are_numbered_one_after_the_other_and_paged(door: Database, tenant_id: UUID) -> None:
    assistant_id = await first_id(door, tenant_id)

    async def once() -> None:
        async with door.tenant_session(tenant_id) as db:
            await publish(db, tenant_id, assistant_id)

    await asyncio.gather(*(once() for _ in range(6)))
    numbers: list[int] = []
    cursor: str | None = None
    while True:
        async with door.tenant_session(tenant_id) as db:
            page = await publishing.list_versions(db, tenant_id, assistant_id, paging(tenant_id, cursor, 3))
        numbers += [item.number for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert numbers == [7, 6, 5, 4, 3, 2, 1]
    assert page.items[0].published_by is None
    async with door.tenant_session(tenant_id) as db:
        with pytest.raises(BadRequest):
            await publishing.list_versions(db, tenant_id, assistant_id, paging(tenant_id, "made-up"))


async def test_another_tenants_assistant_is_not_there(door: Database, tenant_id: UUID) -> None:
    async with door.system_session("sign-up") as db:
        other = Tenant(id=new_id(), name="Outra")
        db.add(other)
        await db.flush()
        await drafts.new_tenant(SIGNUP, db, other.id)
    theirs = await first_id(door, other.id)
    assert theirs != await first_id(door, tenant_id)
    async with door.tenant_session(tenant_id) as db:
        for attempt in (
            drafts.get_assistant(db, tenant_id, theirs),
            drafts.change_assistant(SIGNUP, db, tenant_id, theirs, AssistantPatch(name="x")),
            publish(db, tenant_id, theirs),
            publishing.list_versions(db, tenant_id, theirs, paging(tenant_id)),
            drafts.trace_of_message(db, tenant_id, new_id()),
        ):
            with pytest.raises(NotFound):
                await attempt
