"""The rolling summary: written beside the turns when a conversation grows long, told afterwards, and paid for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evoai.assistant.service.summarise import outgrown
from evoai.inbox.service.turns import LINES, Summary, TurnContext
from evoai.kit.db import new_id
from tests.assistant.outside import give
from tests.assistant.talks import PHONE, chatter
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import answered

from .conftest import Tenancy, line, turn

TENANCY = Tenancy(new_id(), new_id(), 1)


def talk(count: int, text: str = "oi", first: int = 1, up_to: int | None = None) -> TurnContext:
    before = tuple(line(first + n, "contact" if n % 2 else "assistant", text) for n in range(count - 1))
    found = turn(TENANCY, "e agora?", before=before)
    if up_to is None:
        return found
    return msgspec.structs.replace(found, summary=Summary(text="x", up_to_seq=up_to))


def test_a_conversation_outgrows_what_is_told_of_it() -> None:
    assert not outgrown(talk(3, "x" * 100_000))
    assert not outgrown(talk(LINES - 8))
    assert outgrown(talk(LINES - 5))
    assert outgrown(talk(10, "palavra " * 150))
    assert not outgrown(talk(LINES, first=21, up_to=40))
    assert outgrown(talk(LINES, first=21, up_to=20))


async def summary(clinic: Clinic) -> Any:
    found = await clinic.conversation(PHONE)
    return (await clinic.client.get(f"/conversations/{found['id']}/summary")).body


@pytest.fixture
async def long_talk(house: House) -> Clinic:
    house.sim.log.clear()
    clinic = await house.clinic()
    await give(clinic, "remember")
    clinic.says(PHONE, "abacaxi", name="Ana")
    await answered(clinic, PHONE)
    await chatter(clinic, 40)
    clinic.says(PHONE, "bicicleta")
    await answered(clinic, PHONE, 2)
    return clinic


async def test_a_long_conversation_is_summarised_told_and_counted(house: House, long_talk: Clinic) -> None:
    clinic = long_talk

    async def written() -> Any:
        found = await summary(clinic)
        return found if found["text"] else None

    found = await eventually(written)
    newest = (await clinic.messages(PHONE))[-1]["seq"]
    assert (found["version"], found["up_to_seq"]) == (1, newest - 10)
    assert "assunto6" in found["text"]
    contact = (await clinic.conversation(PHONE))["contact"]["id"]
    (fact,) = (await clinic.client.get(f"/contacts/{contact}/facts"))["items"]
    assert (fact["key"], fact["value"]) == ("cadeir", "cadeira azul")
    assert fact["message_id"] == next(
        m["id"] for m in await clinic.messages(PHONE) if m["text"] == "Prefiro cadeira azul"
    )
    house.sim.log.clear()
    clinic.says(PHONE, "e agora?")
    await answered(clinic, PHONE, 1)
    system = house.sim.log.model_calls()[-1].messages[0]["content"]
    assert "assunto6" in system.partition("<summary>")[2].partition("</summary>")[0]
    assert "cadeir: cadeira azul" in system
    used = (await clinic.client.get("/usage"))["assistant_tokens"]["used"]
    rows = await house.rows(
        "select outcome, input_tokens + output_tokens as tokens from traces where tenant_id = $1",
        clinic.client.tenant_id,
    )
    assert [row["outcome"] for row in rows].count("summarised") == 1
    assert sum(row["tokens"] for row in rows) == used
    assert (await summary(clinic))["version"] == 1


async def test_a_person_corrects_it_and_never_an_older_one(long_talk: Clinic) -> None:
    clinic = long_talk

    async def written() -> Any:
        return (await summary(clinic))["text"]

    await eventually(written)
    path = f"/conversations/{(await clinic.conversation(PHONE))['id']}/summary"
    stale = await clinic.client.call("PUT", path, {"text": "Errado", "version": 0})
    assert (stale.status, stale["code"]) == (409, "conflict")
    changed = await clinic.client.call("PUT", path, {"text": "Quer um clareamento.", "version": 1})
    assert (changed["text"], changed["version"]) == ("Quer um clareamento.", 2)


async def test_a_summary_that_fails_harms_nothing(house: House) -> None:
    clinic = await house.clinic()
    await give(clinic, "remember", model="broken", fallback_models=["gpt-4o"])
    house.sim.log.clear()
    clinic.says(PHONE, "abacaxi")
    await answered(clinic, PHONE)
    await chatter(clinic, 40)
    clinic.says(PHONE, "bicicleta")
    await answered(clinic, PHONE, 2)
    assert (await clinic.conversation(PHONE))["state"] == "bot"
