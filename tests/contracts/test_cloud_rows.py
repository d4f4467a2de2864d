"""Every webhook body of the Cloud API contract through the door of a connected channel: the rows it leaves, by the
number's own address and by the operator's shared one."""

from __future__ import annotations

import pytest

from tests.cloud import cloud_clinic
from tests.contracts.posted import Posted
from tests.contracts.rows_of_cloud import BODIES, EXPECTED, body
from tests.house import House


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_B137_a_body_leaves_its_rows_and_a_second_post_nothing(house: House, name: str) -> None:
    # Both roads in turn, so that each kind of body is seen on one of them.
    shared = sorted(EXPECTED).index(name) % 2 == 0
    expected, clinic = EXPECTED[name], await cloud_clinic(house, shared=shared)
    posted = Posted(clinic, frozenset())
    assert (await clinic.hook(body(name))).status == 200
    found = await posted.left()
    assert found["events"] == [expected.event]
    assert found["channel"] == ("connected", None)
    assert [change for _, change in found["parked"]] == ([expected.parked] if expected.parked else [])
    assert found["turns"] == 0
    if expected.message is None:
        assert (found["messages"], found["contacts"]) == ([], [])
    else:
        assert found["contacts"] == [expected.contact]
        (stored,) = found["messages"]
        value = body(name)["entry"][0]["changes"][0]["value"]
        assert stored["pid"] == value["messages"][0]["id"]
        assert (stored["type"], stored["text"]) == expected.message
        assert (stored["author"], stored["status"], stored["direction"]) == ("contact", "received", "in")
    assert (await clinic.hook(body(name))).status == 200
    assert await posted.left() == found


async def test_a_day_of_bodies_in_one_leaves_what_they_leave_one_by_one(house: House) -> None:
    clinic = await cloud_clinic(house, shared=True)
    names = sorted(EXPECTED)
    batch = {"object": "whatsapp_business_account", "entry": [body(name)["entry"][0] for name in names]}
    for _ in range(2):
        assert (await clinic.hook(batch)).status == 200
        found = await Posted(clinic, frozenset()).left()
        assert len(found["events"]) == len(names)
        assert len(found["messages"]) == sum(EXPECTED[name].message is not None for name in names)
        assert {event[0] for event in found["events"]} == {"processed"}
        assert found["turns"] == 0
