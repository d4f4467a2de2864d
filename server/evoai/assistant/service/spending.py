"""What one turn may still spend of its tenant's month: reserved before each call of a model, settled after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from evoai.assistant.llm.prices import cost_micro_usd, price_of
from evoai.assistant.llm.protocol import Say, ToolSpec
from evoai.assistant.service.prompt import estimate
from evoai.billing.budget import NOTHING, Amount, Reserve
from evoai.inbox.service.turns import TurnContext

if TYPE_CHECKING:
    from evoai.resources import Resources

_PER_MESSAGE = 8


def reading(messages: Sequence[Say], specs: Sequence[ToolSpec]) -> int:
    """Tokens that a model reads of this, rather too many than too few."""
    said = sum(
        estimate(message.content or "")
        + sum(estimate(call.arguments) + _PER_MESSAGE for call in message.tool_calls)
        + _PER_MESSAGE
        for message in messages
    )
    return said + sum(estimate(msgspec.json.encode(spec).decode()) + _PER_MESSAGE for spec in specs)


@dataclass(slots=True)
class Spending:
    """Of one turn. Where neither the plan nor the tenant limits the month, nothing is reserved."""

    resources: Resources
    context: TurnContext
    refused: bool = False
    """The month had no room for a call."""
    _spent: Amount = NOTHING
    _reserves: list[Reserve] = field(default_factory=list[Reserve])

    @property
    def limited(self) -> bool:
        return self.context.budgeted

    def in_order(self, models: tuple[str, ...]) -> tuple[str, ...]:
        """The order in which to ask: near the limit the cheapest first."""
        if not self.limited or not self.resources.budgets.is_low(self.context.tenant_id):
            return models
        return tuple(sorted(models, key=_dearness))

    async def reserve(self, model: str, tokens_in: int, tokens_out: int, within: float) -> Reserve | None:
        """Room for a call that reads and writes so much at most; None if the month has none."""
        most = cost_micro_usd([(model, tokens_in, tokens_out)])
        room = await self.resources.budgets.reserve(self.context.tenant_id, tokens_in + tokens_out, most, within)
        if room is None:
            self.refused = True
        return room

    def settle(self, room: Reserve | None, model: str, tokens_in: int, tokens_out: int) -> None:
        """What a call used; also of one for which no room was reserved, if another was."""
        used = Amount(tokens_in + tokens_out, cost_micro_usd([(model, tokens_in, tokens_out)]) or 0)
        if room is not None:
            room.settle(used)
            self._reserves.append(room)
        elif self._reserves:
            self._reserves[-1].slice.spent += used
        else:
            return
        self._spent += used

    def counted(self) -> None:
        """The database has counted it all."""
        if self._reserves:
            self._reserves[-1].counted(self._spent)
            self._spent = NOTHING


def _dearness(model: str) -> tuple[bool, object]:
    price = price_of(model)
    return (price is None, sum(price) if price is not None else 0)
