"""A lean HTTP/1.1 client for webhooks: one request at a time per kept connection, callbacks instead of tasks.

A general client costs several times as much per post, and the simulator shares its cores with what it tests.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, cast

Origin = tuple[bool, str, int]

CONNECTIONS = 64
WATCH_SECONDS = 0.25
"""Between two looks for posts over their time: one timer for all costs less than one for each."""
IDLE_SECONDS = 2.0
"""Below the keep-alive of usual servers, so that a post rarely meets a closing connection."""


class Manner(NamedTuple):
    """How a provider posts: how often it tries, which statuses end that, and what it calls itself."""

    attempts: int
    final: frozenset[int]
    agent: str


class Post:
    """One request and how to report it: `report(post, status)`, 0 where no answer came."""

    __slots__ = ("attempt", "done", "lost", "manner", "origin", "payload", "report", "timeout")

    def __init__(self, origin: Origin, payload: bytes, report: Callable[[Post, int], None], manner: Manner) -> None:
        self.origin = origin
        self.payload = payload
        self.report = report
        self.manner = manner
        self.attempt = 0
        self.timeout = 30.0
        self.done: Callable[[], None] | None = None
        self.lost: Callable[[int], None] | None = None
        """Told the last status of one that was given up."""


class Posting:
    """Keeps connections per origin."""

    def __init__(self) -> None:
        self._pools: dict[Origin, _Pool] = {}

    def send(self, post: Post, timeout: float) -> None:
        post.timeout = timeout
        pool = self._pools.get(post.origin)
        if pool is None:
            pool = self._pools[post.origin] = _Pool(post.origin)
        pool.send(post)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


class _Pool:
    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.idle: list[_Connection] = []
        self.open: set[_Connection] = set()
        self.opening: set[asyncio.Task[None]] = set()
        self.waiting: deque[Post] = deque()
        self.watch: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """Abort what is over its time, and look again while anything is under way."""
        self.watch = None
        now = time.monotonic()
        for connection in [c for c in self.open if c.post is not None and c.deadline <= now]:
            connection.transport.abort()
        if len(self.open) > len(self.idle):
            self.watch = asyncio.get_running_loop().call_later(WATCH_SECONDS, self.look)

    def send(self, post: Post) -> None:
        while self.idle:
            connection = self.idle.pop()
            if time.monotonic() - connection.since < IDLE_SECONDS and not connection.transport.is_closing():
                connection.send(post)
                return
            connection.transport.close()
        if len(self.open) + len(self.opening) < CONNECTIONS:
            task = asyncio.ensure_future(self._connect(post))
            self.opening.add(task)
            task.add_done_callback(self._opened)
        else:
            self.waiting.append(post)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self.opening.discard(task)
        # One that failed leaves its place to who waits.
        if self.waiting and len(self.open) + len(self.opening) < CONNECTIONS:
            self.send(self.waiting.popleft())

    async def _connect(self, post: Post) -> None:
        tls, host, port = self.origin
        context = ssl.create_default_context() if tls else None
        try:
            async with asyncio.timeout(post.timeout):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(lambda: _Connection(self), host, port, ssl=context)
        except (OSError, TimeoutError):
            post.report(post, 0)
            return
        connection.send(post)

    def release(self, connection: _Connection) -> None:
        if self.waiting:
            connection.send(self.waiting.popleft())
        else:
            connection.since = time.monotonic()
            self.idle.append(connection)

    def lost(self, connection: _Connection) -> None:
        self.open.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)
        if self.waiting:
            self.send(self.waiting.popleft())

    def close(self) -> None:
        self.waiting.clear()
        if self.watch is not None:
            self.watch.cancel()
        for task in self.opening:
            task.cancel()
        for connection in tuple(self.open):
            connection.post = None
            connection.transport.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, pool: _Pool) -> None:
        self.pool = pool
        self.post: Post | None = None
        self.since = 0.0
        self.deadline = 0.0
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.pool.open.add(self)

    def send(self, post: Post) -> None:
        self.post = post
        self.buffer = b""
        self.deadline = time.monotonic() + post.timeout
        if self.pool.watch is None:
            self.pool.watch = asyncio.get_running_loop().call_later(WATCH_SECONDS, self.pool.look)
        self.transport.write(post.payload)

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found or self.post is None:
            return
        status = int(head[9:12])
        if status < 200:
            self.buffer = b""
            if body:
                self.data_received(body)
            return
        fields = head.lower()
        if b"\r\ntransfer-encoding: chunked" in fields:
            complete = body.endswith(b"0\r\n\r\n")
        elif (start := fields.find(b"\r\ncontent-length:")) >= 0:
            complete = len(body) >= int(fields[start + 17 :].split(b"\r\n", 1)[0])
        else:
            complete = status == 204
        if complete:
            self._finish(status, keep=b"\r\nconnection: close" not in fields)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.post is not None:
            # Without a length the body ends with the connection.
            head = self.buffer.partition(b"\r\n\r\n")
            ended = bool(head[1]) and b"\r\ncontent-length:" not in head[0].lower() and exc is None
            self._finish(int(head[0][9:12]) if ended else 0, keep=False)
        self.pool.lost(self)

    def _finish(self, status: int, *, keep: bool) -> None:
        post, self.post = self.post, None
        if keep and not self.transport.is_closing():
            self.pool.release(self)
        else:
            self.transport.close()
        if post is not None:
            post.report(post, status)
