"""What was not sent at once: paced, retried, written by people, later bubbles; and sends whose outcome is in doubt."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.protocol import Outgoing, SendOutcome
from evoai.inbox.events import message_event
from evoai.inbox.models import Delivery
from evoai.inbox.repository import people
from evoai.inbox.repository import turns as repository
from evoai.inbox.service.outgoing import SendNow, Settler, boot_clock, send
from evoai.kit.db import utcnow
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources

SENDS_PER_JOB = 20
ASKS = 10
"""How often a provider that cannot be asked is tried before the send is shown as uncertain."""


async def deliver_ready(resources: Resources, tenant_id: UUID, conversation_id: UUID) -> None:
    """Send what a conversation has ready, one after the other, until something stays in doubt or has to wait."""
    for _ in range(SENDS_PER_JOB):
        channel_id = await _next_channel(resources, tenant_id, conversation_id)
        if channel_id is None:
            return
        async with resources.path.place(channel_id) if resources.path is not None else nullcontext():
            claimed = await _claim(resources, tenant_id, conversation_id)
            if claimed is None:
                return
            outcome = await send(resources, claimed)
        await Settler(resources)([outcome])
        if outcome.how.result not in ("accepted", "final"):
            return


async def _next_channel(resources: Resources, tenant_id: UUID, conversation_id: UUID) -> UUID | None:
    """Where the next send of the conversation would go; None if nothing is ready. One of the channel's places is
    waited for before the claim, so that a deadline does not run while waiting."""
    async with resources.db.tenant_session(tenant_id) as db:
        return await repository.ready_channel(db, tenant_id, conversation_id)


async def _claim(resources: Resources, tenant_id: UUID, conversation_id: UUID) -> SendNow | None:
    timers = resources.timers
    give_up_at = boot_clock() + timers.send
    async with resources.db.tenant_session(tenant_id) as db:
        row = await repository.claim_delivery(db, tenant_id, conversation_id, timers.send, timers.settle)
        if row is None:
            return None
        message = await repository.outgoing_of(db, tenant_id, row.message_id)
        assert message is not None
        if not resources.breaker.allows(str(row.channel_id)):
            # The provider is down: come back when the breaker may let a probe through.
            await repository.set_doubtful(
                db,
                tenant_id,
                row.id,
                row.attempt,
                state="ready",
                attempt=row.attempt - 1,
                due_at=func.now() + timedelta(seconds=15),
            )
            return None
        late = row.created_at < utcnow() - timedelta(seconds=timers.stale_turn)
        if late and message.author == "assistant":
            await _withdraw(resources, db, tenant_id, row.id, row.attempt, row.message_id, conversation_id)
            return None
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
    )


async def _withdraw(
    resources: Resources,
    db: AsyncSession,
    tenant_id: UUID,
    delivery_id: UUID,
    attempt: int,
    message_id: UUID,
    conversation_id: UUID,
) -> None:
    """An answer this late helps nobody; a person sees that it was not said."""
    await repository.set_doubtful(db, tenant_id, delivery_id, attempt, state="rejected", evidence="stale")
    await people.set_message_status(db, tenant_id, message_id, "failed", {"code": "waited-too-long"})
    emit(db, resources.publisher, message_event("message.status", tenant_id, message_id, conversation_id))
    resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id))


async def settle_doubt(resources: Resources, tenant_id: UUID, delivery_id: UUID) -> None:
    """Look for evidence of a doubtful send. Found: sent. Denied twice, apart: ready again. Cannot be asked: uncertain,
    shown to people, never sent again by itself."""
    async with resources.db.tenant_session(tenant_id) as db:
        row = await repository.delivery(db, tenant_id, delivery_id)
        if row is None or row.state != "attempting" or row.due_at > utcnow() + timedelta(seconds=5):
            return
        message = await repository.outgoing_of(db, tenant_id, row.message_id)
        assert message is not None
    opened = await resources.lines.by_id(tenant_id, row.channel_id)
    found: SendOutcome | str | None = "unknown"
    if opened is not None and opened.adapter.capabilities.lookup:
        wanted = Outgoing(delivery_id=delivery_id, address=message.address, text=message.text or "")
        found = await opened.adapter.find_sent(resources.net, opened.line, wanted, row.created_at)
    async with resources.db.tenant_session(tenant_id) as db:
        await _decide(resources, db, row, found)


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
        await repository.set_doubtful(db, tenant_id, row.id, row.attempt, state="ready", denials=0, due_at=func.now())
    elif found is None:
        await repository.set_doubtful(
            db, tenant_id, row.id, row.attempt, denials=row.denials + 1, due_at=func.now() + again
        )
    elif row.created_at > utcnow() - again * ASKS:
        await repository.set_doubtful(db, tenant_id, row.id, row.attempt, due_at=func.now() + again)
    else:
        told = await repository.set_doubtful(db, tenant_id, row.id, row.attempt, state="uncertain")
        if told:
            await people.set_message_status(db, tenant_id, row.message_id, "uncertain", {"code": "no-evidence"})
    if told:
        emit(db, resources.publisher, message_event("message.status", tenant_id, row.message_id, row.conversation_id))
    resources.bell.ring("inbox.deliver", str(tenant_id), str(row.conversation_id))
