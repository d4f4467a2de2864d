"""What several files of this room's tests stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from evoai.embedded import Embedded
from tests.house import House
from tests.inbox.scenes import own_house


@pytest.fixture(scope="session")
async def shut(embedded: Embedded) -> AsyncIterator[House]:
    """As in production: no private network is open, and no plain http."""
    async with own_house(embedded, "egress", 11, EGRESS_ALLOW_PRIVATE="", EGRESS_ALLOW_HTTP="false") as opened:
        yield opened
