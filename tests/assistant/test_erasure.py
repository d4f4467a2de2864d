"""An erased contact is gone from whatever the assistant and the documents had of it; what it cost stays counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from evoai.assistant.service.cache import ANSWERS
from tests.assistant.outside import give
from tests.assistant.talks import PHONE, chatter
from tests.house import Clinic, House, eventually
from tests.inbox.people import words_left, worked
from tests.inbox.scenes import answered, path_of, quiet

WORDS = ("zebrinha", "girassol", "Quartzo", "cadeira azul", PHONE[-8:])
TOOLS = ("search_knowledge", "remember", "tag_contact")


async def analysis_of(clinic: Clinic, path: str) -> Any:
    return (await clinic.client.get(path))["analysis"]


async def sums(clinic: Clinic) -> tuple[int, int]:
    """Tokens as the rows have them, and as the month counts them, both of one moment."""
    row = await clinic.house.row(
        "select (select sum(input_tokens + output_tokens) from traces where tenant_id = $1)"
        " + (select coalesce(sum(input_tokens + output_tokens), 0) from charges where tenant_id = $1) as told,"
        " (select sum(used) from quotas where tenant_id = $1 and kind = 'assistant_tokens') as used",
        clinic.client.tenant_id,
    )
    return row["told"], row["used"]


async def test_T72_none_of_an_erased_contacts_words_is_left_anywhere(house: House) -> None:
    clinic = await house.clinic()
    client = clinic.client
    await give(clinic, *TOOLS)
    clinic.says(PHONE, "Vocês têm zebrinha?", name="Rita Quartzo")
    await answered(clinic, PHONE)
    clinic.says(PHONE, "", kind="audio", words="girassol")
    await answered(clinic, PHONE, 2)
    clinic.says(PHONE, '#tool:remember {"key": "flor", "value": "girassol"}')
    await answered(clinic, PHONE, 3)
    await chatter(clinic, 40)
    clinic.says(PHONE, "e a zebrinha?")
    await answered(clinic, PHONE, 4)
    path = await path_of(clinic, PHONE)
    conversation_id = path[-36:]
    (gap,) = (await client.get("/knowledge/gaps"))["items"]
    assert "zebrinha" in gap["question"]
    assistant = (await client.get("/assistants"))["items"][0]["id"]
    made = await client.post(f"/assistants/{assistant}/tests", {"conversation_id": conversation_id})
    assert made.status == 201, made.body
    kept = {"text": "Sobre a zebrinha", "client_id": "about-the-zebra"}
    said = await client.post(f"{path}/messages", kept, idempotency_key="about-the-zebra")
    assert said.status == 201, said.body
    contact = (await clinic.conversation(PHONE))["contact"]["id"]
    assert (await client.patch(f"/contacts/{contact}", {"name": "Rita Quartzo Lima"})).status == 200
    assert (await client.post(f"{path}/resolve", None, idempotency_key="over")).status < 300
    await eventually(lambda: analysis_of(clinic, path), 30)
    await quiet(clinic)
    # A summary may still be written, and paid for.
    await worked(clinic)
    before = await sums(clinic)
    assert before[0] == before[1] > 0
    tables = {table for table, _ in await words_left(clinic, *WORDS)}
    assert tables >= {"contacts", "conversations", "gaps", "idempotency_keys", "messages", "test_cases", "traces"}
    assert (await client.delete(f"/contacts/{contact}")).status == 204
    await worked(clinic)
    assert await words_left(clinic, *WORDS) == []
    assert await sums(clinic) == before
    assert (await client.get("/knowledge/gaps"))["items"] == []
    await eventually(lambda: UUID(conversation_id) not in ANSWERS._given_in)  # pyright: ignore[reportPrivateUsage]
