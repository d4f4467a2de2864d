"""What a turn, or a job that asks a model, may still spend of its tenant's month: reserved before each call, settled
after it. A call that goes round it would be counted by its trace, but not held back by the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from evoai.assistant.llm.protocol import Say, ToolSpec
from evoai.assistant.service.prompt import estimate
from evoai.billing import service as billing
from evoai.billing.budget import NOTHING, Amount, Reserve
from evoai.billing.prices import cost_micro_usd, price_of

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


async def open_spending(resources: Resources, tenant_id: UUID) -> Spending:
    """For calls that no turn asks for. When their trace is stored, `counted` is to be called."""
    async with resources.db.tenant_session(tenant_id) as db:
        return Spending(resources, tenant_id, await billing.is_limited(db, tenant_id))


@dataclass(slots=True)
class Spending:
    """Where neither the plan nor the tenant limits the month, nothing is reserved."""

    resources: Resources
    tenant_id: UUID
    limited: bool
    refused: bool = False
    """The month had no room for a call."""
    _spent: Amount = NOTHING
    _reserves: list[Reserve] = field(default_factory=list[Reserve])

    async def in_order(self, models: tuple[str, ...], tokens_in: int, tokens_out: int) -> tuple[str, ...]:
        """The order in which to ask: near the limit the cheapest first."""
        budgets = self.resources.budgets
        if not budgets.knows(self.tenant_id):
            room = await self.reserve(models[0], tokens_in, tokens_out, 0)
            if room is not None:
                room.settle(NOTHING)
            self.refused = False
        return tuple(sorted(models, key=_dearness)) if budgets.is_low(self.tenant_id) else models

    async def reserve(self, model: str, tokens_in: int, tokens_out: int, within: float) -> Reserve | None:
        """Room for a call that reads and writes so much at most; None if the month has none."""
        most = cost_micro_usd([(model, tokens_in, tokens_out)])
        room = await self.resources.budgets.reserve(self.tenant_id, tokens_in + tokens_out, most, within)
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
