"""The load: posts webhooks as the provider does, in a process of its own, and tells when each was posted and answered.

`python -m tests.bench.driver` reads one `Job` as JSON on standard input and writes one `Result` to standard output.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from evoai.simulator import bodies
from evoai.simulator.contents import Coder
from evoai.simulator.world import Contact, Hook, Instance, World

MOST_CONNECTIONS = 200
LONGEST = 120.0
"""A paced job ends after this many seconds, answered or not."""


class Target(msgspec.Struct):
    """A channel's door. `headers` go with every post."""

    url: str
    headers: dict[str, str]
    instance: str
    phone: str


class Job(msgspec.Struct):
    """`closed`: `connections` that post again as soon as they are answered, for `seconds`.
    `paced`: `rate` posts per second, at random moments, whatever the answers; `contacts` people take turns."""

    mode: Literal["closed", "paced"]
    targets: list[Target]
    seconds: float
    first: int
    """The number of the first message; texts and ids are made of it, so that no two jobs share any."""
    connections: int = 32
    rate: float = 0
    contacts: int = 1000
    seed: int = 1


class Result(msgspec.Struct):
    """`posted_at` is Unix seconds, by order of the messages' numbers, of paced jobs only; `waits` seconds until 200."""

    posted: int
    accepted: int
    refused: int
    seconds: float
    waits: list[float]
    posted_at: list[float]
    cpu_seconds: float


class Sent(msgspec.Struct):
    number: int
    payload: bytes
    at: float


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


def messages(targets: list[Target], contacts: int, first: int) -> Iterator[Sent]:
    """Texts that the scripted model quotes: `Protocolo zq0000042`. Contact `n` always writes to the same channel."""
    world = World(seed=1)
    now = int(time.time())
    coder = Coder(world.random, "2.3.7")
    stamp = b'"messageTimestamp":%d' % now
    made: list[tuple[bytes, bytes]] = []
    for target in targets:
        events = frozenset(bodies.ALL_EVENTS)
        hook = Hook(
            id="h", url=target.url, headers={}, enabled=True, events=events, by_events=False, base64=False,
            created_at="", updated_at="",
        )  # fmt: skip
        instance = Instance(name=target.instance, id=world.row_id(), token="", created_at="", hook=hook)
        instance.owner_phone = target.phone
        who = Contact("PHONE", "Contato PHONE", "LID@lid")
        options = {"text": "Protocolo zqNUMBER"}
        data = bodies.upsert(
            instance, who, "ACIDNUMBER", "text", options, from_me=False, now=now, coder=coder, generation="2.3.7"
        )
        body = bodies.envelope(instance, "messages.upsert", bodies.encode(data), "http://127.0.0.1", -180)
        parts = urlsplit(target.url)
        lines = [f"POST {parts.path} HTTP/1.1", f"host: {parts.netloc}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in target.headers.items()]
        made.append(("\r\n".join(lines).encode(), body))
    number = first
    while True:
        contact = number % contacts
        head, body = made[contact % len(made)]
        filled = (
            body.replace(b"ACIDNUMBER", b"AC%030X" % number)
            .replace(b"NUMBER", b"%07d" % number)
            .replace(b"PHONE", b"55119%08d" % (60_000_000 + contact))
            .replace(b"LID@lid", b"%d@lid" % (10**14 + contact))
            .replace(stamp, b'"messageTimestamp":%d' % time.time())
        )
        yield Sent(number, head + b"\r\ncontent-length: %d\r\n\r\n" % len(filled) + filled, 0.0)
        number += 1


async def closed(job: Job) -> Result:
    loop = asyncio.get_running_loop()
    source = messages(job.targets, job.contacts, job.first)
    waits: list[float] = []
    refused = 0
    over = asyncio.Event()
    running = job.connections

    def answered(connection: Connection, status: int) -> None:
        nonlocal refused, running
        sent, now = connection.sent, time.perf_counter()
        connection.sent = None
        if sent is not None and status == 200:
            waits.append(now - sent.at)
        else:
            refused += 1
        if now < ends and status:
            following = next(source)
            following.at = now
            connection.send(following)
            return
        running -= 1
        if not running:
            over.set()

    parts = urlsplit(job.targets[0].url)
    connections: list[Connection] = []
    for _ in range(job.connections):
        _, connection = await loop.create_connection(lambda: Connection(answered), parts.hostname, parts.port)
        connections.append(connection)
    begun = time.perf_counter()
    ends = begun + job.seconds
    for connection in connections:
        first = next(source)
        first.at = begun
        connection.send(first)
    async with asyncio.timeout(job.seconds + 10):
        await over.wait()
    seconds = time.perf_counter() - begun
    for connection in connections:
        connection.transport.close()
    return Result(len(waits) + refused, len(waits), refused, seconds, waits, [], time.process_time())


async def paced(job: Job) -> Result:
    loop = asyncio.get_running_loop()
    source = messages(job.targets, job.contacts, job.first)
    moments = random.Random(job.seed)
    parts = urlsplit(job.targets[0].url)
    idle: list[Connection] = []
    queue: deque[Sent] = deque()
    waits: list[float] = []
    posted_at: list[float] = []
    refused = opened = pending = 0
    opening: set[asyncio.Task[None]] = set()

    def answered(connection: Connection, status: int) -> None:
        nonlocal refused, opened, pending
        sent, connection.sent = connection.sent, None
        if sent is not None:
            pending -= 1
            if status == 200:
                waits.append(time.perf_counter() - sent.at)
            else:
                refused += 1
        if not status:
            opened -= 1
        elif queue:
            connection.send(queue.popleft())
        else:
            idle.append(connection)

    async def open_one() -> None:
        _, connection = await loop.create_connection(lambda: Connection(answered), parts.hostname, parts.port)
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
    due = begun + moments.expovariate(job.rate)
    while due < begun + job.seconds:
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        post()
        due += moments.expovariate(job.rate)
    seconds = time.perf_counter() - begun
    until = begun + min(job.seconds + 30, LONGEST)
    while pending and time.perf_counter() < until:
        await asyncio.sleep(0.01)
    for connection in idle:
        connection.transport.close()
    posted = len(posted_at)
    return Result(posted, len(waits), posted - len(waits), seconds, waits, posted_at, time.process_time())


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    gc.disable()
    result = uvloop.run(closed(job) if job.mode == "closed" else paced(job))
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
