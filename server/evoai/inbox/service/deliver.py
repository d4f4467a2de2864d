"""What was not sent at once: paced, retried, written by people, later bubbles; and sends whose outcome is in doubt."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.protocol import Outgoing, SendOutcome
from evoai.channels.service import pace
from evoai.inbox.events import message_event
from evoai.inbox.models.messages import Delivery
from evoai.inbox.repository import media as files
from evoai.inbox.repository import people
from evoai.inbox.repository import turns as repository
from evoai.inbox.service import handling, starts
from evoai.inbox.service.consent import NOTICE
from evoai.inbox.service.files import BINARY
from evoai.inbox.service.outgoing import FileRef, More, SendNow, Settler, boot_clock, send
from evoai.inbox.service.typing import show_typing
from evoai.inbox.service.upkeep import hand_over
from evoai.kit import metrics
from evoai.kit.db import utcnow
from evoai.kit.events import emit
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

SENDS_PER_JOB = 20
ASKS = 10
"""How often a provider that cannot say is asked before the send is shown as uncertain. Time alone decides nothing: who
was too busy to ask has not asked."""


async def deliver_ready(resources: Resources, tenant_id: UUID, conversation_id: UUID) -> None:
    """Send what a conversation has ready, one after the other, until something stays in doubt or has to wait."""
    for _ in range(SENDS_PER_JOB):
        async with resources.db.tenant_session(tenant_id) as db:
            following = await repository.next_ready(db, tenant_id, conversation_id)
        if following is None:
            return
        if following.wait > 0:
            _type_meanwhile(resources, tenant_id, conversation_id, following)
            return
        if following.author == "assistant" and following.created_at < utcnow() - resources.settings.stale_after:
            await _give_up_late(resources, tenant_id, conversation_id)
            continue
        channel = str(following.channel_id)
        # One of the channel's places is waited for before the claim, so that a deadline does not run while waiting.
        async with resources.path.place(following.channel_id) if resources.path is not None else nullcontext():
            if following.opening and not await _may_start(resources, tenant_id, following.channel_id, conversation_id):
                return
            if not resources.breaker.paced(channel):
                # Claimed by nobody meanwhile: of what waits for a provider, only the one probe is `attempting`.
                async with resources.db.tenant_session(tenant_id) as db:
                    await repository.put_off(db, tenant_id, conversation_id, resources.breaker.pause(channel))
                return
            # A file takes its time on the way.
            seconds = resources.timers.send_file if following.media_id is not None else resources.timers.send
            claimed = await _claim(resources, tenant_id, conversation_id, seconds)
            if claimed is None:
                return
            if claimed == "withheld":
                continue
            outcome = await send(resources, claimed)
        await Settler(resources)([outcome])
        if outcome.how.result not in ("accepted", "final"):
            return


def _type_meanwhile(resources: Resources, tenant_id: UUID, conversation_id: UUID, following: Any) -> None:
    """A further bubble of an answer comes when it is typed, which the contact sees. What waits for anything else, the
    sweep finds; this too, should the process end."""
    if following.author != "assistant" or following.wait > resources.timers.typing_longest:
        return
    loop = asyncio.get_running_loop()
    loop.call_later(float(following.wait), resources.bell.ring, "inbox.deliver", str(tenant_id), str(conversation_id))
    show_typing(resources, tenant_id, following.channel_id, following.address)


async def _may_start(resources: Resources, tenant_id: UUID, channel_id: UUID, conversation_id: UUID) -> bool:
    """Whether the number may write first to somebody now; if not, it is put off."""
    async with resources.db.tenant_session(tenant_id) as db:
        conversation = await people.conversation(db, tenant_id, conversation_id)
        if conversation is None or conversation.last_in_seq > 0:
            # Whoever has written meanwhile is being answered.
            return True
        begun = await starts.started(db, tenant_id, channel_id, but=conversation_id)
        wait = await pace.take(db, resources.timers, tenant_id, channel_id, begun)
        if wait is not None:
            await repository.put_off(db, tenant_id, conversation_id, wait)
        return wait is None


async def _claim(
    resources: Resources, tenant_id: UUID, conversation_id: UUID, seconds: float
) -> SendNow | Literal["withheld"] | None:
    give_up_at = boot_clock() + seconds
    async with resources.db.tenant_session(tenant_id) as db:
        row = await repository.claim_delivery(db, tenant_id, conversation_id, seconds, resources.timers.settle)
        if row is None:
            return None
        message = await repository.outgoing_of(db, tenant_id, row.message_id)
        assert message is not None
        if _unwanted(message):
            await _withhold(resources, db, tenant_id, conversation_id, row)
            return "withheld"
        more = await _more(db, tenant_id, message)
    return SendNow(
        tenant_id,
        row.id,
        row.attempt,
        row.message_id,
        conversation_id,
        row.channel_id,
        message.address,
        message.text or "",
        message.quoted_id,
        give_up_at,
        more,
        message.last_in_at,
    )


async def _more(db: AsyncSession, tenant_id: UUID, message: Any) -> More | None:
    if message.type == "text":
        return None
    file = None
    if message.media_id is not None:
        media = (await files.by_id(db, tenant_id, [message.media_id]))[message.media_id]
        file = FileRef(
            media.id,
            media.kind,
            media.mime_type or BINARY,
            media.name or media.kind,
            media.voice,
        )
    return More(message.type, message.extra, file)


def _unwanted(message: Any) -> bool:
    """Whoever opted out is written to by people alone; the confirmation of it is still theirs to have."""
    return message.opted_out and message.author != "agent" and NOTICE not in (message.extra or {})


async def _withhold(resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID, row: Any) -> None:
    await repository.set_doubtful(db, tenant_id, row.id, row.attempt, state="rejected", evidence="opted-out")
    await people.set_message_status(db, tenant_id, row.message_id, "failed", {"code": "opted-out"})
    emit(db, resources.publisher, message_event("message.status", tenant_id, row.message_id, conversation_id))


async def _give_up_late(resources: Resources, tenant_id: UUID, conversation_id: UUID) -> None:
    """An answer this late helps nobody: what the assistant has ready is withdrawn, and a person answers."""
    async with resources.db.tenant_session(tenant_id) as db:
        conversation = await handling.lock(db, tenant_id, conversation_id)
        await handling.silence(resources, db, conversation, "handed-over", because="waited-too-long")
        if conversation.state == "bot":
            await hand_over(resources, db, conversation, None, "waited-too-long")


async def settle_doubt(resources: Resources, tenant_id: UUID, delivery_id: UUID) -> None:
    """Look for evidence of a doubtful send. Found: sent. Denied twice, apart: ready again. Cannot be asked: uncertain,
    shown to people, never sent again by itself."""
    async with resources.db.tenant_session(tenant_id) as db:
        row = await repository.delivery(db, tenant_id, delivery_id)
        if row is None or row.state != "attempting" or row.due_at > utcnow() + timedelta(seconds=5):
            return
        message = await repository.outgoing_of(db, tenant_id, row.message_id)
        assert message is not None
    wanted = Outgoing(delivery_id=delivery_id, address=message.address, type=message.type, text=message.text or "")
    found = await _look_up(resources, row, wanted)
    async with resources.db.tenant_session(tenant_id) as db:
        await _decide(resources, db, row, found)


async def _look_up(
    resources: Resources, row: Delivery, wanted: Outgoing
) -> SendOutcome | Literal["unknown", "not-asked"] | None:
    """What the provider says about a doubtful send. A provider that is down is left alone, but for the breaker's probe:
    a look-up alone does not open it, since some servers answer none."""
    breaker, channel = resources.breaker, str(row.channel_id)
    try:
        opened = await resources.lines.by_id(row.tenant_id, row.channel_id)
        if opened is None or not opened.adapter.capabilities.lookup:
            return "unknown"
        if not breaker.allows(channel):
            return "not-asked"
        found = await opened.adapter.find_sent(resources.net, opened.line, wanted, row.created_at)
    except Exception as error:
        # Whatever breaks here must not keep the send in doubt for ever.
        log.error("lookup.broken", channel_id=channel, exc_info=error)
        return "unknown"
    breaker.probed(channel, found != "unknown")
    return found


async def _decide(resources: Resources, db: AsyncSession, row: Delivery, found: SendOutcome | str | None) -> None:
    tenant_id, again = row.tenant_id, timedelta(seconds=resources.timers.ask_again)
    told = False
    if isinstance(found, SendOutcome):
        provider_id = found.provider_message_id
        if provider_id is not None and await people.has_provider_id(db, tenant_id, row.channel_id, provider_id):
            # An earlier message of the same words: each piece of evidence counts once.
            found = None
    if isinstance(found, SendOutcome):
        told = await repository.set_doubtful(
            db, tenant_id, row.id, row.attempt, state="sent", evidence="lookup", provider_ref=found.provider_message_id
        )
        if told:
            await people.set_message_sent(db, tenant_id, row.message_id, found.provider_message_id)
    elif found is None and row.denials + 1 >= 2:
        await repository.set_doubtful(
            db, tenant_id, row.id, row.attempt, state="ready", denials=0, asks=0, due_at=func.now()
        )
    elif found is None:
        await repository.set_doubtful(
            db, tenant_id, row.id, row.attempt, denials=row.denials + 1, due_at=func.now() + again
        )
    elif found == "not-asked" and row.created_at > utcnow() - resources.settings.stale_after:
        await repository.set_doubtful(db, tenant_id, row.id, row.attempt, due_at=func.now() + again)
    elif found == "unknown" and row.asks + 1 < ASKS:
        await repository.set_doubtful(db, tenant_id, row.id, row.attempt, asks=row.asks + 1, due_at=func.now() + again)
    else:
        told = await repository.set_doubtful(db, tenant_id, row.id, row.attempt, state="uncertain")
        if told:
            metrics.send_uncertain.inc()
            await people.set_message_status(db, tenant_id, row.message_id, "uncertain", {"code": "no-evidence"})
    if told:
        emit(db, resources.publisher, message_event("message.status", tenant_id, row.message_id, row.conversation_id))
    resources.bell.ring("inbox.deliver", str(tenant_id), str(row.conversation_id))
