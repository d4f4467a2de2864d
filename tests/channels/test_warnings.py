"""A warning of WhatsApp's to a number: within seconds nothing more is begun on it, and its people are told.

The promise is 10 s to stop and 60 s to tell; nothing of it waits for a sweep, so tests' short timers change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.channels.silence import heard
from tests.cloud import CloudClinic, cloud_clinic, synced
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import rest

STOPPED, TOLD = 10.0, 60.0
FIRST, LATER = "5511987650200", "5511987650299"
CONFIRMED = {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "Zé", "body.2": "amanhã"}}


async def begin(clinic: Clinic, phone: str) -> None:
    made = await clinic.client.post("/contacts", {"name": "Zé", "phone": f"+{phone}"})
    assert made.status == 201, made.body
    said: dict[str, Any] = {"template": CONFIRMED} if isinstance(clinic, CloudClinic) else {"text": "Olá"}
    body = {"channel_id": clinic.channel_id, "contact_id": made["id"], "client_id": uuid4().hex}
    answer = await clinic.client.post("/conversations", body | said)
    assert answer.status == 201, answer.body


def tried(clinic: Clinic) -> int:
    """How often a send was tried, whatever came of it."""
    log = clinic.house.sim.log
    return sum(entry.kind == "send" and entry.instance == clinic.instance for entry in log)


async def banned(clinic: Clinic) -> None:
    clinic.house.sim.drop(clinic.instance, 403)


async def timelocked(clinic: Clinic) -> None:
    clinic.house.sim.set(clinic.instance, reachout_timelock=True)
    await begin(clinic, FIRST)


def refusing(code: int, *, late: bool) -> Callable[[Clinic], Awaitable[None]]:
    """Meta's code, as the answer to what we begin, or as its status."""

    async def signal(clinic: Clinic) -> None:
        clinic.house.sim.set(clinic.instance, cloud_error=code, cloud_error_late=late)
        await begin(clinic, FIRST)

    return signal


async def restricted(clinic: Clinic) -> None:
    info = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1900000000}]
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": info}
    change = {"field": "account_update", "value": value}
    entry = {"id": "900000000000001", "time": 1795179600, "changes": [change]}
    assert (await clinic.hook({"object": "whatsapp_business_account", "entry": [entry]})).status == 200


SIGNALS: dict[str, tuple[str, Callable[[Clinic], Awaitable[None]], str]] = {
    "evolution: 403": ("evolution", banned, "banned"),
    "uazapi: 403": ("uazapi", banned, "banned"),
    "uazapi: 463": ("uazapi", timelocked, "restricted"),
    "cloud: account disabled": ("whatsapp_cloud", banned, "banned"),
    "cloud: account restricted": ("whatsapp_cloud", restricted, "restricted"),
    "cloud: 131031": ("whatsapp_cloud", refusing(131031, late=False), "banned"),
    "cloud: 368, as a status": ("whatsapp_cloud", refusing(368, late=True), "banned"),
    "cloud: 131048": ("whatsapp_cloud", refusing(131048, late=False), "spam-limited"),
    "cloud: 131048, as a status": ("whatsapp_cloud", refusing(131048, late=True), "spam-limited"),
}


@pytest.mark.parametrize("name", sorted(SIGNALS))
async def test_a_warning_stops_what_we_begin_and_is_told(house: House, name: str) -> None:
    provider, signal, cause = SIGNALS[name]
    if provider == "whatsapp_cloud":
        clinic: Clinic = await cloud_clinic(house)
        await synced(clinic)  # type: ignore[arg-type]
    else:
        clinic = await house.clinic(provider=provider)
        for n in range(6):
            await begin(clinic, f"551198765{300 + n:04d}")
        await eventually(lambda: tried(clinic) >= 1)
    await house.sim.settled()
    path, clock = f"/channels/{clinic.channel_id}", asyncio.get_running_loop().time

    async def known() -> bool:
        shown = await clinic.client.get(path)
        return shown["restriction"] is not None or shown["state"] != "connected"

    async with heard(clinic) as names:
        began = clock()
        await signal(clinic)
        await eventually(lambda: "channel.updated" in names, TOLD)
        assert clock() - began < TOLD
        await eventually(known, STOPPED)
        assert clock() - began < STOPPED
    before = tried(clinic)
    await begin(clinic, LATER)
    await rest(1.5)
    assert tried(clinic) == before
    assert (await clinic.client.get(f"{path}/health"))["cause"] == cause
