"""HTTP/1.1 by hand: connections with one request at a time, and the two ways to put load on a server."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import cast

import msgspec

MOST_CONNECTIONS = 200
PATIENCE = 30.0
"""Seconds after the last request of a paced load; what is not answered then counts as refused."""


class Sent(msgspec.Struct):
    """One request, its bytes and what it is counted as."""

    payload: bytes
    kind: str = ""
    at: float = 0.0


class Result(msgspec.Struct):
    """`posted_at` is Unix seconds in the order of posting, of paced loads only; `waits` are seconds until an answer
    of 2xx, `kinds` theirs."""

    posted: int
    accepted: int
    refused: int
    seconds: float
    waits: list[float]
    kinds: list[str]
    statuses: dict[int, int]
    posted_at: list[float]
    cpu_seconds: float


class Tally:
    """What came back so far. CPU is counted from here on: the interpreter's start is no part of the load."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.kinds: list[str] = []
        self.statuses: dict[int, int] = {}
        self._cpu = time.process_time()

    def add(self, sent: Sent, status: int) -> None:
        """Status 0 is a connection that ended without an answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if 200 <= status < 300:
            self.waits.append(time.perf_counter() - sent.at)
            self.kinds.append(sent.kind)

    def result(self, posted: int, seconds: float, posted_at: list[float]) -> Result:
        accepted = len(self.waits)
        cpu = time.process_time() - self._cpu
        return Result(
            posted, accepted, posted - accepted, seconds, self.waits, self.kinds, self.statuses, posted_at, cpu
        )


class Connection(asyncio.Protocol):
    """One kept connection with one request at a time."""

    def __init__(self, answered: Callable[[Connection, int], None]) -> None:
        self.answered = answered
        self.sent: Sent | None = None
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, sent: Sent) -> None:
        self.sent = sent
        self.transport.write(sent.payload)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        start = head.lower().find(b"content-length:")
        if len(body) >= int(head[start + 15 :].split(b"\r\n", 1)[0]):
            self.buffer = b""
            self.answered(self, int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.sent is not None:
            self.answered(self, 0)


async def closed(source: Iterator[Sent], host: str, port: int, connections: int, seconds: float) -> Result:
    """`connections` that ask again as soon as they are answered."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    running = connections

    def answered(connection: Connection, status: int) -> None:
        nonlocal running
        sent, connection.sent = connection.sent, None
        if sent is not None:
            tally.add(sent, status)
        if status and time.perf_counter() < ends:
            ask(connection)
            return
        running -= 1
        if not running:
            over.set()

    def ask(connection: Connection) -> None:
        sent = next(source)
        sent.at = time.perf_counter()
        connection.send(sent)

    opened: list[Connection] = []
    for _ in range(connections):
        _, connection = await loop.create_connection(lambda: Connection(answered), host, port)
        opened.append(connection)
    tally = Tally()
    begun = time.perf_counter()
    ends = begun + seconds
    for connection in opened:
        ask(connection)
    async with asyncio.timeout(seconds + PATIENCE):
        await over.wait()
    took = time.perf_counter() - begun
    for connection in opened:
        connection.transport.close()
    return tally.result(sum(tally.statuses.values()), took, [])


async def paced(source: Iterator[Sent], host: str, port: int, rate: float, seconds: float, seed: int = 1) -> Result:
    """`rate` requests per second at random moments, whatever the answers."""
    loop = asyncio.get_running_loop()
    moments = random.Random(seed)
    idle: list[Connection] = []
    queue: deque[Sent] = deque()
    posted_at: list[float] = []
    opened = pending = 0
    opening: set[asyncio.Task[None]] = set()
    tally = Tally()

    def answered(connection: Connection, status: int) -> None:
        nonlocal opened, pending
        sent, connection.sent = connection.sent, None
        if sent is not None:
            pending -= 1
            tally.add(sent, status)
        if not status:
            opened -= 1
        elif queue:
            connection.send(queue.popleft())
        else:
            idle.append(connection)

    async def open_one() -> None:
        _, connection = await loop.create_connection(lambda: Connection(answered), host, port)
        if queue:
            connection.send(queue.popleft())
        else:
            idle.append(connection)

    def post() -> None:
        nonlocal opened, pending
        sent = next(source)
        # From here on, also while it waits for a free connection: what waits is late.
        sent.at = time.perf_counter()
        posted_at.append(time.time())
        pending += 1
        while idle:
            connection = idle.pop()
            if not connection.transport.is_closing():
                connection.send(sent)
                return
            opened -= 1
        queue.append(sent)
        if opened < MOST_CONNECTIONS:
            opened += 1
            task = asyncio.create_task(open_one())
            opening.add(task)
            task.add_done_callback(opening.discard)

    begun = time.perf_counter()
    due = begun + moments.expovariate(rate)
    while due < begun + seconds:
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        post()
        due += moments.expovariate(rate)
    took = time.perf_counter() - begun
    until = time.perf_counter() + PATIENCE
    while pending and time.perf_counter() < until:
        await asyncio.sleep(0.01)
    for connection in idle:
        connection.transport.close()
    return tally.result(len(posted_at), took, posted_at)
