"""The servers that all tests share: embedded PostgreSQL and Redis, migrated as in production, the runtime's login."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from evoai.app import VERSION
from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from evoai.kit.log import set_up_logging
from evoai.migrate import migrate
from tests.house import House, Urls

set_up_logging("warning", "tests", VERSION)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Embedded]:
    """Both servers, over a folder of this run's own."""
    folder = Path(tempfile.mkdtemp(prefix="evoai-tests-"))
    try:
        with Embedded(folder, tuned_for_tests=True) as servers:
            yield servers
    finally:
        remove_data(folder)


@pytest.fixture(scope="session")
def urls(embedded: Embedded) -> Urls:
    """A migrated database of this run's own, and Redis."""
    owner, app = embedded.create_database("tests")
    migrate({"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    return Urls(owner=owner, app=app, admin=embedded.admin_url, redis=embedded.redis_url)


@pytest.fixture(scope="session")
async def house(urls: Urls) -> AsyncIterator[House]:
    """API, worker and simulator in this process, on real sockets, with short timers."""
    # A webhook to an address that is gone is given up within seconds, so that nobody waits for another test's.
    async with House.open(urls, sim={"retry_time_factor": 0.002}) as opened:
        yield opened


@pytest.fixture(autouse=True)
def switches_turned_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test's trouble in the simulated world is the next one's."""
    if "house" not in request.fixturenames:
        yield
        return
    house: House = request.getfixturevalue("house")
    before = msgspec.structs.asdict(house.sim.faults)
    yield
    house.sim.set(**before)
