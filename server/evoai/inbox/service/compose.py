"""What a person wants to send, as one message of one kind: checked against what the channel can, and what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.incoming import MessageType
from evoai.channels.service import read as channels
from evoai.channels.service import templates
from evoai.inbox.models.conversations import Conversation
from evoai.inbox.repository import media as files
from evoai.inbox.repository import people
from evoai.inbox.schemas.messages import InteractiveIn, MessageIn, TemplateIn
from evoai.inbox.service import window
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound

KINDS = ("media_id", "location", "contacts", "poll", "interactive", "template")
_CAPTIONED = ("image", "video", "document")
_MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is stored."""

    type: MessageType
    text: str | None
    media_id: UUID | None = None
    extra: dict[str, Any] | None = None
    quoted_id: str | None = None


async def compose(db: AsyncSession, conversation: Conversation, data: MessageIn) -> Draft:
    """Raises `Invalid`, `NotFound` for what is not the tenant's, and `Conflict` for what the channel cannot send."""
    given = [name for name in KINDS if getattr(data, name) is not None]
    if len(given) > 1:
        raise _wrong(given[1], "One kind at a time")
    quoted_id = await _quoted(db, conversation, data.reply_to) if data.reply_to is not None else None
    if not given:
        if data.text is None:
            raise Invalid(errors=(FieldError("/text", "required", "Something has to be sent"),))
        draft = Draft("text", data.text, quoted_id=quoted_id)
    elif data.template is not None:
        if data.text is not None:
            raise _wrong("text", "A template has its own words")
        draft = await _template(db, conversation, data.template)
    else:
        draft = await _draft(db, conversation.tenant_id, data, quoted_id)
    able = await channels.capabilities(db, conversation.tenant_id, conversation.channel_id)
    if draft.type != "template" and window.is_closed(able, conversation.last_in_at):
        raise Conflict("window-closed", "The contact last wrote more than 24 hours ago; send a template")
    if draft.type not in able.sends:
        raise Conflict(detail=f"This channel cannot send this kind of message ({draft.type})")
    return draft


async def _draft(db: AsyncSession, tenant_id: UUID, data: MessageIn, quoted_id: str | None) -> Draft:
    if data.media_id is not None:
        return await _file(db, tenant_id, data.media_id, data.text, quoted_id)
    if data.location is not None:
        return Draft("location", None, extra=_plain(data.location), quoted_id=quoted_id)
    if data.contacts is not None:
        words = "\n".join(f"{card.name}: {', '.join(card.phones)}" for card in data.contacts)
        return Draft("contact", words, extra={"contacts": [_plain(card) for card in data.contacts]})
    if data.text is None:
        raise Invalid(errors=(FieldError("/text", "required", "The question is missing"),))
    if data.poll is not None:
        if len(set(data.poll.options)) < len(data.poll.options):
            raise _wrong("poll/options", "Each option once")
        return Draft("poll", data.text, extra=_plain(data.poll), quoted_id=quoted_id)
    assert data.interactive is not None
    _check(data.interactive)
    return Draft("interactive", data.text, extra=_plain(data.interactive), quoted_id=quoted_id)


async def _template(db: AsyncSession, conversation: Conversation, asked: TemplateIn) -> Draft:
    tenant_id, channel_id = conversation.tenant_id, conversation.channel_id
    if not (await channels.capabilities(db, tenant_id, channel_id)).templates:
        raise Conflict("conflict", "This channel has no templates")
    filled = await templates.fill(db, tenant_id, channel_id, asked.name, asked.language, asked.variables)
    return Draft("template", filled.text, extra=filled.extra)


async def _file(db: AsyncSession, tenant_id: UUID, media_id: UUID, text: str | None, quoted_id: str | None) -> Draft:
    media = await files.find(db, tenant_id, media_id)
    if media is None:
        raise NotFound()
    if media.stored_at is None:
        raise Conflict(detail="The file is not here")
    if text is not None and media.kind not in _CAPTIONED:
        raise _wrong("text", "This kind of file has no caption")
    return Draft(media.kind, text, media_id=media.id, quoted_id=quoted_id)


async def _quoted(db: AsyncSession, conversation: Conversation, message_id: UUID) -> str:
    """The provider's id of the message that is replied to."""
    message = await people.message(db, conversation.tenant_id, message_id)
    if message is None or message.conversation_id != conversation.id:
        raise NotFound()
    if message.provider_message_id is None or message.deleted_at is not None:
        raise Conflict(detail="This message cannot be quoted")
    return message.provider_message_id


def _check(asked: InteractiveIn) -> None:
    if (asked.buttons is None) == (asked.sections is None) or (asked.sections is None) != (asked.button is None):
        raise _wrong("interactive", "Either buttons, or button and sections")
    rows = [row.id for section in asked.sections or () for row in section.rows]
    ids = rows or [button.id for button in asked.buttons or ()]
    if len(set(ids)) < len(ids) or len(rows) > _MOST_ROWS:
        raise _wrong("interactive", f"Each id once, and at most {_MOST_ROWS} rows in all")


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    return {name: part for name, part in msgspec.to_builtins(value).items() if part is not None}


def _wrong(pointer: str, detail: str) -> Invalid:
    return Invalid(errors=(FieldError(f"/{pointer}", "invalid", detail),))
