"""What HTTP tools and MCP servers have in common as rows: sealed headers, names that are taken, the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.repository import tools as repository
from evoai.assistant.schemas.tools import HeaderIn
from evoai.assistant.service import http_tools, outside
from evoai.kit.db import after_commit, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.tenants import audit
from evoai.tenants.audit import Actor

if TYPE_CHECKING:
    from evoai.resources import Resources

MOST = 50
"""Of each kind, in one tenant."""


async def found(db: AsyncSession, kind: Any, tenant_id: UUID, row_id: UUID, *, lock: bool = False) -> Any:
    row = await repository.find(db, kind, tenant_id, row_id, lock=lock)
    if row is None:
        raise NotFound
    return row


async def change(db: AsyncSession, actor: Actor, action: str, kind: str, row: Any, changes: dict[str, Any]) -> None:
    told = changes.keys() - {"headers_enc", "header_names"}
    changes.pop("headers", None)
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = utcnow()
    await db.flush()
    await note(db, actor, action, kind, row.id, {"name": row.name, "changed": sorted(told)})


async def remove(db: AsyncSession, actor: Actor, kind: Any, action: str, target: str, row_id: UUID) -> None:
    if not await repository.remove(db, kind, actor.principal.tenant_id, row_id):
        raise NotFound
    await note(db, actor, action, target, row_id, {})


async def note(
    db: AsyncSession, actor: Actor, action: str, kind: str, target_id: UUID, details: dict[str, Any]
) -> None:
    await audit.note(db, actor, action, kind, target_id, details)
    tenant_id = actor.principal.tenant_id
    after_commit(db, lambda: outside.forget(tenant_id))


async def check_room(db: AsyncSession, kind: Any, tenant_id: UUID) -> None:
    if await repository.how_many(db, kind, tenant_id) >= MOST:
        raise Conflict("conflict", f"There are {MOST} already, which is as many as there may be")


def taken(name: str) -> Conflict:
    return Conflict("conflict", f"There is a tool or a server named {name}")


def check_headers(headers: list[HeaderIn]) -> None:
    names = [header.name.lower() for header in headers]
    errors = tuple(
        FieldError(f"/headers/{place}/name", "invalid", "This header is not for tools to set, or stands here twice")
        for place, name in enumerate(names)
        if name in http_tools.RESERVED_HEADERS or name.startswith("mcp-") or names.index(name) != place
    )
    if errors:
        raise Invalid(errors=errors)


def sealed(box: Any, kind: Any, tenant_id: UUID, row_id: UUID, headers: list[HeaderIn]) -> dict[str, Any]:
    opened = {header.name: header.value for header in headers}
    sealed = outside.seal_headers(box, kind, tenant_id, row_id, opened) if opened else None
    return {"header_names": list(opened), "headers_enc": sealed}


async def new_headers(
    resources: Resources, db: AsyncSession, row: Any, url: str, headers: list[HeaderIn] | None
) -> dict[str, Any]:
    """What changes of the headers: new ones were given, or the old ones are not for the host that `url` names now."""
    before, after = urlsplit(str(row.url)), urlsplit(url)
    if headers is None and (before.scheme, before.netloc) == (after.scheme, after.netloc):
        return {}
    box = await resources.keys.box(db, row.tenant_id)
    return sealed(box, type(row), row.tenant_id, row.id, headers or [])
