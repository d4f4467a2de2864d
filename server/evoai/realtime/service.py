"""The hub of one API process: what is published for a tenant goes to its sockets here, shaped as REST gives it.

Events carry ids; the rows are read once for all sockets of a tenant. The server decides what each socket sees.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from evoai.assistant.service import read_runs as test_runs
from evoai.channels.service import read as channels
from evoai.inbox.service import contacts, read
from evoai.kit.errors import NotFound
from evoai.kit.events import Event
from evoai.kit.http import Principal
from evoai.kit.log import get_logger
from evoai.knowledge.service import read as documents
from evoai.realtime.stream import Published, Stream, channel_name, read_published, tenant_of

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

_QUEUE = 500
"""Frames waiting for a slow reader; past that it is told to fetch again."""
_FOLLOW_SECONDS = 2.0
_NEEDS = {
    "message": "conversations:read",
    "response": "conversations:read",
    "conversation": "conversations:read",
    "handoff": "conversations:read",
    "assistant": "conversations:read",
    "member": "conversations:read",
    "contact": "contacts:read",
    "channel": "channels:read",
    "document": "documents:read",
    "test_run": "assistants:read",
    "usage": "usage:read",
}
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True, eq=False)
class Socket:
    """One connected browser tab."""

    principal: Principal
    frames: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_QUEUE))
    behind: bool = False
    viewing: UUID | None = None

    def may_see(self, event: Event) -> bool:
        return _NEEDS.get(event.name.split(".", 1)[0], "") in self.principal.permissions

    def put(self, frame: bytes) -> None:
        if self.behind:
            return
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.behind = True
            while not self.frames.empty():
                self.frames.get_nowait()
            self.frames.put_nowait(b'{"type":"resync"}')
            self.behind = False


class Hub:
    """Reads the live streams of the tenants that have sockets here."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._stream = resources.publisher
        self._sockets: dict[UUID, set[Socket]] = {}
        self._changed = asyncio.Event()
        self._heard: dict[UUID, asyncio.Event] = {}
        """Set once Redis confirmed that a tenant's stream is followed here."""
        self._task: asyncio.Task[None] | None = None
        self._arrived: dict[UUID, list[Published]] = {}
        self._tellers: dict[UUID, asyncio.Task[None]] = {}

    @property
    def stream(self) -> Stream:
        assert isinstance(self._stream, Stream)
        return self._stream

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        for task in (self._task, *self._tellers.values()):
            if task is not None:
                task.cancel()

    def sockets(self, tenant_id: UUID) -> Iterable[Socket]:
        return self._sockets.get(tenant_id, ())

    def add(self, socket: Socket) -> None:
        self._sockets.setdefault(socket.principal.tenant_id, set()).add(socket)
        self._changed.set()

    def remove(self, socket: Socket) -> None:
        mine = self._sockets.get(socket.principal.tenant_id)
        if mine is not None:
            mine.discard(socket)
            if not mine:
                del self._sockets[socket.principal.tenant_id]
                self._changed.set()

    async def follow(self, tenant_id: UUID) -> None:
        """Wait until what is published for the tenant from now on is heard here; at most 2 s, when Redis is away."""
        heard = self._heard.setdefault(tenant_id, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(_FOLLOW_SECONDS):
                await heard.wait()

    async def replay(self, socket: Socket, epoch: str, seq: int) -> bool:
        """Tell a socket what it missed; False if that cannot all be had."""
        missed = await self.stream.since(socket.principal.tenant_id, epoch, seq)
        if missed is None:
            return False
        await self._tell(socket.principal.tenant_id, missed, [socket])
        return True

    async def _listen(self) -> None:
        while True:
            try:
                async with cast(Any, self._resources.redis).pubsub() as subscription:
                    await self._follow(subscription)
            except (RedisError, OSError) as error:
                log.debug("realtime.deaf", error=type(error).__name__)
                for heard in self._heard.values():
                    heard.clear()
                await asyncio.sleep(0.5)
                # What was published meanwhile is not known here.
                for sockets in self._sockets.values():
                    for socket in sockets:
                        socket.put(b'{"type":"resync"}')

    async def _follow(self, subscription: Any) -> None:
        followed: set[UUID] = set()
        while True:
            wanted = set(self._sockets)
            self._changed.clear()
            for tenant_id in followed - wanted:
                self._heard.pop(tenant_id, None)
            if new := wanted - followed:
                await subscription.subscribe(*(channel_name(tenant_id) for tenant_id in new))
            if old := followed - wanted:
                await subscription.unsubscribe(*(channel_name(tenant_id) for tenant_id in old))
            followed = wanted
            if not followed:
                await self._changed.wait()
                continue
            message = await subscription.get_message(timeout=0.25)
            while message is not None:
                if message["type"] == "message":
                    heard = self._heard.get(tenant_of(message["channel"]))
                    # What was still on the wire when the last socket went is not for the one that came since.
                    if heard is not None and heard.is_set():
                        self._take(read_published(message["data"]))
                elif message["type"] == "subscribe":
                    self._heard.setdefault(tenant_of(message["channel"]), asyncio.Event()).set()
                message = await subscription.get_message(timeout=0)

    def _take(self, published: Published) -> None:
        tenant_id = published.event.tenant_id
        self._arrived.setdefault(tenant_id, []).append(published)
        if tenant_id not in self._tellers:
            self._tellers[tenant_id] = asyncio.create_task(self._drain(tenant_id))

    async def _drain(self, tenant_id: UUID) -> None:
        try:
            while batch := self._arrived.pop(tenant_id, []):
                await self._tell(tenant_id, batch, list(self.sockets(tenant_id)))
        except (SQLAlchemyError, OSError) as error:
            log.warning("realtime.not_told", error=type(error).__name__)
            for socket in self.sockets(tenant_id):
                socket.put(b'{"type":"resync"}')
        finally:
            self._tellers.pop(tenant_id, None)

    async def _tell(self, tenant_id: UUID, batch: Sequence[Published], sockets: Sequence[Socket]) -> None:
        if not sockets:
            return
        shapes = await self._shapes(tenant_id, [published.event for published in batch if not published.event.signal])
        for published in batch:
            frame = _frame(published, shapes)
            if frame is None:
                continue
            for socket in sockets:
                if socket.may_see(published.event):
                    socket.put(frame)

    async def _shapes(self, tenant_id: UUID, events: Sequence[Event]) -> dict[str, Any]:
        wanted: dict[str, set[UUID]] = {}
        for event in events:
            kind, found = _about(event)
            if found is not None:
                wanted.setdefault(kind, set()).add(found)
        shapes: dict[str, Any] = {}
        if not wanted:
            return shapes
        async with self._resources.db.tenant_session(tenant_id) as db:
            storage, messages = self._resources.storage, list(wanted.get("message_id", ()))
            for message in await read.messages_by_id(storage, db, tenant_id, messages):
                shapes[f"message_id {message.id}"] = message
            for conversation in await read.conversations(db, tenant_id, list(wanted.get("conversation_id", ()))):
                shapes[f"conversation_id {conversation.id}"] = conversation
            for channel_id in wanted.get("channel_id", ()):
                try:
                    shapes[f"channel_id {channel_id}"] = await channels.read(self._resources, db, tenant_id, channel_id)
                except NotFound:
                    continue
            for contact_id in wanted.get("contact_id", ()):
                try:
                    shapes[f"contact_id {contact_id}"] = await contacts.get(db, tenant_id, contact_id)
                except NotFound:
                    continue
            for document_id in wanted.get("document_id", ()):
                try:
                    shapes[f"document_id {document_id}"] = await documents.one(db, tenant_id, document_id)
                except NotFound:
                    shapes[f"document_id {document_id}"] = {"id": document_id, "deleted": True}
            for run_id in wanted.get("test_run_id", ()):
                try:
                    shapes[f"test_run_id {run_id}"] = await test_runs.read(self._resources, db, tenant_id, run_id)
                except NotFound:
                    continue
        return shapes


def _about(event: Event) -> tuple[str, UUID | None]:
    """What an event is about: the message before the conversation it is in."""
    for kind in ("message_id", "conversation_id", "channel_id", "contact_id", "document_id", "test_run_id"):
        value = event.ids.get(kind)
        if value is not None:
            return kind, UUID(str(value))
    return "", None


def _frame(published: Published, shapes: dict[str, Any]) -> bytes | None:
    event = published.event
    if event.signal:
        return _encode({"type": event.name, "at": event.at, "data": event.ids})
    kind, found = _about(event)
    # What is said of usage is no resource: it is told as it was.
    data = event.ids if event.name.startswith("usage.") else shapes.get(f"{kind} {found}")
    if data is None:
        return None
    return _encode({"type": event.name, "event_id": event.event_id, "seq": published.seq, "at": event.at, "data": data})
