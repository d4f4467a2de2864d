"""The webhook sender: who gets an event, the provider's retry policy, faults on the way. `posting.py` moves bytes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import math
import time
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from evoai.simulator.bodies import encode, envelope
from evoai.simulator.posting import Manner, Origin, Post, Posting
from evoai.simulator.world import Hook, Instance, World

FIRST_WAIT = 5.0
LONGEST_WAIT = 300.0
JITTER = 0.2
EVOLUTION = Manner(10, frozenset({400, 401, 403, 404, 422}), "axios/1.12.2")
UAZAPI = Manner(3, frozenset(), "uazapiGO-Webhook/1.0")
META = Manner(20, frozenset(), "facebookexternalua")
TOKEN_SECONDS = 600
GRID_SECONDS = 0.01


class Tally(msgspec.Struct):
    """What became of the webhooks so far; `skipped` were not subscribed to or silenced."""

    emitted: int = 0
    delivered: int = 0
    attempts: int = 0
    refused: int = 0
    dropped: int = 0
    skipped: int = 0
    pending: int = 0


class Webhooks:
    """Sends events to the stored URLs, unordered, without waiting. `close` loses what is pending, as a restart does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tally = Tally()
        self.heard: Callable[[bytes, int], None] | None = None
        """Told of each try that ended: the request, and its status or 0 where no answer came."""
        self._posting = Posting()
        self._names: dict[str, str] = {}
        self._ticks: dict[int, list[tuple[bool, Callable[..., None], tuple[object, ...]]]] = {}
        self._timed = 0
        self._closed = False

    def subscribed(self, instance: Instance, event: str) -> bool:
        name = self._names.get(event)
        if name is None:
            name = self._names[event] = event.upper().replace(".", "_").replace("-", "_")
        hook = instance.hook
        return hook is not None and hook.enabled and name in hook.events and hook.url.startswith("http")

    def emit(self, instance: Instance, event: str, data: bytes, done: Callable[[], None] | None = None) -> None:
        """Send one event if it is subscribed to; `done` is called once it was delivered or given up."""
        world, hook = self.world, instance.hook
        if hook is None or not self.subscribed(instance, event) or world.fault(instance, "silent"):
            self.tally.skipped += 1
            if done:
                done()
            return
        body = envelope(instance, event, data, f"{world.url}/evolution", world.faults.utc_offset_minutes)
        self._put(instance, *request(hook, event, body), EVOLUTION, done)

    def post(self, instance: Instance, event: str, body: bytes, lost: Callable[[int], None]) -> None:
        """Send a whole body as UAZAPI does, if its event is subscribed to: without a header of the subscriber's."""
        hook = instance.hook
        wanted = hook is not None and hook.enabled and event in hook.events and hook.url.startswith("http")
        if hook is None or not wanted or self.world.fault(instance, "silent"):
            self.tally.skipped += 1
            return
        origin, head = opening(hook.url, (), UAZAPI.agent)
        self._put(instance, origin, b"%b%d\r\n\r\n%b" % (head, len(body), body), UAZAPI, None, lost)

    def signed(self, instance: Instance, url: str, body: bytes, signature: str) -> None:
        """Send a body as Meta does, to one of its app's addresses."""
        origin, head = opening(url, (), META.agent)
        payload = b"%bx-hub-signature-256: %b\r\ncontent-length: %d\r\n\r\n%b"
        head = head.removesuffix(b"content-length: ")
        self._put(instance, origin, payload % (head, signature.encode(), len(body), body), META, None)

    def _put(
        self,
        instance: Instance,
        origin: Origin,
        payload: bytes,
        manner: Manner,
        done: Callable[[], None] | None,
        lost: Callable[[int], None] | None = None,
    ) -> None:
        world = self.world
        delay = world.fault(instance, "hook_delay_ms") / 1000
        copies = 1 + world.chance(world.fault(instance, "duplicate_rate"))
        for _ in range(copies):
            held = delay
            if world.chance(world.fault(instance, "reorder_rate")):
                held += world.random.random() * world.fault(instance, "reorder_ms") / 1000
            post = Post(origin, payload, self._posted, manner)
            post.done, done = done, None
            post.lost = lost
            self.tally.emitted += 1
            self.tally.pending += 1
            if held:
                self.later(held, self._attempt, post)
            else:
                self._attempt(post)

    def later(self, seconds: float, call: Callable[..., None], *args: object, counted: bool = True) -> None:
        """Call once after a while, unless the simulator is closed before. `settled` waits for what is counted."""
        if counted:
            self._timed += 1
        loop = asyncio.get_running_loop()
        # On a grid, what many messages wait for is one timer of the loop.
        tick = math.ceil((loop.time() + seconds) / GRID_SECONDS)
        waiting = self._ticks.get(tick)
        if waiting is None:
            waiting = self._ticks[tick] = []
            loop.call_at(tick * GRID_SECONDS, self._run, tick)
        waiting.append((counted, call, args))

    def _run(self, tick: int) -> None:
        for counted, call, args in self._ticks.pop(tick):
            if counted:
                self._timed -= 1
            if not self._closed:
                call(*args)

    def _attempt(self, post: Post) -> None:
        post.attempt += 1
        self.tally.attempts += 1
        self._posting.send(post, self.world.faults.hook_timeout_s)

    def _posted(self, post: Post, status: int) -> None:
        """A try ended with a status, or with 0 where no answer came."""
        if self._closed:
            return
        if self.heard is not None:
            self.heard(post.payload, status)
        if 200 <= status < 300:
            self.tally.delivered += 1
        elif status in post.manner.final:
            self.tally.refused += 1
        elif post.attempt >= post.manner.attempts:
            self.tally.dropped += 1
            if post.lost:
                post.lost(status)
        else:
            wait = min(FIRST_WAIT * 2 ** (post.attempt - 1), LONGEST_WAIT)
            wait = max(FIRST_WAIT, wait * (1 + JITTER * (2 * self.world.random.random() - 1)))
            self.later(wait * self.world.faults.retry_time_factor, self._attempt, post)
            return
        self.tally.pending -= 1
        if post.done:
            post.done()

    async def settled(self, timeout: float = 10.0) -> None:
        """Wait until nothing is under way or timed; raises `TimeoutError`."""
        async with asyncio.timeout(timeout):
            while self.tally.pending or self._timed:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def close(self) -> None:
        self._closed = True
        self._posting.close()


def request(hook: Hook, event: str, body: bytes) -> tuple[Origin, bytes]:
    """Origin `(tls, host, port)` and the whole HTTP request for one event."""
    url = f"{hook.url}/{event.replace('.', '-')}" if hook.by_events else hook.url
    headers = hook.headers
    if "jwt_key" in headers:
        headers = {name: value for name, value in headers.items() if name != "jwt_key"}
        headers["Authorization"] = f"Bearer {token(hook.headers['jwt_key'])}"
    origin, head = opening(url, tuple(headers.items()), EVOLUTION.agent)
    return origin, b"%b%d\r\n\r\n%b" % (head, len(body), body)


@lru_cache(maxsize=512)
def opening(url: str, headers: tuple[tuple[str, str], ...], agent: str) -> tuple[Origin, bytes]:
    """Origin, and what every request to this URL with these headers begins with, up to the length's value."""
    parts = urlsplit(url.strip())
    tls = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nhost: {parts.netloc.rpartition('@')[2]}\r\n"
        "accept: application/json, text/plain, */*\r\ncontent-type: application/json\r\n"
        f"user-agent: {agent}\r\n"
    )
    own = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return (tls, parts.hostname or "", parts.port or (443 if tls else 80)), f"{head}{own}content-length: ".encode()


def token(secret: str) -> str:
    """The HS256 JWT that stands in for a `jwt_key` header. Made once per event, so late retries carry an old one."""
    now = int(time.time())
    claims = {"iat": now, "exp": now + TOKEN_SECONDS, "app": "evolution", "action": "webhook"}

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = part(encode({"alg": "HS256", "typ": "JWT"})) + b"." + part(encode(claims))
    return (signed + b"." + part(hmac.digest(secret.encode(), signed, hashlib.sha256))).decode()
