"""What admins do with MCP servers: register, say which of their tools may be used, ask them anew. The network is called
between transactions; secrets go in and never come out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.tools import ToolServer
from evoai.assistant.repository import tools as repository
from evoai.assistant.schemas.tools import (
    ServerIn,
    ServerOut,
    ServerPage,
    ServerPatch,
    ServerToolOut,
)
from evoai.assistant.service import outside
from evoai.assistant.service import tool_rows as rows
from evoai.assistant.service.mcp import McpServer
from evoai.assistant.service.mcp_wire import McpError
from evoai.kit.db import after_commit, new_id, utcnow
from evoai.kit.errors import FieldError, Invalid, NotFound
from evoai.tenants.audit import Actor

if TYPE_CHECKING:
    from evoai.resources import Resources

LIST_AGAIN = timedelta(hours=1)
CALL_LIFE = timedelta(hours=24)


async def list_servers(db: AsyncSession, tenant_id: UUID) -> ServerPage:
    return ServerPage(items=[_server_out(row) for row in await repository.every(db, ToolServer, tenant_id)])


async def get_server(db: AsyncSession, tenant_id: UUID, server_id: UUID) -> ServerOut:
    return _server_out(await rows.found(db, ToolServer, tenant_id, server_id))


async def create_server(resources: Resources, actor: Actor, data: ServerIn) -> ServerOut:
    """Stored even if it does not answer: `error` then says so, and it is asked again within the hour."""
    tenant_id = actor.principal.tenant_id
    rows.check_headers(data.headers)
    url = await resources.net.check_reachable(data.url)
    async with resources.db.tenant_session(tenant_id) as db:
        await rows.check_room(db, ToolServer, tenant_id)
        server_id = new_id()
        box = await resources.keys.box(db, tenant_id)
        values: dict[str, Any] = {
            "tenant_id": tenant_id,
            "id": server_id,
            "name": data.name,
            "url": url,
            "timeout_seconds": data.timeout_seconds,
            "enabled": data.enabled,
            "tools": [],
            "allowed": {},
            "created_at": utcnow(),
            "updated_at": utcnow(),
            **rows.sealed(box, ToolServer, tenant_id, server_id, data.headers),
        }
        if await repository.add(db, ToolServer, values) is None:
            raise rows.taken(data.name)
        await rows.note(db, actor, "tool-servers.create", "tool-server", server_id, {"name": data.name})
    return await refresh_server(resources, tenant_id, server_id)


async def change_server(resources: Resources, actor: Actor, server_id: UUID, patch: ServerPatch) -> ServerOut:
    tenant_id, changes = actor.principal.tenant_id, patch.changes()
    headers = patch.headers if isinstance(patch.headers, list) else None
    rows.check_headers(headers or [])
    if isinstance(patch.url, str):
        changes["url"] = await resources.net.check_reachable(patch.url)
    async with resources.db.tenant_session(tenant_id) as db:
        row = await rows.found(db, ToolServer, tenant_id, server_id, lock=True)
        if isinstance(patch.allowed, list):
            changes["allowed"] = _allowed(row, patch.allowed)
        changes |= await rows.new_headers(resources, db, row, str(changes.get("url", row.url)), headers)
        await rows.change(db, actor, "tool-servers.change", "tool-server", row, changes)
        out = _server_out(row)
    return await refresh_server(resources, tenant_id, server_id) if {"url", "headers_enc"} & changes.keys() else out


async def remove_server(db: AsyncSession, actor: Actor, server_id: UUID) -> None:
    await rows.remove(db, actor, ToolServer, "tool-servers.remove", "tool-server", server_id)


async def refresh_server(resources: Resources, tenant_id: UUID, server_id: UUID) -> ServerOut:
    """Ask the server for its tools. If it does not tell, what it told before stays."""
    async with resources.db.tenant_session(tenant_id) as db:
        row = await rows.found(db, ToolServer, tenant_id, server_id)
        headers = outside.open_headers(await resources.keys.box(db, tenant_id), row)
    server = McpServer(id=row.id, url=row.url, headers=headers, timeout=row.timeout_seconds)
    listed: list[outside.Listed] | None = None
    error: str | None = None
    try:
        listed = outside.listed(row.name, await resources.mcp.list_tools(server))
    except McpError as failed:
        error = failed.code
    async with resources.db.tenant_session(tenant_id) as db:
        row = await rows.found(db, ToolServer, tenant_id, server_id, lock=True)
        row.tried_at, row.error = utcnow(), error
        if listed is not None and row.url == server.url:
            row.tools, row.listed_at = msgspec.to_builtins(listed), row.tried_at
        await db.flush()
        after_commit(db, lambda: outside.forget(tenant_id))
        return _server_out(row)


async def refresh_due(resources: Resources) -> None:
    """All servers that were not asked for an hour, and calls that nobody needs to know of any more."""
    async with resources.db.system_session("tool servers") as db:
        await repository.forget_calls(db, CALL_LIFE)
        due = await repository.unlisted_servers(db, utcnow() - LIST_AGAIN, 50)
    for tenant_id, server_id in due:
        try:
            await refresh_server(resources, tenant_id, server_id)
        except NotFound:
            continue


def _allowed(row: ToolServer, names: list[str]) -> dict[str, str]:
    known = {entry.name: entry.digest for entry in outside.listed_of(row) if entry.tool is not None}
    errors = tuple(
        FieldError(f"/allowed/{place}", "invalid", "The server has no such tool, or it cannot be used")
        for place, name in enumerate(names)
        if name not in known
    )
    if errors:
        raise Invalid(errors=errors)
    return {name: known[name] for name in names}


def _server_out(row: ToolServer) -> ServerOut:
    fields = {name: getattr(row, name) for name in ServerOut.__struct_fields__ if name != "tools"}
    tools = [
        ServerToolOut(
            name=entry.name,
            tool=entry.tool,
            description=entry.description,
            parameters=entry.parameters,
            allowed=row.allowed.get(entry.name) == entry.digest,
            changed=entry.name in row.allowed and row.allowed[entry.name] != entry.digest,
        )
        for entry in outside.listed_of(row)
    ]
    return ServerOut(**fields, tools=tools)
