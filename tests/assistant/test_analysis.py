"""What a model makes of resolved conversations, and that nothing hangs on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.house import Clinic, House, eventually

PHONE = "5511987670001"


async def talk(clinic: Clinic, phone: str, *said: str) -> str:
    for number, text in enumerate(said, 1):
        clinic.says(phone, text, name="Ana")
        await eventually(lambda number=number: len(clinic.sent_to(phone)) >= number or None)
    conversation = await clinic.conversation(phone)
    return f"/conversations/{conversation['id']}"


async def worked(clinic: Clinic) -> list[Any]:
    """The tray's entries about resolved conversations, once they are done."""
    sql = "select * from outbox where tenant_id = $1 and topic = 'conversation.resolved'"

    async def done() -> list[Any] | None:
        rows = await clinic.house.rows(sql, clinic.client.tenant_id)
        return rows if rows and all(row["done_at"] for row in rows) else None

    return await eventually(done)


async def test_a_resolved_conversation_is_summed_up(house: House) -> None:
    clinic = await house.clinic()
    path = await talk(clinic, PHONE, "Quanto custa a limpeza?", "Que absurdo, péssimo!")
    assert (await clinic.client.get(path))["analysis"] is None
    used = (await clinic.client.get("/usage"))["assistant_tokens"]["used"]
    assert (await clinic.client.post(f"{path}/resolve")).status < 300

    async def analysed() -> Any:
        return (await clinic.client.get(path))["analysis"]

    analysis = await eventually(analysed)
    assert (analysis["topic"], analysis["intent"]) == ("preços", "saber o preço")
    assert (analysis["sentiment"], analysis["outcome"]) == ("negative", "solved")
    assert "limpeza" in analysis["summary"]
    [row] = await house.rows(
        "select * from traces where tenant_id = $1 and purpose = 'analysis'", clinic.client.tenant_id
    )
    assert (row["conversation_id"], row["outcome"]) == (UUID(path[-36:]), "answered")
    spent = (await clinic.client.get("/usage"))["assistant_tokens"]["used"] - used
    assert spent == row["input_tokens"] + row["output_tokens"]
    # Told twice, it is asked for once.
    await house.run("update outbox set done_at = null, next_at = now() where tenant_id = $1", clinic.client.tenant_id)
    await worked(clinic)
    traced = "select id from traces where purpose = 'analysis' and conversation_id = $1"
    assert len(await house.rows(traced, UUID(path[-36:]))) == 1


async def test_a_model_that_fails_harms_nothing(house: House) -> None:
    clinic = await house.clinic()
    phone = "5511987670002"
    path = await talk(clinic, phone, "Oi")
    house.sim.set(model_error="malformed")
    try:
        assert (await clinic.client.post(f"{path}/resolve")).status < 300
        [entry] = await worked(clinic)
    finally:
        house.sim.set(model_error="")
    assert entry["attempts"] == 1
    found = await clinic.client.get(path)
    assert (found["state"], found["analysis"]) == ("resolved", None)
    assert (await clinic.client.get("/dead-letters"))["items"] == []


async def test_without_room_in_the_plan_no_model_is_asked(house: House) -> None:
    clinic = await house.clinic()
    phone = "5511987670003"
    path = await talk(clinic, phone, "Oi")
    tenant = clinic.client.tenant_id
    await house.run("update subscriptions set plan_code = 'free' where tenant_id = $1", tenant)
    await house.run("update quotas set used = 1e9 where tenant_id = $1 and kind = 'assistant_tokens'", tenant)
    await clinic.client.post(f"{path}/resolve")
    await worked(clinic)
    assert await house.rows("select id from traces where tenant_id = $1 and purpose = 'analysis'", tenant) == []
