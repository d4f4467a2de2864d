"""Files of messages as people meet them: uploaded, shown with a link, fetched again. How a contact's file comes here is
`fetch.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.events import message_event
from evoai.inbox.models.messages import Media
from evoai.inbox.repository import media as repository
from evoai.inbox.schemas.messages import MediaOut
from evoai.inbox.service.files import Found
from evoai.inbox.service.pictures import BadPicture, cleaned
from evoai.inbox.service.sounds import SHORTEST, seconds_of
from evoai.inbox.service.voice import as_ogg
from evoai.kit.db import after_commit, utcnow
from evoai.kit.errors import Conflict, Invalid, NotFound, Unavailable
from evoai.kit.events import emit
from evoai.kit.outbox import close_letters
from evoai.kit.scanner import refuse_harm
from evoai.kit.storage import Storage, StorageError, key_of

if TYPE_CHECKING:
    from evoai.resources import Resources

FETCH = "inbox.fetch_media"
DROP = "inbox.drop_files"
UNENDED = timedelta(hours=1)
UNNAMED = timedelta(hours=24)


async def upload(resources: Resources, tenant_id: UUID, file: IO[bytes], found: Found, *, voice: bool) -> MediaOut:
    """The row comes first and hidden, then the file, then the row is shown: whatever dies in between, no file lies in
    the storage that no row names. Raises `Invalid`, `Unavailable`."""
    body, seconds = file.read(), None
    await refuse_harm(resources.scanner, body, found.name)
    try:
        body = await cleaned(resources, tenant_id, found.mime_type, body)
    except BadPicture as bad:
        raise Invalid("unprocessable-file", f"The picture cannot be shown ({bad})") from None
    if voice and found.mime_type == "audio/webm" and (boxed := await asyncio.to_thread(as_ogg, body)) is not None:
        body, seconds = boxed
        found = Found(found.kind, "audio/ogg", f"{found.name.rpartition('.')[0] or found.name}.ogg")
    if found.kind == "audio" and not await asyncio.to_thread(seconds_of, body, None, SHORTEST):
        raise Invalid("unprocessable-file", "There is no sound in the file")
    media = repository.new_media(
        tenant_id,
        kind=found.kind,
        mime_type=found.mime_type,
        size=len(body),
        seconds=seconds,
        name=found.name,
        voice=voice,
        state="receiving",
        created_at=utcnow(),
    )
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.add(db, media)
    try:
        key = key_of(tenant_id, media.id)
        await resources.storage.put(key, BytesIO(body), name=found.name, mime_type=found.mime_type)
    except StorageError as error:
        raise Unavailable(detail="The file could not be stored", retry_after=5) from error
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.change(db, tenant_id, media.id, state="ready", stored_at=func.now())
    media.state, media.stored_at = "ready", utcnow()
    return await shown(resources.storage, media)


async def read(resources: Resources, db: AsyncSession, tenant_id: UUID, media_id: UUID) -> MediaOut:
    """With a fresh link. Raises `NotFound`."""
    return await shown(resources.storage, await _find(db, tenant_id, media_id))


async def page(resources: Resources, tenant_id: UUID, media_id: UUID, number: int) -> tuple[bytes, int]:
    """A page of a PDF as PNG, and how many there are. Raises `NotFound`, `Unavailable`, and
    `Invalid("unprocessable-file")` for what has no pages or does not open."""
    async with resources.db.tenant_session(tenant_id) as db:
        media = await _find(db, tenant_id, media_id)
    if media.stored_at is None:
        raise NotFound()
    if resources.draw_page is None or media.mime_type != "application/pdf":
        raise Invalid("unprocessable-file", "Only a PDF has pages to show")
    try:
        body = await resources.storage.get(key_of(tenant_id, media_id))
    except FileNotFoundError:
        raise NotFound() from None
    except StorageError as error:
        raise Unavailable(detail="The file could not be read", retry_after=5) from error
    png, pages = await resources.draw_page(body, number)
    if not png:
        raise NotFound()
    return png, pages


async def fetch_again(resources: Resources, db: AsyncSession, tenant_id: UUID, media_id: UUID) -> MediaOut:
    """Ask the provider once more for a file that failed, with all attempts. Raises `NotFound`, `Conflict`."""
    media = await _find(db, tenant_id, media_id)
    if media.state != "failed" or media.reference is None:
        raise Conflict(detail="Only a file that failed, and that its provider may still have, is fetched again")
    media.state, media.error, media.attempts, media.next_at = "waiting", None, 0, func.now()
    await db.flush()
    await close_letters(db, tenant_id, "media", [media_id], "replayed")
    await tell(resources, db, tenant_id, media_id)
    after_commit(db, lambda: resources.bell.ring(FETCH, str(tenant_id), str(media_id)))
    return await shown(resources.storage, media)


async def _find(db: AsyncSession, tenant_id: UUID, media_id: UUID) -> Media:
    media = await repository.find(db, tenant_id, media_id)
    if media is None:
        raise NotFound()
    return media


async def tell(resources: Resources, db: AsyncSession, tenant_id: UUID, media_id: UUID) -> list[UUID]:
    """That the messages with this file look different now; the conversations they are in."""
    named = await repository.messages_with(db, tenant_id, media_id)
    for message_id, conversation_id in named:
        emit(db, resources.publisher, message_event("message.updated", tenant_id, message_id, conversation_id))
    return list(dict.fromkeys(conversation_id for _, conversation_id in named))


async def shown(storage: Storage, media: Media) -> MediaOut:
    link = None
    if media.stored_at is not None:
        key, mime_type = key_of(media.tenant_id, media.id), media.mime_type or "application/octet-stream"
        link = await storage.link(key, name=media.name or media.kind, mime_type=mime_type)
    return MediaOut(
        id=media.id,
        kind=media.kind,
        mime_type=media.mime_type,
        size=media.size,
        name=media.name,
        seconds=media.seconds,
        voice=media.voice,
        state="ready" if link else "failed" if media.state == "failed" else "pending",
        reading=media.state == "reading",
        error=media.error,
        retryable=media.state == "failed" and media.reference is not None,
        url=link.url if link else None,
        expires_at=link.expires_at if link else None,
    )


async def drop_unnamed(resources: Resources) -> None:
    """Delete uploads that never ended, and files that no message names any more: the file first, then its row."""
    now = utcnow()
    async with resources.db.system_session("files that nobody names") as db:
        found = await repository.unnamed(db, now - UNENDED, now - UNNAMED)
    for tenant_id, media_id in found:
        await _drop(resources, tenant_id, media_id)


async def drop(resources: Resources, tenant_id: UUID, payload: Mapping[str, Any]) -> None:
    """The tray's handler for files whose messages were erased: those that no other message names."""
    for media_id in map(UUID, payload["media"]):
        async with resources.db.tenant_session(tenant_id) as db:
            named = await repository.messages_with(db, tenant_id, media_id)
        if not named:
            await _drop(resources, tenant_id, media_id)


async def _drop(resources: Resources, tenant_id: UUID, media_id: UUID) -> None:
    await resources.storage.delete(key_of(tenant_id, media_id))
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.drop(db, tenant_id, media_id)
