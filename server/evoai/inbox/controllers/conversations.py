"""/conversations: parse, guard, call one service function."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.repository import people
from evoai.inbox.schemas.conversations import (
    AssignIn,
    ConversationCounts,
    ConversationIn,
    ConversationOut,
    ConversationPage,
    ConversationState,
)
from evoai.inbox.schemas.messages import MessageIn, MessageOut, MessagePage
from evoai.inbox.service import handling, read, starts, write
from evoai.kit.errors import FieldError, Invalid, NotFound
from evoai.kit.http import AnyRequest, PageCursor, PageLimit, Principal, resources_of
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
        request: AnyRequest,
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        of_state: OfState = None,
        assignee: FromQuery[str | None] = None,
        channel: FromQuery[UUID | None] = None,
        unread: FromQuery[Literal["true", "false"] | None] = None,
        contact: FromQuery[UUID | None] = None,
        q: FromQuery[Words | None] = None,
        cursor: FromQuery[PageCursor | None] = None,
        limit: FromQuery[PageLimit] = 50,
    ) -> ConversationPage:
        cursors, tenant_id = resources_of(request).cursors, principal.tenant_id
        scope = f"conversations {of_state} {assignee} {channel} {unread} {contact} {q}"
        after = cursors.decode(tenant_id, scope, cursor, (datetime, UUID))
        ids = await people.conversations_page(
            db,
            tenant_id,
            state=of_state,
            assignee=_assignee(assignee, principal),
            channel=channel,
            unread=None if unread is None else unread == "true",
            contact=contact,
            words=q,
            before=(after[0], after[1]) if after else None,
            limit=limit,
        )
        items = await read.conversations(db, tenant_id, ids)
        following = None
        if len(ids) == limit:
            last = await people.conversation(db, tenant_id, ids[-1])
            assert last is not None
            following = cursors.encode(tenant_id, scope, (last.last_activity_at, last.id))
        return ConversationPage(items=items, next_cursor=following)

    @post("/", operation_id="conversations.start", guards=_WRITE)
    @idempotent
    async def start(
        self,
        request: AnyRequest,
        data: JSONBody[ConversationIn],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> Response[MessageOut]:
        """Writing first is paced where the number's provider is not WhatsApp itself."""
        message, new = await starts.start(resources_of(request), db, principal.tenant_id, principal.member_id, data)
        return Response(message, status_code=201 if new else 200)

    @get("/counts", operation_id="conversations.counts", guards=_READ)
    async def counts(
        self, db: NamedDependency[AsyncSession], principal: NamedDependency[Principal]
    ) -> ConversationCounts:
        return await read.counts(db, principal.tenant_id, principal.member_id)

    @get("/{conversation_id:uuid}", operation_id="conversations.get", guards=_READ)
    async def get_one(
        self,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ConversationOut:
        return await read.conversation(db, principal.tenant_id, conversation_id)

    @get("/{conversation_id:uuid}/messages", operation_id="messages.list", guards=_READ)
    async def messages(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
        cursor: FromQuery[PageCursor | None] = None,
        limit: FromQuery[PageLimit] = 50,
    ) -> MessagePage:
        cursors, tenant_id = resources_of(request).cursors, principal.tenant_id
        scope = f"messages {conversation_id}"
        before = cursors.decode(tenant_id, scope, cursor, (int,))
        if await people.conversation(db, tenant_id, conversation_id) is None:
            raise NotFound()
        rows = await people.messages_page(db, tenant_id, conversation_id, before[0] if before else None, limit)
        following = cursors.encode(tenant_id, scope, (rows[-1].seq,)) if len(rows) == limit else None
        items = await read.messages(resources_of(request).storage, db, tenant_id, rows)
        return MessagePage(items=items, next_cursor=following)

    @post("/{conversation_id:uuid}/messages", operation_id="conversations.write", guards=_WRITE)
    @idempotent
    async def write(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        data: JSONBody[MessageIn],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> Response[MessageOut]:
        message, new = await write.write(
            resources_of(request), db, principal.tenant_id, conversation_id, principal.member_id, data
        )
        return Response(message, status_code=201 if new else 200)

    @post("/{conversation_id:uuid}/take-over", operation_id="conversations.take_over", status_code=200, guards=_WRITE)
    @idempotent
    async def take_over(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ConversationOut:
        return await handling.take_over(
            resources_of(request), db, principal.tenant_id, conversation_id, principal.member_id
        )

    @post("/{conversation_id:uuid}/hand-back", operation_id="conversations.hand_back", status_code=200, guards=_WRITE)
    @idempotent
    async def hand_back(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ConversationOut:
        return await handling.hand_back(resources_of(request), db, principal.tenant_id, conversation_id)

    @post("/{conversation_id:uuid}/assign", operation_id="conversations.assign", status_code=200, guards=_WRITE)
    @idempotent
    async def assign(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        data: JSONBody[AssignIn],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ConversationOut:
        return await handling.assign(resources_of(request), db, principal.tenant_id, conversation_id, data.member_id)

    @post("/{conversation_id:uuid}/resolve", operation_id="conversations.resolve", status_code=200, guards=_WRITE)
    @idempotent
    async def resolve(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ConversationOut:
        return await handling.resolve(resources_of(request), db, principal.tenant_id, conversation_id)

    @post("/{conversation_id:uuid}/reopen", operation_id="conversations.reopen", status_code=200, guards=_WRITE)
    @idempotent
    async def reopen(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
    ) -> ConversationOut:
        return await handling.reopen(
            resources_of(request), db, principal.tenant_id, conversation_id, principal.member_id
        )

    @post("/{conversation_id:uuid}/read", operation_id="conversations.read", status_code=200, guards=_WRITE)
    @idempotent
    async def mark_read(
        self,
        request: AnyRequest,
        conversation_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        principal: NamedDependency[Principal],
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
