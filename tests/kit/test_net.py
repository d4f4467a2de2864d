"""The egress client against real sockets: where it refuses to go, and how it tells 'not sent' from 'perhaps sent'."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evoai.kit.errors import Invalid
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


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    async with started(Net(LOOPBACK, allow_http=True)) as made:
        yield made


async def kind_of(net: Net, url: str, *, method: str = "POST", timeout: float = 2, **more: object) -> str:
    with pytest.raises(NetError) as raised:
        await net.request(method, url, json_body=b"{}", timeout=timeout, provider_base=True, **more)  # type: ignore[arg-type]
    return raised.value.kind


async def test_a_request_carries_its_body_and_headers(net: Net) -> None:
    async with answering(ok(b'{"a":1}', "X-Thing: yes")) as listener:
        answer = await net.request(
            "POST",
            f"http://127.0.0.1:{listener.port}/a%2Fb?q=1",
            headers={"apikey": "k"},
            json_body=b'{"x":2}',
            timeout=2,
            provider_base=True,
        )
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b'{"a":1}', "yes")
    request = listener.requests[0]
    assert request.startswith(b"POST /a%2Fb?q=1 HTTP/1.1\r\n")
    assert b"apikey: k\r\n" in request
    assert b"Content-Type: application/json\r\n" in request
    assert request.endswith(b'\r\n\r\n{"x":2}')


async def test_connections_are_kept_and_cookies_are_not() -> None:
    names = Names(shop_example=[["127.0.0.1"]])
    async with (
        answering(ok(b"1", "Set-Cookie: s=1; Path=/"), ok(b"2")) as listener,
        started(Net(LOOPBACK, True, names)) as net,
    ):
        for _ in range(2):
            await net.request("GET", f"http://shop.example:{listener.port}/", timeout=2, provider_base=True)
    assert listener.connections == 1
    assert b"cookie" not in listener.requests[1].lower()


async def test_redirects_are_answers_and_nobody_follows_them(net: Net) -> None:
    async with answering(ok()) as target:
        for location in (f"http://127.0.0.1:{target.port}/", "file:///etc/passwd", "gopher://127.0.0.1/"):
            redirect = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
            async with answering(redirect) as listener:
                url = f"http://127.0.0.1:{listener.port}/"
                answer = await net.request("GET", url, timeout=2, provider_base=True)
            assert answer.status == 302
    assert target.connections == 0


async def test_a_closed_port_is_refused(net: Net) -> None:
    async with answering() as listener:
        port = listener.port
    assert await kind_of(net, f"http://127.0.0.1:{port}/") == "refused"


async def test_a_name_without_address_is_refused() -> None:
    async with started(Net(LOOPBACK, True, Names())) as net:
        assert await kind_of(net, "https://nowhere.example/") == "refused"


async def test_time_that_runs_out_before_the_connection_is_refused() -> None:
    async with started(Net(LOOPBACK, True, Names(slow_example=[5.0]))) as net:
        assert await kind_of(net, "https://slow.example/", timeout=0.2) == "refused"


async def test_tls_to_a_server_without_it_is_refused(net: Net) -> None:
    async with answering(ok()) as listener:
        assert await kind_of(net, f"https://127.0.0.1:{listener.port}/") == "refused"
    assert listener.requests == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(net: Net, tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await listener.read(reader)

    async with Listener(serve, _self_signed(tmp_path)) as listener:
        assert await kind_of(net, f"https://127.0.0.1:{listener.port}/") == "refused"
    assert listener.requests == []


async def test_a_bad_header_is_refused_and_never_sent(net: Net) -> None:
    async with answering(ok()) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        assert await kind_of(net, url, headers={"apikey": "a\r\nX-Evil: 1"}) == "refused"
    assert listener.requests == []


async def test_a_closed_client_sends_nothing() -> None:
    async with started(Net(LOOPBACK, True)) as net:
        pass
    async with answering(ok()) as listener:
        assert await kind_of(net, f"http://127.0.0.1:{listener.port}/") == "refused"
    assert listener.connections == 0


async def test_no_answer_in_time_is_a_timeout(net: Net) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await listener.read(reader)
        await asyncio.sleep(5)

    async with Listener(serve) as listener:
        assert await kind_of(net, f"http://127.0.0.1:{listener.port}/", timeout=0.3) == "timeout"
    assert len(listener.requests) == 1


async def test_a_slow_drip_is_a_timeout(net: Net) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await listener.read(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with Listener(serve) as listener:
        assert await kind_of(net, f"http://127.0.0.1:{listener.port}/", timeout=0.4) == "timeout"


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b"rubbish\r\n\r\n"],
    ids=["closed", "cut", "rubbish"],
)
async def test_what_breaks_after_the_request_is_broken(net: Net, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await listener.read(reader)
        writer.write(answer)
        await writer.drain()

    async with Listener(serve) as listener:
        assert await kind_of(net, f"http://127.0.0.1:{listener.port}/") == "broken"
    assert len(listener.requests) == 1


async def test_a_kept_connection_that_closes_unanswered_is_broken_and_a_post_is_not_repeated(net: Net) -> None:
    async with answering(ok()) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        await net.request("POST", url, json_body=b"1", timeout=2, provider_base=True)
        assert await kind_of(net, url) == "broken"
    assert (listener.connections, len(listener.requests)) == (1, 2)


async def test_a_stream_without_end_stops_at_the_cap(net: Net) -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await listener.read(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while sent < 200_000_000:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    async with Listener(serve) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        assert await kind_of(net, url, timeout=5, max_bytes=1_000_000) == "too-large"
        assert sent < 20_000_000


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_compressed_bodies_are_read_and_bombs_are_not(
    net: Net, name: str, pack: Callable[[bytes], bytes]
) -> None:
    header = f"Content-Encoding: {name}"
    async with answering(ok(pack(b"hello" * 100), header), ok(pack(b"\0" * 30_000_000), header)) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        answer = await net.request("GET", url, timeout=5, provider_base=True)
        assert answer.body == b"hello" * 100
        tracemalloc.start()
        assert await kind_of(net, url, timeout=5, max_bytes=1_000_000) == "too-large"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10_000_000


async def test_a_compressed_stream_that_says_nothing_stops_at_the_cap(net: Net) -> None:
    packer = zlib.compressobj()
    nothing = packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH) + b"\0\0\0\xff\xff" * 300_000
    async with answering(ok(nothing, "Content-Encoding: deflate")) as listener:
        url = f"http://127.0.0.1:{listener.port}/"
        assert await kind_of(net, url, timeout=5, max_bytes=1_000_000) == "too-large"


async def test_a_damaged_or_cut_compressed_body_is_broken(net: Net) -> None:
    for body in (b"not gzip at all", gzip.compress(b"hello" * 100)[:-12]):
        async with answering(ok(body, "Content-Encoding: gzip")) as listener:
            assert await kind_of(net, f"http://127.0.0.1:{listener.port}/") == "broken"


async def test_a_body_of_exactly_the_cap_passes(net: Net) -> None:
    packed = gzip.compress(b"x" * 1000)
    async with answering(ok(b"x" * 1000), ok(packed, "Content-Encoding: gzip")) as listener:
        for _ in range(2):
            url = f"http://127.0.0.1:{listener.port}/"
            answer = await net.request("GET", url, timeout=2, max_bytes=1000, provider_base=True)
            assert len(answer.body) == 1000


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


async def test_the_corpus_is_denied_and_nothing_is_sent() -> None:
    assert len(DENIED) + len(SPACED) + len(NIP) >= 120
    names = Names()
    names.names = {name: [answer] for name, answer in NIP.items()}
    async with answering(ok()) as listener, started(Net((), False, names)) as net:
        let_through: list[str] = []
        for template in DENIED + SPACED:
            url = template.replace("{p}", str(listener.port))
            try:
                let_through.append(f"{url!r} -> {net.check_url(url, provider_base=True)}")
            except Invalid as denied:
                if denied.code != "egress-denied":
                    raise
            if await _kind_or_answer(net, url) != "egress-denied":
                let_through.append(url)
        assert let_through == []
        for name in NIP:
            url = f"https://{name}:{listener.port}/"
            with pytest.raises(Invalid, match="egress-denied"):
                await net.check_reachable(url, provider_base=True)
            assert await _kind_or_answer(net, url) == "egress-denied"
        assert listener.connections == 0


async def _kind_or_answer(net: Net, url: str) -> str:
    try:
        answer = await net.request("GET", url, timeout=1, provider_base=True)
    except NetError as error:
        return error.kind
    return f"answered {answer.status}"


async def test_ports_are_few_but_for_a_providers_base() -> None:
    net = Net((), False)
    for port in (443, 80, 8080, 8443):
        net.check_url(f"https://example.com:{port}/")
    for port in (22, 25, 5432, 6379, 8081):
        with pytest.raises(Invalid, match="egress-denied"):
            net.check_url(f"https://example.com:{port}/")
        assert net.check_url(f"https://example.com:{port}/", provider_base=True)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("HTTPS://example.com:443/A?b=C", "https://example.com/A?b=C"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://example.com:8443/evo", "https://example.com:8443/evo"),
        ("https://ação.example/é", "https://xn--ao-siap.example/%C3%A9"),
        ("https://ｅxample.com/", "https://example.com/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://evolution/", "https://evolution/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("https://1.example/", "https://1.example/"),
        ("https://example.com/a@b?c=@", "https://example.com/a@b?c=@"),
    ],
)
def test_public_urls_pass_in_one_form(url: str, canonical: str) -> None:
    net = Net((), False)
    assert net.check_url(url) == canonical
    assert net.check_url(canonical) == canonical


async def test_http_reaches_allowed_networks_only_and_only_if_switched_on() -> None:
    names = Names(inside_example=[["127.0.0.1"]], outside_example=[["93.184.216.34"]])
    async with answering(ok(), ok()) as listener:
        async with started(Net(LOOPBACK, True, names)) as net:
            url = f"http://inside.example:{listener.port}/"
            assert (await net.request("GET", url, timeout=2, provider_base=True)).status == 200
            assert await kind_of(net, f"http://outside.example:{listener.port}/") == "egress-denied"
            assert await kind_of(net, "http://8.8.8.8/") == "egress-denied"
        async with started(Net(LOOPBACK, False, names)) as net:
            assert await kind_of(net, f"http://inside.example:{listener.port}/") == "egress-denied"
        async with started(Net((), True, names)) as net:
            assert await kind_of(net, f"http://inside.example:{listener.port}/") == "egress-denied"
    assert listener.connections == 1


async def test_a_name_that_changes_its_mind_is_checked_again_and_the_checked_address_is_the_connected_one() -> None:
    # 192.0.2.1 stands for a public address here: allowed, and nobody is there.
    allowed = (ip_network("192.0.2.1/32"),)
    names = Names(rebind_example=[["192.0.2.1"], ["127.0.0.1"]])
    async with answering(ok()) as listener, started(Net(allowed, True, names)) as net:
        url = f"http://rebind.example:{listener.port}/"
        assert await net.check_reachable(url, provider_base=True) == url
        assert await kind_of(net, url, timeout=0.5) == "egress-denied"
    assert listener.connections == 0
    assert names.asked == ["rebind.example", "rebind.example"]


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
