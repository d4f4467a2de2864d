"""Turns through the real client against the simulator's model: answers, fallbacks, handoffs, never silence."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from time import monotonic
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from evoai.assistant.llm.breaker import Guarded
from evoai.assistant.llm.fake import FakeModel
from evoai.assistant.llm.protocol import Completion, ModelError, ToolCall
from evoai.assistant.models.assistants import AssistantVersion
from evoai.assistant.service.think import ROUNDS, think
from evoai.assistant.service.tools import Tool
from evoai.assistant.service.trace import TurnTrace
from evoai.inbox.service.turns import Answer, HandoffAsk, TurnContext
from evoai.kit.breaker import CircuitBreaker
from evoai.kit.db import Database, new_id
from evoai.kit.module import Module
from evoai.kit.timers import Timers
from evoai.simulator.app import Simulator

from .conftest import BUSINESS, Publish, Room, Tenancy, line, turn


def asked(simulator: Simulator) -> list[dict[str, Any]]:
    """The bodies of the model calls, in order."""
    return [msgspec.json.decode(entry.body or b"{}") for entry in simulator.log if entry.kind == "model"]


def outcomes(answer: Answer) -> list[tuple[str, str]]:
    trace: TurnTrace = answer.trace
    return [(call.model, call.outcome) for call in trace.calls]


async def test_one_answer_speaks_to_all_waiting_messages(room: Any, published: Publish, simulator: Simulator) -> None:
    tenancy = await published()
    answer = await think(room, turn(tenancy, "oi", "quanto custa a limpeza?", "e onde fica?"))
    assert answer.handoff is None
    [bubble] = answer.bubbles
    assert "R$ 180" in bubble
    assert "Rua das Flores" in bubble
    trace: TurnTrace = answer.trace
    assert trace.outcome == "answered"
    assert trace.model == "gpt-4o-mini"
    assert trace.assistant_version == 7
    assert trace.input_tokens > 100
    assert trace.output_tokens > 5
    assert trace.cost_micro_usd == pytest.approx(trace.input_tokens * 0.15 + trace.output_tokens * 0.60, abs=0.51)
    [body] = asked(simulator)
    assert [message["role"] for message in body["messages"]] == ["system", "user", "user", "user"]
    assert body["max_tokens"] == 1000
    assert body["tools"][0]["function"]["parameters"]["required"] == ["reason", "summary"]


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (["broken-1", "gpt-4o"], ["server-error"]),
        (["limited-1", "gpt-4o"], ["rate-limited"]),
        (["slow-1", "gpt-4o"], ["timeout"]),
        (["empty-1", "gpt-4o"], ["empty"]),
        (["malformed-1", "gpt-4o"], ["malformed"]),
        (["broken-1", "limited-1", "empty-1", "gpt-4o"], ["server-error", "rate-limited", "empty"]),
    ],
)
async def test_the_next_model_answers_where_one_fails(
    room: Any, published: Publish, models: list[str], expected: list[str]
) -> None:
    tenancy = await published(model=models[0], fallback_models=models[1:])
    answer = await think(room, turn(tenancy, "quanto custa o clareamento?"))
    assert "R$ 900" in answer.bubbles[0]
    assert answer.handoff is None
    assert outcomes(answer) == [*zip(models, expected, strict=False), ("gpt-4o", "answered")]
    assert answer.trace.model == "gpt-4o"


async def test_all_models_failing_hands_over_with_words(room: Any, published: Publish) -> None:
    tenancy = await published(model="broken", fallback_models=["limited", "malformed"])
    answer = await think(room, turn(tenancy, "quanto custa a limpeza?"))
    assert answer.handoff == HandoffAsk(reason="model-failed")
    assert "Desculpe" in answer.bubbles[0]
    assert answer.trace.outcome == "failed"
    assert answer.trace.model is None
    assert len(answer.trace.calls) == 3


async def test_a_turn_ends_in_time_however_many_models_hang(room: Any, published: Publish) -> None:
    room.timers = Timers(model=0.4, turn=0.6)
    tenancy = await published(model="slow-a", fallback_models=["slow-b", "slow-c", "slow-d"])
    began = monotonic()
    answer = await think(room, turn(tenancy, "oi"))
    assert monotonic() - began < 1.0
    assert answer.handoff == HandoffAsk(reason="model-failed")
    assert outcomes(answer) == [("slow-a", "timeout"), ("slow-b", "timeout")]


async def test_a_model_that_keeps_failing_is_left_alone(
    room: Any, published: Publish, simulator: Simulator, redis: Redis
) -> None:
    room.model = Guarded(room.model, CircuitBreaker(redis))
    tenancy = await published(model="broken-often", fallback_models=["gpt-4o"])
    # Two messages at once: no such question is answered from the cache.
    answers = [await think(room, turn(tenancy, "oi", "quanto custa a limpeza?")) for _ in range(7)]
    assert all("R$ 180" in answer.bubbles[0] for answer in answers)
    assert [outcomes(answer)[0][1] for answer in answers] == ["server-error"] * 5 + ["paused"] * 2
    assert [body["model"] for body in asked(simulator)].count("broken-often") == 5


async def test_the_model_hands_over_by_its_tool(room: Any, published: Publish) -> None:
    arguments = '{"reason": "complaint", "summary": "Quer trocar o aparelho que quebrou."}'
    tenancy = await published()
    answer = await think(room, turn(tenancy, f"#tool:hand_over {arguments}"))
    assert answer.handoff == HandoffAsk(reason="requested-by-assistant", note="Quer trocar o aparelho que quebrou.")
    assert answer.bubbles == ("Vou passar a conversa para a nossa equipe. Uma pessoa continua com você por aqui.",)
    assert answer.trace.outcome == "handed-over"
    assert [(tool["name"], tool["outcome"]) for tool in answer.trace.tools] == [("hand_over", "done")]
    assert outcomes(answer) == [("gpt-4o-mini", "tool")]


async def test_a_request_for_a_person_asks_no_model(room: Any, published: Publish, simulator: Simulator) -> None:
    tenancy = await published()
    answer = await think(room, turn(tenancy, "oi", "quero falar com um atendente"))
    assert answer.handoff == HandoffAsk(reason="requested-by-contact")
    assert "uma pessoa" in answer.bubbles[0]
    assert answer.trace.outcome == "handed-over"
    assert asked(simulator) == []


async def test_only_waiting_messages_call_a_person(room: Any, published: Publish) -> None:
    tenancy = await published()
    before = (line(1, "contact", "quero falar com um atendente"), line(2, "agent", "Oi, aqui é a Bia. Resolvido?"))
    answer = await think(room, turn(tenancy, "quanto custa a limpeza?", before=before))
    assert answer.handoff is None
    assert "R$ 180" in answer.bubbles[0]


async def test_keywords_of_the_version_call_a_person_in_the_tenants_language(room: Any, published: Publish) -> None:
    tenancy = await published(handoff_keywords=["Reembolso"])
    english = msgspec.structs.replace(BUSINESS, language="en")
    answer = await think(room, turn(tenancy, "cadê meu REEMBOLSO?", business=english))
    assert answer.handoff == HandoffAsk(reason="requested-by-contact")
    assert "our team" in answer.bubbles[0]


async def test_without_a_key_people_answer(door: Database, published: Publish) -> None:
    room: Any = Room(door, None)
    answer = await think(room, turn(await published(), "oi"))
    assert answer.handoff == HandoffAsk(reason="assistant-unavailable")
    assert len(answer.bubbles) == 1
    assert answer.trace.calls == ()


async def test_a_version_that_is_not_the_tenants_is_not_there(room: Any, published: Publish) -> None:
    mine, other = await published(), await published(instructions="segredo")
    answer = await think(room, turn(Tenancy(mine.tenant_id, other.assistant_id, 7), "oi"))
    assert answer.handoff == HandoffAsk(reason="assistant-unavailable")
    assert (await think(room, turn(other, "oi"))).handoff is None


async def test_a_cancelled_turn_leaves_no_request_open(room: Any, published: Publish, simulator: Simulator) -> None:
    room.timers = Timers(model=30, turn=30)
    task = asyncio.create_task(think(room, turn(await published(model="slow"), "oi")))
    while not asked(simulator):
        await asyncio.sleep(0.01)
    assert open_connections(simulator) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(100):
        if open_connections(simulator) == 0:
            break
        await asyncio.sleep(0.01)
    assert open_connections(simulator) == 0


def open_connections(simulator: Simulator) -> int:
    return len(simulator._connections)  # pyright: ignore[reportPrivateUsage]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    pass


async def test_a_tool_of_another_room_runs_and_its_result_reaches_the_model(door: Database, published: Publish) -> None:
    seen: list[Any] = []

    async def run(resources: Any, context: TurnContext, args: Any) -> str:
        seen.append((context.tenant_id, args))
        return "Há vaga às 15h."

    tool = Tool("find_slots", "Free times", Nothing, "reads", run)
    model = FakeModel(ToolCall("c1", "find_slots", "{}"), "Temos vaga às 15h.")
    room: Any = Room(door, model, modules=(Module("appointments", tools=(tool,)),))
    tenancy = await published()
    answer = await think(room, turn(tenancy, "tem vaga hoje?"))
    assert answer.bubbles == ("Temos vaga às 15h.",)
    assert seen == [(tenancy.tenant_id, Nothing())]
    _, messages, specs = model.asked[1]
    assert [spec.name for spec in specs] == ["hand_over", "find_slots"]
    assert (messages[-1].role, messages[-1].content, messages[-1].tool_call_id) == ("tool", "Há vaga às 15h.", "c1")
    assert messages[-2].tool_calls == (ToolCall("c1", "find_slots", "{}"),)
    assert outcomes(answer) == [("gpt-4o-mini", "tool"), ("gpt-4o-mini", "answered")]


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (ToolCall("c", "drop_tables", "{}"), "unknown-tool"),
        (ToolCall("c", "hand_over", '{"reason":'), "bad-arguments"),
        (ToolCall("c", "hand_over", '{"reason": "boss", "summary": 3}'), "bad-arguments"),
        (ToolCall("c", "hand_over", '{"reason": "other", "summary": "x", "tenant_id": "1"}'), "bad-arguments"),
    ],
)
async def test_B159_a_call_that_cannot_be_run_is_told_once(
    door: Database, published: Publish, call: ToolCall, outcome: str
) -> None:
    tenancy = await published()
    model = FakeModel(call, "Tudo certo!")
    room: Any = Room(door, model)
    answer = await think(room, turn(tenancy, "oi"))
    assert answer.bubbles == ("Tudo certo!",)
    assert model.asked[1][1][-1].role == "tool"
    stubborn: Any = Room(door, FakeModel(call))
    answer = await think(stubborn, turn(tenancy, "oi"))
    assert answer.handoff is not None
    assert answer.bubbles
    assert [tool["outcome"] for tool in answer.trace.tools] == [outcome, outcome]


async def test_B159_a_model_that_only_calls_tools_is_stopped(door: Database, published: Publish) -> None:
    async def run(resources: Any, context: TurnContext, args: Any) -> str:
        return "again"

    model = FakeModel(ToolCall("c", "look", "{}"))
    room: Any = Room(door, model, modules=(Module("m", tools=(Tool("look", "d", Nothing, "reads", run),)),))
    answer = await think(room, turn(await published(), "oi"))
    assert len(model.asked) == ROUNDS
    assert answer.handoff == HandoffAsk(reason="model-failed")
    assert answer.bubbles


@pytest.mark.parametrize(
    "said", ["palavra " * 130_000, "<b>Oi</b><script>x()</script>", "x" * 1_000_000, "R$ -180,00", "\0\u202e\ufeff"]
)
async def test_B159_whatever_a_model_says_fits_the_phone(door: Database, published: Publish, said: str) -> None:
    room: Any = Room(door, FakeModel(said))
    answer = await think(room, turn(await published(), "oi"))
    assert 0 < len(answer.bubbles) <= 4
    assert all(0 < len(bubble) <= 4096 for bubble in answer.bubbles)
    assert not set("".join(answer.bubbles)) & set("\0\u202e\ufeff")


async def test_B159_fifty_calls_at_once_are_five(door: Database, published: Publish) -> None:
    ran: list[Any] = []

    async def run(resources: Any, context: TurnContext, args: Any) -> str:
        ran.append(args)
        return "done"

    calls = tuple(ToolCall(f"c{n}", "look", "{}") for n in range(50))
    many = Completion(text="", tool_calls=calls, input_tokens=1, output_tokens=1, request_id=None)
    tool = Tool("look", "d", Nothing, "reads", run, per_turn=50)
    room: Any = Room(door, FakeModel(many, "Pronto."), modules=(Module("m", tools=(tool,)),))
    answer = await think(room, turn(await published(), "oi"))
    assert (len(ran), answer.bubbles) == (5, ("Pronto.",))
    assert Counter(tool["outcome"] for tool in answer.trace.tools) == {"done": 5, "limit": 45}


async def test_a_tool_that_hangs_ends_with_the_turn(door: Database, published: Publish) -> None:
    async def run(resources: Any, context: TurnContext, args: Any) -> str:
        await asyncio.sleep(60)
        return ""

    tools = (Tool("look", "d", Nothing, "reads", run),)
    room: Any = Room(
        door, FakeModel(ToolCall("c", "look", "{}")), Timers(model=1, turn=0.2), (Module("m", tools=tools),)
    )
    answer = await think(room, turn(await published(), "oi"))
    assert answer.handoff == HandoffAsk(reason="model-failed")
    assert answer.trace.tools[0]["outcome"] == "timeout"


async def test_the_models_own_words_go_with_its_handoff(door: Database, published: Publish) -> None:
    call = ToolCall("c", "hand_over", '{"reason": "urgent", "summary": "Dor forte."}')
    said = Completion(text="Já chamo!", tool_calls=(call,), input_tokens=1, output_tokens=1, request_id=None)
    room: Any = Room(door, FakeModel(said))
    answer = await think(room, turn(await published(), "dói muito"))
    assert answer.bubbles == ("Já chamo!",)
    assert answer.handoff == HandoffAsk(reason="requested-by-assistant", note="Dor forte.")


async def test_what_is_left_of_an_answer_after_cleaning_must_say_something(door: Database, published: Publish) -> None:
    model = FakeModel(" \x00\u200b\n ", "Olá!")
    room: Any = Room(door, model)
    answer = await think(room, turn(await published(fallback_models=["gpt-4o"]), "oi"))
    assert answer.bubbles == ("Olá!",)
    assert outcomes(answer) == [("gpt-4o-mini", "empty"), ("gpt-4o", "answered")]


async def test_an_answer_that_was_cut_ends_with_a_sentence(door: Database, published: Publish) -> None:
    said = Completion(
        text="[equipe] A limpeza custa R$ 180. O clareamento cus",
        tool_calls=(),
        input_tokens=1,
        output_tokens=1,
        request_id=None,
        cut=True,
    )
    room: Any = Room(door, FakeModel(said))
    assert (await think(room, turn(await published(), "preços?"))).bubbles == ("A limpeza custa R$ 180.",)


async def test_an_unknown_price_makes_the_cost_unknown(door: Database, published: Publish) -> None:
    room: Any = Room(door, FakeModel(ModelError("timeout"), "Olá!"))
    answer = await think(room, turn(await published(fallback_models=["llama-3.3"]), "oi"))
    assert answer.trace.cost_micro_usd is None
    # What the endpoint that was too slow had read is estimated.
    assert [call.input_tokens > 100 for call in answer.trace.calls] == [True, False]
    assert answer.trace.input_tokens == sum(call.input_tokens for call in answer.trace.calls)


async def test_each_version_is_read_once_and_a_new_one_at_once(door: Database, published: Publish) -> None:
    tenancy = await published()
    model = FakeModel("Olá!")
    room: Any = Room(door, model)
    await think(room, turn(tenancy, "oi"))
    no_database: Any = replace(room, db=None)
    await think(no_database, turn(tenancy, "oi"))
    fields: dict[str, Any] = {"name": "Bia", "instructions": "Nova ordem.", "model": "gpt-4o"}
    async with door.tenant_session(tenancy.tenant_id) as db:
        db.add(
            AssistantVersion(
                id=new_id(), tenant_id=tenancy.tenant_id, assistant_id=tenancy.assistant_id, number=8, fields=fields
            )
        )
    await think(room, turn(replace(tenancy, version=8), "oi"))
    assert [name for name, _, _ in model.asked] == ["gpt-4o-mini", "gpt-4o-mini", "gpt-4o"]
    assert "Nova ordem." in (model.asked[-1][1][0].content or "")
