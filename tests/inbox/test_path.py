"""The main job through the front door: a message comes in, the assistant answers, a person can take over."""

from __future__ import annotations

from tests.house import House, eventually

ANA = "5511987654321"


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
