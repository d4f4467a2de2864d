"""A Redis that a file may kill, and keys of a test's own in it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from evoai.resources import open_redis


@pytest.fixture(scope="module")
def server() -> Iterator[Embedded]:
    """A Redis of this file's own, to be killed."""
    folder = Path(tempfile.mkdtemp(prefix="evoai-limits-"))
    try:
        with Embedded(folder, servers=("redis",)) as servers:
            yield servers
    finally:
        remove_data(folder)


@pytest.fixture
async def redis(server: Embedded) -> AsyncIterator[Redis]:
    client = open_redis(server.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def key() -> str:
    return uuid4().hex
