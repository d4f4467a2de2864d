"""What a contact's file says, in words: sounds and pictures by a model within the month's budget, documents by their
parser."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from evoai.billing.prices import SOUND_TOKENS
from evoai.billing.purchases import purchase
from evoai.inbox.models.messages import Media
from evoai.inbox.reader.protocol import DESCRIPTION, Heard, Reader, ReadingError
from evoai.inbox.repository import turns
from evoai.inbox.service import files
from evoai.inbox.service.sounds import SHORTEST, seconds_of

if TYPE_CHECKING:
    from evoai.resources import Resources

READ_SECONDS = 60.0
AUDIO_MINUTES = 30
PICTURE = 48_500
"""Tokens that a model reads of the largest picture, with what it is asked; most count a small part of it."""
_SPOKEN_TOKENS = 8
"""That are written of a second at most."""


async def words_of(resources: Resources, media: Media, body: bytes) -> str:
    """Raises `ReadingError`, `NoRoom`; '' where there is nothing to read."""
    if media.kind == "document":
        assert resources.read_file is not None
        return _storable(await resources.read_file(media.name or media.kind, body))
    if resources.reader is None:
        raise ReadingError("nobody reads here", lasting=True)
    async with resources.db.tenant_session(media.tenant_id) as db:
        language = (await turns.business_of(db, media.tenant_id)).language
    heard = await _ask_reader(resources, resources.reader, media, body, language)
    return _storable(heard.text)


async def _ask_reader(resources: Resources, reader: Reader, media: Media, body: bytes, language: str) -> Heard:
    """Within the month's budget. Raises `NoRoom`, `ReadingError`."""
    name, mime_type = media.name or media.kind, media.mime_type or files.BINARY
    about: dict[str, Any] = {"about_id": media.id, "within": READ_SECONDS / 4}
    if media.kind == "audio":
        most = AUDIO_MINUTES * 60
        seconds = await asyncio.to_thread(seconds_of, body, media.seconds, most)
        if not SHORTEST <= seconds <= most:
            raise ReadingError("too long" if seconds > most else "no sound", lasting=True)
        reads, writes = math.ceil(seconds * SOUND_TOKENS), math.ceil(seconds * _SPOKEN_TOKENS)
        async with purchase(
            resources, media.tenant_id, "transcription", reader.hears_with, reads=reads, writes=writes, **about
        ) as bill:
            heard = await reader.transcribe(body, name, mime_type, language, READ_SECONDS)
            bill.says(heard.input_tokens, heard.output_tokens)
        return heard
    async with purchase(
        resources, media.tenant_id, "description", reader.sees_with, reads=PICTURE, writes=DESCRIPTION, **about
    ) as bill:
        heard = await reader.describe(body, mime_type, language, READ_SECONDS)
        bill.says(heard.input_tokens, heard.output_tokens)
    return heard


def _storable(text: str) -> str:
    """Without what no database stores."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
