"""Each test of the inbox begins with an empty log of the simulated world, and leaves its switches as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from tests.house import House


@pytest.fixture(autouse=True)
async def own_log(house: House) -> AsyncIterator[None]:
    before = msgspec.structs.asdict(house.sim.faults)
    house.sim.log.clear()
    yield
    house.sim.set(**before)
