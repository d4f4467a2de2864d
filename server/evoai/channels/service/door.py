"""The first step of the message path: an authentic webhook is stored before it is answered.

This is one of the four places that write several tenants' rows in one transaction. The tenant of a row comes from the
channel, never from the body, role `door` may only insert, and a composite key refuses a mismatch.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from evoai.channels.adapters.incoming import Envelope
from evoai.channels.adapters.registry import adapter_for, operator_of, providers
from evoai.channels.adapters.roles import Handshakes, SharesAddress
from evoai.channels.repository import events
from evoai.channels.repository.events import EventRow
from evoai.channels.service.lines import OpenLine
from evoai.kit import metrics
from evoai.kit.batcher import Batcher
from evoai.kit.crypto import place
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Forbidden, Unauthenticated, Unavailable
from evoai.kit.log import get_logger
from evoai.kit.path import SHARDS, drain

if TYPE_CHECKING:
    from evoai.channels.service.lines import Lines
    from evoai.kit.db import Database
    from evoai.kit.jobs import Bell
    from evoai.settings import Settings

log = get_logger(__name__)

MAX_BODY = 3 * 1024 * 1024
KEPT_OF_TOO_LARGE = 64 * 1024
_DRAINED_OF_TOO_LARGE = 136 * 1024 * 1024
_WAITING = 2000
"""Inserts waiting before the channel with most of them is sent away."""
_DATABASE_SECONDS = 2.0
"""How long the database may take over a look-up or a commit before the provider is asked to come again."""
_BODY_SECONDS = 15.0
_DUE = "received"
_DATABASE_TROUBLE = (
    TimeoutError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg's state machine raises on a connection that died between two messages.
    asyncpg.InternalClientError,
    OSError,
)

Taken = tuple[EventRow, bool]
"""A row to store, and whether somebody waits for what follows from it."""


class Door:
    """Takes webhooks in. One a process."""

    def __init__(self, db: Database, bell: Bell, lines: Lines, settings: Settings) -> None:
        self._db, self._bell, self._lines, self._settings = db, bell, lines, settings
        self._batcher: Batcher[Taken, None] = Batcher(self._store)

    async def take(self, channel_key: str, headers: Mapping[str, str], body: AsyncIterator[bytes]) -> None:
        """Store what `body` holds; returns after the commit. Raises `Unauthenticated`, the same for every cause, and
        `Unavailable`, which asks the provider to come again."""
        began = monotonic()
        try:
            opened = await self._lines.by_hook(channel_key, _DATABASE_SECONDS)
        except _DATABASE_TROUBLE:
            raise Unavailable(retry_after=1) from None
        if opened is None or not (opened.adapter.signs_bodies or opened.adapter.verify(opened.line, headers, b"")):
            metrics.not_authentic(str(opened.line.channel_id) if opened else "unknown")
            raise Unauthenticated()
        rows: list[Taken] | None = None
        try:
            # One timer for both waits, for it is made for every webhook.
            async with asyncio.timeout(_BODY_SECONDS) as limit:
                rows = self._open(opened, headers, *await _read(body))
                if not rows:
                    return
                # Around the wait, not inside the commit: a frozen server would hold up the commit's own clean-up, too.
                limit.reschedule(asyncio.get_running_loop().time() + _DATABASE_SECONDS)
                await self._add(rows)
        except _DATABASE_TROUBLE as error:
            if rows is None:
                raise Unavailable(detail="The body came too slowly", retry_after=1) from None
            log.warning("hook.unavailable", error=type(error).__name__)
            raise Unavailable(retry_after=1) from None
        metrics.door_stored(opened.adapter.provider, monotonic() - began, [row[8] for row, _ in rows])

    async def take_shared(self, provider: str, headers: Mapping[str, str], body: AsyncIterator[bytes]) -> None:
        """The same for a body at the address that all channels of a provider share: each part is stored under the
        tenants whose channel it names. What names none of ours is acknowledged, or it would come again for days."""
        began = monotonic()
        adapter = adapter_for(provider) if provider in providers() else None
        if not isinstance(adapter, SharesAddress):
            raise Unauthenticated()
        try:
            raw, whole = await _read(body)
        except TimeoutError:
            raise Unavailable(detail="The body came too slowly", retry_after=1) from None
        # A body over the limit cannot be checked; the provider's own limit is the same.
        if not whole or not adapter.verify_shared(adapter.operator(self._settings).secrets, headers, raw):
            metrics.not_authentic("shared")
            raise Unauthenticated()
        rows: list[Taken] = []
        try:
            for part in adapter.split_shared(raw):
                named = await self._lines.by_group(provider, part.group, _DATABASE_SECONDS)
                mine = [one for one in named if part.number is None or adapter.is_for(one.line, part.number)]
                if not mine:
                    metrics.not_authentic("unknown")
                    log.info("hook.unknown_number", provider=provider)
                for opened in mine:
                    rows.extend(self._rows(opened, opened.adapter.open(opened.line, part.body, utcnow())))
            if rows:
                async with asyncio.timeout(_DATABASE_SECONDS):
                    await self._add(rows)
        except _DATABASE_TROUBLE as error:
            log.warning("hook.unavailable", error=type(error).__name__)
            raise Unavailable(retry_after=1) from None
        metrics.door_stored(provider, monotonic() - began, [row[8] for row, _ in rows])

    async def handshake(self, channel_key: str, query: Mapping[str, str]) -> str:
        """Our answer to a provider that asks an address, one channel's or a provider's shared one, who it is. Raises
        `Forbidden`, the same for every cause, and `Unavailable`."""
        answer: str | None = None
        if channel_key in providers():
            adapter = adapter_for(channel_key)
            if isinstance(adapter, Handshakes):
                answer = adapter.handshake(operator_of(adapter, self._settings).secrets, query)
        else:
            try:
                opened = await self._lines.by_hook(channel_key, _DATABASE_SECONDS)
            except _DATABASE_TROUBLE:
                raise Unavailable(retry_after=1) from None
            if opened is not None and isinstance(opened.adapter, Handshakes):
                answer = opened.adapter.handshake(opened.line.secrets, query)
        if answer is None:
            raise Forbidden()
        return answer

    async def _add(self, rows: Sequence[Taken]) -> None:
        # One row is the rule; a gather around it would cost as much as its commit's share.
        await (self._batcher.add(rows[0]) if len(rows) == 1 else asyncio.gather(*map(self._batcher.add, rows)))

    def _open(self, opened: OpenLine, headers: Mapping[str, str], raw: bytes, whole: bool) -> list[Taken]:
        # Of a body over the limit the beginning is shown, which no signature fits.
        if opened.adapter.signs_bodies and not opened.adapter.verify(opened.line, headers, raw):
            metrics.not_authentic(str(opened.line.channel_id))
            raise Unauthenticated()
        received_at = utcnow()
        if whole:
            envelopes = opened.adapter.open(opened.line, raw, received_at)
        else:
            log.warning("hook.too_large", channel_id=str(opened.line.channel_id))
            envelopes = [too_large(opened, raw, received_at)]
        return self._rows(opened, envelopes)

    def _rows(self, opened: OpenLine, envelopes: Sequence[Envelope]) -> list[Taken]:
        if len(self._batcher) > _WAITING and self._crowds(opened):
            raise Unavailable(retry_after=1)
        return [(event_row(opened, envelope), envelope.prompt) for envelope in envelopes]

    def _crowds(self, opened: OpenLine) -> bool:
        waiting = Counter(row[2] for row, _ in self._batcher.rows())
        return waiting[opened.line.channel_id] >= max(waiting.values(), default=0)

    async def _store(self, taken: Sequence[Taken]) -> Sequence[None]:
        rows = [row for row, _ in taken]
        try:
            if self._settings.database_distributed:
                await self._store_by_tenant(rows)
            else:
                async with self._db.group_session("door") as conn:
                    await events.insert_events(conn, rows, grouped=True)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.LockNotAvailableError):
            # One row's data must not hold up the others: tenant by tenant, and row by row where a tenant fails.
            await self._store_by_tenant(rows)
        self._ring(taken)
        return [None] * len(rows)

    def _ring(self, taken: Sequence[Taken]) -> None:
        """At once for what somebody waits for, soon for the rest, not at all for what only people look at."""
        due = [(row[4], prompt) for row, prompt in taken if row[7] == _DUE]
        now = {shard for shard, prompt in due if prompt}
        soon = {shard for shard, prompt in due if not prompt} - now
        if now:
            self._bell.ring(drain.name, *now)
        if soon:
            self._bell.ring_soon(drain.name, *soon)

    async def _store_by_tenant(self, rows: Sequence[EventRow]) -> None:
        for tenant_id in dict.fromkeys(row[0] for row in rows):
            mine = [row for row in rows if row[0] == tenant_id]
            try:
                async with self._db.group_session("tenant", tenant_id) as conn:
                    await events.insert_events(conn, mine, grouped=False)
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
                for row in mine:
                    await self._store_alone(row)

    async def _store_alone(self, row: EventRow) -> None:
        try:
            async with self._db.group_session("tenant", row[0]) as conn:
                await events.insert_events(conn, [row], grouped=False)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            # The body is sealed bytes and every other column is ours, so no webhook can cause this; if one does, the
            # sender gets 503 and comes again.
            log.error("hook.refused_row", channel_id=str(row[2]), error=type(error).__name__)
            raise


def shard_of(channel_id_bytes: bytes, chat: str) -> int:
    return zlib.crc32(channel_id_bytes + chat.encode()) % SHARDS


def event_row(opened: OpenLine, envelope: Envelope) -> EventRow:
    """What is stored of an envelope, sealed and due at once."""
    line, event_id = opened.line, new_id()
    at = place(line.tenant_id, "channel_events", "body_enc", event_id)
    return (
        line.tenant_id,
        event_id,
        line.channel_id,
        envelope.kind,
        shard_of(line.channel_id.bytes, envelope.chat),
        envelope.dedupe_key[:200],
        opened.box.seal(envelope.body, at),
        _DUE if envelope.quarantine is None else "quarantined",
        envelope.quarantine,
    )


def too_large(opened: OpenLine, raw: bytes, received_at: datetime) -> Envelope:
    """The beginning of a body over the limit, kept for people; a 413 would only be retried in vain."""
    kept = raw[:KEPT_OF_TOO_LARGE]
    # To the adapter it is a body that ends too soon, and comes back without the provider's secrets.
    read = opened.adapter.open(opened.line, kept, received_at)
    return Envelope(
        kind="unreadable",
        dedupe_key=f"too-large {hashlib.sha256(kept).hexdigest()}",
        chat="unreadable",
        body=read[0].body if read else b"null",
        quarantine="too-large",
    )


async def _read(body: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The body, and whether it is whole; of one over the limit only the beginning is kept."""
    chunks: list[bytes] = []
    size = 0
    async with asyncio.timeout(_BODY_SECONDS):
        async for chunk in body:
            size += len(chunk)
            if size <= MAX_BODY:
                chunks.append(chunk)
            elif size > _DRAINED_OF_TOO_LARGE:
                break
    return b"".join(chunks), size <= MAX_BODY
