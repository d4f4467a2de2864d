"""B159: a model that names somebody else, or an amount below nothing, in what it calls: nobody else's row changes, and
nothing reaches the outside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.assistant.outside import add_tool, give, opened, order_tool, trace_of_last
from tests.house import Clinic, House
from tests.inbox.scenes import answered

PHONE = "5511987653001"
OTHER = "5511987653002"
TOOLS = ("tag_contact", "untag_contact", "update_contact", "remember", "resolve_conversation")
ARGUMENTS: dict[str, dict[str, Any]] = {
    "tag_contact": {"tag": "vip"},
    "untag_contact": {"tag": "velho"},
    "update_contact": {"name": "Trocada", "fields": {"cidade": "Recife"}},
    "remember": {"key": "cor", "value": "azul"},
    "resolve_conversation": {},
    "hand_over": {"reason": "other", "summary": "x"},
}


async def known(clinic: Clinic, phone: str) -> dict[str, str]:
    """The ids of somebody who wrote, and was tagged by a person."""
    before = len(clinic.sent_to(phone))
    clinic.says(phone, "oi", name="Bia")
    await answered(clinic, phone, before + 1)
    conversation = await clinic.conversation(phone)
    contact = conversation["contact"]["id"]
    assert (await clinic.client.patch(f"/contacts/{contact}", {"tags": ["velho"]})).status == 200
    return {
        "contact_id": contact,
        "id": contact,
        "conversation_id": conversation["id"],
        "phone": f"+{phone}",
        "tenant_id": str(clinic.client.tenant_id),
    }


async def state(clinic: Clinic, phone: str) -> list[dict[str, Any]]:
    """What tools could change of somebody: as the rows have it."""
    rows = await clinic.house.rows(
        "select c.name, c.tags, c.fields, c.facts, v.state, v.resolved_at, v.handoff_reason"
        " from contacts c join conversations v on v.tenant_id = c.tenant_id and v.contact_id = c.id"
        " where c.tenant_id = $1 and c.phone = $2",
        clinic.client.tenant_id,
        f"+{phone}",
    )
    assert len(rows) == 1
    return [dict(row) for row in rows]


@pytest.mark.parametrize("tool", ARGUMENTS)
@pytest.mark.parametrize("whose", ["of this tenant", "of another tenant"])
async def test_B159_ids_of_somebody_else_choose_nobody(house: House, tool: str, whose: str) -> None:
    clinic, foreign = await house.clinic(), await house.clinic()
    await give(clinic, *TOOLS, contact_fields=["cidade"])
    theirs = clinic if whose == "of this tenant" else foreign
    ids = await known(theirs, OTHER)
    await known(clinic, PHONE)
    before, own = await state(theirs, OTHER), await state(clinic, PHONE)
    for number, (name, value) in enumerate(ids.items(), 2):
        clinic.says(PHONE, f"#tool:{tool} {json.dumps(ARGUMENTS[tool] | {name: value})}")
        await answered(clinic, PHONE, number)
        outcomes = {call["outcome"] for call in (await trace_of_last(clinic, PHONE))["tools"]}
        assert outcomes == {"bad-arguments"}, name
        # Two such calls are one too many, and a person gets the conversation.
        conversation = await clinic.conversation(PHONE)
        if conversation["state"] != "bot":
            await clinic.client.post(f"/conversations/{conversation['id']}/hand-back", {})
    assert await state(theirs, OTHER) == before
    ours = await state(clinic, PHONE)
    assert [row | {"state": "", "handoff_reason": ""} for row in ours] == [
        row | {"state": "", "handoff_reason": ""} for row in own
    ]


@pytest.mark.parametrize("whose", ["of this tenant", "of another tenant"])
async def test_B159_ids_as_values_change_the_own_contact_alone(house: House, whose: str) -> None:
    clinic, foreign = await house.clinic(), await house.clinic()
    await give(clinic, *TOOLS, contact_fields=["contact_id"])
    theirs = clinic if whose == "of this tenant" else foreign
    ids = await known(theirs, OTHER)
    await known(clinic, PHONE)
    before = await state(theirs, OTHER)
    value = ids["contact_id"]
    calls = {
        "tag_contact": {"tag": value},
        "update_contact": {"name": value, "fields": {"contact_id": value}},
        "remember": {"key": "contact_id", "value": value},
    }
    for number, (tool, arguments) in enumerate(calls.items(), 2):
        clinic.says(PHONE, f"#tool:{tool} {json.dumps(arguments)}")
        await answered(clinic, PHONE, number)
    (own,) = await state(clinic, PHONE)
    assert (own["name"], json.loads(own["fields"])) == (value, {"contact_id": value})
    assert set(json.loads(own["tags"])) == {"velho", value}
    assert json.loads(own["facts"])["contact_id"]["value"] == value
    assert await state(theirs, OTHER) == before


async def test_B159_an_amount_below_nothing_is_not_asked_for_outside(house: House) -> None:
    async with opened() as outside:
        clinic = await house.clinic()
        parameters = order_tool(outside.base)["parameters"]
        parameters["properties"]["price"] = {"type": "number", "minimum": 0}
        await add_tool(clinic.client, order_tool(outside.base, parameters=parameters))
        await give(clinic, "find_order")
        for number, price in enumerate(("-180", "-0.01", "-1e308", "NaN", '"-5"'), 1):
            clinic.says(PHONE, f'#tool:find_order {{"order_id": "1", "price": {price}}}')
            await answered(clinic, PHONE, number)
            assert {t["outcome"] for t in (await trace_of_last(clinic, PHONE))["tools"]} == {"bad-arguments"}, price
            conversation = await clinic.conversation(PHONE)
            if conversation["state"] != "bot":
                await clinic.client.post(f"/conversations/{conversation['id']}/hand-back", {})
        assert outside.asked == []
        clinic.says(PHONE, '#tool:find_order {"order_id": "1", "price": 180}')
        await answered(clinic, PHONE, 6)
        assert outside.paths() == ["/orders/1?price=180"]
