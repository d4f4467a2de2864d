"""A proxy in front of PostgreSQL that cuts connections where it hurts: right before a commit, right after it, or now.

It reads just enough of the protocol to know what a transaction has done and when it commits.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from evoai.embedded import Embedded

Moment = Literal["before", "after"]
Strike = Callable[[], Awaitable[None]]
SOCKET = ".s.PGSQL.5432"


class Wire:
    """`url` reaches the same database through the proxy."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.folder, self._upstream = folder, upstream
        self._links: set[_Link] = set()
        self._moment: Moment = "before"
        self._touching: re.Pattern[str] | None = None
        self._chance: Callable[[], bool] = lambda: True
        self._strike: Strike | None = None
        self.cuts = 0

    def url(self, app_url: str) -> str:
        return f"{app_url.partition('?')[0]}?host={self.folder}"

    def arm(self, moment: Moment, touching: str, strike: Strike | None = None, *, chance: Callable[[], bool]) -> None:
        """Cut the connection of each transaction that ran a statement like `touching`, at its commit: `before` the
        server hears of it, or `after` it is done and before the client hears of that. `strike` runs first."""
        self._moment, self._touching = moment, re.compile(touching, re.IGNORECASE)
        self._strike, self._chance = strike, chance

    def disarm(self) -> None:
        self._touching = None

    def cut_all(self) -> None:
        """Reset every connection now."""
        for link in tuple(self._links):
            link.cut()

    def struck(self, statements: list[str], moment: Moment) -> bool:
        touching = self._touching
        if touching is None or moment != self._moment or not any(touching.search(text) for text in statements):
            return False
        return self._chance()

    async def strike(self) -> None:
        self.cuts += 1
        if self._strike is not None:
            await self._strike()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, writer, up_writer)
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(link.ask(reader))
                both.create_task(link.answer(up_reader))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._links.discard(link)
            link.cut()


class _Link:
    """One connection."""

    def __init__(self, wire: Wire, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._wire, self._client, self._server = wire, client, server
        self._prepared: dict[bytes, str] = {}
        self._ran: list[str] = []
        self._deaf = False
        """The server's answer to the commit under way is not passed on."""

    def cut(self) -> None:
        for side in (self._client, self._server):
            side.transport.abort()

    async def ask(self, reader: asyncio.StreamReader) -> None:
        """What the client says. The first message has no type."""
        head = await reader.readexactly(4)
        self._server.write(head + await reader.readexactly(int.from_bytes(head) - 4))
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
            if self._commits(head[:1], body):
                if self._wire.struck(self._ran, "before"):
                    await self._wire.strike()
                    raise ConnectionResetError
                if self._wire.struck(self._ran, "after"):
                    self._deaf = True
                self._ran = []
            self._server.write(head + body)
            await self._server.drain()

    def _commits(self, kind: bytes, body: bytes) -> bool:
        """Note what is run; whether it is a commit."""
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._prepared[name] = text.decode(errors="replace")
        elif kind == b"B":
            _, name, _ = body.split(b"\0", 2)
            self._ran.append(self._prepared.get(name, ""))
        elif kind == b"Q":
            text = body[:-1].decode(errors="replace").strip().lower()
            if text.startswith("begin"):
                self._ran = []
            self._ran.append(text)
            return text.rstrip(";") == "commit"
        return False

    async def answer(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            if self._deaf:
                # The commit is done: the server says so only then.
                await self._wire.strike()
                break
            self._client.write(data)
            await self._client.drain()
        raise ConnectionResetError


@asynccontextmanager
async def wire_to(servers: Embedded) -> AsyncIterator[Wire]:
    # A socket's path may be short only.
    with tempfile.TemporaryDirectory(prefix="evoai-w-", dir="/tmp") as folder:
        wire = Wire(Path(folder), f"{servers.socket_dir}/{SOCKET}")
        server = await asyncio.start_unix_server(wire.serve, f"{folder}/{SOCKET}", limit=1 << 20)
        try:
            yield wire
        finally:
            server.close()
            wire.cut_all()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.wait_closed(), 2)
