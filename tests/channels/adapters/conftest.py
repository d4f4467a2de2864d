"""What the adapters' tests share: a client that may call this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from evoai.kit.net import Net


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    made = Net((ip_network("127.0.0.0/8"),), allow_http=True)
    await made.start()
    yield made
    await made.close()
