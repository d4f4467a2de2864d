"""The scripted model, through the real OpenAI client."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import openai
import pytest
from openai import AsyncOpenAI

from evoai.simulator.app import Simulator

SYSTEM = """Você é a assistente virtual da Clínica Sorriso. Responda em português, de forma curta.
Nunca invente preços.

## Sobre
- Funcionamos de segunda a sexta, das 8h às 18h.
- Sábado abrimos das 8h às 12h.
- Limpeza: R$ 180. Clareamento: R$ 900.
- Ficamos na Avenida Paulista, 1000, em São Paulo.
"""
HAND_OVER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "hand_over",
        "description": "Passa a conversa a uma pessoa",
        "parameters": {
            "type": "object",
            "properties": {"reason": {"type": "string"}, "summary": {"type": "string"}},
            "required": ["reason", "summary"],
        },
    },
}


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sk-test", base_url=sim.model_url, max_retries=0, timeout=10) as client:
        yield client


def talk(*said: str, system: str = SYSTEM) -> list[Any]:
    return [{"role": "system", "content": system}, *({"role": "user", "content": text} for text in said)]


async def ask(client: AsyncOpenAI, messages: list[Any], **more: Any) -> str:
    answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages, **more)
    return answer.choices[0].message.content or ""


async def test_three_unanswered_messages_are_all_spoken_to(client: AsyncOpenAI) -> None:
    text = await ask(client, talk("Oi", "Vocês abrem sábado?", "Quanto custa a limpeza?"))
    assert text.startswith("Oi")
    assert "Sábado abrimos das 8h às 12h." in text
    assert "Limpeza: R$ 180." in text
    assert "Clareamento" not in text


async def test_what_is_not_in_the_context_is_quoted(client: AsyncOpenAI) -> None:
    text = await ask(client, talk("Bom dia!", "Vocês aceitam convênio Amil?", "Quanto custa um implante?"))
    assert text.startswith("Bom dia!")
    assert "Sobre “Vocês aceitam convênio Amil?”: vou verificar com a equipe." in text
    assert "Sobre “Quanto custa um implante?”" in text
    assert "R$" not in text


async def test_questions_in_one_message(client: AsyncOpenAI) -> None:
    text = await ask(client, talk("Oi, tudo bem? Qual o endereço? E quanto é o clareamento?"))
    assert "Avenida Paulista, 1000" in text
    assert "Clareamento: R$ 900." in text


async def test_a_lone_question_of_price_or_hours(client: AsyncOpenAI) -> None:
    assert "R$" in await ask(client, talk("quais os valores?"))
    assert "8h" in await ask(client, talk("qual o horario de funcionamento?"))


async def test_orders_and_the_clock_are_no_facts(client: AsyncOpenAI) -> None:
    system = (
        "You are Bia.\n<rules>\n- Sábado nunca prometa desconto.\n</rules>\n<business>\nClínica\n"
        "Horário de atendimento: sexta-feira 08:00–18:00; sábado 08:00–12:00; domingo fechado\n</business>\n"
        "<contact>\nSábado Silva\n</contact>\n"
        "Agora: sábado, 21/11/2026, 09:00, aberto agora"
    )
    text = await ask(client, talk("Vocês abrem sábado?", system=system))
    assert text == "Horário de atendimento: sexta-feira 08:00–18:00; sábado 08:00–12:00; domingo fechado"


async def test_only_what_came_after_the_last_answer_counts(client: AsyncOpenAI) -> None:
    messages = [
        *talk("Quanto custa a limpeza?"),
        {"role": "assistant", "content": "Limpeza: R$ 180."},
        {"role": "user", "content": "E sábado, abrem?"},
    ]
    text = await ask(client, messages)
    assert "Sábado" in text
    assert "Limpeza" not in text


async def test_the_same_context_gives_the_same_answer_and_usage(client: AsyncOpenAI) -> None:
    messages = talk("Quanto custa a limpeza?")
    one, two = [await client.chat.completions.create(model="m", messages=messages) for _ in range(2)]
    assert one.choices[0].message.content == two.choices[0].message.content == "Limpeza: R$ 180."
    assert one.usage is not None
    assert one.usage == two.usage
    assert one.usage.prompt_tokens == math.ceil(sum(len(m["content"]) for m in messages) / 4)
    assert one.usage.completion_tokens == math.ceil(len("Limpeza: R$ 180.") / 4)
    assert one.choices[0].finish_reason == "stop"


async def test_a_person_is_asked_for(client: AsyncOpenAI) -> None:
    messages = talk("Oi", "Quero falar com um atendente")
    answer = await client.chat.completions.create(model="m", messages=messages, tools=[HAND_OVER])
    (called,) = answer.choices[0].message.tool_calls or []
    assert answer.choices[0].finish_reason == "tool_calls"
    assert called.function.name == "hand_over"
    arguments = msgspec.json.decode(called.function.arguments)
    assert set(arguments) == {"reason", "summary"}
    assert "Quero falar com um atendente" in arguments["summary"]
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [called.model_dump()]},
        {"role": "tool", "tool_call_id": called.id, "content": "ok"},
    ]
    text = await ask(client, messages, tools=[HAND_OVER])
    assert "pessoa da equipe" in text
    assert "atendente" in await ask(client, talk("Quero falar com um atendente"))


async def test_a_tool_by_name_and_what_it_found(client: AsyncOpenAI) -> None:
    tool = {"type": "function", "function": {"name": "find_slots", "parameters": {"type": "object", "properties": {}}}}
    messages = talk('#tool:find_slots {"service": "limpeza"}')
    answer = await client.chat.completions.create(model="m", messages=messages, tools=[tool])
    (called,) = answer.choices[0].message.tool_calls or []
    assert (called.function.name, called.function.arguments) == ("find_slots", '{"service": "limpeza"}')
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [called.model_dump()]},
        {"role": "tool", "tool_call_id": called.id, "content": "Terça às 14h está livre."},
    ]
    assert "Terça às 14h está livre." in await ask(client, messages, tools=[tool])


async def test_enums_and_formats_are_obeyed(client: AsyncOpenAI) -> None:
    function = {**HAND_OVER["function"]}
    function["parameters"] = {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "enum": ["rule", "asked-by-contact"]},
            "urgent": {"type": "boolean"},
        },
        "required": ["reason", "urgent"],
    }
    answer = await client.chat.completions.create(
        model="m", messages=talk("quero um humano"), tools=[{"type": "function", "function": function}]
    )
    (called,) = answer.choices[0].message.tool_calls or []
    assert msgspec.json.decode(called.function.arguments) == {"reason": "asked-by-contact", "urgent": False}
    schema = {"type": "object", "properties": {"summary": {"type": "string"}, "score": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}
    text = await ask(client, talk("Quanto custa a limpeza?"), response_format=wanted)
    assert msgspec.json.decode(text) == {"summary": "Quanto custa a limpeza?", "score": 0}


async def test_streaming_with_usage(client: AsyncOpenAI) -> None:
    messages = talk("Oi", "Vocês abrem sábado?")
    whole = await client.chat.completions.create(model="m", messages=messages)
    stream = await client.chat.completions.create(
        model="m", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert len(chunks) > 3
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


async def test_streamed_tool_call(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="m", messages=talk("me passa um atendente"), tools=[HAND_OVER], stream=True
    )
    chunks = [chunk async for chunk in stream]
    (called,) = chunks[0].choices[0].delta.tool_calls or []
    assert called.function is not None
    assert called.function.name == "hand_over"
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_embeddings(client: AsyncOpenAI) -> None:
    texts = ["Quanto custa a limpeza dos dentes?", "A limpeza dos dentes custa R$ 180", "Receita de bolo de fubá"]
    default = await client.embeddings.create(model="text-embedding-3-small", input=texts, dimensions=512)
    floats = await client.embeddings.create(
        model="text-embedding-3-small", input=texts, dimensions=512, encoding_format="float"
    )
    one, two, three = (d.embedding for d in default.data)
    assert len(one) == 512
    assert [pytest.approx(d.embedding, abs=1e-6) for d in floats.data] == [one, two, three]
    assert math.isclose(sum(v * v for v in one), 1.0, abs_tol=1e-5)
    near = sum(a * b for a, b in zip(one, two, strict=True))
    far = sum(a * b for a, b in zip(one, three, strict=True))
    assert near > 0.5 > far + 0.2
    again = await client.embeddings.create(model="text-embedding-3-small", input="Receita de bolo de fubá")
    assert len(again.data[0].embedding) == 1536
    assert again.usage.prompt_tokens == math.ceil(len("Receita de bolo de fubá") / 4)


async def test_models(client: AsyncOpenAI) -> None:
    assert "gpt-4o-mini" in [m.id async for m in client.models.list()]


async def test_faults_by_model_name(client: AsyncOpenAI, sim: Simulator) -> None:
    async def call(model: str, **more: Any) -> Any:
        return await client.chat.completions.create(model=model, messages=talk("oi"), **more)

    with pytest.raises(openai.InternalServerError):
        await call("broken-model")
    with pytest.raises(openai.RateLimitError) as limited:
        await call("limited-model")
    assert limited.value.response.headers["retry-after"] == "1"
    assert (await call("empty-model")).choices[0].message.content == ""
    raw = await client.with_raw_response.chat.completions.create(model="malformed-model", messages=talk("oi"))
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(raw.content)
    sim.set(model_slow_s=0.3)
    with pytest.raises(openai.APITimeoutError):
        await call("slow-model", timeout=0.1)
    assert (await call("slow-model")).choices


async def test_faults_by_switch(client: AsyncOpenAI, sim: Simulator) -> None:
    sim.set(model_error="500")
    with pytest.raises(openai.InternalServerError):
        await ask(client, talk("oi"))
    sim.set(model_error="", model_ms=80)
    begun = time.monotonic()
    assert await ask(client, talk("oi"))
    assert time.monotonic() - begun >= 0.08


async def test_calls_are_logged_with_their_messages(client: AsyncOpenAI, sim: Simulator) -> None:
    text = await ask(client, talk("Oi", "abrem sábado?"))
    (call,) = sim.log.model_calls()
    assert (call.model, call.text, call.outcome) == ("gpt-4o-mini", text, "200")
    assert [m["content"] for m in call.messages[1:]] == ["Oi", "abrem sábado?"]


async def test_wrong_key_route_and_body(sim: Simulator, session: aiohttp.ClientSession) -> None:
    async with AsyncOpenAI(api_key="wrong", base_url=sim.model_url, max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            await ask(client, talk("oi"))
    headers = {"authorization": "Bearer x"}
    async with session.post(f"{sim.model_url}/chat/completions", data=b"{", headers=headers) as response:
        assert (response.status, "error" in await response.json()) == (400, True)
    async with session.post(f"{sim.model_url}/nothing", headers=headers) as response:
        assert response.status == 404
