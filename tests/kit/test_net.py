"""The egress client against real sockets: what it sends and reads, and how it tells 'not sent' from 'perhaps sent'."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from evoai.kit.net import Net
from tests.kit.wire import LOOPBACK, Listener, Names, answering, kind_of, ok, started


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    async with started(Net(LOOPBACK, allow_http=True)) as made:
        yield made


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
