"""/conversations: parse, guard, call one service function."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from evoai.inbox.models.conversations import ConversationState
from evoai.inbox.repository import people
from evoai.inbox.schemas.conversations import (
    AssignIn,
    ConversationCounts,
    ConversationIn,
    ConversationOut,
    ConversationPage,
)
from evoai.inbox.schemas.messages import MessageIn, MessageOut, MessagePage
from evoai.inbox.service import handling, read, starts, write
from evoai.kit.errors import FieldError, Invalid, NotFound
from evoai.kit.http import AnyRequest, Asker, Db, Pages, Principal, resources_of
from evoai.kit.idempotency import idempotent
from evoai.tenants.guards import needs

# `state` is a name that Litestar keeps for itself.
OfState = Annotated[ConversationState | None, Parameter(query="state")]
Words = Annotated[str, Parameter(max_length=200)]
_READ = [needs("conversations:read")]
_WRITE = [needs("conversations:write")]


class ConversationController(Controller):
    path = "/conversations"
    tags = ["Inbox"]  # noqa: RUF012

    @get("/", operation_id="conversations.list", guards=_READ)
    async def page(
        self,
        db: Db,
        principal: Asker,
        paging: Pages,
        of_state: OfState = None,
        assignee: FromQuery[str | None] = None,
        channel: FromQuery[UUID | None] = None,
        unread: FromQuery[Literal["true", "false"] | None] = None,
        contact: FromQuery[UUID | None] = None,
        q: FromQuery[Words | None] = None,
    ) -> ConversationPage:
        rows = await people.conversations_page(
            db,
            principal.tenant_id,
            state=of_state,
            assignee=_assignee(assignee, principal),
            channel=channel,
            unread=None if unread is None else unread == "true",
            contact=contact,
            words=q,
            before=paging.after(datetime, UUID),
            limit=paging.limit,
        )
        shown, following = paging.cut(rows, tuple)
        items = await read.conversations(db, principal.tenant_id, [conversation_id for _, conversation_id in shown])
        return ConversationPage(items=items, next_cursor=following)

    @post("/", operation_id="conversations.start", guards=_WRITE)
    @idempotent
    async def start(
        self, request: AnyRequest, data: JSONBody[ConversationIn], db: Db, principal: Asker
    ) -> Response[MessageOut]:
        """Writing first is paced where the number's provider is not WhatsApp itself."""
        message, new = await starts.start(resources_of(request), db, principal.tenant_id, principal.member_id, data)
        return Response(message, status_code=201 if new else 200)

    @get("/counts", operation_id="conversations.counts", guards=_READ)
    async def counts(self, db: Db, principal: Asker) -> ConversationCounts:
        return await read.counts(db, principal.tenant_id, principal.member_id)

    @get("/{conversation_id:uuid}", operation_id="conversations.get", guards=_READ)
    async def get_one(self, conversation_id: FromPath[UUID], db: Db, principal: Asker) -> ConversationOut:
        return await read.conversation(db, principal.tenant_id, conversation_id)

    @get("/{conversation_id:uuid}/messages", operation_id="messages.list", guards=_READ)
    async def messages(
        self, request: AnyRequest, conversation_id: FromPath[UUID], db: Db, principal: Asker, paging: Pages
    ) -> MessagePage:
        tenant_id, before = principal.tenant_id, paging.after(int)
        if await people.conversation(db, tenant_id, conversation_id) is None:
            raise NotFound()
        rows = await people.messages_page(db, tenant_id, conversation_id, before, paging.limit)
        shown, following = paging.cut(rows, lambda row: (row.seq,))
        items = await read.messages(resources_of(request).storage, db, tenant_id, shown)
        return MessagePage(items=items, next_cursor=following)

    @post("/{conversation_id:uuid}/messages", operation_id="conversations.write", guards=_WRITE)
    @idempotent
    async def write(
        self, request: AnyRequest, conversation_id: FromPath[UUID], data: JSONBody[MessageIn], db: Db, principal: Asker
    ) -> Response[MessageOut]:
        message, new = await write.write(
            resources_of(request), db, principal.tenant_id, conversation_id, principal.member_id, data
        )
        return Response(message, status_code=201 if new else 200)

    @post("/{conversation_id:uuid}/take-over", operation_id="conversations.take_over", status_code=200, guards=_WRITE)
    @idempotent
    async def take_over(
        self, request: AnyRequest, conversation_id: FromPath[UUID], db: Db, principal: Asker
    ) -> ConversationOut:
        return await handling.take_over(
            resources_of(request), db, principal.tenant_id, conversation_id, principal.member_id
        )

    @post("/{conversation_id:uuid}/hand-back", operation_id="conversations.hand_back", status_code=200, guards=_WRITE)
    @idempotent
    async def hand_back(
        self, request: AnyRequest, conversation_id: FromPath[UUID], db: Db, principal: Asker
    ) -> ConversationOut:
        return await handling.hand_back(resources_of(request), db, principal.tenant_id, conversation_id)

    @post("/{conversation_id:uuid}/assign", operation_id="conversations.assign", status_code=200, guards=_WRITE)
    @idempotent
    async def assign(
        self, request: AnyRequest, conversation_id: FromPath[UUID], data: JSONBody[AssignIn], db: Db, principal: Asker
    ) -> ConversationOut:
        return await handling.assign(resources_of(request), db, principal.tenant_id, conversation_id, data.member_id)

    @post("/{conversation_id:uuid}/resolve", operation_id="conversations.resolve", status_code=200, guards=_WRITE)
    @idempotent
    async def resolve(
        self, request: AnyRequest, conversation_id: FromPath[UUID], db: Db, principal: Asker
    ) -> ConversationOut:
        return await handling.resolve(resources_of(request), db, principal.tenant_id, conversation_id)

    @post("/{conversation_id:uuid}/reopen", operation_id="conversations.reopen", status_code=200, guards=_WRITE)
    @idempotent
    async def reopen(
        self, request: AnyRequest, conversation_id: FromPath[UUID], db: Db, principal: Asker
    ) -> ConversationOut:
        return await handling.reopen(
            resources_of(request), db, principal.tenant_id, conversation_id, principal.member_id
        )

    @post("/{conversation_id:uuid}/read", operation_id="conversations.read", status_code=200, guards=_WRITE)
    @idempotent
    async def mark_read(
        self, request: AnyRequest, conversation_id: FromPath[UUID], db: Db, principal: Asker
    ) -> ConversationOut:
        return await handling.mark_read(resources_of(request), db, principal.tenant_id, conversation_id)


def _assignee(value: str | None, principal: Principal) -> UUID | None:
    if value is None:
        return None
    if value == "me":
        return principal.member_id
    try:
        return UUID(value)
    except ValueError:
        raise Invalid(
            errors=(FieldError(pointer="assignee", code="invalid", detail="Expected 'me' or a member's id"),)
        ) from None
