"""The server in front: the routes that every answered message takes are served here, all else goes to aiohttp.

A general server costs more per request than the simulator's own work, and it shares its cores with what it tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import httptools
from aiohttp import web

from evoai.simulator.wire import REASONS, HotRequest

MODEL = "/v1/chat/completions"
PROVIDER = ("/evolution/message/sendText/", "/evolution/chat/sendPresence/")
LINES = {status: f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\n" for status in range(200, 600)}


class Front(asyncio.Protocol):
    """One connection, whose client asks, is answered, and asks again; one that does otherwise is left to aiohttp.

    Both write to the same transport, aiohttp what it was handed the bytes of. `open_ones` holds the connections.
    """

    def __init__(
        self,
        serve: Callable[[HotRequest], Awaitable[web.StreamResponse]],
        general: Callable[[], asyncio.Protocol],
        open_ones: set[Front],
    ) -> None:
        self._serve = serve
        self._make_general = general
        self._open = open_ones
        self._general: asyncio.Protocol | None = None
        self._left = False
        self._parser = httptools.HttpRequestParser(self)
        self._task: asyncio.Task[None] | None = None
        self._early = b""
        self._begin()

    def _begin(self) -> None:
        self._raw: list[bytes] = []
        self._path = ""
        self._headers: dict[str, str] = {}
        self._body = b""
        self._hot = self._whole = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        if self._general is not None:
            self._general.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return self._general.eof_received() if self._general is not None else None

    def pause_writing(self) -> None:
        if self._general is not None:
            self._general.pause_writing()

    def resume_writing(self) -> None:
        if self._general is not None:
            self._general.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._task is not None:
            self._early += data
            return
        self._raw.append(data)
        if not self._left:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserError:
                self._left = True
        if not self._hot or self._left:
            self._pass_on()
        elif self._whole:
            # Only aiohttp writes a stream of events.
            if b'"stream"' in self._body:
                self._pass_on()
            else:
                request = HotRequest(self._path, self._headers, self._body, self.transport)
                self._task = asyncio.get_running_loop().create_task(self._answer(request))

    def on_url(self, url: bytes) -> None:
        self._path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        path = self._path
        self._hot = (
            (path == MODEL or path.startswith(PROVIDER))
            and self._parser.get_method() == b"POST"
            and "content-length" in self._headers
            and self._parser.should_keep_alive()
        )

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._whole:
            # A second request came before the first was answered: the state here is of one alone.
            self._left = True
        self._whole = True

    def _pass_on(self) -> None:
        """Hand aiohttp what came of a request that is its own."""
        if self._general is None:
            self._general = self._make_general()
            self._general.connection_made(self.transport)
        raw, whole = self._raw, self._whole
        self._raw = []
        if whole:
            self._begin()
        for data in raw:
            self._general.data_received(data)

    async def _answer(self, request: HotRequest) -> None:
        try:
            response = await self._serve(request)
        except Exception:
            # Nobody else tells the client; the loop tells us.
            self.transport.close()
            raise
        self._task = None
        if self.transport.is_closing():
            return
        assert isinstance(response, web.Response)
        body = cast("bytes", response.body or b"")
        fields = "".join([f"{name}: {value}\r\n" for name, value in response.headers.items()])
        head = f"{LINES[response.status]}{fields}content-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)
        self._begin()
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)
