"""A browser's tab at the websocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from tests.house import Client, House


class Tab:
    """A browser tab at the socket."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.ready: dict[str, Any] = {}

    async def send(self, **frame: Any) -> None:
        await self.ws.send_str(msgspec.json.encode(frame).decode())

    async def next(self, seconds: float = 10) -> dict[str, Any]:
        """The next frame; fails if the socket ends."""
        message = await self.ws.receive(seconds)
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.ws.close_code)
        return msgspec.json.decode(message.data)

    async def until(self, kind: str, seconds: float = 10, **data: Any) -> dict[str, Any]:
        """The next frame of a kind, whose data has these values; others are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.next(seconds)
                if frame["type"] == kind and all(frame["data"][name] == value for name, value in data.items()):
                    return frame

    async def closed(self, seconds: float = 10) -> int | None:
        """The close code, once the server ends the socket."""
        async with asyncio.timeout(seconds):
            while not self.ws.closed:
                await self.ws.receive(seconds)
        return self.ws.close_code

    async def silent(self, seconds: float) -> bool:
        """Whether nothing comes for a while."""
        try:
            frame = await self.next(seconds)
        except TimeoutError:
            return True
        raise AssertionError(frame)


@asynccontextmanager
async def opened(house: House, origin: str | None = None) -> AsyncIterator[Tab]:
    headers = {"origin": house.settings.frontend_urls[0] if origin is None else origin}
    async with house.http.ws_connect(f"{house.base}/api/v1/realtime", headers=headers) as ws:
        yield Tab(ws)


@asynccontextmanager
async def signed_in(house: House, client: Client) -> AsyncIterator[Tab]:
    async with opened(house) as tab:
        await tab.send(type="auth", token=client.token)
        tab.ready = await tab.next()
        assert tab.ready["type"] == "ready"
        yield tab
