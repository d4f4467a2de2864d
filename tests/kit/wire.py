"""The far end of what leaves by `kit/net.py`: raw servers, their answers, and a DNS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from evoai.kit.net import Net, NetError

LOOPBACK = (ip_network("127.0.0.0/8"),)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """A raw server on a free port of 127.0.0.1 that counts connections and requests."""

    def __init__(self, serve: Serve, context: ssl.SSLContext | None = None) -> None:
        self.serve, self.context = serve, context
        self.connections = 0
        self.requests: list[bytes] = []

    async def __aenter__(self) -> Listener:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.context)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        request = head + await reader.readexactly(length)
        self.requests.append(request)
        return request


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[Listener]:
    """Each connection gets the answers in turn, one for each request, then is closed."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await listener.read(reader)
            if not left:
                return
            writer.write(left.pop(0))
            await writer.drain()

    listener = Listener(serve)
    async with listener:
        yield listener


def ok(body: bytes = b"{}", *headers: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


class Names(AbstractResolver):
    """A DNS of our own: each name has a list of answers, given in turn; the last one stays."""

    def __init__(self, **names: list[list[str] | Exception | float]) -> None:
        self.names = {name.replace("__", "-").replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self.names.get(host)
        if not answers:
            raise OSError("no such name")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            raise OSError("too late")
        return [
            ResolveResult(hostname=host, host=ip, port=port, family=10 if ":" in ip else 2, proto=0, flags=0)
            for ip in answer
        ]

    async def close(self) -> None:
        return None


@asynccontextmanager
async def started(net: Net) -> AsyncIterator[Net]:
    await net.start()
    try:
        yield net
    finally:
        await net.close()


DENIED = (Path(__file__).parent / "denied_urls.txt").read_text().split()
SPACED = [
    "",
    " ",
    "\thttps://example.com/",
    " https://example.com/",
    "https://example.com\t/",
    "https://example.com/ x",
    "https://exam\nple.com/",
    "https://127.0.0.1\r\n/",
    "https://a\0.example/",
    "https://" + "a" * 3000 + ".example/",
]
NIP = {
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "7f000001.nip.example": ["127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "six.example": ["::1"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "mixed6.example": ["2606:2800:220:1:248:1893:25c8:1946", "fd00::1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "zone.example": ["fe80::1%lo"],
    "redis": ["10.1.2.3"],
}


async def kind_of(net: Net, url: str, *, method: str = "POST", timeout: float = 2, **more: object) -> str:
    with pytest.raises(NetError) as raised:
        await net.request(method, url, json_body=b"{}", timeout=timeout, provider_base=True, **more)  # type: ignore[arg-type]
    return raised.value.kind
