"""What people see of the inbox: rows as the API shapes them. Realtime tells events in these shapes too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.registry import adapter_for
from evoai.channels.service import read as channels
from evoai.inbox.models.contacts import Contact, ContactAlias
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.models.messages import Message
from evoai.inbox.repository import contacts as sql
from evoai.inbox.repository import media as files
from evoai.inbox.repository import people
from evoai.inbox.schemas.contacts import AliasOut, ContactOut
from evoai.inbox.schemas.conversations import (
    AnalysisOut,
    ChannelBrief,
    ContactBrief,
    ConversationCounts,
    ConversationOut,
    HandoffOut,
    MessagePreview,
)
from evoai.inbox.schemas.messages import MediaOut, MemberBrief, MessageOut, QuoteOut, ReactionOut, SendErrorOut
from evoai.inbox.service import window
from evoai.inbox.service.media import shown
from evoai.kit.errors import NotFound
from evoai.kit.storage import Storage
from evoai.tenants.service import tenants


async def conversations(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[ConversationOut]:
    """In the order of `ids`; unknown ones are left out."""
    rows = await people.conversations_by_id(db, tenant_id, ids)
    if not rows:
        return []
    names = await channels.names(db, tenant_id, {row[0].channel_id for row in rows})
    members = await tenants.member_names(db, tenant_id, {row[0].assignee_id for row in rows if row[0].assignee_id})
    return [_conversation(row[0], row[1], row[2], names, members) for row in rows]


async def conversation(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> ConversationOut:
    found = await conversations(db, tenant_id, [conversation_id])
    if not found:
        raise NotFound()
    return found[0]


async def messages(storage: Storage, db: AsyncSession, tenant_id: UUID, rows: Sequence[Message]) -> list[MessageOut]:
    """Messages as the API shapes them, in the order of `rows`, with fresh links to their files."""
    members = await tenants.member_names(db, tenant_id, {row.agent_id for row in rows if row.agent_id})
    quotes: dict[tuple[UUID, str], QuoteOut] = {}
    for channel_id in {row.channel_id for row in rows if row.quoted_id}:
        wanted = [row.quoted_id for row in rows if row.channel_id == channel_id and row.quoted_id]
        for provider_id, found in (await people.quoted(db, tenant_id, channel_id, wanted)).items():
            quotes[(channel_id, provider_id)] = QuoteOut(
                message_id=found.id, author=found.author, type=found.type, text=found.text
            )
    wanted_files = list({row.media_id for row in rows if row.media_id is not None})
    media: dict[UUID, MediaOut] = {}
    if wanted_files:
        for media_id, row in (await files.by_id(db, tenant_id, wanted_files)).items():
            media[media_id] = await shown(storage, row)
    return [_message(row, members, quotes, media) for row in rows]


async def messages_by_id(storage: Storage, db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> list[MessageOut]:
    return await messages(storage, db, tenant_id, await people.messages_by_id(db, tenant_id, ids))


async def trace_id_of(db: AsyncSession, tenant_id: UUID, message_id: UUID) -> UUID | None:
    """The trace of an assistant's message. Raises `NotFound` if there is no such message."""
    row = await people.message(db, tenant_id, message_id)
    if row is None:
        raise NotFound()
    return row.trace_id


async def counts(db: AsyncSession, tenant_id: UUID, member_id: UUID | None) -> ConversationCounts:
    row = await people.counts(db, tenant_id, member_id)
    return ConversationCounts(mine=row.mine, queued=row.queued, bot=row.bot, all=row.all, unread=row.unread)


async def contacts(db: AsyncSession, tenant_id: UUID, rows: Sequence[Contact]) -> list[ContactOut]:
    aliases = await sql.aliases(db, tenant_id, [row.id for row in rows])
    return [
        ContactOut(
            id=row.id,
            name=shown_name(row),
            phone=row.phone,
            aliases=_aliases(row, aliases.get(row.id, [])),
            tags=row.tags,
            fields=row.fields,
            blocked_at=row.blocked_at,
            opted_out_at=row.opted_out_at,
            over_limit=row.over_limit,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _aliases(row: Contact, aliases: Sequence[ContactAlias]) -> list[AliasOut]:
    found = [AliasOut(kind=alias.kind, value=alias.value) for alias in aliases]
    return [*found, AliasOut(kind="username", value=row.username)] if row.username else found


def shown_name(contact: Contact) -> str:
    """A contact without a name is shown by phone or username; without any, by nothing (the web app has words)."""
    return contact.name or contact.phone or (f"@{contact.username}" if contact.username else "")


def _conversation(
    row: Conversation,
    contact: Contact,
    last: Message | None,
    channels_by_id: dict[UUID, Any],
    members: dict[UUID, str],
) -> ConversationOut:
    channel = channels_by_id[row.channel_id]
    return ConversationOut(
        id=row.id,
        contact=ContactBrief(
            id=contact.id, name=shown_name(contact), phone=contact.phone, opted_out_at=contact.opted_out_at
        ),
        channel=ChannelBrief(id=channel.id, name=channel.name, provider=channel.provider),
        state=row.state,
        assignee=_member(row.assignee_id, members),
        handoff=_handoff(row),
        last_message=_preview(last) if last is not None else None,
        unread_count=row.unread_count,
        window_expires_at=window.expires_at(adapter_for(channel.provider).capabilities, row.last_in_at, row.created_at),
        resolved_at=row.resolved_at,
        satisfaction=row.satisfaction,
        analysis=msgspec.convert(row.analysis, AnalysisOut) if row.analysis is not None else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _handoff(row: Conversation) -> HandoffOut | None:
    if row.handoff_reason is None or row.handoff_at is None:
        return None
    return HandoffOut(reason=row.handoff_reason, note=row.handoff_note, requested_at=row.handoff_at)


def _member(member_id: UUID | None, members: dict[UUID, str]) -> MemberBrief | None:
    if member_id is None:
        return None
    return MemberBrief(id=member_id, name=members.get(member_id, ""))


def _preview(row: Message) -> MessagePreview:
    return MessagePreview(
        id=row.id,
        type=row.type,
        text=row.text[:200] if row.text else row.text,
        direction=row.direction,
        author=row.author,
        status=row.status,
        created_at=row.created_at,
    )


def _message(
    row: Message,
    members: dict[UUID, str],
    quotes: dict[tuple[UUID, str], QuoteOut],
    media: dict[UUID, MediaOut],
) -> MessageOut:
    quote = None
    if row.quoted_id is not None:
        unknown = QuoteOut(message_id=None, author=None, type=None, text=None)
        quote = quotes.get((row.channel_id, row.quoted_id), unknown)
    return MessageOut(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        direction=row.direction,
        author=row.author,
        agent=_member(row.agent_id, members),
        type=row.type,
        text=row.text,
        transcript=row.transcript,
        media=media.get(row.media_id) if row.media_id is not None else None,
        extra=row.extra,
        quote=quote,
        reactions=[ReactionOut(author=author, emoji=emoji) for author, emoji in (row.reactions or {}).items()],  # type: ignore[arg-type]
        status=row.status,
        error=SendErrorOut(code=row.error["code"], detail=row.error.get("detail")) if row.error else None,
        client_id=row.client_id,
        trace_id=row.trace_id,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        created_at=row.created_at,
    )
