"""Tools about the contact: what the model has done is stored with the answer, once, for the own contact alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.assistant.outside import give, offered, trace_of_last
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import answered, path_of, rest, state_is, switched, thinking

PHONE = "5511987651001"
OTHER = "5511987651002"


async def contact(clinic: Clinic, phone: str = PHONE) -> Any:
    page = await clinic.client.get(f"/contacts?q={phone}")
    return page["items"][0]


async def ready(house: House, *tools: str, **fields: Any) -> Clinic:
    house.sim.log.clear()
    clinic = await house.clinic()
    await give(clinic, *(tools or ("tag_contact", "untag_contact", "update_contact", "remember")), **fields)
    return clinic


async def says(clinic: Clinic, text: str, phone: str = PHONE) -> str:
    before = len(clinic.sent_to(phone))
    clinic.says(phone, text, name="Ana")
    return (await answered(clinic, phone, before + 1))[-1]


async def test_tags_go_on_and_off(house: House) -> None:
    clinic = await ready(house)
    await says(clinic, '#tool:tag_contact {"tag": "vip"}')
    assert (await contact(clinic))["tags"] == ["vip"]
    await says(clinic, '#tool:tag_contact {"tag": " gosta de\\nazul "}')
    assert (await contact(clinic))["tags"] == ["vip", "gosta de azul"]
    assert len((await clinic.client.get("/contacts?tag=VIP"))["items"]) == 1
    await says(clinic, '#tool:untag_contact {"tag": "vip"}')
    assert (await contact(clinic))["tags"] == ["gosta de azul"]
    assert (await clinic.client.get("/contacts?tag=vip"))["items"] == []
    assert [t["outcome"] for t in (await trace_of_last(clinic, PHONE))["tools"]] == ["done"]


async def test_name_and_allowed_fields_change_and_no_others(house: House) -> None:
    clinic = await ready(house, "update_contact", contact_fields=["cidade"])
    await says(clinic, '#tool:update_contact {"name": "Ana Lima", "fields": {"cidade": "Recife"}}')
    found = await contact(clinic)
    assert (found["name"], found["fields"]) == ("Ana Lima", {"cidade": "Recife"})
    await says(clinic, '#tool:update_contact {"fields": {"limite": "999"}}')
    assert (await contact(clinic))["fields"] == {"cidade": "Recife"}


async def test_what_is_remembered_is_told_the_next_time_shown_and_edited(house: House) -> None:
    clinic = await ready(house)
    await says(clinic, '#tool:remember {"key": "Cor", "value": "prefere azul"}')
    found = await contact(clinic)
    path = f"/contacts/{found['id']}/facts"
    (fact,) = (await clinic.client.get(path))["items"]
    assert (fact["key"], fact["value"]) == ("cor", "prefere azul")
    said = [m for m in await clinic.messages(PHONE) if m["direction"] == "in"]
    assert fact["message_id"] == said[-1]["id"]
    house.sim.log.clear()
    await says(clinic, "abacaxi")
    system = house.sim.log.model_calls()[-1].messages[0]["content"]
    assert "\ncor: prefere azul\n" in system.partition("<contact>")[2].partition("</contact>")[0]
    changed = await clinic.client.call("PUT", f"{path}/cor", {"value": "verde"})
    assert changed["items"][0]["value"] == "verde"
    assert changed["items"][0]["message_id"] is None
    assert (await clinic.client.delete(f"{path}/cor")).status == 204
    assert (await clinic.client.get(path))["items"] == []


async def test_a_tool_that_the_version_lacks_is_not_there(house: House) -> None:
    clinic = await ready(house, "remember")
    clinic.says(PHONE, '#tool:tag_contact {"tag": "vip"}')
    await answered(clinic, PHONE)
    call = house.sim.log.model_calls()[0]
    assert sorted(tool["name"] for tool in offered(call)) == ["hand_over", "remember"]
    assert (await contact(clinic))["tags"] == []


async def test_an_unknown_tool_is_refused_in_the_draft(house: House) -> None:
    client = await house.sign_up()
    assistant = (await client.get("/assistants"))["items"][0]
    refused = await client.patch(f"/assistants/{assistant['id']}", {"tools": ["remember", "drop_tables"]})
    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/tools/1")
    catalog = {entry["name"]: entry for entry in (await client.get("/tools/catalog"))["items"]}
    assert set(assistant["tools"]) <= catalog.keys()
    assert catalog["tag_contact"]["effect"] == "writes"


@pytest.mark.parametrize("how", ["contact_id", "phone", "tenant_id"])
async def test_T61_arguments_choose_nobody_else(house: House, how: str) -> None:
    clinic = await ready(house)
    await says(clinic, "oi", OTHER)
    other = await contact(clinic, OTHER)
    value = {"contact_id": other["id"], "phone": OTHER, "tenant_id": str(clinic.client.tenant_id)}[how]
    await says(clinic, f'#tool:tag_contact {{"tag": "vip", "{how}": "{value}"}}')
    assert (await contact(clinic, OTHER))["tags"] == []
    assert (await contact(clinic))["tags"] == []


async def test_an_answer_that_is_not_sent_changes_nothing(house: House) -> None:
    clinic = await ready(house)
    async with switched(house, model_ms=600):
        clinic.says(PHONE, '#tool:remember {"key": "cor", "value": "azul"}')
        await thinking(clinic, "#tool:remember")
        found = await clinic.conversation(PHONE)
        await clinic.client.post(f"/conversations/{found['id']}/take-over", None)
        await rest(1.5)
    assert clinic.sent_to(PHONE) == []
    row = await house.row("select facts from contacts where tenant_id = $1", clinic.client.tenant_id)
    assert row["facts"] == "{}"


async def test_the_assistant_ends_a_conversation_with_its_last_words(house: House) -> None:
    clinic = await ready(house, "resolve_conversation")
    await says(clinic, "#tool:resolve_conversation {}")
    ended = await state_is(clinic, PHONE, "resolved")
    assert ended["resolved_at"] is not None
    await says(clinic, "abacaxi")
    assert (await clinic.conversation(PHONE))["id"] == ended["id"]
    assert (await clinic.conversation(PHONE))["state"] == "bot"


async def test_what_follows_a_resolution_follows_the_assistants_too(house: House) -> None:
    clinic = await ready(house, "resolve_conversation")
    await clinic.client.patch("/tenant", {"asks_satisfaction": True})
    await says(clinic, "#tool:resolve_conversation {}")
    await eventually(lambda: len(clinic.sent_to(PHONE)) == 2 or None)
    assert "De 1 a 5" in clinic.sent_to(PHONE)[1].text

    async def analysed() -> Any:
        return (await _shown(clinic))["analysis"]

    assert (await eventually(analysed))["summary"]
    clinic.says(PHONE, "5")

    async def rated() -> bool:
        return (await _shown(clinic))["satisfaction"] == 5

    await eventually(rated)
    # The tray works at least once: what is done again asks nobody again.
    await house.run("update outbox set done_at = null, next_at = now() where tenant_id = $1", clinic.client.tenant_id)
    await rest(1)
    assert len(clinic.sent_to(PHONE)) == 2


async def _shown(clinic: Clinic) -> Any:
    return (await clinic.client.get(await path_of(clinic, PHONE))).body


async def test_a_tool_is_used_as_often_as_one_answer_may(house: House) -> None:
    clinic = await ready(house, "tag_contact", model="obedient")
    orders = "\n".join(f"#tool:tag_contact tag=t{number}" for number in range(9))
    clinic.says(PHONE, orders)
    await eventually(lambda: clinic.sent_to(PHONE))
    assert len((await contact(clinic))["tags"]) <= 5


async def test_facts_of_nobody_and_of_others_are_not_found(house: House) -> None:
    clinic, stranger = await ready(house), await house.sign_up()
    await says(clinic, '#tool:remember {"key": "cor", "value": "azul"}')
    path = f"/contacts/{(await contact(clinic))['id']}/facts"
    assert (await stranger.get(path)).status == 404
    assert (await stranger.call("PUT", f"{path}/cor", {"value": "x"})).status == 404
    assert (await stranger.delete(f"{path}/cor")).status == 404
    assert (await clinic.client.get(f"/contacts/{UUID(int=7)}/facts")).status == 404
