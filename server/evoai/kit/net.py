"""The only outbound HTTP client: where it may connect, how much it reads, and whether a failure came before anything
was sent. What an answer means, and whether to try again, is its caller's."""

from __future__ import annotations

import re
import socket
import zlib
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from evoai.kit import metrics
from evoai.kit.errors import Invalid

Network = IPv4Network | IPv6Network
NetErrorKind = Literal["egress-denied", "refused", "timeout", "broken", "too-large"]

PORTS = frozenset({443, 80, 8080, 8443})

# Node closes an idle connection after 5 s; a request that meets that close is ambiguous, so we let go first.
KEEPALIVE_SECONDS = 4.0
CONNECTIONS = 2000
_URLS = 1024

_GLOBAL_V6 = IPv6Network("2000::/3")
# Addresses that `is_global` lets through in some Python version, or that lead to another address.
_DENIED = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, among them metadata services
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("224.0.0.0/4"),
    IPv4Network("240.0.0.0/4"),
    IPv6Network("2001::/23"),  # Teredo, ORCHID and other protocol assignments
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_UNSAFE_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?\Z")


class NetError(Exception):
    """A request without a usable answer.

    `egress-denied`: the address is forbidden, nothing was sent. `refused`: proved that nothing was sent (no such name,
    no connection, no TLS, no time left before the request was written). `timeout` and `broken`: ambiguous, it may have
    arrived. `too-large`: it arrived, the answer passes the cap.
    """

    def __init__(self, kind: NetErrorKind, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind: NetErrorKind = kind
        self.detail = detail


class NetResponse(msgspec.Struct, frozen=True):
    """`headers` have lower-case names; `body` is decompressed."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Denied(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        metrics.egress_denied.inc()


class Net:
    """Made once per process, started inside its event loop. Redirects are never followed and cookies never kept."""

    def __init__(
        self, allow_private: tuple[Network, ...], allow_http: bool, names: AbstractResolver | None = None
    ) -> None:
        """`names` answers for the DNS; without it the system does."""
        self._allow_private = allow_private
        self._allow_http = allow_http
        self._names = names
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        # What may be called is decided by the URL and the settings alone, and the same few are called over and over.
        self._canonical = lru_cache(_URLS)(self._judge)

    async def start(self) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_mark_sent)
        trace.on_request_chunk_sent.append(_mark_sent)
        for scheme in ("https", "http"):
            connector = aiohttp.TCPConnector(
                resolver=_CheckedResolver(self, scheme, self._names),
                limit=CONNECTIONS,
                keepalive_timeout=KEEPALIVE_SECONDS,
                ttl_dns_cache=10,
            )
            self._sessions[scheme] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                trace_configs=[trace],
                headers={"User-Agent": "evoai-connect", "Accept-Encoding": "gzip, deflate"},
            )

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def check_url(self, url: str, provider_base: bool = False) -> str:
        """The canonical form of a URL that may be called, as far as it can be told without asking the DNS (`request`
        checks the addresses of names). Raises `Invalid("egress-denied")`."""
        try:
            return str(self._canonical(url, provider_base))
        except _Denied as denied:
            raise Invalid("egress-denied", str(denied)) from None

    async def check_reachable(self, url: str, provider_base: bool = False) -> str:
        """As `check_url`, and every address that the name has now is allowed; a name without addresses passes."""
        canonical = URL(self.check_url(url, provider_base))
        try:
            await _CheckedResolver(self, canonical.scheme, self._names).resolve(
                canonical.host or "", canonical.port or 443
            )
        except _Denied as denied:
            raise Invalid("egress-denied", str(denied)) from None
        except OSError:
            pass
        return str(canonical)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json_body: bytes | None = None,
        data: Any = None,
        timeout: float,
        max_bytes: int = 5_000_000,
        provider_base: bool = False,
    ) -> NetResponse:
        """One request, at most one try for methods that are not idempotent. `timeout` is for the whole exchange, in
        seconds; `max_bytes` caps the body before and after decompression. Raises `NetError`, nothing else."""
        try:
            target = self._canonical(url, provider_base)
        except _Denied as denied:
            raise NetError("egress-denied", str(denied)) from None
        sent = SimpleNamespace(yes=False)
        all_headers = dict(headers or {})
        if any(_UNSAFE_HEADER.search(name + value) for name, value in all_headers.items()):
            raise NetError("refused", "a header has characters that it must not have")
        if json_body is not None:
            data = json_body
            all_headers["Content-Type"] = "application/json"
        session = self._sessions.get(target.scheme)
        if session is None:
            raise NetError("refused", "the client is closed")
        try:
            async with session.request(
                method,
                target,
                headers=all_headers,
                data=data,
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
                trace_request_ctx=sent,
            ) as response:
                try:
                    body = await _read(response, max_bytes)
                except NetError:
                    response.close()
                    raise
                names = {name.lower(): value for name, value in response.headers.items()}
                return NetResponse(response.status, names, body)
        except _Denied as denied:
            raise NetError("egress-denied", str(denied)) from None
        except TimeoutError:
            raise NetError("timeout" if sent.yes else "refused", "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NetError("broken" if sent.yes else "refused", type(error).__name__) from error

    def allowed(self, address: IPv4Address | IPv6Address, scheme: str) -> bool:
        """Whether a connection to this very address may be made."""
        if any(address in network for network in self._allow_private if network.version == address.version):
            return True
        if scheme != "https" or not address.is_global or address.is_multicast:
            return False
        if address.version == 6 and address not in _GLOBAL_V6:
            return False
        return not any(address in network for network in _DENIED if network.version == address.version)

    def _judge(self, url: str, provider_base: bool) -> URL:
        if _UNSAFE.search(url) or len(url) > 2048:
            raise _Denied("the URL has characters that it must not have, or is too long")
        try:
            parsed = URL(url)
            port = parsed.port
            host = (parsed.raw_host or "").lower().removesuffix(".")
        except (ValueError, TypeError):
            raise _Denied("not a URL") from None
        if parsed.scheme != "https" and not (parsed.scheme == "http" and self._allow_http):
            raise _Denied("only https may be called")
        authority = re.split(r"[/?#]", url.split("://", 1)[-1], maxsplit=1)[0]
        if "@" in authority or parsed.raw_user is not None or parsed.raw_password is not None:
            raise _Denied("a URL with a user or a password may not be called")
        if "#" in url:
            raise _Denied("a URL with a fragment may not be called")
        if not port or (not provider_base and port not in PORTS):
            raise _Denied("this port may not be called")
        if "[" in authority and ":" not in host:
            raise _Denied("not an address")
        literals = _literals(host)
        if not all(self.allowed(address, parsed.scheme) for address in literals):
            raise _Denied("this address may not be called")
        if not literals and not _HOST.match(host):
            raise _Denied("not a host name")
        return URL.build(
            scheme=parsed.scheme,
            host=f"[{literals[0]}]" if ":" in host else host,
            port=port if port != (443 if parsed.scheme == "https" else 80) else None,
            path=parsed.raw_path,
            query_string=parsed.raw_query_string,
            encoded=True,
        )


class _CheckedResolver(AbstractResolver):
    """Gives the connector only addresses that were checked, all or none; it connects to these, so a name that
    changes its mind afterwards is not asked again."""

    def __init__(self, net: Net, scheme: str, names: AbstractResolver | None) -> None:
        self._net = net
        self._scheme = scheme
        self._names = names or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        for entry in found:
            try:
                address = ip_address(entry["host"])
            except ValueError:
                raise _Denied("the name's address may not be called") from None
            if not self._net.allowed(address, self._scheme):
                raise _Denied("the name's address may not be called")
        return found

    async def close(self) -> None:
        await self._names.close()


def _literals(host: str) -> tuple[IPv4Address | IPv6Address, ...]:
    """The addresses that a host names by itself. Decimal, octal, hexadecimal and short forms are refused: every
    reader of a URL reads them differently."""
    if not host:
        raise _Denied("no host")
    if host == "localhost" or host.endswith(".localhost"):
        return (IPv4Address("127.0.0.1"),)
    if ":" not in host and not _NUMERIC_LABEL.match(host.rsplit(".", 1)[-1]):
        return ()
    if "%" in host:
        raise _Denied("an address with a zone may not be called")
    try:
        return (ip_address(host),)
    except ValueError:
        raise _Denied("not an address") from None


async def _mark_sent(session: aiohttp.ClientSession, context: SimpleNamespace, params: Any) -> None:
    context.trace_request_ctx.yes = True


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        inflate = None
    elif encoding in ("gzip", "x-gzip"):
        inflate = zlib.decompressobj(wbits=31)
    elif encoding == "deflate":
        inflate = zlib.decompressobj()
    else:
        raise NetError("broken", "unknown content encoding")
    body = bytearray()
    raw_size = 0
    async for chunk in response.content.iter_chunked(65_536):
        raw_size += len(chunk)
        if inflate is not None:
            try:
                chunk = inflate.decompress(chunk, max_bytes - len(body) + 1)
            except zlib.error:
                raise NetError("broken", "the compressed body is damaged") from None
        body += chunk
        if len(body) > max_bytes or raw_size > max_bytes:
            raise NetError("too-large", f"more than {max_bytes} bytes")
    if inflate is not None and not inflate.eof and raw_size:
        raise NetError("broken", "the compressed body is cut off")
    return bytes(body)
