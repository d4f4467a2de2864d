"""The admin is told at 80 and at 100 per cent of a limit, once each."""

from __future__ import annotations

from typing import Any

from tests.house import Client, House
from tests.inbox.scenes import answered, quiet
from tests.realtime.tabs import Tab, signed_in


async def limit(house: House, client: Client, kind: str, lim: int) -> None:
    await house.run("update quotas set lim = $3 where tenant_id = $1 and kind = $2", client.tenant_id, kind, lim)


async def told(tab: Tab) -> dict[str, Any]:
    return (await tab.until("usage.threshold"))["data"]


async def test_messages_reach_their_limit_in_two_steps(house: House) -> None:
    clinic = await house.clinic()
    await limit(house, clinic.client, "messages", 5)
    phones = [f"5511985{n:06d}" for n in range(7)]
    async with signed_in(house, clinic.client) as tab:
        for phone in phones[:4]:
            clinic.says(phone, "abacaxi azul")
            await answered(clinic, phone)
        assert await told(tab) == {"resource": "messages", "percent": 80, "used": 4, "limit": 5}
        clinic.says(phones[4], "abacaxi azul")
        await answered(clinic, phones[4])
        assert await told(tab) == {"resource": "messages", "percent": 100, "used": 5, "limit": 5}
        for phone in phones[5:]:
            clinic.says(phone, "abacaxi azul")
        await quiet(clinic)
    rows = await house.rows(
        "select told from quotas where tenant_id = $1 and kind = 'messages'", clinic.client.tenant_id
    )
    assert [row["told"] for row in rows] == [100]


async def test_contacts_that_write_and_documents_that_are_added(house: House) -> None:
    clinic = await house.clinic()
    await limit(house, clinic.client, "contacts", 1)
    await limit(house, clinic.client, "documents", 5)
    async with signed_in(house, clinic.client) as tab:
        clinic.says("5511985000099", "abacaxi azul")
        assert await told(tab) == {"resource": "contacts", "percent": 100, "used": 1, "limit": 1}
        for number in range(5):
            added = await clinic.client.post("/documents", {"question": f"Pergunta {number}?", "answer": "Sim."})
            assert added.status == 201
        found = [await told(tab) for _ in range(2)]
        assert [(one["resource"], one["percent"], one["used"]) for one in found] == [
            ("documents", 80, 4),
            ("documents", 100, 5),
        ]


async def test_without_a_limit_nothing_is_told(house: House) -> None:
    clinic = await house.clinic()
    clinic.says("5511985000098", "abacaxi azul")
    await answered(clinic, "5511985000098")
    rows = await house.rows("select distinct told from quotas where tenant_id = $1", clinic.client.tenant_id)
    assert [row["told"] for row in rows] == [0]
