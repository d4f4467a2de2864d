"""The OpenAI-compatible routes under `/v1` around `script.py`: chat completions, transcriptions, embeddings, models,
and their faults."""

from __future__ import annotations

import asyncio
import base64
import math
import time
from array import array
from functools import lru_cache
from typing import Any

import msgspec
from aiohttp import web

from evoai.simulator.desk import at_desk
from evoai.simulator.files import words_in
from evoai.simulator.obedient import obey
from evoai.simulator.orders import ordered
from evoai.simulator.script import Ask, fill, shorten, stems
from evoai.simulator.wire import JSON, Request
from evoai.simulator.world import World

MODELS = ("gpt-4o-mini", "gpt-4o", "text-embedding-3-small", "broken", "limited", "slow", "empty", "malformed")
FAULTS_BY_NAME = {"broken": "500", "limited": "429", "slow": "slow", "empty": "empty", "malformed": "malformed"}
DEFAULT_DIMENSIONS = 1536


class Say(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[Any] | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class Function(msgspec.Struct):
    name: str
    parameters: dict[str, Any] = {}


class Tool(msgspec.Struct):
    function: Function
    type: str = "function"


class ChatIn(msgspec.Struct):
    model: str
    messages: list[Say]
    tools: list[Tool] | None = None
    tool_choice: Any = None
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


class EmbeddingsIn(msgspec.Struct):
    model: str
    input: str | list[str | int | list[int]]
    encoding_format: str = "float"
    dimensions: int | None = None


class Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


CHAT = msgspec.json.Decoder(ChatIn)
EMBEDDINGS = msgspec.json.Decoder(EmbeddingsIn)


class Model:
    """Everything under `/v1`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls = 0

    async def serve(self, request: Request, path: str) -> web.StreamResponse:
        body = await request.read()
        key = request.headers.get("authorization", "")
        if not key.startswith("Bearer ") or key == "Bearer wrong":
            return error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
        try:
            if request.method == "POST" and path == "chat/completions":
                return await self.chat(request, body)
            if request.method == "POST" and path == "embeddings":
                return await self.embeddings(body)
            if request.method == "POST" and path == "audio/transcriptions":
                return await self.transcribe(body)
        except msgspec.MsgspecError as problem:
            return error(400, str(problem), "invalid_request_error", None)
        if request.method == "GET" and path == "models":
            data = [{"id": m, "object": "model", "created": 1_715_367_049, "owned_by": "simulator"} for m in MODELS]
            return json(200, {"object": "list", "data": data})
        return error(404, f"Unknown request URL: {request.method} /v1/{path}", "invalid_request_error", "unknown_url")

    async def chat(self, request: Request, body: bytes) -> web.StreamResponse:
        asked = CHAT.decode(body)
        entry = self.world.log.add("model", model=asked.model, body=msgspec.Raw(body))
        self.calls += 1
        fault = self.fault(asked.model)
        faults = self.world.faults
        if faults.model_ms:
            await asyncio.sleep(faults.model_ms / 1000)
        if fault == "slow":
            await asyncio.sleep(faults.model_slow_s)
        entry.outcome = fault or "200"
        if failed := failure(fault):
            return failed
        reply = "" if fault == "empty" else seen(asked) or think(asked)
        entry.text = reply if isinstance(reply, str) else f"#tool:{reply.name} {reply.arguments}"
        usage = count(asked, entry.text)
        self.world.watch(type="model", model=asked.model)
        if asked.stream:
            assert isinstance(request, web.BaseRequest)
            return await self.stream(request, asked, reply, usage)
        message: dict[str, Any] = {"role": "assistant", "content": reply, "refusal": None}
        if isinstance(reply, Ask):
            message |= {"content": None, "tool_calls": [self.tool(reply)]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish(reply)}
        head = self.head(asked.model, "chat.completion")
        return json(200, {**head, "choices": [choice], "usage": usage})

    async def transcribe(self, body: bytes) -> web.Response:
        """What `files.py` put into the sound; of other sounds only that there is one."""
        self.world.log.add("hearing", outcome=self.world.faults.model_error or "200")
        if self.world.faults.model_ms:
            await asyncio.sleep(self.world.faults.model_ms / 1000)
        if failed := failure(self.fault("whisper-1")):
            return failed
        text = words_in(body) or "áudio de teste"
        usage = {"type": "duration", "seconds": max(1, len(text) // 12)}
        return json(200, {"text": text, "usage": usage})

    def fault(self, model: str) -> str:
        for prefix, fault in FAULTS_BY_NAME.items():
            if model.startswith(prefix):
                return fault
        faults = self.world.faults
        return faults.model_error if faults.model_error and self.world.chance(faults.model_error_rate) else ""

    def head(self, model: str, kind: str) -> dict[str, Any]:
        now = int(time.time())
        return {"id": f"chatcmpl-sim{self.calls:08d}", "object": kind, "created": now, "model": model}

    def tool(self, ask: Ask) -> dict[str, Any]:
        function = {"name": ask.name, "arguments": ask.arguments}
        return {"id": f"call_sim{self.calls:08d}", "type": "function", "function": function}

    async def stream(
        self, request: web.BaseRequest, asked: ChatIn, reply: str | Ask, usage: Usage
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)
        head = self.head(asked.model, "chat.completion.chunk")
        with_usage = bool(asked.stream_options and asked.stream_options.get("include_usage"))

        async def send(choices: list[dict[str, Any]], spent: Usage | None = None) -> None:
            chunk: dict[str, Any] = {**head, "choices": choices}
            if with_usage:
                chunk["usage"] = spent
            await response.write(b"data: " + msgspec.json.encode(chunk) + b"\n\n")

        def choice(delta: dict[str, Any], reason: str | None = None) -> list[dict[str, Any]]:
            return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]

        if isinstance(reply, Ask):
            await send(choice({"role": "assistant", "content": None, "tool_calls": [{"index": 0, **self.tool(reply)}]}))
        else:
            await send(choice({"role": "assistant", "content": ""}))
            words = reply.split(" ")
            for i in range(0, len(words), 4):
                await send(choice({"content": " ".join(words[i : i + 4]) + (" " if i + 4 < len(words) else "")}))
        await send(choice({}, finish(reply)))
        if with_usage:
            await send([], usage)
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def embeddings(self, body: bytes) -> web.Response:
        asked = EMBEDDINGS.decode(body)
        self.world.log.add("embedding", model=asked.model)
        if failed := failure(self.fault(asked.model)):
            return failed
        texts = as_texts(asked.input)
        size = asked.dimensions or DEFAULT_DIMENSIONS
        data: list[dict[str, Any]] = []
        for i, text in enumerate(texts):
            vector = embed(text, size)
            shown = base64.b64encode(vector.tobytes()).decode() if asked.encoding_format == "base64" else list(vector)
            data.append({"object": "embedding", "index": i, "embedding": shown})
        tokens = sum(map(tokens_of, texts))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return json(200, {"object": "list", "data": data, "model": asked.model, "usage": usage})


def seen(asked: ChatIn) -> str:
    """The description of a picture, where one is asked about: what `files.py` put into it."""
    for message in asked.messages:
        for part in message.content if isinstance(message.content, list) else ():
            if part.get("type") == "image_url":
                picture = base64.b64decode(str(part["image_url"]["url"]).partition("base64,")[2])
                return f"Uma foto. {words_in(picture)}".strip()
    return ""


def think(asked: ChatIn) -> str | Ask:
    """Answer what the contact wrote since the assistant last spoke."""
    context = "\n".join(m.text() for m in asked.messages if m.role in ("system", "developer"))
    start = 0
    for i, message in enumerate(asked.messages):
        if message.role == "assistant" and not message.tool_calls and message.text():
            start = i + 1
    recent = asked.messages[start:]
    written = [m.text() for m in recent if m.role == "user"]
    results = [m.text() for m in recent if m.role == "tool"]
    offered = asked.tools if asked.tools and asked.tool_choice != "none" else []
    tools = [(t.function.name, t.function.parameters) for t in offered]
    if written and (call := at_desk(tools, written[-1])):
        return call
    if asked.model.startswith("obedient"):
        texts = [(m.role, m.text()) for m in asked.messages]
        if (obeyed := obey(texts, [name for name, _ in tools], len(results))) is not None:
            return obeyed
    reply = ordered(context, written, tools, results)
    if isinstance(reply, str) and (wanted := asked.response_format) and wanted.get("type", "text") != "text":
        named: dict[str, Any] = wanted.get("json_schema") or {}
        schema: dict[str, Any] = named.get("schema") or {}
        values = {"text": reply, "answer": reply, "summary": shorten(" / ".join(written), 500)}
        return msgspec.json.encode(fill(schema, values)).decode()
    return reply


def tokens_of(text: str) -> int:
    return math.ceil(len(text) / 4)


def count(asked: ChatIn, reply: str) -> Usage:
    prompt = math.ceil(sum(len(m.text()) for m in asked.messages) / 4)
    return Usage(prompt, tokens_of(reply), prompt + tokens_of(reply))


def finish(reply: str | Ask) -> str:
    return "tool_calls" if isinstance(reply, Ask) else "stop"


def as_texts(value: str | list[str | int | list[int]]) -> list[str]:
    if isinstance(value, str):
        return [value]
    if value and isinstance(value[0], int):
        return [" ".join(map(str, value))]
    return [v if isinstance(v, str) else " ".join(map(str, v)) for v in value if not isinstance(v, int)]


@lru_cache(maxsize=2_000)
def embed(text: str, size: int) -> array[float]:
    """A unit vector, the same for the same text; texts that share words point the same way."""
    values = [0.0] * size
    for word in stems(text) or {text}:
        state = 0
        for c in word:
            state = (state * 1_000_003 ^ ord(c)) & 0xFFFFFFFFFFFF
        for _ in range(4):
            state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) & 0xFFFFFFFFFFFFFFFF
            values[(state >> 33) % size] += 1.0 if state >> 62 & 1 else -1.0
    length = math.sqrt(sum(v * v for v in values)) or 1.0
    return array("f", (v / length for v in values))


def json(status: int, value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, headers=JSON)


def error(status: int, message: str, kind: str, code: str | None) -> web.Response:
    return json(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


def failure(fault: str) -> web.Response | None:
    """The answer of a fault that does not depend on the question."""
    if fault == "500":
        return error(500, "The server had an error while processing your request.", "server_error", None)
    if fault == "429":
        response = error(429, "Rate limit reached for requests", "requests", "rate_limit_exceeded")
        response.headers["retry-after"] = "1"
        return response
    if fault == "malformed":
        return web.Response(body=b'{"id":"chatcmpl-', content_type="application/json")
    return None
