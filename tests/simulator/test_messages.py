"""Sends, receipts, inbound messages and the chat routes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from evoai.simulator.app import Simulator

from .conftest import Caller, Receiver

ANA, JOAO = "5511987654321", "5531999887766"


async def send(call: Caller, clinic: str, text: str = "Olá!", number: str = ANA, **more: Any) -> tuple[int, Any]:
    return await call("POST", f"message/sendText/{clinic}", {"number": number, "text": text, **more})


async def test_send_text_pending_then_receipts(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    status, body = await send(call, clinic, "Seu horário está confirmado.")
    assert (status, body["status"]) == (201, "PENDING")
    assert body["key"] == {"remoteJid": f"{ANA}@s.whatsapp.net", "fromMe": True, "id": body["key"]["id"]}
    assert body["key"]["id"].startswith("3EB0")
    assert len(body["key"]["id"]) == 22
    assert body["message"] == {"conversation": "Seu horário está confirmado."}
    await sim.settled()
    assert [b["data"] for b in receiver.of("send.message")] == [body]
    ticks = [b["data"] for b in receiver.of("messages.update")]
    assert {t["status"] for t in ticks} == {"SERVER_ACK", "DELIVERY_ACK", "READ"}
    assert {t["keyId"] for t in ticks} == {body["key"]["id"]}
    assert receiver.of("messages.upsert") == []
    assert receiver.requests[0][1]["x-hook-token"] == "s3cret"
    (sent,) = sim.sends(ANA)
    assert (sent.text, sent.accepted, sent.outcome) == ("Seu horário está confirmado.", True, "201")


async def test_receipts_can_be_off_or_lost(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    sim.set(receipts=False)
    await send(call, clinic)
    sim.set(receipts=True, receipt_loss=1.0)
    await send(call, clinic)
    await sim.settled()
    assert len(receiver.of("send.message")) == 2
    assert receiver.of("messages.update") == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"number": ANA}, [['instance requires property "text"']]),
        ({"number": ANA, "textMessage": {"text": "v1"}}, [['instance requires property "text"']]),
        ({"number": ANA, "text": "  "}, ["Text is required"]),
        ({"number": "123", "text": "a"}, [{"jid": "123@s.whatsapp.net", "exists": False, "number": "123"}]),
    ],
)
async def test_refused_sends(clinic: str, sim: Simulator, call: Caller, body: dict[str, Any], message: Any) -> None:
    status, answer = await call("POST", f"message/sendText/{clinic}", body)
    assert (status, answer["error"], answer["response"]["message"]) == (400, "Bad Request", message)
    assert sim.sends() == []
    assert [(e.accepted, e.outcome) for e in sim.log] == [(False, "400")]


async def test_never_connected_is_an_uncaught_error(call: Caller) -> None:
    await call("POST", "instance/create", {"instanceName": "nova", "integration": "WHATSAPP-BAILEYS"})
    status, body = await send(call, "nova")
    assert status == 500
    assert body["response"]["message"] == "Cannot read properties of undefined (reading 'onWhatsApp')"


async def test_the_ninth_digit_is_resolved(clinic: str, call: Caller) -> None:
    _, body = await send(call, clinic, number=JOAO)
    assert body["key"]["remoteJid"] == "553199887766@s.whatsapp.net"
    status, found = await call("POST", f"chat/whatsappNumbers/{clinic}", {"numbers": [JOAO, "11"]})
    assert status == 200
    assert [(f["number"], f["jid"], f["exists"]) for f in found] == [
        (JOAO, "553199887766@s.whatsapp.net", True),
        ("11", "11@s.whatsapp.net", False),
    ]


async def test_missing_numbers(clinic: str, sim: Simulator, call: Caller) -> None:
    sim.set(missing_numbers=["5531999887766"])
    status, body = await send(call, clinic, number="553199887766")
    assert status == 400
    assert body["response"]["message"][0]["exists"] is False


async def test_a_contact_writes(clinic: str, sim: Simulator, receiver: Receiver) -> None:
    wa_id = sim.say(clinic, ANA, "Oi, vocês abrem sábado?")
    await sim.settled()
    (body,) = receiver.of("messages.upsert")
    lid = sim.world.person(ANA).lid
    assert body["data"]["key"] == {
        "remoteJid": f"{ANA}@s.whatsapp.net",
        "remoteJidAlt": lid,
        "fromMe": False,
        "id": wa_id,
        "participant": "",
        "addressingMode": "pn",
    }
    assert body["data"]["message"]["conversation"] == "Oi, vocês abrem sábado?"
    assert body["data"]["pushName"] == "Ana Beatriz"
    assert body["data"]["status"] == "DELIVERY_ACK"
    assert abs(body["data"]["messageTimestamp"] - time.time()) < 5
    assert receiver.of("contacts.update")[0]["data"]["pushName"] == "Ana Beatriz"
    assert list(body) == [
        "event",
        "instance",
        "data",
        "destination",
        "date_time",
        "sender",
        "server_url",
        "apikey",
    ]


async def test_the_owner_writes_on_the_phone(clinic: str, sim: Simulator, receiver: Receiver) -> None:
    sim.owner_says(clinic, ANA, "Oi Ana, aqui é a recepção")
    await sim.settled()
    (body,) = receiver.of("messages.upsert")
    assert body["data"]["key"]["fromMe"] is True
    assert (body["data"]["status"], body["data"]["pushName"]) == ("SERVER_ACK", "Clínica Sorriso")
    assert receiver.of("contacts.update") == []


@pytest.mark.parametrize(
    ("generation", "expected"),
    [
        ("2.2.3", {"remoteJid": "LID"}),
        ("2.3.4", {"remoteJid": "PN", "previousRemoteJid": "LID", "senderPn": "PN", "senderLid": "LID"}),
        ("2.3.6", {"remoteJid": "LID", "remoteJidAlt": "PN", "addressingMode": "lid"}),
        ("2.3.7", {"remoteJid": "PN", "remoteJidAlt": "PN", "addressingMode": "lid"}),
        ("2.4.0", {"remoteJid": "PN", "remoteJidAlt": "LID", "addressingMode": "pn"}),
    ],
)
async def test_key_generations_of_a_lid_contact(
    clinic: str, sim: Simulator, receiver: Receiver, generation: str, expected: dict[str, str]
) -> None:
    sim.set(instance=clinic, key_generation=generation)
    wa_id = sim.say(clinic, JOAO, "oi")
    await sim.settled()
    data = receiver.of("messages.upsert")[0]["data"]
    names = {"PN": "553199887766@s.whatsapp.net", "LID": sim.world.person(JOAO).lid}
    wanted = {name: names.get(value, value) for name, value in expected.items()}
    assert data["key"] == {**wanted, "fromMe": False, "id": wa_id, "participant": ""}
    secret = data["message"]["messageContextInfo"]["messageSecret"]
    assert isinstance(secret, str if generation in ("2.2.3", "2.3.4") else dict)


@pytest.mark.parametrize(
    ("kind", "node"),
    [
        ("image", "imageMessage"),
        ("audio", "audioMessage"),
        ("video", "videoMessage"),
        ("document", "documentMessage"),
        ("sticker", "stickerMessage"),
        ("location", "locationMessage"),
        ("contact", "contactMessage"),
        ("reaction", "reactionMessage"),
        ("button", "buttonsResponseMessage"),
        ("poll", "pollCreationMessage"),
    ],
)
async def test_kinds(clinic: str, control: Caller, sim: Simulator, receiver: Receiver, kind: str, node: str) -> None:
    answered = sim.owner_says(clinic, ANA, "resposta")
    await sim.settled()
    receiver.bodies.clear()
    body = {"instance": clinic, "from": ANA, "kind": kind, "text": "legenda"}
    status, answer = await control("POST", "messages", body)
    await sim.settled()
    data = receiver.of("messages.upsert")[0]["data"]
    assert (status, data["key"]["id"], data["messageType"]) == (201, answer["id"], node)
    assert node in data["message"]
    if kind == "reaction":
        assert data["message"][node]["key"]["id"] == answered


async def test_groups_and_revocation(clinic: str, sim: Simulator, control: Caller, receiver: Receiver) -> None:
    sim.say(clinic, ANA, "no grupo", group="120363041122334455@g.us")
    wa_id = sim.say(clinic, ANA, "ops")
    assert (await control("POST", "messages", {"instance": clinic, "kind": "revoke", "target": wa_id}))[0] == 200
    await sim.settled()
    keys = [b["data"]["key"] for b in receiver.of("messages.upsert")]
    group = next(k for k in keys if k["remoteJid"].endswith("@g.us"))
    assert group["participantAlt"] == f"{ANA}@s.whatsapp.net"
    (deleted,) = receiver.of("messages.delete")
    assert (deleted["data"]["id"], deleted["data"]["status"]) == (wa_id, "DELETED")


async def test_presence_holds_the_call_and_is_shown(clinic: str, sim: Simulator, call: Caller) -> None:
    seen: list[dict[str, Any]] = []
    sim.world.watchers.add(seen.append)
    begun = time.monotonic()
    body = {"number": ANA, "presence": "composing", "delay": 120}
    assert await call("POST", f"chat/sendPresence/{clinic}", body) == (201, {"presence": "composing"})
    assert time.monotonic() - begun >= 0.12
    assert seen[0]["type"] == "presence"
    assert seen[0]["phone"] == ANA
    status, answer = await call("POST", f"chat/sendPresence/{clinic}", {"number": ANA, "presence": "composing"})
    assert (status, answer["response"]["message"]) == (400, [['instance requires property "delay"']])


async def test_find_messages(clinic: str, sim: Simulator, call: Caller) -> None:
    sim.say(clinic, ANA, "pergunta")
    ids = [(await send(call, clinic, f"resposta {i}"))[1]["key"]["id"] for i in range(5)]
    await send(call, clinic, "outra pessoa", number="5521970001122")
    await sim.settled()
    path = f"chat/findMessages/{clinic}"
    status, found = await call("POST", path, {"where": {"key": {"id": ids[2]}}})
    assert status == 200
    (record,) = found["messages"]["records"]
    assert record["message"] == {"conversation": "resposta 2"}
    assert {u["status"] for u in record["MessageUpdate"]} == {"SERVER_ACK", "DELIVERY_ACK", "READ"}
    chat = {"remoteJid": f"{ANA}@s.whatsapp.net", "fromMe": True}
    _, found = await call("POST", path, {"where": {"key": chat}, "offset": 2, "page": 2})
    page = found["messages"]
    assert (page["total"], page["pages"], page["currentPage"]) == (5, 3, 2)
    assert [r["key"]["id"] for r in page["records"]] == [ids[2], ids[1]]
    future = {"gte": "2100-01-01T00:00:00Z", "lte": "2101-01-01T00:00:00Z"}
    _, found = await call("POST", path, {"where": {"messageTimestamp": future}})
    assert found["messages"]["total"] == 0
    sim.set(loose_find=True)
    _, found = await call("POST", path, {"where": {"key": chat}})
    assert found["messages"]["total"] == 6


async def test_mark_read_drops_lids(clinic: str, sim: Simulator, call: Caller) -> None:
    wa_id = sim.say(clinic, ANA, "oi")
    keys = [
        {"id": wa_id, "fromMe": False, "remoteJid": f"{ANA}@s.whatsapp.net"},
        {"id": "X", "fromMe": False, "remoteJid": "1@lid"},
    ]
    answer = await call("POST", f"chat/markMessageAsRead/{clinic}", {"readMessages": keys})
    assert answer == (201, {"message": "Read messages", "read": "success"})
    assert [e.id for e in sim.log if e.kind == "read"] == [wa_id]


async def test_send_with_delay_shows_typing_first(clinic: str, sim: Simulator, call: Caller) -> None:
    task = asyncio.create_task(send(call, clinic, delay=100))
    await asyncio.sleep(0.05)
    assert sim.sends() == []
    assert (await task)[0] == 201
    assert len(sim.sends(ANA)) == 1
