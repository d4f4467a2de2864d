"""Turns that must be kept, given back or taken up again: leases, failures, and what a dead process left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.inbox.events import conversation_event
from evoai.inbox.models.conversations import Conversation, Turn
from evoai.inbox.repository import answers
from evoai.inbox.repository import turns as repository
from evoai.inbox.service.turns import SUSPECT, Known, Summary, open_turn
from evoai.kit.db import is_outage, utcnow
from evoai.kit.events import emit
from evoai.kit.log import get_logger
from evoai.kit.outbox import backoff, bury
from evoai.kit.path import OpenTurn

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

ATTEMPTS = 3
"""How often a turn may fail before it is a person's."""
DEATHS = SUSPECT + 1
"""How often a process may die under it before it is: the last time while it was alone."""


async def take_up(resources: Resources, tenant_id: UUID, turn_id: UUID) -> OpenTurn | None:
    """Claim a turn that nobody holds. One that failed too often, or waited too long, goes to a person instead."""
    async with resources.db.tenant_session(tenant_id) as db:
        claimed = await repository.claim_turn(db, tenant_id, turn_id, resources.process, resources.timers.lease)
        if claimed is None:
            return None
        turn, conversation = claimed
        if conversation.state != "bot":
            turn.closed_at, turn.outcome = utcnow(), "taken-over"
            return None
        responder = await repository.responder_of(db, tenant_id)
        if turn.attempts >= ATTEMPTS or turn.deaths >= DEATHS:
            bury(db, tenant_id, "turn", turn_id, "failed repeatedly" if turn.deaths < DEATHS else "killed its workers")
            await hand_over(resources, db, conversation, turn, "repeated-failure")
            return None
        if turn.opened_at < utcnow() - resources.settings.stale_after:
            await hand_over(resources, db, conversation, turn, "waited-too-long")
            return None
        if responder is None or not responder.enabled:
            await hand_over(resources, db, conversation, turn, "assistant-off")
            return None
        if responder.shadow:
            await hand_over(resources, db, conversation, turn, "shadow")
            return None
        contact = await repository.contact_of(db, tenant_id, conversation.contact_id)
        assert contact is not None
        lines = await repository.lines(db, tenant_id, conversation.id, turn.first_in_seq, conversation.seq)
        return open_turn(
            tenant_id,
            conversation.channel_id,
            {
                "id": turn.id,
                "conversation_id": turn.conversation_id,
                "first_in_seq": turn.first_in_seq,
                "last_in_seq": turn.last_in_seq,
                "deaths": turn.deaths,
            },
            conversation.fence,
            0.0,
            contact.name,
            contact.phone,
            conversation.address,
            SimpleNamespace(
                profile=await repository.business_of(db, tenant_id),
                assistant_id=responder.assistant_id,
                version=responder.version,
                budgeted=await billing.is_limited(db, tenant_id),
            ),
            lines,
            _within_the_hour(conversation),
            Known(
                contact_id=contact.id,
                tags=tuple(contact.tags),
                fields=contact.fields,
                facts={key: fact["value"] for key, fact in contact.facts.items()},
            ),
            Summary(text=conversation.summary, up_to_seq=conversation.summary_seq) if conversation.summary else None,
        )


def _within_the_hour(conversation: Conversation) -> int:
    since = conversation.answers_since
    return conversation.answers if since is not None and since > utcnow() - timedelta(hours=1) else 0


async def hand_over(
    resources: Resources, db: AsyncSession, conversation: Conversation, turn: Turn | None, reason: str
) -> None:
    """Give a locked conversation to people: queued, its turn closed, the right to speak taken from everybody."""
    now = utcnow()
    conversation.state, conversation.handoff_reason, conversation.handoff_at = "queued", reason, now
    conversation.handoff_note = None
    conversation.fence += 1
    conversation.lease_owner = conversation.lease_until = None
    conversation.updated_at = conversation.last_activity_at = now
    if turn is not None:
        turn.closed_at, turn.outcome = now, "handed-over"
    emit(
        db,
        resources.publisher,
        conversation_event("conversation.updated", conversation.tenant_id, conversation.id),
        conversation_event("handoff.requested", conversation.tenant_id, conversation.id),
    )


async def begin_alone(resources: Resources, turn: OpenTurn) -> bool:
    """Committed before the suspect is answered, so that a death from here on is its own; whether it is still ours."""
    async with resources.db.tenant_session(turn.tenant_id) as db:
        return await repository.note_alone(db, turn.tenant_id, turn.turn_id, turn.fence)


async def renew(resources: Resources, turns: Sequence[OpenTurn]) -> set[UUID]:
    """Extend leases tenant by tenant; the conversations that are no longer this process's."""
    lost: set[UUID] = set()
    for tenant_id in dict.fromkeys(turn.tenant_id for turn in turns):
        mine = [turn for turn in turns if turn.tenant_id == tenant_id]
        async with resources.db.group_session("tenant", tenant_id) as conn:
            rows = [(tenant_id, turn.conversation_id, turn.fence) for turn in mine]
            kept = await answers.renew(conn, rows, resources.process, resources.timers.lease, tenant_id)
        lost |= {turn.conversation_id for turn in mine} - kept
    return lost


async def release(resources: Resources, turns: Sequence[OpenTurn]) -> None:
    """End leases now, and ring for the turns, so that another process goes on at once."""
    for turn in turns:
        async with resources.db.tenant_session(turn.tenant_id) as db:
            await repository.give_back(db, turn.tenant_id, turn.conversation_id, turn.fence)
        resources.bell.ring("inbox.reply", str(turn.tenant_id), str(turn.turn_id))


async def fail(resources: Resources, turn: OpenTurn, error: Exception) -> None:
    """A turn raised: back to the sweep, later each time. That the database went away is not the turn's fault."""
    async with resources.db.tenant_session(turn.tenant_id) as db:
        if not await repository.give_back(db, turn.tenant_id, turn.conversation_id, turn.fence):
            return
        row = await repository.open_turn(db, turn.tenant_id, turn.turn_id)
        if row is not None:
            if not is_outage(error):
                row.attempts += 1
            wait = backoff(max(1, row.attempts), resources.timers.backoff_first, resources.timers.backoff_cap)
            await repository.postpone_turn(db, turn.tenant_id, turn.turn_id, wait)
