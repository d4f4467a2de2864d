"""Our own POST against the openai package: the same request on the wire, and the same reading of what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from aiohttp import web

from evoai.assistant.llm.openai import OpenAIModel
from evoai.assistant.llm.protocol import Completion, FailureKind, ModelError, Say, ToolCall, ToolSpec
from evoai.simulator.app import Simulator
from tests.assistant.endpoint import Endpoint, model_settings

MESSAGES: list[Any] = [
    {"role": "system", "content": "Você é a recepção."},
    {"role": "user", "content": "Quanto custa?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}],
    },
    {"role": "tool", "content": "R$ 180", "tool_call_id": "call_1"},
]
SAID = [
    Say(role="system", content="Você é a recepção."),
    Say(role="user", content="Quanto custa?"),
    Say(role="assistant", tool_calls=(ToolCall("call_1", "look", '{"a": 1}'),)),
    Say(role="tool", content="R$ 180", tool_call_id="call_1"),
]
PARAMETERS: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "look", "description": "Looks", "parameters": PARAMETERS}}
]
SPECS = [ToolSpec("look", "Looks", PARAMETERS)]


@dataclass
class Pair:
    """Both clients at one endpoint."""

    ours: OpenAIModel
    theirs: openai.AsyncOpenAI

    async def both(self, model: str, timeout: float = 2) -> tuple[Completion | ModelError, Any]:
        """What each of them makes of the endpoint's answer."""
        try:
            ours: Completion | ModelError = await self.ours.complete(model, SAID, SPECS, timeout, 77)
        except ModelError as error:
            ours = error
        try:
            theirs: Any = await self.theirs.with_options(timeout=timeout).chat.completions.create(
                model=model, messages=MESSAGES, tools=TOOLS, max_tokens=77
            )
        except (openai.OpenAIError, ValueError) as error:
            theirs = error
        return ours, theirs


async def pair(url: str, key: str = "sk-test") -> AsyncIterator[Pair]:
    ours = OpenAIModel(model_settings(url, key))
    await ours.start()
    theirs = openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0)
    theirs.organization = theirs.project = None
    yield Pair(ours, theirs)
    await theirs.close()
    await ours.close()


@pytest.fixture
async def at_endpoint(endpoint: Endpoint) -> AsyncIterator[Pair]:
    async for both in pair(endpoint.url):
        yield both


@pytest.fixture
async def at_simulator(simulator: Simulator) -> AsyncIterator[Pair]:
    async for both in pair(simulator.model_url):
        yield both


async def test_the_same_request(at_endpoint: Pair, endpoint: Endpoint) -> None:
    await at_endpoint.both("gpt-x")
    (path, headers, body), (their_path, their_headers, their_body) = endpoint.requests
    assert (path, body) == (their_path, their_body)
    for name in ("authorization", "content-type", "accept"):
        assert headers[name] == their_headers[name]


async def test_the_same_completion(at_simulator: Pair) -> None:
    ours, theirs = await at_simulator.both("gpt-4o-mini")
    assert isinstance(ours, Completion), ours
    assert ours.text == theirs.choices[0].message.content.strip()
    assert (ours.input_tokens, ours.output_tokens) == (theirs.usage.prompt_tokens, theirs.usage.completion_tokens)


async def test_the_same_tool_calls(at_endpoint: Pair, endpoint: Endpoint) -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a":2}'}}]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    endpoint.answers({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    ours, theirs = await at_endpoint.both("gpt-x")
    assert isinstance(ours, Completion), ours
    [call] = theirs.choices[0].message.tool_calls
    assert ours.tool_calls == (ToolCall(call.id, call.function.name, call.function.arguments),)


@pytest.mark.parametrize(
    ("model", "kind", "theirs"),
    [
        ("broken", "server-error", openai.InternalServerError),
        ("limited", "rate-limited", openai.RateLimitError),
        ("slow", "timeout", openai.APITimeoutError),
        ("malformed", "malformed", ValueError),
    ],
)
async def test_the_simulators_failures(
    at_simulator: Pair, model: str, kind: FailureKind, theirs: type[Exception]
) -> None:
    ours, raised = await at_simulator.both(model, timeout=0.5)
    assert isinstance(ours, ModelError), ours
    assert ours.kind == kind
    assert isinstance(raised, theirs), raised


async def test_a_key_that_is_not_taken(simulator: Simulator) -> None:
    async for both in pair(simulator.model_url, key="wrong"):
        ours, raised = await both.both("gpt-4o-mini")
        assert isinstance(ours, ModelError), ours
        assert ours.kind == "refused"
        assert isinstance(raised, openai.AuthenticationError)


@pytest.mark.parametrize(
    ("status", "error", "kind", "theirs"),
    [
        (400, {"message": "bad", "code": "invalid_value"}, "bad-request", openai.BadRequestError),
        (400, {"message": "bad", "code": "context_length_exceeded"}, "context-too-long", openai.BadRequestError),
        (403, {"message": "no"}, "refused", openai.PermissionDeniedError),
        (404, {"message": "no model"}, "refused", openai.NotFoundError),
        (408, {"message": "late"}, "timeout", openai.APIStatusError),
        (409, {"message": "locked"}, "bad-request", openai.ConflictError),
        (422, {"message": "what?"}, "bad-request", openai.UnprocessableEntityError),
        (429, {"message": "slow down"}, "rate-limited", openai.RateLimitError),
        (503, {"message": "busy"}, "server-error", openai.InternalServerError),
    ],
)
async def test_the_same_classes_of_refusals(
    at_endpoint: Pair,
    endpoint: Endpoint,
    status: int,
    error: dict[str, str],
    kind: FailureKind,
    theirs: type[openai.APIStatusError],
) -> None:
    endpoint.answers({"error": error}, status)
    ours, raised = await at_endpoint.both("gpt-x")
    assert isinstance(ours, ModelError), ours
    assert ours.kind == kind
    assert isinstance(raised, theirs), raised
    assert raised.status_code == status


async def test_a_connection_that_breaks(at_endpoint: Pair, endpoint: Endpoint) -> None:
    async def hang_up(request: Any) -> Any:
        request.transport.abort()
        return web.Response()

    endpoint.handler = hang_up
    ours, raised = await at_endpoint.both("gpt-x")
    assert isinstance(ours, ModelError), ours
    assert ours.kind == "connection"
    assert isinstance(raised, openai.APIConnectionError)
