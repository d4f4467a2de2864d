"""Channels that fall silent, time that passes for them, and what tabs hear of it."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

from asyncpg import Record

from evoai.channels.service.reconcile import figures
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA


async def looked_after(clinic: Clinic, seconds: float = 15) -> None:
    """Past the time in which a webhook may be under way, have the channel looked after, and wait for it."""
    await asyncio.sleep(2 - time.time() % 1)
    await changed(clinic, "reconcile_due_at = null")

    async def done() -> bool:
        row = await clinic.house.row(
            "select state = 'disconnected' or abs(extract(epoch from reconcile_due_at - now()) - 120) > 5 as done"
            " from channels where id = $1",
            UUID(clinic.channel_id),
        )
        return bool(row["done"])

    await eventually(done, seconds)


async def changed(clinic: Clinic, what: str) -> None:
    await clinic.house.rows(f"update channels set {what} where id = $1 returning id", UUID(clinic.channel_id))


async def aged(clinic: Clinic, *, hours: int) -> None:
    """As if the channel were ours for so long, and nobody had asked its provider."""
    await looked_after(clinic)
    await changed(clinic, f"created_at = now() - interval '{hours} hours', reconciled_at = null")


async def channel(clinic: Clinic) -> Record:
    return await clinic.house.row("select * from channels where id = $1", UUID(clinic.channel_id))


async def stored(clinic: Clinic, count: int) -> bool:
    rows = await clinic.house.rows(
        "select id from messages where tenant_id = $1 and direction = 'in'", clinic.client.tenant_id
    )
    return len(rows) >= count


async def told(house: House) -> Any:
    async with house.resources.db.system_session("figures") as db:
        return await figures(db)


def calls(clinic: Clinic) -> int:
    return sum(entry.kind == "call" and entry.instance == clinic.instance for entry in clinic.house.sim.log)


async def chatty(house: House, pause_minutes: float = 1) -> Clinic:
    """A channel that speaks every so many minutes, as its stored events tell."""
    clinic = await house.clinic(quiet=30, max_wait=60)
    for n in range(25):
        await clinic.hook(text_event(f"3EB0{n:04d}", ANA, f"abacaxi {n}"))
    await eventually(lambda: stored(clinic, 25))
    await house.rows(
        "update channel_events e set received_at = now() - make_interval(mins => (r.place * $2)::int) from"
        " (select id, row_number() over (order by id desc) as place from channel_events where channel_id = $1) r"
        " where e.id = r.id returning e.id",
        UUID(clinic.channel_id),
        pause_minutes,
    )
    return clinic


def heard(clinic: Clinic) -> Any:
    return _Heard(clinic)


class _Heard:
    """Names of the events that the tenant's websocket is told."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._task: asyncio.Task[None] | None = None
        self.names: list[str] = []

    async def __aenter__(self) -> list[str]:
        house = self._clinic.house
        socket = await house.http.ws_connect(
            house.base.replace("http", "ws") + "/api/v1/realtime", origin=house.settings.frontend_urls[0]
        )
        await socket.send_json({"type": "auth", "token": self._clinic.client.token})
        assert (await socket.receive_json(timeout=5))["type"] == "ready"
        self._socket = socket
        self._task = asyncio.create_task(self._read())
        return self.names

    async def _read(self) -> None:
        async for frame in self._socket:
            self.names.append(frame.json()["type"])

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        if self._task is not None:
            self._task.cancel()


def text_event(provider_id: str, phone: str, text: str) -> dict[str, Any]:
    key = {"remoteJid": f"{phone}@s.whatsapp.net", "fromMe": False, "id": provider_id}
    data = {"key": key, "pushName": "Ana", "message": {"conversation": text}, "messageType": "conversation"}
    return {"event": "messages.upsert", "data": data | {"messageTimestamp": int(time.time())}}
