"""What people at the API do while a fault lasts: they ask, and they watch their inbox over a websocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp
import msgspec

from tests.house import Client, eventually


async def ask(base: str, client: Client, path: str, rate: float, seconds: float) -> Counter[int]:
    """Statuses of GETs, each on a connection of its own, at `rate` a second; 0 where no answer came."""
    statuses: Counter[int] = Counter()
    headers = {"authorization": f"Bearer {client.token}"}
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, limit=0), timeout=aiohttp.ClientTimeout(total=25)
    ) as http:

        async def one() -> None:
            try:
                async with http.get(f"{base}/api/v1{path}", headers=headers) as answer:
                    statuses[answer.status] += 1
            except (aiohttp.ClientError, OSError, TimeoutError):
                statuses[0] += 1

        async with asyncio.TaskGroup() as all_of_them:
            until = monotonic() + seconds
            while monotonic() < until:
                all_of_them.create_task(one())
                await asyncio.sleep(1 / rate)
    return statuses


async def works_again(client: Client, path: str, seconds: float) -> float:
    """Seconds until ten calls in a row succeeded."""
    began, good = monotonic(), 0

    async def well() -> bool:
        nonlocal good
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            good = good + 1 if (await client.get(path)).status == 200 else 0
        return good >= 10

    await eventually(well, seconds, 0.05)
    return round(monotonic() - began, 2)


@dataclass
class Watcher:
    """A browser tab: comes back as soon as its socket ends, and takes up where it was."""

    base: str
    client: Client
    texts: Counter[str] = field(default_factory=Counter[str])
    """What contacts wrote, as often as it was told under another event."""
    away: list[float] = field(default_factory=list[float])
    """Seconds without a socket, each time."""
    resyncs: int = 0
    _events: set[str] = field(default_factory=set[str])
    _at: tuple[str, int] | None = None

    async def watch(self) -> None:
        """Until cancelled."""
        left: float | None = None
        async with aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    async with http.ws_connect(f"{self.base}/api/v1/realtime", headers={"origin": self.base}) as ws:
                        ready = await self._begin(ws)
                        if left is not None:
                            self.away.append(round(monotonic() - left, 2))
                        left = None
                        if ready:
                            await self._listen(ws)
                left = left or monotonic()
                await asyncio.sleep(0.1)

    async def _begin(self, ws: aiohttp.ClientWebSocketResponse) -> bool:
        await self._send(ws, type="auth", token=self.client.token)
        frame = await ws.receive(5)
        if frame.type is not aiohttp.WSMsgType.TEXT:
            return False
        ready = msgspec.json.decode(frame.data)
        assert ready["type"] == "ready", ready
        if self._at is None:
            self._at = (ready["epoch"], ready["seq"])
        else:
            await self._send(ws, type="resume", epoch=self._at[0], seq=self._at[1])
        return True

    async def _listen(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in ws:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return
            told = msgspec.json.decode(frame.data)
            self.resyncs += told["type"] == "resync"
            if "seq" not in told or told["type"] == "ready":
                continue
            assert self._at is not None
            self._at = (self._at[0], max(self._at[1], told["seq"]))
            if told["type"] == "message.received" and told["event_id"] not in self._events:
                self._events.add(told["event_id"])
                self.texts[told["data"]["text"]] += 1

    async def _send(self, ws: aiohttp.ClientWebSocketResponse, **frame: Any) -> None:
        await ws.send_str(msgspec.json.encode(frame).decode())
