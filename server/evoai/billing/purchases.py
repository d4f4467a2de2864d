"""Paid calls of models that no trace tells of: room is reserved before one, and what it took is counted after it, with
a row that says what for. Calls that belong to a turn go by the assistant's traces instead."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from evoai.billing import service as billing
from evoai.billing.budget import Amount
from evoai.billing.prices import cost_micro_usd
from evoai.billing.repository import spending as repository
from evoai.kit.log import get_logger
from evoai.kit.sql import Writes

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

BUDGET_REACHED = "budget-reached"
"""The code of whatever was left undone for want of room."""

Bought = Literal["embedding", "search", "transcription", "description"]
Spent = Mapping[tuple[UUID, str], Amount]
"""By tenant and purpose."""


class NoRoom(Exception):
    """The month has no room for the call, or money is limited and nobody knows the model's price."""


class CallFailed(Exception):
    """A paid call that gave nothing. `charged`: its endpoint may charge what it had read all the same."""

    charged: bool = False


@dataclass(slots=True)
class Bill:
    """What a call took: until it says so, all that it was sent, and nothing written."""

    input_tokens: int
    output_tokens: int = 0

    def says(self, input_tokens: int, output_tokens: int = 0) -> None:
        """What the endpoint tells; one that does not tell what it read leaves it as it was estimated."""
        self.input_tokens, self.output_tokens = input_tokens or self.input_tokens, output_tokens

    def used(self, model: str) -> Amount:
        tokens = self.input_tokens + self.output_tokens
        return Amount(tokens, _cost(model, self.input_tokens, self.output_tokens) or 0) if tokens else Amount()


@asynccontextmanager
async def purchase(
    resources: Resources,
    tenant_id: UUID,
    purpose: Bought,
    model: str,
    *,
    reads: int,
    writes: int = 0,
    within: float,
    about_id: UUID | None = None,
) -> AsyncGenerator[Bill]:
    """Around one call of `model` that reads and writes so many tokens at most; waits `within` seconds for room. Raises
    `NoRoom` before the call. A `CallFailed` that is not charged takes nothing; whatever else breaks the call off is
    counted as if all had been read."""
    room = None
    async with resources.db.tenant_session(tenant_id) as db:
        limited = await billing.is_limited(db, tenant_id)
    if limited:
        room = await resources.budgets.reserve(tenant_id, reads + writes, _cost(model, reads, writes), within)
        if room is None:
            log.info("purchase.no_room", purpose=purpose, model=model)
            raise NoRoom
    bill = Bill(reads)
    try:
        yield bill
    except CallFailed as error:
        if not error.charged:
            bill = Bill(0)
        raise
    finally:
        used = bill.used(model)
        if room is not None:
            room.settle(used)
        try:
            if used.tokens:
                await _charge(resources, tenant_id, purpose, model, bill, about_id)
        except Exception as error:
            # Neither the row nor its tokens are there then: the sums agree.
            log.warning("charge.lost", purpose=purpose, model=model, exc_info=error)
        finally:
            if room is not None:
                room.counted(used)


async def _charge(
    resources: Resources, tenant_id: UUID, purpose: Bought, model: str, bill: Bill, about_id: UUID | None
) -> None:
    used, cost = bill.used(model), _cost(model, bill.input_tokens, bill.output_tokens)
    async with resources.db.group_session("tenant", tenant_id) as conn:
        writes = Writes()
        repository.insert_charge(
            writes, (tenant_id, purpose, about_id, model, bill.input_tokens, bill.output_tokens, cost)
        )
        amounts: dict[tuple[UUID, billing.Spent], int] = {
            (tenant_id, "assistant_tokens"): used.tokens,
            (tenant_id, "assistant_cost"): used.micro_usd,
        }
        await billing.add(conn, writes, amounts, tenant_id=tenant_id)
        by_purpose(writes, {(tenant_id, purpose): used}, tenant_id)
        await writes.run(conn, grouped=False)


def by_purpose(writes: Writes, spent: Spent, tenant_id: UUID | None) -> None:
    """Add to `writes` what the month's calls took for other purposes than answers. With `tenant_id`, all is that
    tenant's."""
    period = billing.period_of("assistant_cost")
    rows = [
        (tenant, purpose, period, amount.tokens, amount.micro_usd)
        for (tenant, purpose), amount in sorted(spent.items(), key=lambda item: item[0])
        if amount != Amount()
    ]
    if rows:
        repository.add_costs(writes, rows, grouped=tenant_id is None)


def _cost(model: str, reads: int, writes: int) -> int | None:
    """Rounded, but for a call so small that it would be free."""
    cost = cost_micro_usd([(model, reads, writes)])
    return cost if cost is None else max(1, cost)
