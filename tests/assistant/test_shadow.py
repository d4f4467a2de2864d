"""Shadow mode and an assistant's hours: conversations go to people, and in the shadow nobody is sent a draft."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from evoai.assistant.service.shadow import similarity
from evoai.inbox.service.hours import within
from evoai.inbox.service.turns import Business
from tests.house import Clinic, House, eventually

PHONE = "5511987680001"
PROFILE = "A limpeza custa R$ 180."


async def in_shadow(house: House, **fields: Any) -> tuple[Clinic, str]:
    clinic = await house.clinic()
    path = f"/assistants/{(await clinic.client.get('/assistants'))['items'][0]['id']}"
    assert (await clinic.client.patch("/tenant", {"description": PROFILE})).status == 200
    assert (await clinic.client.patch(path, fields)).status == 200
    assert (await clinic.client.post(f"{path}/publish", {})).status == 200
    return clinic, path


async def answer(clinic: Clinic, phone: str, text: str) -> str:
    conversation = await clinic.conversation(phone)
    body = {"text": text, "client_id": f"client-{phone}-{len(text)}"}
    sent = await clinic.client.post(f"/conversations/{conversation['id']}/messages", body)
    assert sent.status == 201, sent.body
    return conversation["id"]


async def drafts(clinic: Clinic, path: str, count: int) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]] | None:
        items = (await clinic.client.get(f"{path}/shadow-drafts"))["items"]
        return items if len(items) >= count else None

    return await eventually(found)


async def test_in_the_shadow_the_assistant_drafts_and_people_answer(house: House) -> None:
    clinic, path = await in_shadow(house, shadow=True)
    clinic.says(PHONE, "Quanto custa a limpeza?", name="Ana")
    [item] = await drafts(clinic, path, 1)
    assert "R$ 180" in item["draft"]
    assert (item["asked"], item["reply"], item["similarity"]) == ("Quanto custa a limpeza?", None, None)
    assert clinic.sent_to(PHONE) == []
    conversation = await clinic.conversation(PHONE)
    assert (conversation["state"], conversation["handoff"]["reason"]) == ("queued", "shadow")
    conversation_id = await answer(clinic, PHONE, "A limpeza custa R$ 180, quer marcar?")
    await eventually(lambda: clinic.sent_to(PHONE))
    clinic.says(PHONE, "Preciso da nota fiscal, quero falar com um atendente")
    await drafts(clinic, path, 2)
    await answer(clinic, PHONE, "Vou mandar por e-mail")
    await clinic.client.post(f"/conversations/{conversation_id}/resolve")

    async def with_topic() -> Any:
        report = (await clinic.client.get(f"{path}/shadow-report")).body
        return report if report["topics"][0]["topic"] is not None else None

    report = await eventually(with_topic)
    assert [each["topic"] for each in report["topics"]] == ["preços"]
    total = report["total"]
    assert (total["drafts"], total["answered"], total["similar"], total["handed_over"]) == (2, 2, 1, 1)
    newest, oldest = await drafts(clinic, path, 2)
    assert newest["handoff_reason"] == "requested-by-contact"
    assert oldest["similarity"] > 0.5 > newest["similarity"]
    assert {sent.text for sent in clinic.sent_to(PHONE)} <= {
        "A limpeza custa R$ 180, quer marcar?",
        "Vou mandar por e-mail",
    }
    # Each was drafted once, however often the sweep looked, and is in the tenant's usage.
    rows = await house.rows("select * from traces where tenant_id = $1 and purpose = 'shadow'", clinic.client.tenant_id)
    assert len(rows) == 2
    refused = await clinic.client.post(f"/conversations/{conversation_id}/reopen")
    assert refused.status < 300
    back = await clinic.client.post(f"/conversations/{conversation_id}/hand-back")
    assert (back.status, back["code"]) == (409, "conflict")


async def test_out_of_its_hours_people_answer(house: House) -> None:
    clinic, path = await in_shadow(house, hours="outside")
    phone = "5511987680002"
    # Without hours a business is always open.
    clinic.says(phone, "Oi")

    async def queued() -> Any:
        conversation = await clinic.conversation(phone)
        return conversation if conversation["state"] == "queued" else None

    await house.sim.settled()
    await clinic.events()
    assert (await eventually(queued))["handoff"]["reason"] == "outside-hours"
    assert clinic.sent_to(phone) == []
    await clinic.client.patch(path, {"hours": "business"})
    await clinic.client.post(f"{path}/publish", {})
    other = "5511987680003"
    clinic.says(other, "Oi")
    await eventually(lambda: clinic.sent_to(other))


HOURS = {"mon": [["08:00", "12:00"], ["13:00", "18:00"]]}


@pytest.mark.parametrize(
    ("hours", "at", "answers"),
    [
        ("always", "2026-11-23T03:00", True),
        ("business", "2026-11-23T11:30", True),
        ("business", "2026-11-23T15:30", False),
        ("business", "2026-11-23T21:00", False),
        ("business", "2026-11-24T11:30", False),
        ("outside", "2026-11-23T11:30", False),
        ("outside", "2026-11-24T11:30", True),
    ],
)
def test_hours_are_the_business_own(hours: str, at: str, answers: bool) -> None:
    business = Business(name="X", time_zone="America/Sao_Paulo", language="pt-BR", description="", business_hours=HOURS)
    assert within(hours, business, datetime.fromisoformat(at).replace(tzinfo=UTC)) is answers


def test_likeness_is_that_of_the_words() -> None:
    assert similarity("A limpeza custa R$ 180.", "A limpeza custa 180 reais") > 0.5
    assert similarity("A limpeza custa R$ 180.", "Vou mandar por e-mail") == 0
    assert similarity("Abrimos às 8h", "Abrimos às 8h") == 1
