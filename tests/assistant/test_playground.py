"""The playground: the draft answers by the production road, and nobody is touched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from evoai.assistant.service.rehearsal import _Stage
from evoai.assistant.service.tools import HAND_OVER, Tool
from tests.assistant.studio import INSTRUCTIONS, open_studio
from tests.house import House

TOUCHED = ("contacts", "conversations", "messages", "turns", "deliveries", "channel_events", "outbox")


def said(*texts: str) -> dict[str, Any]:
    authors = ["contact", "assistant"]
    return {"messages": [{"author": authors[place % 2], "text": text} for place, text in enumerate(texts)]}


async def counted(house: House, tenant: UUID | None) -> dict[str, int]:
    return {
        table: (await house.row(f"select count(*) from {table} where tenant_id = $1", tenant))[0] for table in TOUCHED
    }


async def test_the_draft_answers_and_touches_nobody(house: House) -> None:
    studio = await open_studio(house, cases=[])
    await studio.change(instructions=INSTRUCTIONS.replace("R$ 180", "R$ 175"))
    before = await counted(house, studio.client.tenant_id)
    played = await studio.client.post(f"{studio.path}/playground", said("Oi", "Olá!", "Quanto custa a limpeza?"))
    assert played.status == 200, played.body
    assert "R$ 175" in played["bubbles"][0]
    assert (played["handoff"], played["tools"]) == (None, [])
    trace = played["trace"]
    assert (trace["purpose"], trace["outcome"], trace["conversation_id"]) == ("playground", "answered", None)
    assert trace["input_tokens"] > 100
    used = (await studio.client.get("/usage"))["assistant_tokens"]["used"]
    assert used == trace["input_tokens"] + trace["output_tokens"]
    handed = await studio.client.post(f"{studio.path}/playground", said("Preciso da nota fiscal"))
    assert handed["handoff"]["reason"] == "requested-by-assistant"
    assert "nota fiscal" in handed["handoff"]["note"]
    assert [(use["name"], use["simulated"]) for use in handed["tools"]] == [("hand_over", False)]
    assert await counted(house, studio.client.tenant_id) == before


async def test_what_cannot_be_answered_is_refused(house: House) -> None:
    studio = await open_studio(house, cases=[])
    for body in ({}, {"messages": []}, said("Oi", "Olá"), said("x" * 5000), said("Oi") | {"assistant": "x"}):
        answer = await studio.client.post(f"{studio.path}/playground", body)
        assert answer.status == 422, (body, answer.body)
    for _ in range(30):
        answer = await studio.client.post(f"{studio.path}/playground", said("Oi"))
        if answer.status == 429:
            break
    else:
        answer = await studio.client.post(f"{studio.path}/playground", said("Oi"))
    assert (answer.status, answer["code"]) == (429, "rate-limited")


class Args(msgspec.Struct):
    tag: str


async def test_a_tool_that_would_change_something_is_only_pretended() -> None:
    ran: list[str] = []

    async def run(resources: Any, context: Any, args: Args) -> str:
        ran.append(args.tag)
        return "Done"

    stage = _Stage()
    given = [
        Tool("tag_contact", "Tags.", Args, "writes", run),
        Tool("look_up", "Looks.", Args, "reads", run),
        HAND_OVER,
    ]
    tools = {tool.name: tool for tool in stage(given)}
    assert tools["hand_over"] is HAND_OVER
    nobody: Any = None
    pretended = await tools["tag_contact"].run(nobody, nobody, Args(tag="vip"))
    assert "nothing was changed" in str(pretended)
    assert await tools["look_up"].run(nobody, nobody, Args(tag="x")) == "Done"
    assert ran == ["x"]
    assert stage.pretended == {"tag_contact"}
