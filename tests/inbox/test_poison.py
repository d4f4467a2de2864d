"""A poison event, answer or outcome hurts itself only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from evoai.channels.adapters.incoming import Inbound
from evoai.channels.service.lines import OpenLine
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, quiet


class _Unwritable:
    """An object that no encoder knows."""


class _PoisonAdapter:
    """The real adapter, but a message that says `poison` comes out of `parse` as something that cannot be written."""

    def __init__(self, adapter: Any, kind: str) -> None:
        self._adapter, self._kind = adapter, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def parse(self, line: Any, body: bytes) -> Any:
        parsed = self._adapter.parse(line, body)
        if isinstance(parsed, Inbound) and parsed.content.text == "poison":
            spoilt = {"text": "nul \0 here"} if self._kind == "data" else {"extra": {"x": _Unwritable()}}
            return msgspec.structs.replace(parsed, content=msgspec.structs.replace(parsed.content, **spoilt))
        return parsed


class _Lines:
    def __init__(self, lines: Any, kind: str) -> None:
        self._lines, self._kind = lines, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lines, name)

    async def by_id(self, *ids: Any) -> OpenLine | None:
        opened = await self._lines.by_id(*ids)
        return opened and replace(opened, adapter=_PoisonAdapter(opened.adapter, self._kind))


@asynccontextmanager
async def poisoned(house: House, kind: str) -> AsyncIterator[None]:
    lines = house.resources.lines
    house.resources.lines = _Lines(lines, kind)  # type: ignore[assignment]
    try:
        yield
    finally:
        house.resources.lines = lines


@pytest.mark.parametrize("kind", ["data", "code"])
async def test_I16_a_poison_event_hurts_itself_only_and_becomes_a_dead_letter(house: House, kind: str) -> None:
    clinic, neighbour = await house.clinic(), await house.clinic()
    async with poisoned(house, kind):
        for n in range(8):
            clinic.says(f"5511986{n:06d}", "abacaxi azul")
            neighbour.says(f"5511986{n:06d}", "bicicleta verde")
            if n == 3:
                clinic.says(ANA, "poison")
        clinic.says(BIA, "caneta roxa")
        await eventually(lambda: all(_sent(clinic, n) and _sent(neighbour, n) for n in range(8)), 10)
        await answered(clinic, BIA)
        # The contact of the poison itself goes on, too.
        clinic.says(ANA, "dado amarelo")
        await answered(clinic, ANA)
        await eventually(lambda: _dead(clinic), 20)
    (letter,) = await house.rows("select * from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    (event,) = [row for row in await clinic.events() if row["state"] == "dead"]
    assert (letter["kind"], letter["ref_id"]) == ("event", event["id"])
    assert event["attempts"] == 5
    await quiet(neighbour)
    assert {row["state"] for row in await neighbour.events()} <= {"processed", "ignored"}


def _sent(clinic: Clinic, n: int) -> bool:
    return len(clinic.sent_to(f"5511986{n:06d}")) == 1


async def _dead(clinic: Clinic) -> bool:
    rows = await clinic.house.rows("select id from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    return len(rows) == 1
