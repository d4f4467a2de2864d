"""The answer step: an answer whose turn still has the right to speak is stored, with its deliveries, in one transaction
a batch. One of the four group commits; what is stored here `attempting` is sent next, in the same process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.billing import service as billing
from evoai.inbox.events import ASK_RATING, RESOLVED, conversation_event, message_event
from evoai.inbox.repository import answers as sql
from evoai.inbox.repository import media, store
from evoai.inbox.service.changes import Changes
from evoai.inbox.service.intake import body_hash
from evoai.inbox.service.outgoing import SendNow, boot_clock
from evoai.inbox.service.turns import Answer, HandoffAsk
from evoai.kit.db import is_outage, new_id
from evoai.kit.events import Event
from evoai.kit.log import get_logger
from evoai.kit.outbox import enqueue_many
from evoai.kit.path import OpenTurn
from evoai.kit.sql import Writes

if TYPE_CHECKING:
    from evoai.kit.timers import Timers
    from evoai.resources import Resources

log = get_logger(__name__)

Pair = tuple[OpenTurn, Answer]
Record = Callable[[Any, Writes, Sequence[tuple[OpenTurn, Answer, str]], UUID | None], Awaitable[Callable[[], None]]]
"""The answerer's part of the transaction, which it adds to what is written: (turn, answer, outcome) rows; with a
tenant, each statement names it. The connection is for what must be read before. What it gives back is called after
the commit."""


@dataclass(slots=True)
class _Plan:
    """What one answer becomes."""

    turn: OpenTurn
    answer: Answer
    holds: bool = False
    held: Any = None
    """The turn and its conversation under the lock; None if they are gone."""
    bubbles: tuple[str, ...] = ()
    handoff: HandoffAsk | None = None
    send: SendNow | None = None
    message_ids: list[UUID] = field(default_factory=list[UUID])
    next_turn_id: UUID | None = None

    @property
    def behind(self) -> bool:
        """Whether the contact wrote more than the answer speaks to."""
        return self.held["newest_in_seq"] > self.held["last_in_seq"]

    @property
    def resolves(self) -> bool:
        return self.answer.resolves and self.handoff is None and not self.behind

    @property
    def outcome(self) -> str:
        if not self.holds:
            return "superseded"
        return "handed-over" if self.handoff is not None else "answered"


def typing_seconds(timers: Timers, text: str) -> float:
    """How long a bubble is typed before it comes."""
    return min(timers.typing_longest, len(text) / timers.typing_speed)


class Answerer:
    """The step `commit` of the path."""

    def __init__(self, resources: Resources, record: Record) -> None:
        self._resources = resources
        self._record = record

    async def __call__(self, pairs: Sequence[Pair]) -> Sequence[SendNow | None]:
        if not self._resources.settings.database_distributed:
            try:
                return await self._write(pairs, None)
            except Exception as error:
                if is_outage(error):
                    raise
                log.warning("answer.batch_failed", exc_info=error)
        results: dict[UUID, SendNow | None] = {}
        for tenant_id in dict.fromkeys(turn.tenant_id for turn, _ in pairs):
            mine = [pair for pair in pairs if pair[0].tenant_id == tenant_id]
            try:
                sends = await self._write(mine, tenant_id)
                results.update({pair[0].turn_id: send for pair, send in zip(mine, sends, strict=True)})
            except Exception as error:
                if is_outage(error):
                    raise
                for pair in mine:
                    results[pair[0].turn_id] = await self._alone(pair, tenant_id)
        return [results[turn.turn_id] for turn, _ in pairs]

    async def _alone(self, pair: Pair, tenant_id: UUID) -> SendNow | None:
        """A poison answer is left to its lease: the turn is taken up again, and given to a person in the end."""
        try:
            return (await self._write([pair], tenant_id))[0]
        except Exception as error:
            if is_outage(error):
                raise
            log.error("answer.failed", turn_id=str(pair[0].turn_id), exc_info=error)
            return None

    async def _write(self, pairs: Sequence[Pair], tenant_id: UUID | None) -> list[SendNow | None]:
        resources, grouped = self._resources, tenant_id is None
        # Taken before the transaction, so that the deadline is never later than the row's.
        give_up_at = boot_clock() + resources.timers.send
        plans = [_Plan(turn, answer) for turn, answer in pairs]
        async with resources.db.group_session("system" if grouped else "tenant", tenant_id) as conn:
            await self._check(conn, plans, tenant_id)
            reached: list[Event] = []
            await self._admit(conn, plans, reached, tenant_id)
            writes, changes = Writes(), Changes()
            self._store(writes, plans, changes, give_up_at, tenant_id)
            recorded = await self._record(conn, writes, [(p.turn, p.answer, p.outcome) for p in plans], tenant_id)
            await writes.run(conn, grouped=grouped)
            await self._open_next(conn, plans, grouped=grouped)
        recorded()
        if reached:
            self._resources.publisher.publish(reached)
        self._tell(plans, changes)
        return [plan.send for plan in plans]

    async def _check(self, conn: Any, plans: Sequence[_Plan], tenant_id: UUID | None) -> None:
        """Fence and owner still hold, and nothing newer but what came after the longest wait."""
        asked = [(p.turn.tenant_id, p.turn.conversation_id, p.turn.turn_id) for p in plans]
        held = await sql.hold(conn, asked, tenant_id)
        for plan in plans:
            row = plan.held = held.get(plan.turn.turn_id)
            if row is None:
                continue
            plan.holds = row["state"] == "bot" and row["fence"] == plan.turn.fence and row["closed_at"] is None
            if plan.holds:
                plan.bubbles, plan.handoff = plan.answer.bubbles, plan.answer.handoff

    async def _admit(self, conn: Any, plans: Sequence[_Plan], reached: list[Event], tenant_id: UUID | None) -> None:
        """The bubbles of an answer are admitted together, or the conversation goes to people."""
        speaking = [plan for plan in plans if plan.bubbles]
        if not speaking:
            return
        admitted = await billing.admit(
            conn,
            "messages",
            [plan.turn.tenant_id for plan in speaking],
            [len(plan.bubbles) for plan in speaking],
            reached,
            tenant_id=tenant_id,
        )
        for plan, fits in zip(speaking, admitted, strict=True):
            if not fits:
                plan.bubbles, plan.handoff = (), plan.handoff or HandoffAsk(reason="plan-limit")

    def _store(
        self, writes: Writes, plans: Sequence[_Plan], changes: Changes, give_up_at: float, tenant_id: UUID | None
    ) -> None:
        holding = [plan for plan in plans if plan.holds]
        if not holding:
            return
        grouped, now = tenant_id is None, holding[0].held["now"]
        messages: list[Any] = []
        deliveries: list[Any] = []
        spoken: list[Any] = []
        for plan in holding:
            seq, due = plan.held["seq"], now
            for part, text in enumerate(plan.bubbles):
                seq += 1
                if part:
                    # The first was thought of long enough; each further one is typed.
                    due += timedelta(seconds=typing_seconds(self._resources.timers, text))
                self._bubble(plan, part, text, seq, now, due, give_up_at, messages, deliveries)
            last = plan.message_ids[-1] if plan.message_ids else None
            handoff = plan.handoff
            changes.add(plan.turn, plan.answer)
            spoken.append(
                (
                    plan.turn.tenant_id,
                    plan.turn.conversation_id,
                    seq,
                    last,
                    handoff is not None,
                    handoff.reason if handoff else None,
                    handoff.note if handoff else None,
                    plan.resolves,
                    now,
                    bool(plan.bubbles),
                )
            )
        if messages:
            sql.insert_bubbles(writes, messages, deliveries, grouped=grouped)
        changes.write(writes, now, tenant_id)
        sql.conversations_spoke(writes, spoken, tenant_id)
        sql.close_turns(writes, [(p.turn.tenant_id, p.turn.turn_id, p.outcome) for p in holding], tenant_id)
        self._follow_up(writes, [plan for plan in holding if plan.resolves], grouped=grouped)

    def _follow_up(self, writes: Writes, plans: Sequence[_Plan], *, grouped: bool) -> None:
        """What follows a resolution, as when a person resolves; the sweep finds it."""
        topics = (ASK_RATING, RESOLVED) if self._resources.settings.ai_analysis else (ASK_RATING,)
        entries = [
            (plan.turn.tenant_id, topic, {"conversation_id": str(plan.turn.conversation_id)})
            for plan in plans
            for topic in topics
        ]
        if entries:
            enqueue_many(writes, entries, grouped=grouped)

    def _bubble(
        self,
        plan: _Plan,
        part: int,
        text: str,
        seq: int,
        now: datetime,
        due: datetime,
        give_up_at: float,
        messages: list[Any],
        deliveries: list[Any],
    ) -> None:
        turn, message_id, delivery_id = plan.turn, new_id(), new_id()
        at_once = part == 0 and not plan.held["unsettled"] and self._resources.breaker.paced(str(turn.channel_id))
        trace_id = plan.answer.trace.trace_id if plan.answer.trace is not None else None
        messages.append(
            (
                turn.tenant_id,
                message_id,
                turn.conversation_id,
                turn.channel_id,
                seq,
                "out",
                "assistant",
                "text",
                text,
                "queued",
                turn.turn_id,
                part,
                trace_id,
                now,
            )
        )
        timers = self._resources.timers
        deadline = now + timedelta(seconds=timers.send)
        deliveries.append(
            (
                turn.tenant_id,
                delivery_id,
                message_id,
                turn.conversation_id,
                turn.channel_id,
                seq,
                body_hash(text),
                "attempting" if at_once else "ready",
                deadline + timedelta(seconds=timers.settle) if at_once else due,
                1 if at_once else 0,
                deadline if at_once else None,
                now,
            )
        )
        plan.message_ids.append(message_id)
        if at_once:
            plan.send = SendNow(
                turn.tenant_id,
                delivery_id,
                1,
                message_id,
                turn.conversation_id,
                turn.channel_id,
                plan.held["address"],
                text,
                None,
                give_up_at,
                last_in_at=plan.held["last_in_at"],
            )

    async def _open_next(self, conn: Any, plans: Sequence[_Plan], *, grouped: bool) -> None:
        """What came after the longest wait is the next turn's."""
        behind = {
            plan.turn.conversation_id: plan for plan in plans if plan.holds and plan.handoff is None and plan.behind
        }
        if not behind:
            return
        writes = Writes()
        store.open_turns(writes, [self._next_turn(plan) for plan in behind.values()], grouped=grouped)
        opened = await writes.run(conn, grouped=grouped)
        for row in opened:
            behind[row["conversation_id"]].next_turn_id = row["id"]
        if opened:
            await self._let_wait(conn, behind, grouped=grouped)

    async def _let_wait(self, conn: Any, behind: dict[UUID, _Plan], *, grouped: bool) -> None:
        """Have the next turns wait for the files of their messages, as far as they are still to come."""
        writes, wait = Writes(), timedelta(seconds=self._resources.timers.media_wait)
        rows = [
            (plan.turn.tenant_id, plan.next_turn_id, plan.held["now"] + wait)
            for plan in behind.values()
            if plan.next_turn_id is not None
        ]
        media.wait_for_files(writes, rows, None if grouped else rows[0][0])
        await writes.run(conn, grouped=grouped)

    def _next_turn(self, plan: _Plan) -> tuple[Any, ...]:
        turn, held = plan.turn, plan.held
        now = held["now"]
        longest = now + timedelta(seconds=self._resources.timers.turn)
        first, last = held["last_in_seq"] + 1, held["newest_in_seq"]
        return (turn.tenant_id, new_id(), turn.conversation_id, first, last, now, now, longest, None)

    def _tell(self, plans: Sequence[_Plan], changes: Changes) -> None:
        facts = changes.facts()
        for plan in plans:
            if not plan.holds:
                continue
            tenant_id, conversation_id = plan.turn.tenant_id, plan.turn.conversation_id
            facts.extend(
                message_event("message.queued", tenant_id, message_id, conversation_id)
                for message_id in plan.message_ids
            )
            if plan.message_ids:
                facts.append(message_event("response.generated", tenant_id, plan.message_ids[-1], conversation_id))
            facts.append(conversation_event("conversation.updated", tenant_id, conversation_id))
            if plan.handoff is not None:
                facts.append(conversation_event("handoff.requested", tenant_id, conversation_id))
            if plan.message_ids and plan.send is None:
                self._resources.bell.ring("inbox.deliver", str(tenant_id), str(conversation_id))
            if plan.next_turn_id is not None:
                self._resources.bell.ring("inbox.reply", str(tenant_id), str(plan.next_turn_id))
        self._resources.publisher.publish(facts)
