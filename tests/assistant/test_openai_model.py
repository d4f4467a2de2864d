"""The client against a server that misbehaves in every way: each failure has its kind, and the wire is what we say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from evoai.assistant.llm.openai import OpenAIModel
from evoai.assistant.llm.protocol import Completion, FailureKind, ModelError, Say, ToolCall, ToolSpec
from evoai.billing.prices import cost_micro_usd, price_of
from tests.assistant.endpoint import Endpoint, model_settings

ASK = [Say(role="system", content="s"), Say(role="user", content="oi")]


@pytest.fixture
async def model(endpoint: Endpoint) -> AsyncIterator[OpenAIModel]:
    client = OpenAIModel(model_settings(endpoint.url))
    await client.start()
    yield client
    await client.close()


async def ask(model: OpenAIModel, timeout: float = 2, name: str = "m") -> Completion:
    return await model.complete(name, ASK, [], timeout, 100)


async def test_start_asks_nothing(model: OpenAIModel, endpoint: Endpoint) -> None:
    assert endpoint.requests == []


async def test_the_wire(model: OpenAIModel, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    call = ToolCall("call_1", "look", '{"a": 1}')
    messages = [
        *ASK,
        Say(role="assistant", tool_calls=(call,)),
        Say(role="tool", content="feito", tool_call_id="call_1"),
    ]
    tool = ToolSpec("look", "Looks", {"type": "object", "properties": {}})
    completion = await model.complete("gpt-x", messages, [tool], 2, 77)
    assert completion == Completion(text="Olá!", tool_calls=(), input_tokens=12, output_tokens=3, request_id="req_1")
    [(path, headers, body)] = endpoint.requests
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer sk-test"
    assert headers["content-type"] == "application/json"
    assert "openai-organization" not in headers
    function = {"name": "look", "arguments": '{"a": 1}'}
    assert body == {
        "model": "gpt-x",
        "max_tokens": 77,
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "oi"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            },
            {"role": "tool", "content": "feito", "tool_call_id": "call_1"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "look", "description": "Looks", "parameters": tool.parameters}}
        ],
    }


async def test_tool_calls_and_cut_answers(model: OpenAIModel, endpoint: Endpoint) -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "hand_over", "arguments": "{}"}}]
    endpoint.answers({"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}]})
    assert (await ask(model)).tool_calls == (ToolCall("c1", "hand_over", "{}"),)
    endpoint.answers({"choices": [{"message": {"content": "Sim. E"}, "finish_reason": "length"}]})
    completion = await ask(model)
    assert (completion.cut, completion.input_tokens) == (True, 0)


async def test_B159_a_count_below_nothing_gives_nobody_money_back(model: OpenAIModel, endpoint: Endpoint) -> None:
    said = {"choices": [{"message": {"content": "Sim."}}], "usage": {"prompt_tokens": -900, "completion_tokens": -1}}
    endpoint.answers(said)
    completion = await ask(model)
    assert (completion.text, completion.input_tokens, completion.output_tokens) == ("Sim.", 0, 0)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": {"message": "Incorrect API key"}}, "refused"),
        (403, {"error": {"message": "no"}}, "refused"),
        (404, {"error": {"message": "no such model", "code": "model_not_found"}}, "refused"),
        (429, {"error": {"message": "slow down"}}, "rate-limited"),
        (500, {"error": {"message": "oops"}}, "server-error"),
        (503, b"<html>", "server-error"),
        (400, {"error": {"message": "bad", "code": "context_length_exceeded"}}, "context-too-long"),
        (400, {"error": {"message": "This model's maximum context length is 8192 tokens"}}, "context-too-long"),
        (400, {"error": {"message": "bad", "code": "invalid_value"}}, "bad-request"),
        (400, b"", "bad-request"),
        (413, {}, "context-too-long"),
        (302, {}, "refused"),
        (200, b'{"id":"chatcmpl-', "malformed"),
        (200, b"\xff\xfe", "malformed"),
        (200, [], "malformed"),
        (200, {"choices": []}, "malformed"),
        (200, {"choices": [{"message": {"content": 3}}]}, "malformed"),
        (200, {"error": {"message": "quota"}}, "malformed"),
        (200, {"choices": [{"message": {"content": " "}, "finish_reason": "content_filter"}]}, "empty"),
    ],
)
async def test_each_failure_has_its_kind(
    model: OpenAIModel, endpoint: Endpoint, status: int, body: Any, kind: FailureKind
) -> None:
    endpoint.answers(body, status)
    with pytest.raises(ModelError) as caught:
        await ask(model)
    assert caught.value.kind == kind
    assert len(endpoint.requests) == 1


async def test_a_server_that_hangs_or_drips_is_left_in_time(model: OpenAIModel, endpoint: Endpoint) -> None:
    async def hang(_: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError

    async def drip(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(300):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    for handler in (hang, drip):
        endpoint.handler = handler
        began = asyncio.get_running_loop().time()
        with pytest.raises(ModelError) as caught:
            await ask(model, timeout=0.3)
        assert caught.value.kind == "timeout"
        assert asyncio.get_running_loop().time() - began < 0.6


async def test_connections_that_break(model: OpenAIModel, endpoint: Endpoint) -> None:
    async def hang_up(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def half(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000"})
        await response.prepare(request)
        await response.write(b'{"choices":')
        assert request.transport is not None
        request.transport.close()
        return response

    for handler in (hang_up, half):
        endpoint.handler = handler
        with pytest.raises(ModelError) as caught:
            await ask(model)
        assert caught.value.kind == "connection"


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        client = OpenAIModel(model_settings(f"http://127.0.0.1:{free.getsockname()[1]}/v1"))
        await client.start()
        with pytest.raises(ModelError) as caught:
            await ask(client)
        assert caught.value.kind == "connection"
        await client.close()


async def test_a_key_never_follows_a_redirect(model: OpenAIModel, endpoint: Endpoint) -> None:
    async def redirect(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=307, headers={"location": f"{endpoint.url}/elsewhere"})

    endpoint.handler = redirect
    with pytest.raises(ModelError):
        await ask(model)
    assert [path for path, _, _ in endpoint.requests] == ["/v1/chat/completions"]


def test_costs() -> None:
    assert cost_micro_usd([("gpt-4o-mini", 1_000_000, 1_000_000)]) == 750_000
    assert cost_micro_usd([("gpt-4o-2024-11-20", 10, 1), ("gpt-4o-mini", 1, 1)]) == 36
    assert cost_micro_usd([("gpt-4o-mini", 100, 10), ("llama", 0, 0)]) == 21
    assert cost_micro_usd([("gpt-4o-mini", 100, 10), ("llama", 1, 0)]) is None
    assert cost_micro_usd([]) == 0
    assert price_of("gpt-4o-2024-05-13") is None
