"""The inbox's part of the message path (`kit/path.py`): receive, commit, send, settle, and the keeping of turns. The
answer itself comes from the room above, as a function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.inbox.events import assistant_typing
from evoai.inbox.service import outgoing, upkeep
from evoai.inbox.service.answer import Answerer, Record
from evoai.inbox.service.outgoing import Outcome, SendNow, Settler
from evoai.inbox.service.receive import Receiver
from evoai.inbox.service.turns import Answer, TurnContext
from evoai.kit.log import get_logger
from evoai.kit.path import OpenTurn, Received

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

Think = Callable[["Resources", TurnContext], Awaitable[Answer]]

_TYPING_AT_ONCE = 30
"""Typing is decoration: while more than this many are being shown, further ones are left out."""


class InboxSteps:
    """Implements `kit.path.Steps`. `think` and `record` are the answerer's."""

    def __init__(self, resources: Resources, think: Think, record: Record) -> None:
        self._resources = resources
        self._think = think
        self._receive = Receiver(resources)
        self._commit = Answerer(resources, record)
        self._settle = Settler(resources)
        self._typing: set[asyncio.Task[None]] = set()

    async def receive(self, shards: Sequence[int]) -> Received:
        return await self._receive(shards)

    async def think(self, turn: OpenTurn) -> Answer:
        self._show_typing(turn)
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

    def _show_typing(self, turn: OpenTurn) -> None:
        self._resources.publisher.publish([assistant_typing(turn.tenant_id, turn.conversation_id)])
        if len(self._typing) >= _TYPING_AT_ONCE or not self._resources.breaker.closed(str(turn.channel_id)):
            return
        task = asyncio.get_running_loop().create_task(self._type(turn))
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)

    async def _type(self, turn: OpenTurn) -> None:
        try:
            opened = await self._resources.lines.by_id(turn.tenant_id, turn.channel_id)
            if opened is not None and opened.adapter.capabilities.typing:
                context: Any = turn.context
                await opened.adapter.typing(self._resources.net, opened.line, context.address)
        except Exception as error:
            log.debug("typing.failed", error=type(error).__name__)
