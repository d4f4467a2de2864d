"""Each test of the inbox begins with an empty log of the simulated world, and leaves its switches as they were. The
modules in `BOTH_FORMS` run twice: with the group commits, and tenant by tenant as on a distributed database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from evoai.embedded import Embedded
from evoai.migrate import migrate
from tests.house import House, Urls

BOTH_FORMS = {"tests.inbox.test_path", "tests.inbox.test_echoes", "tests.inbox.test_quick_messages"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__ in BOTH_FORMS and "form" in metafunc.fixturenames:
        metafunc.parametrize("form", ["grouped", "distributed"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def form(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "grouped")


@pytest.fixture(scope="session")
async def apart(embedded: Embedded) -> AsyncIterator[House]:
    """DATABASE_DISTRIBUTED=true, with a database and Redis keys of its own, so that no other worker takes its work."""
    owner, app = embedded.create_database("apart")
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    urls = Urls(owner=owner, app=app, admin=embedded.admin_url, redis=f"{embedded.redis_url}?db=1")
    async with House.open(urls, sim={"retry_time_factor": 0.002}, DATABASE_DISTRIBUTED="true") as opened:
        assert opened.settings.database_distributed
        yield opened


@pytest.fixture
def house(form: str, house: House, request: pytest.FixtureRequest) -> House:
    """The house of the form that the test runs in."""
    return request.getfixturevalue("apart") if form == "distributed" else house


@pytest.fixture(autouse=True)
async def own_log(house: House) -> AsyncIterator[None]:
    before = msgspec.structs.asdict(house.sim.faults)
    house.sim.log.clear()
    yield
    house.sim.set(**before)
