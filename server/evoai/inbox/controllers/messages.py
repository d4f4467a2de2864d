"""/messages: parse, guard, call one service function."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, delete, patch, post
from litestar.params import FromPath, JSONBody

from evoai.inbox.schemas.messages import MessageEditIn, MessageOut, ReactionIn
from evoai.inbox.service import touch, write
from evoai.kit.http import AnyRequest, Asker, Db, resources_of
from evoai.kit.idempotency import idempotent, idempotent_over_network
from evoai.tenants.guards import actor_of, needs

_WRITE = [needs("conversations:write")]


class MessageController(Controller):
    path = "/messages"
    tags = ["Inbox"]  # noqa: RUF012

    @post("/{message_id:uuid}/resend", operation_id="messages.resend", status_code=200, guards=_WRITE)
    @idempotent
    async def resend(self, request: AnyRequest, message_id: FromPath[UUID], db: Db) -> MessageOut:
        return await write.resend(resources_of(request), db, actor_of(request), message_id)

    @post("/{message_id:uuid}/reaction", operation_id="messages.react", status_code=200, guards=_WRITE)
    @idempotent_over_network
    async def react(
        self, request: AnyRequest, message_id: FromPath[UUID], data: JSONBody[ReactionIn], principal: Asker
    ) -> MessageOut:
        """Set our reaction to a message, or remove it with an empty `emoji`."""
        return await touch.react(resources_of(request), principal.tenant_id, message_id, data.emoji)

    @patch("/{message_id:uuid}", operation_id="messages.edit", guards=_WRITE)
    async def edit(self, request: AnyRequest, message_id: FromPath[UUID], data: JSONBody[MessageEditIn]) -> MessageOut:
        """Replace the text of a message that we sent."""
        return await touch.edit(resources_of(request), actor_of(request), message_id, data.text)

    @delete("/{message_id:uuid}", operation_id="messages.delete", status_code=200, guards=_WRITE)
    async def take_back(self, request: AnyRequest, message_id: FromPath[UUID]) -> MessageOut:
        """Delete a message that we sent for everyone; the emptied message stays."""
        return await touch.take_back(resources_of(request), actor_of(request), message_id)
