"""OpenAI-compatible endpoints through the openai client on its aiohttp transport, with our own structs on the wire.

The typed `create` of the client costs about four times the CPU of its raw `post`, so the hot call uses the latter.
The client's own retries are off: the next try is the next model's, under the turn's deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import aiohttp
import httpx2
import msgspec
import openai

from evoai.assistant.llm.breaker import Breaker
from evoai.assistant.llm.protocol import Completion, FailureKind, ModelError, Say, ToolCall, ToolSpec
from evoai.settings import Model

_CONNECT_SECONDS = 5.0
_HEADERS: Final = {"content-type": "application/json"}
_TOO_LONG = ("context length", "context_length", "maximum context", "too many tokens", "too long", "reduce the length")


class _FunctionOut(msgspec.Struct):
    name: str
    arguments: str


class _CallOut(msgspec.Struct):
    id: str
    function: _FunctionOut
    type: Literal["function"] = "function"


class _MessageOut(msgspec.Struct, omit_defaults=True):
    role: str
    content: str | msgspec.UnsetType | None = msgspec.UNSET
    tool_calls: list[_CallOut] | None = None
    tool_call_id: str | None = None


class _ToolOut(msgspec.Struct):
    function: ToolSpec
    type: Literal["function"] = "function"


class _Request(msgspec.Struct, omit_defaults=True):
    model: str
    messages: list[_MessageOut]
    tools: list[_ToolOut] | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str | None = None


class _Call(msgspec.Struct):
    id: str | None = None
    function: _Function | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Response(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Response)


class OpenAIModel:
    """One client for the whole process. Connections are kept and reused; redirects are not followed, so that the key
    goes where the settings point and nowhere else."""

    def __init__(self, settings: Model) -> None:
        self._client = _client(
            settings,
            openai.DefaultAioHttpClient(
                timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS), follow_redirects=False, trust_env=False
            ),
        )
        self._settings = settings
        self._breaker = Breaker()
        # The newer models of OpenAI refuse `max_tokens`; several compatible servers know nothing else.
        self._official = (urlsplit(settings.base_url).hostname or "").endswith(".openai.com")

    async def start(self) -> None:
        """Load what the client loads on its first call (half a second of imports and schemas), without the network."""

        def answer(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, json={"choices": []})

        rehearsal = _client(self._settings, httpx2.AsyncClient(transport=httpx2.MockTransport(answer), trust_env=False))
        await rehearsal.post("/chat/completions", cast_to=httpx2.Response, content=b"{}", options={"headers": _HEADERS})
        await rehearsal.close()

    async def close(self) -> None:
        await self._client.close()

    async def complete(
        self, model: str, messages: Sequence[Say], tools: Sequence[ToolSpec], timeout: float, max_tokens: int
    ) -> Completion:
        if not self._breaker.allows(model):
            raise ModelError("paused")
        request = _Request(
            model=model,
            messages=[_message_out(message) for message in messages],
            tools=[_ToolOut(tool) for tool in tools] or None,
            max_completion_tokens=max_tokens if self._official else None,
            max_tokens=None if self._official else max_tokens,
        )
        try:
            completion = _read(await self._post(_ENCODER.encode(request), timeout))
        except ModelError as error:
            self._breaker.failed(model, error.kind)
            raise
        self._breaker.succeeded(model)
        return completion

    async def _post(self, body: bytes, timeout: float) -> httpx2.Response:
        try:
            async with asyncio.timeout(timeout):
                return await self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, content=body, options={"headers": _HEADERS}
                )
        except TimeoutError:
            raise ModelError("timeout", f"no answer in {timeout:.0f} s") from None
        except openai.APIStatusError as error:
            raise ModelError(_status_kind(error), f"{error.status_code} {error.message}"[:300]) from None
        except (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
            raise ModelError(_network_kind(error), type(error).__name__) from error


def _client(settings: Model, http_client: httpx2.AsyncClient) -> openai.AsyncOpenAI:
    client = openai.AsyncOpenAI(
        api_key=settings.api_key, base_url=settings.base_url, max_retries=0, http_client=http_client
    )
    # The client reads these from the environment when it is not told; ours comes from the settings alone.
    client.organization = client.project = None
    return client


def _message_out(message: Say) -> _MessageOut:
    calls = [_CallOut(call.id, _FunctionOut(call.name, call.arguments)) for call in message.tool_calls]
    return _MessageOut(
        role=message.role, content=message.content, tool_calls=calls or None, tool_call_id=message.tool_call_id
    )


def _read(response: httpx2.Response) -> Completion:
    try:
        body = _DECODER.decode(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ModelError("malformed", str(error)[:300]) from None
    spent = body.usage or _Usage()
    tokens: dict[str, Any] = {
        "input_tokens": max(0, spent.prompt_tokens or 0),
        "output_tokens": max(0, spent.completion_tokens or 0),
    }
    if not body.choices:
        raise ModelError("malformed", "no choices", **tokens)
    choice = body.choices[0]
    text = (choice.message.content or choice.message.refusal or "").strip()
    calls = tuple(
        ToolCall(call.id or f"call_{number}", call.function.name, call.function.arguments or "{}")
        for number, call in enumerate(choice.message.tool_calls or ())
        if call.function is not None
    )
    if not text and not calls:
        raise ModelError("empty", choice.finish_reason or "", **tokens)
    return Completion(
        text=text,
        tool_calls=calls,
        request_id=response.headers.get("x-request-id"),
        cut=choice.finish_reason == "length",
        **tokens,
    )


def _status_kind(error: openai.APIStatusError) -> FailureKind:
    status = error.status_code
    if status == 429:
        return "rate-limited"
    if status >= 500:
        return "server-error"
    if status == 408:
        return "timeout"
    if status == 413:
        return "context-too-long"
    if status in (400, 422):
        said = f"{error.code} {error.message}".lower()
        return "context-too-long" if any(words in said for words in _TOO_LONG) else "bad-request"
    # 401, 403, 404, and a redirect, which a wrong base URL often answers with.
    return "refused" if status in (401, 403, 404) or status < 400 else "bad-request"


def _network_kind(error: BaseException) -> FailureKind:
    causes = tuple(_causes(error))
    # The transport reports a connection that the other side closed as a timeout of connecting.
    if any(
        isinstance(cause, aiohttp.ClientConnectionError) and not isinstance(cause, TimeoutError) for cause in causes
    ):
        return "connection"
    timeouts = (TimeoutError, httpx2.TimeoutException, openai.APITimeoutError)
    return "timeout" if any(isinstance(cause, timeouts) for cause in causes) else "connection"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
