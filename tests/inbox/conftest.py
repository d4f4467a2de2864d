"""Each test of the inbox begins with an empty log of the simulated world. The modules in `BOTH_FORMS` run twice: with
the group commits, and tenant by tenant as on a distributed database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from evoai.embedded import Embedded
from tests.house import House
from tests.inbox.scenes import own_house

BOTH_FORMS = {"tests.inbox.test_path", "tests.inbox.test_echoes", "tests.inbox.test_quick_messages"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__ in BOTH_FORMS and "form" in metafunc.fixturenames:
        metafunc.parametrize("form", ["grouped", "distributed"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def form(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "grouped")


@pytest.fixture(scope="session")
async def apart(embedded: Embedded) -> AsyncIterator[House]:
    async with own_house(embedded, "apart", 1, DATABASE_DISTRIBUTED="true") as opened:
        assert opened.settings.database_distributed
        yield opened


@pytest.fixture
def house(form: str, house: House, request: pytest.FixtureRequest) -> House:
    """The house of the form that the test runs in."""
    return request.getfixturevalue("apart") if form == "distributed" else house


@pytest.fixture(autouse=True)
def own_log(house: House) -> None:
    house.sim.log.clear()
