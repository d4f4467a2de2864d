"""What admins do with tools that are HTTP requests: define, change, try, remove. The network is called between
transactions; secrets go in and never come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.tools import HttpTool, ToolServer
from evoai.assistant.repository import tools as repository
from evoai.assistant.schemas.tools import (
    Catalog,
    CatalogEntryOut,
    ToolIn,
    ToolOut,
    ToolPage,
    ToolPatch,
    ToolTryIn,
    ToolTryOut,
)
from evoai.assistant.service import http_tools, outside
from evoai.assistant.service import tool_rows as rows
from evoai.assistant.service.arguments import JsonArguments
from evoai.assistant.service.http_tools import HttpRequest
from evoai.assistant.service.toolbox import house_tools
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import FieldError, Invalid
from evoai.tenants.audit import Actor

if TYPE_CHECKING:
    from evoai.resources import Resources


async def list_tools(db: AsyncSession, tenant_id: UUID) -> ToolPage:
    return ToolPage(items=[_tool_out(row) for row in await repository.every(db, HttpTool, tenant_id)])


async def get_tool(db: AsyncSession, tenant_id: UUID, tool_id: UUID) -> ToolOut:
    return _tool_out(await rows.found(db, HttpTool, tenant_id, tool_id))


async def create_tool(resources: Resources, actor: Actor, data: ToolIn) -> ToolOut:
    """Raises `Invalid`, also `egress-denied`, and `Conflict` for a name that is taken."""
    tenant_id = actor.principal.tenant_id
    if data.name in house_tools(resources):
        raise rows.taken(data.name)
    _check_request(data.url, data.parameters)
    rows.check_headers(data.headers)
    await resources.net.check_reachable(http_tools.sample(data.url))
    async with resources.db.tenant_session(tenant_id) as db:
        await rows.check_room(db, HttpTool, tenant_id)
        tool_id = new_id()
        box = await resources.keys.box(db, tenant_id)
        row = await repository.add(
            db,
            HttpTool,
            {
                "tenant_id": tenant_id,
                "id": tool_id,
                "name": data.name,
                "description": data.description,
                "method": data.method,
                "url": data.url,
                "parameters": data.parameters,
                "effect": data.effect or ("reads" if data.method == "GET" else "writes"),
                "timeout_seconds": data.timeout_seconds,
                "enabled": data.enabled,
                "created_at": utcnow(),
                "updated_at": utcnow(),
                **rows.sealed(box, HttpTool, tenant_id, tool_id, data.headers),
            },
        )
        if row is None:
            raise rows.taken(data.name)
        await rows.note(
            db, actor, "tools.create", "tool", tool_id, {"name": data.name, "host": urlsplit(data.url).netloc}
        )
        return _tool_out(row)


async def change_tool(resources: Resources, actor: Actor, tool_id: UUID, patch: ToolPatch) -> ToolOut:
    tenant_id, changes = actor.principal.tenant_id, patch.changes()
    async with resources.db.tenant_session(tenant_id) as db:
        before = _tool_out(await rows.found(db, HttpTool, tenant_id, tool_id))
    url = str(changes.get("url", before.url))
    _check_request(url, msgspec.convert(changes.get("parameters", before.parameters), dict[str, Any]))
    headers = patch.headers if isinstance(patch.headers, list) else None
    rows.check_headers(headers or [])
    if "url" in changes:
        await resources.net.check_reachable(http_tools.sample(url))
    async with resources.db.tenant_session(tenant_id) as db:
        row = await rows.found(db, HttpTool, tenant_id, tool_id, lock=True)
        changes |= await rows.new_headers(resources, db, row, url, headers)
        await rows.change(db, actor, "tools.change", "tool", row, changes)
        return _tool_out(row)


async def remove_tool(db: AsyncSession, actor: Actor, tool_id: UUID) -> None:
    """Assistants that have it go on without it."""
    await rows.remove(db, actor, HttpTool, "tools.remove", "tool", tool_id)


async def try_tool(resources: Resources, actor: Actor, tool_id: UUID, data: ToolTryIn) -> ToolTryOut:
    """One call with these arguments, for real, whatever it writes over there."""
    tenant_id = actor.principal.tenant_id
    async with resources.db.tenant_session(tenant_id) as db:
        row = await rows.found(db, HttpTool, tenant_id, tool_id)
        try:
            args = JsonArguments(row.parameters).check(data.arguments)
        except ValueError as error:
            raise Invalid(errors=(FieldError("/arguments", "invalid", str(error)),)) from None
        headers = outside.open_headers(await resources.keys.box(db, tenant_id), row)
        request = HttpRequest(method=row.method, url=row.url, headers=headers, timeout=row.timeout_seconds)  # type: ignore[arg-type]
        await rows.note(db, actor, "tools.try", "tool", tool_id, {"name": row.name})
    result = await http_tools.send(resources.net, request, args, str(new_id()))
    return ToolTryOut(state=result.state, status=result.status, text=result.text, milliseconds=result.milliseconds)


async def catalog(resources: Resources, db: AsyncSession, tenant_id: UUID) -> Catalog:
    """All that an assistant of the tenant may be given, by the names that it is given by."""
    items = [
        CatalogEntryOut(name=tool.name, description=tool.description, effect=tool.effect, kind="house")
        for tool in house_tools(resources).values()
    ]
    for row in await repository.every(db, HttpTool, tenant_id):
        if row.enabled:
            effect: Any = row.effect
            items.append(CatalogEntryOut(name=row.name, description=row.description, effect=effect, kind="http"))
    for row in await repository.every(db, ToolServer, tenant_id):
        tools = outside.server_tools(row, {}) if row.enabled else ()
        items += [
            CatalogEntryOut(name=tool.name, description=tool.description, effect="writes", kind="server")
            for tool in tools
        ]
    return Catalog(items=items)


async def names(resources: Resources, db: AsyncSession, tenant_id: UUID) -> frozenset[str]:
    return frozenset(entry.name for entry in (await catalog(resources, db, tenant_id)).items)


def _check_request(url: str, parameters: dict[str, Any]) -> None:
    errors: list[FieldError] = []
    named: list[str] = []
    try:
        named = http_tools.places(url)
    except ValueError as error:
        errors.append(FieldError("/url", "invalid", str(error)))
    try:
        known = JsonArguments(parameters).names
        errors.extend(
            FieldError("/url", "invalid", f"{name} is not among the parameters") for name in named if name not in known
        )
    except ValueError as error:
        errors.append(FieldError("/parameters", "invalid", str(error)))
    if errors:
        raise Invalid(errors=tuple(errors))


def _tool_out(row: HttpTool) -> ToolOut:
    return msgspec.convert({name: getattr(row, name) for name in ToolOut.__struct_fields__}, ToolOut)
