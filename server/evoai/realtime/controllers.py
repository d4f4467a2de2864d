"""The websocket of the web app: frames in and out, as the public API lists them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import PermissionDeniedException, WebSocketDisconnect
from redis.exceptions import RedisError

from evoai.inbox.service import read
from evoai.kit.errors import AppError, NotFound
from evoai.kit.events import Event
from evoai.kit.log import get_logger
from evoai.realtime.service import Hub, Socket
from evoai.tenants.service.standing import principal_for_token, principal_stands

log = get_logger(__name__)

_AUTH_SECONDS = 5.0
_SILENCE_SECONDS = 60.0
_STANDS_EVERY = 3.0
_FRAMES_PER_SECOND = 20
_HINTS_PER_SECOND = 5
_MAX_FRAME = 16 * 1024

AnySocket = WebSocket[Any, Any, Any]


class _FrameIn(msgspec.Struct):
    """Any frame a client may send."""

    type: str
    token: str = ""
    epoch: str = ""
    seq: int = -1
    conversation_id: UUID | None = None


_decode = msgspec.json.Decoder(_FrameIn).decode


class _Close(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@websocket("/realtime", operation_id="realtime", public=True, unlimited=True)
async def realtime(socket: AnySocket) -> None:
    """Live events of the tenant, after an `auth` frame."""
    settings = socket.app.state["settings"]
    if socket.headers.get("origin") not in settings.frontend_urls:
        raise PermissionDeniedException()
    await socket.accept()
    try:
        await _Session(socket).run()
    except _Close as end:
        with suppress(Exception):
            await socket.close(code=end.code, reason=end.reason)
    except WebSocketDisconnect:
        return


class _Session:
    """One socket from its `auth` to its end."""

    def __init__(self, socket: AnySocket) -> None:
        self._socket = socket
        self._resources = socket.app.state["resources"]
        self._hub: Hub = socket.app.state["hub"]
        self._mine: Socket | None = None
        self._bad = 0
        self._window = (0.0, 0, 0)

    async def run(self) -> None:
        try:
            async with asyncio.timeout(_AUTH_SECONDS):
                frame = await self._read()
        except TimeoutError:
            raise _Close(4401, "no token") from None
        if frame is None or frame.type != "auth":
            raise _Close(4401, "no token")
        self._mine = Socket(await self._principal(frame.token))
        self._hub.add(self._mine)
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._ready()
            tasks = [asyncio.create_task(work()) for work in (self._write, self._listen, self._watch)]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._hub.remove(self._mine)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _principal(self, token: str) -> Any:
        try:
            return await principal_for_token(self._resources, token)
        except AppError:
            raise _Close(4401, "token") from None

    async def _ready(self) -> None:
        """Sent only once the tenant's stream is followed: whatever comes after `seq` reaches the socket."""
        assert self._mine is not None
        await self._hub.follow(self._mine.principal.tenant_id)
        try:
            epoch, seq = await self._hub.stream.position(self._mine.principal.tenant_id)
        except (RedisError, OSError):
            epoch, seq = "away", 0
        await self._send({"type": "ready", "epoch": epoch, "seq": seq})

    async def _send(self, frame: Any) -> None:
        await self._socket.send_data(msgspec.json.encode(frame).decode())

    async def _write(self) -> None:
        assert self._mine is not None
        while True:
            frame = await self._mine.frames.get()
            await self._socket.send_data(frame.decode())

    async def _watch(self) -> None:
        """End the socket soon after its session or membership does."""
        assert self._mine is not None
        while True:
            await asyncio.sleep(_STANDS_EVERY)
            why = await principal_stands(self._resources, self._mine.principal)
            if why == "session":
                raise _Close(4401, "session ended")
            if why == "member":
                raise _Close(4403, "no longer a member")

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    frame = await self._read()
            except TimeoutError:
                raise _Close(1008, "silent") from None
            if frame is None:
                self._bad += 1
                if self._bad > 3:
                    raise _Close(1003, "unreadable frames")
                await self._send({"type": "error", "code": "bad-request"})
                continue
            await self._answer(frame)

    async def _answer(self, frame: _FrameIn) -> None:
        assert self._mine is not None
        if not self._counts(frame.type in ("typing", "viewing")):
            return
        if frame.type == "ping":
            await self._send({"type": "pong"})
        elif frame.type == "auth":
            renewed, was = await self._principal(frame.token), self._mine.principal
            if (renewed.tenant_id, renewed.id) != (was.tenant_id, was.id):
                # Another tenant, or somebody else, is another socket.
                raise _Close(4401, "token of another session")
            self._mine.principal = renewed
        elif frame.type == "resume":
            await self._resume(frame)
        elif frame.type in ("typing", "viewing"):
            await self._hint(frame)
        else:
            await self._send({"type": "error", "code": "bad-request"})

    async def _resume(self, frame: _FrameIn) -> None:
        assert self._mine is not None
        try:
            whole = await self._hub.replay(self._mine, frame.epoch, frame.seq)
        except (RedisError, OSError):
            whole = False
        if not whole:
            await self._send({"type": "resync"})

    async def _hint(self, frame: _FrameIn) -> None:
        """Tell colleagues who types and who looks at what."""
        assert self._mine is not None
        principal = self._mine.principal
        if frame.conversation_id is not None:
            try:
                async with self._resources.db.tenant_session(principal.tenant_id) as db:
                    await read.conversation(db, principal.tenant_id, frame.conversation_id)
            except NotFound:
                await self._send({"type": "error", "code": "not-found"})
                return
        if frame.type == "viewing":
            self._mine.viewing = frame.conversation_id
        elif frame.conversation_id is None:
            await self._send({"type": "error", "code": "bad-request"})
            return
        ids = {
            "conversation_id": frame.conversation_id,
            "member_id": principal.member_id,
            "name": principal.name,
        }
        self._resources.publisher.publish(
            [Event(name=f"member.{frame.type}", tenant_id=principal.tenant_id, ids=ids, signal=True)]
        )

    def _counts(self, hint: bool) -> bool:
        """Whether the frame is within what a second may bring; a flood ends the socket."""
        started, frames, hints = self._window
        if monotonic() - started > 1:
            started, frames, hints = monotonic(), 0, 0
        self._window = (started, frames + 1, hints + hint)
        if frames > _FRAMES_PER_SECOND * 5:
            raise _Close(1008, "too many frames")
        return not hint or hints < _HINTS_PER_SECOND

    async def _read(self) -> _FrameIn | None:
        data = await self._socket.receive_data(mode="text")
        if len(data) > _MAX_FRAME:
            raise _Close(1009, "frame too large")
        try:
            return _decode(data)
        except (msgspec.MsgspecError, RecursionError):
            return None
