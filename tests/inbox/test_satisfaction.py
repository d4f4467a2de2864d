"""The rating from 1 to 5 after a resolution: asked where the tenant wants it, read, and answered by nobody."""

from __future__ import annotations

from uuid import UUID

import pytest

from evoai.inbox.service.ratings import rating_of
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import state_is

PHONE = "5511987660001"


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5", 5),
        (" 4 ", 4),
        ("nota 5!", 5),
        ("Dou nota 3", 3),
        ("5 estrelas", 5),
        ("4/5", 4),
        ("5, obrigada", 5),
        ("cinco", 5),
        ("Três.", 3),
        ("⭐⭐⭐⭐", 4),
        ("5️⃣", 5),
        ("5!!! 😍", 5),
        ("0", None),
        ("6", None),
        ("10", None),
        ("5 horas", None),
        ("Tem horário às 5?", None),
        ("Quanto custa?", None),
        ("⭐⭐⭐⭐⭐⭐", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_a_rating(text: str | None, rating: int | None) -> None:
    assert rating_of(text) == rating


async def resolved(clinic: Clinic, phone: str) -> str:
    clinic.says(phone, "Oi", name="Ana")
    await eventually(lambda: clinic.sent_to(phone))
    conversation = await state_is(clinic, phone, "bot")
    done = await clinic.client.post(f"/conversations/{conversation['id']}/resolve")
    assert done.status < 300, done.body
    return conversation["id"]


async def test_the_rating_is_asked_for_recorded_and_not_answered(house: House) -> None:
    clinic = await house.clinic()
    asks = await clinic.client.patch("/tenant", {"asks_satisfaction": True})
    assert asks["asks_satisfaction"] is True
    path = f"/conversations/{await resolved(clinic, PHONE)}"
    await eventually(lambda: len(clinic.sent_to(PHONE)) == 2 or None)
    assert "De 1 a 5" in clinic.sent_to(PHONE)[1].text
    used = (await clinic.client.get("/usage"))["messages"]["used"]
    clinic.says(PHONE, "5")

    async def marked() -> bool:
        return (await clinic.client.get(path))["satisfaction"] == 5

    await eventually(marked)
    [event] = [event for event in await clinic.events() if event["reason"] == "rating"]
    assert (event["state"], event["signal"]) == ("processed", True)
    found = await clinic.client.get(path)
    assert (found["state"], found["unread_count"]) == ("resolved", 0)
    open_turns = "select id from turns where conversation_id = $1 and closed_at is null"
    assert await house.rows(open_turns, UUID(path[-36:])) == []
    assert len(clinic.sent_to(PHONE)) == 2
    assert (await clinic.client.get("/usage"))["messages"]["used"] == used
    # What is no rating opens the conversation again, as ever; and so does a second number.
    clinic.says(PHONE, "4")
    await eventually(lambda: len(clinic.sent_to(PHONE)) == 3 or None)
    assert (await clinic.client.get(path))["satisfaction"] == 5
    # Resolved again on the same day, it is not asked again.
    await clinic.client.post(f"{path}/resolve")
    await clinic.events()
    assert len(clinic.sent_to(PHONE)) == 3


async def test_nobody_is_asked_unless_the_tenant_wants_it(house: House) -> None:
    clinic = await house.clinic()
    phone = "5511987660002"
    path = f"/conversations/{await resolved(clinic, phone)}"
    clinic.says(phone, "5")
    await eventually(lambda: len(clinic.sent_to(phone)) == 2 or None)
    found = await clinic.client.get(path)
    assert (found["satisfaction"], found["state"]) == (None, "bot")


async def test_a_question_instead_of_a_rating_is_answered(house: House) -> None:
    clinic = await house.clinic()
    await clinic.client.patch("/tenant", {"asks_satisfaction": True})
    phone = "5511987660003"
    path = f"/conversations/{await resolved(clinic, phone)}"
    await eventually(lambda: len(clinic.sent_to(phone)) == 2 or None)
    clinic.says(phone, "Vocês abrem às 5?")
    await eventually(lambda: len(clinic.sent_to(phone)) == 3 or None)
    found = await clinic.client.get(path)
    assert (found["satisfaction"], found["state"]) == (None, "bot")
