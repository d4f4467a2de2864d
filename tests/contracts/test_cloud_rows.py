"""Every webhook body of the Cloud API contract through the door of a connected channel: the rows it leaves, by the
number's own address and by the operator's shared one."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.cloud import CloudClinic, cloud_clinic
from tests.contracts.rows_of_cloud import BODIES, EXPECTED, Json, body
from tests.house import House

_MESSAGES = """
select m.type, m.text, m.author, m.status, m.direction, m.provider_message_id as pid, c.name, c.phone
  from messages m join conversations v on v.tenant_id = m.tenant_id and v.id = m.conversation_id
  join contacts c on c.tenant_id = m.tenant_id and c.id = v.contact_id
 where m.channel_id = $1 order by m.provider_message_id
"""
_PARKED = "select provider_message_id as pid, change from parked_updates where channel_id = $1 order by 1, 2"


async def left(clinic: CloudClinic) -> Json:
    """Everything that the bodies left in the tenant, but for ids and times."""
    house, channel, tenant = clinic.house, UUID(clinic.channel_id), clinic.client.tenant_id
    events = await clinic.events()
    state = await house.row("select state, state_reason from channels where id = $1", channel)
    contacts = await house.rows("select name, phone from contacts where tenant_id = $1", tenant)
    turns = await house.rows("select id from turns where tenant_id = $1", tenant)
    return {
        "events": [(event["state"], event["reason"], event["signal"]) for event in events],
        "messages": [dict(row) for row in await house.rows(_MESSAGES, channel)],
        "parked": [(row["pid"], json.loads(row["change"])) for row in await house.rows(_PARKED, channel)],
        "channel": (state["state"], state["state_reason"]),
        "contacts": sorted((row["name"], row["phone"]) for row in contacts),
        "turns": len(turns),
    }


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_B137_a_body_leaves_its_rows_and_a_second_post_nothing(house: House, name: str) -> None:
    # Both roads in turn, so that each kind of body is seen on one of them.
    shared = sorted(EXPECTED).index(name) % 2 == 0
    expected, clinic = EXPECTED[name], await cloud_clinic(house, shared=shared)
    assert (await clinic.hook(body(name))).status == 200
    found = await left(clinic)
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
    assert await left(clinic) == found


async def test_a_day_of_bodies_in_one_leaves_what_they_leave_one_by_one(house: House) -> None:
    clinic = await cloud_clinic(house, shared=True)
    names = sorted(EXPECTED)
    batch = {"object": "whatsapp_business_account", "entry": [body(name)["entry"][0] for name in names]}
    for _ in range(2):
        assert (await clinic.hook(batch)).status == 200
        found = await left(clinic)
        assert len(found["events"]) == len(names)
        assert len(found["messages"]) == sum(EXPECTED[name].message is not None for name in names)
        assert {event[0] for event in found["events"]} == {"processed"}
        assert found["turns"] == 0
