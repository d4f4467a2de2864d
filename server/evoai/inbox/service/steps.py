"""The inbox's part of the message path (`kit/path.py`): receive, commit, send, settle, and the keeping of turns. The
answer itself comes from the room above, as a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from evoai.inbox.events import assistant_typing
from evoai.inbox.service import outgoing, upkeep
from evoai.inbox.service.answer import Answerer, Record
from evoai.inbox.service.outgoing import Outcome, SendNow, Settler
from evoai.inbox.service.receive import Receiver
from evoai.inbox.service.turns import Answer, TurnContext
from evoai.inbox.service.typing import show_typing
from evoai.kit.path import OpenTurn, Received

if TYPE_CHECKING:
    from evoai.resources import Resources

Think = Callable[["Resources", TurnContext], Awaitable[Answer]]


class InboxSteps:
    """Implements `kit.path.Steps`. `think` and `record` are the answerer's."""

    def __init__(self, resources: Resources, think: Think, record: Record) -> None:
        self._resources = resources
        self._think = think
        self._receive = Receiver(resources)
        self._commit = Answerer(resources, record)
        self._settle = Settler(resources)

    async def receive(self, shards: Sequence[int]) -> Received:
        return await self._receive(shards)

    async def begin_alone(self, turn: OpenTurn) -> bool:
        return await upkeep.begin_alone(self._resources, turn)

    async def think(self, turn: OpenTurn) -> Answer:
        self._resources.publisher.publish([assistant_typing(turn.tenant_id, turn.conversation_id)])
        context: TurnContext = turn.context
        show_typing(self._resources, turn.tenant_id, turn.channel_id, context.address, context.heard)
        return await self._think(self._resources, turn.context)

    async def commit(self, answers: Sequence[tuple[OpenTurn, Answer]]) -> Sequence[SendNow | None]:
        return await self._commit(answers)

    async def send(self, delivery: SendNow) -> Outcome:
        return await outgoing.send(self._resources, delivery)

    async def settle(self, outcomes: Sequence[Outcome]) -> Sequence[None]:
        return await self._settle(outcomes)

    async def renew(self, turns: Sequence[OpenTurn]) -> set[UUID]:
        return await upkeep.renew(self._resources, turns)

    async def release(self, turns: Sequence[OpenTurn]) -> None:
        await upkeep.release(self._resources, turns)

    async def fail(self, turn: OpenTurn, error: Exception) -> None:
        await upkeep.fail(self._resources, turn, error)
