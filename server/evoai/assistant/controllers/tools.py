"""The routes of tools: the catalog, tools that are HTTP requests, servers that list tools."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from evoai.assistant.schemas.tools import (
    Catalog,
    ServerIn,
    ServerOut,
    ServerPage,
    ServerPatch,
    ToolIn,
    ToolOut,
    ToolPage,
    ToolPatch,
    ToolTryIn,
    ToolTryOut,
)
from evoai.assistant.service import manage_servers, manage_tools
from evoai.kit.http import AnyRequest, Asker, Db, resources_of
from evoai.kit.idempotency import idempotent_over_network
from evoai.tenants.guards import actor_of, needs

_READ = [needs("assistants:read")]
_WRITE = [needs("assistants:write")]


class ToolController(Controller):
    path = "/tools"
    tags = ["Assistants"]  # noqa: RUF012

    @get(operation_id="tools.list", guards=_READ)
    async def list_tools(self, db: Db, principal: Asker) -> ToolPage:
        return await manage_tools.list_tools(db, principal.tenant_id)

    @get("/catalog", operation_id="tools.catalog", guards=_READ)
    async def catalog(self, request: AnyRequest, db: Db, principal: Asker) -> Catalog:
        return await manage_tools.catalog(resources_of(request), db, principal.tenant_id)

    @post(operation_id="tools.create", guards=_WRITE)
    @idempotent_over_network
    async def create(self, request: AnyRequest, data: JSONBody[ToolIn]) -> ToolOut:
        return await manage_tools.create_tool(resources_of(request), actor_of(request), data)

    @get("/{tool_id:uuid}", operation_id="tools.get", guards=_READ)
    async def get_one(self, db: Db, principal: Asker, tool_id: FromPath[UUID]) -> ToolOut:
        return await manage_tools.get_tool(db, principal.tenant_id, tool_id)

    @patch("/{tool_id:uuid}", operation_id="tools.change", guards=_WRITE)
    async def change(self, request: AnyRequest, tool_id: FromPath[UUID], data: JSONBody[ToolPatch]) -> ToolOut:
        return await manage_tools.change_tool(resources_of(request), actor_of(request), tool_id, data)

    @delete("/{tool_id:uuid}", operation_id="tools.remove", guards=_WRITE)
    async def remove(self, request: AnyRequest, db: Db, tool_id: FromPath[UUID]) -> None:
        await manage_tools.remove_tool(db, actor_of(request), tool_id)

    @post("/{tool_id:uuid}/try", operation_id="tools.try", status_code=200, guards=_WRITE)
    @idempotent_over_network
    async def try_it(self, request: AnyRequest, tool_id: FromPath[UUID], data: JSONBody[ToolTryIn]) -> ToolTryOut:
        return await manage_tools.try_tool(resources_of(request), actor_of(request), tool_id, data)


class ToolServerController(Controller):
    path = "/tool-servers"
    tags = ["Assistants"]  # noqa: RUF012

    @get(operation_id="tool_servers.list", guards=_READ)
    async def list_servers(self, db: Db, principal: Asker) -> ServerPage:
        return await manage_servers.list_servers(db, principal.tenant_id)

    @post(operation_id="tool_servers.create", guards=_WRITE)
    @idempotent_over_network
    async def create(self, request: AnyRequest, data: JSONBody[ServerIn]) -> ServerOut:
        return await manage_servers.create_server(resources_of(request), actor_of(request), data)

    @get("/{server_id:uuid}", operation_id="tool_servers.get", guards=_READ)
    async def get_one(self, db: Db, principal: Asker, server_id: FromPath[UUID]) -> ServerOut:
        return await manage_servers.get_server(db, principal.tenant_id, server_id)

    @patch("/{server_id:uuid}", operation_id="tool_servers.change", guards=_WRITE)
    async def change(self, request: AnyRequest, server_id: FromPath[UUID], data: JSONBody[ServerPatch]) -> ServerOut:
        return await manage_servers.change_server(resources_of(request), actor_of(request), server_id, data)

    @delete("/{server_id:uuid}", operation_id="tool_servers.remove", guards=_WRITE)
    async def remove(self, request: AnyRequest, db: Db, server_id: FromPath[UUID]) -> None:
        await manage_servers.remove_server(db, actor_of(request), server_id)

    @post("/{server_id:uuid}/refresh", operation_id="tool_servers.refresh", status_code=200, guards=_WRITE)
    @idempotent_over_network
    async def refresh(self, request: AnyRequest, principal: Asker, server_id: FromPath[UUID]) -> ServerOut:
        return await manage_servers.refresh_server(resources_of(request), principal.tenant_id, server_id)
