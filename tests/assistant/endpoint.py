"""A model's endpoint that answers whatever a test wants, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from evoai.settings import Model

GOOD: dict[str, Any] = {
    "id": "x",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": " Olá! "}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def model_settings(url: str, key: str = "sk-test") -> Model:
    return Model(
        api_key=key,
        base_url=url,
        name="m",
        usd_brl_rate=None,
        transcription_model=None,
        embedding_model=None,
        embedding_dimensions=8,
    )


class Endpoint:
    """A server whose next answer is `handler`'s; it remembers the requests."""

    def __init__(self) -> None:
        self.handler: Handler = self.good
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.url = ""

    async def good(self, _: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(GOOD, headers={"x-request-id": "req_1"})

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.path, headers, msgspec.json.decode(body)))
        return await self.handler(request)

    def answers(self, value: Any, status: int = 200) -> None:
        async def handler(_: web.BaseRequest) -> web.StreamResponse:
            body = value if isinstance(value, bytes) else msgspec.json.encode(value)
            return web.Response(body=body, status=status, content_type="application/json")

        self.handler = handler
