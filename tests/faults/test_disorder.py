"""Webhooks overtake each other, come twice and hours late: what is stored in the end is what order would have made."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from evoai.embedded import Embedded
from tests.faults.conftest import Report
from tests.faults.history import phone_of
from tests.faults.rig import FULL, Rig, rig_of
from tests.house import Clinic

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TWICE = 0.1
IN_FLIGHT = 20


async def test_F09_shuffled_late_and_doubled_webhooks_end_as_sorted_ones(
    servers: Embedded, seed: int, report: Report
) -> None:
    contacts = 500 if FULL else 30
    async with rig_of(servers, "f09", seed=seed) as rig:
        await rig.up(2)
        rand = rig.history.random
        bodies = [body for n in range(contacts) for body in _life(n)]
        ends: list[dict[str, Any]] = []
        for shuffled in (False, True):
            clinic = await rig.house.clinic()
            await _nobody_answers(clinic)
            if shuffled:
                bodies += [body for body in bodies if rand.random() < TWICE]
                rand.shuffle(bodies)
            await _post(clinic, bodies, 1 if not shuffled else IN_FLIGHT)
            await rig.drained(120)
            ends.append(await _end(rig, clinic))
        (parked,) = await rig.house.rows("select count(*) as n from parked_updates")
        report(webhooks=len(bodies), messages=len(ends[0]["messages"]), parked=parked["n"])
        assert len(ends[0]["messages"]) == contacts * 3
        different = {key for key in ends[0]["messages"] if ends[0]["messages"][key] != ends[1]["messages"].get(key)}
        assert not different, [(key, ends[0]["messages"][key], ends[1]["messages"].get(key)) for key in different][:5]
        assert ends[0] == ends[1]
        assert parked["n"] == 0


def _life(n: int) -> list[dict[str, Any]]:
    """What happens with one contact, in order: two messages, of which one is edited and one edited and deleted, an
    answer from the owner's phone with its ticks, and a thumb under it. Written two hours ago."""
    phone, at = phone_of(n), int(time.time()) - 7200
    jid = f"{phone}@s.whatsapp.net"
    one, two, answer, thumb = (f"{prefix}{n:028d}" for prefix in ("AC01", "AC02", "3A03", "AC04"))

    def upsert(message_id: str, message: dict[str, Any], second: int, *, from_me: bool = False) -> dict[str, Any]:
        return {
            "event": "messages.upsert",
            "data": {
                "key": {"remoteJid": jid, "fromMe": from_me, "id": message_id},
                "pushName": "Clínica" if from_me else f"Pessoa {n}",
                "message": message,
                "messageType": next(iter(message)),
                "messageTimestamp": at + second,
            },
        }

    def edit(message_id: str, text: str, second: int) -> dict[str, Any]:
        return {
            "event": "messages.edited",
            "data": {
                "key": {"remoteJid": jid, "fromMe": False, "id": message_id},
                "type": "MESSAGE_EDIT",
                "editedMessage": {"conversation": text},
                "timestampMs": str((at + second) * 1000),
            },
        }

    def tick(status: str) -> dict[str, Any]:
        return {
            "event": "messages.update",
            "data": {"keyId": answer, "remoteJid": jid, "fromMe": True, "status": status, "messageId": f"cm{n}"},
        }

    return [
        upsert(one, {"conversation": f"primeira {n}"}, 1),
        upsert(two, {"conversation": f"segunda {n}"}, 2),
        edit(one, f"primeira {n}, corrigida", 3),
        edit(two, f"segunda {n}, corrigida", 4),
        {
            "event": "messages.delete",
            "data": {"remoteJid": jid, "fromMe": False, "id": two, "status": "DELETED"},
        },
        upsert(answer, {"conversation": f"resposta {n}"}, 6, from_me=True),
        tick("SERVER_ACK"),
        tick("DELIVERY_ACK"),
        tick("READ"),
        upsert(
            thumb,
            {"reactionMessage": {"key": {"remoteJid": jid, "fromMe": True, "id": answer}, "text": "👍"}},
            10,
        ),
    ]


async def _post(clinic: Clinic, bodies: list[dict[str, Any]], in_flight: int) -> None:
    places = asyncio.Semaphore(in_flight)

    async def one(body: dict[str, Any]) -> None:
        async with places:
            assert (await clinic.hook(body)).status == 200

    async with asyncio.TaskGroup() as group:
        for body in bodies:
            group.create_task(one(body))


async def _end(rig: Rig, clinic: Clinic) -> dict[str, Any]:
    """The state but for numbers and times."""
    tenant = clinic.client.tenant_id
    messages = await rig.house.rows(
        "select provider_message_id as id, direction, author, type, text, status, edited_at is not null as edited,"
        " deleted_at is not null as deleted, reactions, quoted_id from messages"
        " where tenant_id = $1 and type <> 'reaction'",
        tenant,
    )
    others = await rig.house.rows(
        "select state, count(*) as n from conversations where tenant_id = $1 group by state", tenant
    )
    reactions = await rig.house.rows(
        "select count(*) as n from messages where tenant_id = $1 and type = 'reaction'", tenant
    )
    return {
        "messages": {row["id"]: dict(row) for row in messages},
        "conversations": {row["state"]: row["n"] for row in others},
        "reactions": reactions[0]["n"],
    }


async def _nobody_answers(clinic: Clinic) -> None:
    assistant = (await clinic.client.get("/assistants"))["items"][0]
    path = f"/assistants/{assistant['id']}"
    assert (await clinic.client.patch(path, {"enabled": False})).status == 200
    assert (await clinic.client.post(f"{path}/publish", {})).status == 200
