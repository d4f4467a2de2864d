"""OpenAI-compatible endpoints, asked for chat completions by one POST with our own structs on the wire.

The openai package speaks the same wire at several times the CPU (docs/decisions/0011-the-models-post.md); a contract
test compares the two. Nothing is tried again here: the next try is the next model's, under the turn's deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from evoai.assistant.llm.protocol import Completion, FailureKind, ModelError, Say, ToolCall, ToolSpec
from evoai.kit.net import KEEPALIVE_SECONDS
from evoai.settings import Model

_CONNECT_SECONDS = 5.0
_CONNECTIONS = 2000
_REFUSAL_READ = 4000
"""Bytes of a refusal that are looked at."""
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
    """One client for the whole process, started inside its event loop. Connections are kept and reused; redirects are
    not followed, so that the key goes where the settings point and nowhere else."""

    def __init__(self, settings: Model) -> None:
        self._url = URL(f"{settings.base_url}/chat/completions")
        self._headers = {
            "Authorization": f"Bearer {settings.api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "evoai-connect",
        }
        self._session: aiohttp.ClientSession | None = None
        # The newer models of OpenAI refuse `max_tokens`; several compatible servers know nothing else.
        self._official = (urlsplit(settings.base_url).hostname or "").endswith(".openai.com")

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            trust_env=False,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def complete(
        self, model: str, messages: Sequence[Say], tools: Sequence[ToolSpec], timeout: float, max_tokens: int
    ) -> Completion:
        request = _Request(
            model=model,
            messages=[_message_out(message) for message in messages],
            tools=[_ToolOut(tool) for tool in tools] or None,
            max_completion_tokens=max_tokens if self._official else None,
            max_tokens=None if self._official else max_tokens,
        )
        return _read(*await self._post(_ENCODER.encode(request), timeout))

    async def _post(self, body: bytes, timeout: float) -> tuple[bytes, str | None]:
        """What a good answer holds, and the id by which the endpoint knows the request."""
        assert self._session is not None, "not started"
        try:
            async with (
                asyncio.timeout(timeout),
                self._session.post(self._url, data=body, allow_redirects=False) as response,
            ):
                said = await response.read()
        except TimeoutError:
            raise ModelError("timeout", f"no answer in {timeout:.0f} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ModelError("connection", type(error).__name__) from error
        if not 200 <= response.status < 300:
            text = said[:_REFUSAL_READ].decode("utf-8", "replace")
            raise ModelError(_status_kind(response.status, text), f"{response.status} {text}"[:300])
        return said, response.headers.get("x-request-id")


def _message_out(message: Say) -> _MessageOut:
    calls = [_CallOut(call.id, _FunctionOut(call.name, call.arguments)) for call in message.tool_calls]
    return _MessageOut(
        role=message.role, content=message.content, tool_calls=calls or None, tool_call_id=message.tool_call_id
    )


def _read(said: bytes, request_id: str | None) -> Completion:
    try:
        body = _DECODER.decode(said)
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
        request_id=request_id,
        cut=choice.finish_reason == "length",
        **tokens,
    )


def _status_kind(status: int, text: str) -> FailureKind:
    if status == 429:
        return "rate-limited"
    if status >= 500:
        return "server-error"
    if status == 408:
        return "timeout"
    if status == 413:
        return "context-too-long"
    if status in (400, 422):
        said = text.lower()
        return "context-too-long" if any(words in said for words in _TOO_LONG) else "bad-request"
    # 401, 403, 404, and a redirect, which a wrong base URL often answers with.
    return "refused" if status in (401, 403, 404) or status < 400 else "bad-request"
