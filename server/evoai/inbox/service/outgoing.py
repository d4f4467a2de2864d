"""One send on its way: what is sent, by when, and how its outcome is written. Nothing here decides what to say."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import msgspec

from evoai.channels.adapters.incoming import Connection, MediaKind, MessageType, Restriction
from evoai.channels.adapters.protocol import File, Outgoing, SendOutcome
from evoai.channels.service.pace import restrict
from evoai.channels.service.states import store_state
from evoai.inbox.events import message_event
from evoai.inbox.repository import answers as sql
from evoai.inbox.repository import updates
from evoai.inbox.service import window
from evoai.kit import metrics
from evoai.kit.db import is_outage
from evoai.kit.log import get_logger
from evoai.kit.outbox import backoff
from evoai.kit.sql import Writes
from evoai.kit.storage import StorageError, key_of

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class More:
    """What a message holds that is more than text."""

    type: MessageType
    extra: dict[str, Any] | None
    file: FileRef | None


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file in the storage."""

    media_id: UUID
    kind: MediaKind
    mime_type: str
    name: str
    voice: bool


@dataclass(frozen=True, slots=True)
class SendNow:
    """A delivery born, or claimed, `attempting`: its commit is done, so the socket may open."""

    tenant_id: UUID
    delivery_id: UUID
    attempt: int
    message_id: UUID
    conversation_id: UUID
    channel_id: UUID
    address: str
    text: str
    quoted_id: str | None
    give_up_at: float
    """By the boot-time clock, which goes on while the process is frozen."""
    more: More | None = None
    last_in_at: datetime | None = None
    """When the contact last wrote."""


@dataclass(frozen=True, slots=True)
class Outcome:
    sent: SendNow
    how: SendOutcome


def boot_clock() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


async def send(resources: Resources, delivery: SendNow) -> Outcome:
    """Send once. Never raises, and never sends after the deadline: a frozen worker that wakes late must not."""
    left = delivery.give_up_at - boot_clock()
    try:
        opened = await resources.lines.by_id(delivery.tenant_id, delivery.channel_id)
    except Exception as error:
        log.warning("send.no_line", error=type(error).__name__)
        return Outcome(delivery, SendOutcome(result="not_delivered", code="channel-unreadable"))
    if opened is None:
        return Outcome(delivery, SendOutcome(result="final", code="channel-gone"))
    is_template = delivery.more is not None and delivery.more.type == "template"
    if not is_template and window.is_closed(opened.adapter.capabilities, delivery.last_in_at):
        return Outcome(delivery, SendOutcome(result="final", code=window.CLOSED))
    message = Outgoing(
        delivery_id=delivery.delivery_id, address=delivery.address, text=delivery.text, quoted_id=delivery.quoted_id
    )
    if delivery.more is not None:
        try:
            message = await _with_more(resources, delivery, message, delivery.more)
        except FileNotFoundError:
            return Outcome(delivery, SendOutcome(result="final", code="file-gone"))
        except StorageError as error:
            return Outcome(delivery, SendOutcome(result="not_delivered", code="no-file", detail=str(error)))
    left = delivery.give_up_at - boot_clock()
    if left <= 0:
        return Outcome(delivery, SendOutcome(result="not_delivered", code="late"))
    try:
        how = await opened.adapter.send(resources.net, opened.line, message, left)
    except Exception as error:
        # An adapter that breaks its promise may have sent; only evidence can tell.
        log.error("send.broken", channel_id=str(delivery.channel_id), exc_info=error)
        how = SendOutcome(result="unknown", code="adapter-failed")
    ok = how.result in ("accepted", "final")
    resources.breaker.record(str(delivery.channel_id), ok, over=boot_clock() - delivery.give_up_at)
    if how.trouble is not None:
        await _note(resources, delivery, how.trouble)
    return Outcome(delivery, how)


async def _with_more(resources: Resources, delivery: SendNow, message: Outgoing, more: More) -> Outgoing:
    """Raises `FileNotFoundError` and `StorageError`."""
    file = None
    if more.file is not None:
        ref = more.file
        body = await resources.storage.get(key_of(delivery.tenant_id, ref.media_id))
        file = File(kind=ref.kind, mime_type=ref.mime_type, name=ref.name, body=body, voice=ref.voice)
    return msgspec.structs.replace(message, type=more.type, extra=more.extra, file=file)


async def _note(resources: Resources, delivery: SendNow, trouble: Connection) -> None:
    """Keep what a refusal says of the number; that it could not be kept changes nothing of the send."""
    try:
        await store_state(resources, delivery.tenant_id, delivery.channel_id, trouble)
    except Exception as error:
        log.warning("send.trouble_lost", error=type(error).__name__)


def _early(row: Any, change: str) -> updates.Found:
    """An update that came before its message had the provider's id."""
    what = json.loads(change)
    return updates.Found(row["tenant_id"], row["message_id"], row["conversation_id"], row["status"], what)


class Settler:
    """The step `settle` of the path: outcomes of sends, one transaction a batch. One of the four group commits."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def __call__(self, outcomes: Sequence[Outcome]) -> Sequence[None]:
        for outcome in outcomes:
            metrics.sent(outcome.how.result)
            if outcome.how.restriction is not None:
                await self._restrict(outcome.sent, outcome.how.restriction)
        if not self._resources.settings.database_distributed:
            try:
                await self._write(outcomes, None)
                return [None] * len(outcomes)
            except Exception as error:
                if is_outage(error):
                    raise
                log.warning("settle.batch_failed", error=type(error).__name__)
        for tenant_id in dict.fromkeys(outcome.sent.tenant_id for outcome in outcomes):
            mine = [outcome for outcome in outcomes if outcome.sent.tenant_id == tenant_id]
            try:
                await self._write(mine, tenant_id)
            except Exception as error:
                if is_outage(error):
                    raise
                for outcome in mine:
                    await self._alone(outcome, tenant_id)
        return [None] * len(outcomes)

    async def _restrict(self, sent: SendNow, restriction: Restriction) -> None:
        try:
            await restrict(self._resources, sent.tenant_id, sent.channel_id, restriction)
        except Exception as error:
            # The next send hears of it too; what became of this one must not be lost over it.
            log.warning("settle.restriction_unknown", channel_id=str(sent.channel_id), error=type(error).__name__)

    async def _alone(self, outcome: Outcome, tenant_id: UUID) -> None:
        try:
            await self._write([outcome], tenant_id)
        except asyncpg.UniqueViolationError:
            # Another message holds the provider's id already (an echo taken for a person's); the send still counts.
            await self._write([outcome], tenant_id, with_id=False)
        except Exception as error:
            if is_outage(error):
                raise
            # Still `attempting`: evidence will settle it.
            log.error("settle.failed", delivery_id=str(outcome.sent.delivery_id), exc_info=error)

    async def _write(self, outcomes: Sequence[Outcome], tenant_id: UUID | None, *, with_id: bool = True) -> None:
        resources, grouped = self._resources, tenant_id is None
        rows = [self._row(outcome, with_id) for outcome in outcomes]
        early: list[updates.Told] = []
        async with resources.db.group_session("system" if grouped else "tenant", tenant_id) as conn:
            settled = await sql.settle(conn, rows, tenant_id)
            found = [_early(row, what) for row in settled for what in row["parked"]]
            if found:
                writes = Writes()
                at = await conn.fetchval("select now()")
                early = await updates.apply(conn, writes, found, at, grouped=grouped)
                await writes.run(conn, grouped=grouped)
        names = {"sent": "message.sent", "rejected": "message.status", "uncertain": "message.status"}
        resources.publisher.publish(
            [
                message_event(names[row["state"]], row["tenant_id"], row["message_id"], row["conversation_id"])
                for row in settled
                if row["state"] in names
            ]
            + [message_event(*fact) for fact in early]
        )
        for row in settled:
            if row["more"] and row["state"] != "ready":
                resources.bell.ring("inbox.deliver", str(row["tenant_id"]), str(row["conversation_id"]))

    def _row(self, outcome: Outcome, with_id: bool) -> tuple[Any, ...]:
        sent, how = outcome.sent, outcome.how
        timers = self._resources.timers
        state: str | None
        status: str | None = None
        error: str | None = None
        wait, evidence = 0.0, None
        if how.result == "accepted":
            state, status, evidence = "sent", "sent", "answer"
        elif how.result == "final":
            state, status = "rejected", "failed"
            error = json.dumps({"code": how.code or "rejected", "detail": how.detail})
        elif how.result == "not_delivered":
            state = "ready"
            wait = how.retry_after or backoff(sent.attempt, timers.backoff_first, timers.backoff_cap)
        else:
            state, wait = None, max(0.0, sent.give_up_at - boot_clock()) + timers.settle
        provider_id = how.provider_message_id if with_id else None
        return (
            sent.tenant_id,
            sent.delivery_id,
            sent.attempt,
            sent.message_id,
            state,
            provider_id,
            wait,
            evidence,
            status,
            error,
        )
