"""The main job through the front door: a message comes in, the assistant answers, a person can take over."""

from __future__ import annotations

import json

from tests.house import House, eventually
from tests.inbox.scenes import ANA, BIA, answered


async def test_a_message_is_answered_once_in_phone_and_inbox(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "Oi, bom dia!", name="Ana Beatriz")
    await eventually(lambda: clinic.sent_to(ANA))

    async def ticked() -> bool:
        return (await clinic.messages(ANA))[-1]["status"] == "read"

    await eventually(ticked)
    messages = await clinic.messages(ANA)
    assert [(m["direction"], m["author"], m["status"]) for m in messages] == [
        ("in", "contact", "received"),
        ("out", "assistant", "read"),
    ]
    assert len(clinic.sent_to(ANA)) == 1
    assert clinic.sent_to(ANA)[0].text == messages[1]["text"]


async def test_what_an_answer_changes_about_its_contact_is_stored_with_it(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, '#tool:tag_contact {"tag": "vip"}')
    clinic.says(BIA, '#tool:remember {"key": "cor", "value": "azul"}')
    await answered(clinic, ANA)
    await answered(clinic, BIA)
    rows = await house.rows("select phone, tags, facts from contacts where tenant_id = $1", clinic.client.tenant_id)
    found = {row["phone"]: (json.loads(row["tags"]), json.loads(row["facts"])) for row in rows}
    assert found[f"+{ANA}"] == (["vip"], {})
    assert (found[f"+{BIA}"][0], found[f"+{BIA}"][1]["cor"]["value"]) == ([], "azul")
