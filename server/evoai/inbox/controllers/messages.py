"""/messages: parse, guard, call one service function."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.schemas.messages import MessageOut
from evoai.inbox.service import write
from evoai.kit.http import AnyRequest, resources_of
from evoai.kit.idempotency import idempotent
from evoai.tenants.guards import actor_of, needs

_WRITE = [needs("conversations:write")]


class MessageController(Controller):
    path = "/messages"
    tags = ["Inbox"]  # noqa: RUF012

    @post("/{message_id:uuid}/resend", operation_id="messages.resend", status_code=200, guards=_WRITE)
    @idempotent
    async def resend(
        self,
        request: AnyRequest,
        message_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
    ) -> MessageOut:
        return await write.resend(resources_of(request), db, actor_of(request), message_id)
