"""The month's budget of the assistant: tokens that the plan has, money that the tenant allows itself.

Before a model is asked, the most that the call may cost is reserved. A process takes room from the month in slices, so
that most calls ask nobody: a slice is a row of `reserves`, written under the lock of the month's row of tokens, and
what is used, plus all slices, is never more than the limit. A slice runs out by itself; a dead process's comes back so.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.billing.events import threshold_reached
from evoai.billing.repository import spending as repository
from evoai.billing.service import lay_down_month, period_of
from evoai.kit.events import emit

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from evoai.kit.db import Database
    from evoai.kit.events import Publisher

LOW = 0.8
"""From this part of the limit on the cheaper model answers."""
_AHEAD = 15
"""Calls that a slice has room for beside the one that asks; fewer when little is left."""
_OF_THE_REST = 20
_PATIENCE = 10.0
"""Seconds that a call waits for what others have reserved and will not use."""
_LOOK_AGAIN = 0.5
_KEPT = 20_000
_MICRO_PER_CENT = 10_000


async def month_of_all(db: AsyncSession) -> tuple[int, int]:
    """Asked as `system`: what this month cost the tenants that set a budget, in millionths of a dollar, and what they
    allow in all, in centavos."""
    row = await repository.months(db, period_of("assistant_cost"))
    return row.micro_usd, row.cents


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, and millionths of a US dollar."""

    tokens: int = 0
    micro_usd: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.micro_usd + other.micro_usd)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.tokens - other.tokens, self.micro_usd - other.micro_usd)

    def at_least(self, other: Amount) -> Amount:
        return Amount(max(self.tokens, other.tokens), max(self.micro_usd, other.micro_usd))


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Limits:
    """Null is unlimited."""

    tokens: int | None = None
    micro_usd: int | None = None


@dataclass(slots=True, eq=False)
class Slice:
    """What this process holds of a tenant's month. `granted` = free + open + spent + gone."""

    period: date
    granted: Amount = NOTHING
    open: Amount = NOTHING
    """Reserved by calls under way."""
    spent: Amount = NOTHING
    """Used by calls that ended; not yet counted in the database."""
    gone: Amount = NOTHING
    """Counted in the database since the slice was last written."""
    until: float = 0.0
    """By the boot-time clock; from then on others may have taken it."""
    limits: Limits = field(default_factory=Limits)
    used: Amount = NOTHING
    """What the database had counted when the slice was last written."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def busy(self) -> Amount:
        return self.open + self.spent

    @property
    def free(self) -> Amount:
        return self.granted - self.gone - self.busy

    @property
    def share(self) -> float:
        """The part of the tighter limit that is used or about to be."""
        used = self.used + self.busy + self.gone
        return max(_part(used.tokens, self.limits.tokens), _part(used.micro_usd, self.limits.micro_usd))

    def fits(self, want: Amount, until: float) -> bool:
        return (
            self.until >= until
            and (self.limits.tokens is None or want.tokens <= self.free.tokens)
            and (self.limits.micro_usd is None or want.micro_usd <= self.free.micro_usd)
        )


@dataclass(frozen=True, slots=True)
class Reserve:
    """Room for one call."""

    slice: Slice
    want: Amount

    def settle(self, used: Amount) -> None:
        """The call ended. What it used stays taken until `counted`."""
        self.slice.open -= self.want
        self.slice.spent += used
        self.slice.changed.set()

    def counted(self, used: Amount) -> None:
        """The database has counted `used`, or it never will."""
        self.slice.spent = (self.slice.spent - used).at_least(NOTHING)
        self.slice.gone += used
        self.slice.changed.set()


class Budgets:
    """This process's slices."""

    def __init__(
        self, db: Database, publisher: Publisher, process: str, turn_seconds: float, usd_brl_rate: Decimal | None
    ) -> None:
        self._db, self._publisher, self._process = db, publisher, process
        self._turn, self._rate = turn_seconds, usd_brl_rate
        self._slices: dict[UUID, Slice] = {}

    def knows(self, tenant_id: UUID) -> bool:
        """Whether this process has looked at the tenant's month lately."""
        held = self._slices.get(tenant_id)
        return held is not None and held.period == period_of("assistant_tokens") and held.until >= _clock()

    def is_low(self, tenant_id: UUID) -> bool:
        """Whether the month is so far used, as this process last saw it, that cheap models should answer."""
        held = self._slices.get(tenant_id)
        return held is not None and held.period == period_of("assistant_tokens") and held.share >= LOW

    async def reserve(self, tenant_id: UUID, tokens: int, micro_usd: int | None, within: float) -> Reserve | None:
        """Room for a call that uses no more than this, or None: the month is used up. `micro_usd` is None where nobody
        knows the price; such a model is not asked where money is limited. Waits up to `within` seconds while only what
        others have reserved stands in the way."""
        held, want = self._of(tenant_id), Amount(tokens, micro_usd or 0)
        give_up = _clock() + min(within, _PATIENCE)
        while True:
            held.changed.clear()
            later = True
            if not held.fits(want, _clock() + self._turn):
                async with held.lock:
                    if not held.fits(want, _clock() + self._turn):
                        later = await self._take(tenant_id, held, want)
            if micro_usd is None and held.limits.micro_usd is not None:
                return None
            if held.fits(want, _clock()):
                held.open += want
                return Reserve(held, want)
            if not later or _clock() >= give_up:
                return None
            with suppress(TimeoutError):
                await asyncio.wait_for(held.changed.wait(), _LOOK_AGAIN)

    def _of(self, tenant_id: UUID) -> Slice:
        period = period_of("assistant_tokens")
        held = self._slices.get(tenant_id)
        if held is None or held.period != period:
            if len(self._slices) >= _KEPT:
                self._slices = {key: kept for key, kept in self._slices.items() if kept.busy != NOTHING}
            held = self._slices[tenant_id] = Slice(period)
        return held

    async def _take(self, tenant_id: UUID, held: Slice, want: Amount) -> bool:
        """Write the slice anew, with room for `want` if the month has it; if not, whether it may have some later."""
        # What has run out may be others' by now, but for what is spent or being spent.
        keep = held.busy if _clock() >= held.until else held.granted - held.gone
        gone, lasts, began = held.gone, 2 * self._turn, _clock()
        need = (want - (keep - held.busy)).at_least(NOTHING)
        async with self._db.tenant_session(tenant_id) as db:
            if not await repository.lock_month(db, tenant_id, held.period):
                await lay_down_month(db, tenant_id)
                await repository.lock_month(db, tenant_id, held.period)
            month = await repository.month(db, tenant_id, held.period, self._process)
            limits = Limits(month.token_limit, self._micro_usd(month.monthly_cents))
            others = Amount(month.tokens + month.held_tokens, month.micro_usd + month.held_micro_usd)
            rooms = (
                _room(limits.tokens, others.tokens + keep.tokens),
                _room(limits.micro_usd, others.micro_usd + keep.micro_usd),
            )
            fits = all(room is None or wanted <= room for room, wanted in zip(rooms, _pair(need), strict=True))
            more = NOTHING
            if fits:
                more = Amount(*(_more(*both) for both in zip(rooms, _pair(need), _pair(want), strict=True)))
            granted = keep + more
            until = month.now + timedelta(seconds=lasts)
            await repository.keep_reserve(
                db, tenant_id, self._process, held.period, granted.tokens, granted.micro_usd, month.now, until
            )
            used = Amount(month.tokens, month.micro_usd)
            over = [
                (kind, limit, taken, wanted)
                for kind, limit, taken, wanted in zip(
                    ("assistant_tokens", "assistant_cost"), _pair(limits), _pair(used), _pair(want), strict=True
                )
                if limit is not None
            ]
            later = not fits and all(taken + wanted <= limit for _, limit, taken, wanted in over)
            for kind, limit, taken, wanted in over:
                spent_out = not fits and taken + wanted > limit
                percent = 100 if spent_out else 80 if taken >= LOW * limit else 0
                if percent and await repository.tell_threshold(db, tenant_id, kind, held.period, percent):
                    fact = threshold_reached(tenant_id, kind, percent, *self._shown(kind, taken, limit, month))
                    emit(db, self._publisher, fact)
        held.granted, held.until = granted, began + lasts
        held.gone -= gone
        held.limits, held.used = limits, used
        return later

    def _micro_usd(self, cents: int | None) -> int | None:
        """A limit in centavos. One that cannot be converted, for the operator took the rate away, allows nothing."""
        if cents is None:
            return None
        return 0 if self._rate is None else int(cents * _MICRO_PER_CENT / self._rate)

    def _shown(self, kind: str, used: int, limit: int, month: Any) -> tuple[int, int]:
        """Used and limit as people know them: tokens, or centavos."""
        if kind == "assistant_tokens":
            return used, limit
        return round(used * (self._rate or 0) / _MICRO_PER_CENT), month.monthly_cents


def _pair(both: Any) -> tuple[Any, Any]:
    return both.tokens, both.micro_usd


def _room(limit: int | None, taken: int) -> int | None:
    return None if limit is None else limit - taken


def _more(room: int | None, need: int, want: int) -> int:
    """What to take when `need` is to be had: some calls ahead, as long as it is little of what is left."""
    ahead = _AHEAD * want
    return need + (ahead if room is None else max(0, min(ahead, (room - need) // _OF_THE_REST)))


def _part(used: int, limit: int | None) -> float:
    return 0.0 if limit is None else 1.0 if limit <= 0 else used / limit


def _clock() -> float:
    """Goes on while the machine or the process sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
