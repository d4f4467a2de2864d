"""A contact's file on its way here: fetched from the provider, looked at, scanned, stored, put into words; and then the
turn that waited for it goes on. Each part is committed by itself, so whoever takes it up again goes on from there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func

from evoai.billing.purchases import BUDGET_REACHED, NoRoom
from evoai.channels.adapters.incoming import MediaKind
from evoai.channels.adapters.protocol import Fetched, MediaGone
from evoai.inbox.models.messages import Media
from evoai.inbox.reader.protocol import ReadingError
from evoai.inbox.repository import media as repository
from evoai.inbox.service import files
from evoai.inbox.service.media import FETCH, tell
from evoai.inbox.service.pictures import BadPicture, cleaned
from evoai.inbox.service.transcripts import words_of
from evoai.kit.db import utcnow
from evoai.kit.log import get_logger
from evoai.kit.multipart import shown_name
from evoai.kit.outbox import backoff, bury
from evoai.kit.storage import StorageError, key_of

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

ATTEMPTS = 10
"""About three quarters of an hour: an expired file comes once the phone is online again."""
READ_ATTEMPTS = 3
CLAIM_SECONDS = 180.0
READ_PER_HOUR = 20
"""Files of one conversation that are put into words within an hour: each costs what a model costs."""
WORDS = 20_000
"""Characters that are kept of what a file says."""
AT_ONCE = 4
"""Files held in memory at one time, as they come, in one process."""

_SEEN: frozenset[str] = frozenset({"audio", "image"})


def readable_kinds(resources: Resources) -> frozenset[str]:
    """What is put into words before anybody answers."""
    documents: frozenset[str] = frozenset({"document"} if resources.read_file is not None else ())
    return documents | _SEEN if resources.reader is not None else documents


async def fetch(resources: Resources, tenant_id: UUID, media_id: UUID) -> None:
    """Bring one file that is due as far as it goes. While `AT_ONCE` others are held in memory it is rung for again, so
    that slow providers leave the queue's places to turns."""
    files_open = resources.files_open
    if len(files_open.held) >= AT_ONCE:
        files_open.turned_away[(tenant_id, media_id)] = None
        return
    files_open.held.add(media_id)
    try:
        await _fetch(resources, tenant_id, media_id)
    finally:
        files_open.held.discard(media_id)
        if files_open.turned_away:
            following = next(iter(files_open.turned_away))
            del files_open.turned_away[following]
            resources.bell.ring(FETCH, *map(str, following))


async def _fetch(resources: Resources, tenant_id: UUID, media_id: UUID) -> None:
    async with resources.db.tenant_session(tenant_id) as db:
        media = await repository.claim(db, tenant_id, media_id, CLAIM_SECONDS)
    if media is None:
        return
    body = None
    if media.state == "waiting":
        body = await _bring(resources, media)
        if body is None:
            return
    await _put_into_words(resources, media, body)


async def _bring(resources: Resources, media: Media) -> bytes | None:
    """The file's bytes, once they are stored; None if they are not, which is then written down."""
    try:
        fetched = await _ask(resources, media)
        found = _look_at(media, fetched)
        verdict = await resources.scanner.scan(fetched.body, found.name)
        if verdict == "infected":
            raise MediaGone("infected")
        if verdict == "error":
            raise StorageError("not scanned")
        body = await cleaned(resources, media.tenant_id, found.mime_type, fetched.body)
        key = key_of(media.tenant_id, media.id)
        await resources.storage.put(key, BytesIO(body), name=found.name, mime_type=found.mime_type)
    except MediaGone as gone:
        await _fail(resources, media, gone.reason, lasting=True)
        return None
    except BadPicture as bad:
        await _fail(resources, media, bad.reason, lasting=bad.lasting)
        return None
    except Exception as error:
        log.info("media.not_fetched", media_id=str(media.id), attempts=media.attempts, error=str(error)[:200])
        await _put_off(resources, media)
        return None
    media.kind, media.mime_type, media.name = found.kind, found.mime_type, found.name
    is_read = media.kind in readable_kinds(resources)
    async with resources.db.tenant_session(media.tenant_id) as db:
        await repository.change(
            db,
            media.tenant_id,
            media.id,
            state="reading" if is_read else "ready",
            mime_type=found.mime_type,
            name=found.name,
            size=len(body),
            reference=None,
            error=None,
            attempts=0 if is_read else media.attempts,
            stored_at=func.now(),
        )
        conversations = await tell(resources, db, media.tenant_id, media.id)
    media.attempts = 1
    if not is_read:
        await _let_answer(resources, media.tenant_id, conversations)
        return None
    return body


async def _ask(resources: Resources, media: Media) -> Fetched:
    opened = None
    if media.channel_id is not None:
        opened = await resources.lines.by_id(media.tenant_id, media.channel_id)
    if opened is None or media.reference is None:
        raise MediaGone("channel-gone")
    kind: MediaKind = media.kind
    most = files.LIMITS[kind]
    if media.size is not None and media.size > most:
        raise MediaGone("too-large")
    fetched = await opened.adapter.fetch_media(resources.net, opened.line, media.reference, most)
    if len(fetched.body) > most:
        raise MediaGone("too-large")
    return fetched


def _look_at(media: Media, fetched: Fetched) -> files.Found:
    kind: MediaKind = media.kind
    if not fetched.body:
        raise MediaGone("empty-file")
    name = media.name or fetched.name if kind == "document" else None
    declared = files.plain(media.mime_type) or files.plain(fetched.mime_type)
    found = files.received(kind, declared, shown_name(name) if name else None, fetched.body[:4096])
    if found is None:
        raise MediaGone("wrong-type")
    return found


async def _put_off(resources: Resources, media: Media) -> None:
    if media.attempts >= ATTEMPTS:
        await _fail(resources, media, "not-fetched", lasting=False)
        return
    wait = backoff(media.attempts, resources.timers.media_first, resources.timers.media_cap)
    async with resources.db.tenant_session(media.tenant_id) as db:
        await repository.change(db, media.tenant_id, media.id, next_at=func.now() + timedelta(seconds=wait))


async def _fail(resources: Resources, media: Media, reason: str, *, lasting: bool) -> None:
    """It will not come, and whoever waits for it goes on without it. What a person may ask for again keeps its
    reference."""
    async with resources.db.tenant_session(media.tenant_id) as db:
        values = {"reference": None} if lasting else {}
        await repository.change(db, media.tenant_id, media.id, state="failed", error=reason, **values)
        conversations = await tell(resources, db, media.tenant_id, media.id)
        if conversations:
            bury(db, media.tenant_id, "media", media.id, reason)
    await _let_answer(resources, media.tenant_id, conversations)


async def _put_into_words(resources: Resources, media: Media, body: bytes | None) -> None:
    words, error = "", None
    try:
        if await _read_lately(resources, media) >= READ_PER_HOUR:
            error = "too-many"
        else:
            body = body or await resources.storage.get(key_of(media.tenant_id, media.id))
            words = await words_of(resources, media, body)
    except FileNotFoundError:
        error = "file-gone"
    except NoRoom:
        error = BUDGET_REACHED
    except ReadingError as failed:
        log.info("media.not_read", media_id=str(media.id), attempts=media.attempts, error=failed.detail)
        if not failed.lasting and media.attempts < READ_ATTEMPTS:
            await _put_off(resources, media)
            return
        error = "not-read"
    except StorageError:
        await _put_off(resources, media)
        return
    async with resources.db.tenant_session(media.tenant_id) as db:
        await repository.change(db, media.tenant_id, media.id, state="ready", error=error)
        if words:
            await repository.set_transcript(db, media.tenant_id, media.id, words[:WORDS])
        conversations = await tell(resources, db, media.tenant_id, media.id)
    await _let_answer(resources, media.tenant_id, conversations)


async def _read_lately(resources: Resources, media: Media) -> int:
    async with resources.db.tenant_session(media.tenant_id) as db:
        return await repository.read_since(db, media.tenant_id, media.id, utcnow() - timedelta(hours=1))


async def _let_answer(resources: Resources, tenant_id: UUID, conversations: list[UUID]) -> None:
    for conversation_id in conversations:
        async with resources.db.tenant_session(tenant_id) as db:
            freed = await repository.stop_waiting(db, tenant_id, conversation_id)
        if freed is not None:
            turn_id, due_at = freed
            left = max(0.0, (due_at - utcnow()).total_seconds())
            # The sweep finds it too, if this process dies meanwhile.
            ring = resources.bell.ring
            asyncio.get_running_loop().call_later(left, ring, "inbox.reply", str(tenant_id), str(turn_id))
