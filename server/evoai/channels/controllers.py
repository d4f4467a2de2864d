"""The channels' HTTP: parse, guard, call one service function. The door for webhooks stands outside /api/v1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import cast
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Controller, asgi, delete, get, patch, post
from litestar.exceptions import MethodNotAllowedException
from litestar.params import FromPath, JSONBody
from litestar.types import HTTPDisconnectEvent, HTTPRequestEvent, HTTPScope, Receive, Scope, Send

from evoai.channels.schemas import (
    ChannelIn,
    ChannelOut,
    ChannelPage,
    ChannelPatch,
    ConnectIn,
    PairingOut,
    TemplatePage,
    WebhookOut,
)
from evoai.channels.service import manage, read, templates
from evoai.channels.service.door import Door
from evoai.kit.errors import Unavailable
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import idempotent_over_network
from evoai.tenants.guards import needs

_STORED = b'{"ok":true}'
_STORED_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_STORED)).encode())]


@asgi("/hooks", is_mount=True, public=True, unlimited=True, straight=True, copy_scope=False)
async def receive_webhook(scope: Scope, receive: Receive, send: Send) -> None:
    """A provider's webhook; 200 after it is stored. Plain ASGI, which the edge calls directly: every answer of ours
    brings several of these, and the framework's ways in and out would double their cost."""
    http = cast(HTTPScope, scope)
    door: Door = http["litestar_app"].state["resources"].door
    key = http["path"].removeprefix("/hooks").strip("/")
    if http["method"] != "POST":
        query = dict(parse_qsl(http["query_string"].decode("latin-1")))
        if http["method"] != "GET" or "hub.mode" not in query:
            raise MethodNotAllowedException(headers={"allow": "POST"})
        await _answer(send, (await door.handshake(key, query)).encode(), b"text/plain; charset=utf-8")
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in http["headers"]}
    # A channel's own key carries its tenant, so a provider's name is none.
    if "." in key:
        await door.take(key, headers, _chunks(receive))
    else:
        await door.take_shared(key, headers, _chunks(receive))
    await send({"type": "http.response.start", "status": 200, "headers": _STORED_HEADERS})
    await send({"type": "http.response.body", "body": _STORED, "more_body": False})


async def _answer(send: Send, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = cast(HTTPRequestEvent | HTTPDisconnectEvent, await receive())
        if message["type"] == "http.disconnect":
            # Cut off half-way: what came is no webhook, and nobody waits for an answer.
            raise Unavailable(retry_after=1)
        yield message["body"]
        if not message["more_body"]:
            return


class ChannelController(Controller):
    path = "/channels"
    tags = ["Channels"]  # noqa: RUF012

    @get("/", operation_id="channels.list", guards=[needs("channels:read")])
    async def page(self, request: AnyRequest, db: Db, principal: Asker, paging: Pages) -> ChannelPage:
        after = paging.after(datetime, UUID)
        rows = await read.page(resources_of(request), db, principal.tenant_id, after, paging.limit)
        items, following = paging.cut(rows, lambda row: (row.created_at, row.id))
        return ChannelPage(items=items, next_cursor=following)

    @post("/", operation_id="channels.create", guards=[needs("channels:write")])
    @idempotent_over_network
    async def create(self, request: AnyRequest, data: JSONBody[ChannelIn], principal: Asker) -> ChannelOut:
        return await manage.create(resources_of(request), principal.tenant_id, data)

    @get("/{channel_id:uuid}", operation_id="channels.get", guards=[needs("channels:read")])
    async def read(self, request: AnyRequest, channel_id: FromPath[UUID], db: Db, principal: Asker) -> ChannelOut:
        return await read.read(resources_of(request), db, principal.tenant_id, channel_id)

    @patch("/{channel_id:uuid}", operation_id="channels.change", guards=[needs("channels:write")])
    async def change(
        self, request: AnyRequest, channel_id: FromPath[UUID], data: JSONBody[ChannelPatch], db: Db, principal: Asker
    ) -> ChannelOut:
        return await manage.change(resources_of(request), db, principal.tenant_id, channel_id, data)

    @delete("/{channel_id:uuid}", operation_id="channels.close", guards=[needs("channels:write")])
    async def close(self, request: AnyRequest, channel_id: FromPath[UUID], db: Db, principal: Asker) -> None:
        await manage.close(resources_of(request), db, principal.tenant_id, channel_id)

    @post(
        "/{channel_id:uuid}/connect",
        operation_id="channels.connect",
        status_code=200,
        guards=[needs("channels:write")],
    )
    @idempotent_over_network
    async def connect(
        self, request: AnyRequest, channel_id: FromPath[UUID], data: JSONBody[ConnectIn | None], principal: Asker
    ) -> PairingOut:
        return await manage.connect(resources_of(request), principal.tenant_id, channel_id, data or ConnectIn())

    @get("/{channel_id:uuid}/webhook", operation_id="channels.webhook", guards=[needs("channels:write")])
    async def webhook(self, request: AnyRequest, channel_id: FromPath[UUID], db: Db, principal: Asker) -> WebhookOut:
        return await manage.webhook(resources_of(request), db, principal.tenant_id, channel_id)

    @get("/{channel_id:uuid}/templates", operation_id="channels.templates", guards=[needs("channels:read")])
    async def templates(self, channel_id: FromPath[UUID], db: Db, principal: Asker, paging: Pages) -> TemplatePage:
        rows = await templates.page(db, principal.tenant_id, channel_id, paging.after(str, str), paging.limit)
        items, following = paging.cut(rows, lambda row: (row.name, row.language))
        return TemplatePage(items=items, next_cursor=following)

    @post(
        "/{channel_id:uuid}/templates/sync",
        operation_id="channels.sync_templates",
        status_code=204,
        guards=[needs("channels:write")],
    )
    @idempotent_over_network
    async def sync_templates(self, request: AnyRequest, channel_id: FromPath[UUID], principal: Asker) -> None:
        await templates.read_anew(resources_of(request), principal.tenant_id, channel_id)

    @post(
        "/{channel_id:uuid}/disconnect",
        operation_id="channels.disconnect",
        status_code=200,
        guards=[needs("channels:write")],
    )
    @idempotent_over_network
    async def disconnect(self, request: AnyRequest, channel_id: FromPath[UUID], principal: Asker) -> ChannelOut:
        return await manage.disconnect(resources_of(request), principal.tenant_id, channel_id)

    @post(
        "/{channel_id:uuid}/restart",
        operation_id="channels.restart",
        status_code=200,
        guards=[needs("channels:write")],
    )
    @idempotent_over_network
    async def restart(self, request: AnyRequest, channel_id: FromPath[UUID], principal: Asker) -> ChannelOut:
        return await manage.restart(resources_of(request), principal.tenant_id, channel_id)
