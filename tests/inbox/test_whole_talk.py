"""One conversation with every kind of message, told through each provider, and the same inbox at its end.

A provider joins by how its number is opened (`OPENED`). Where inboxes differ, a capability or the provider's own word
for a person says so (`CAN`, `HIDDEN`); everything else is compared to one table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from evoai.simulator.files import picture
from tests.cloud import cloud_clinic
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, quiet, rest, switched

Json = dict[str, Any]
OPENED: dict[str, Callable[[House], Awaitable[Clinic]]] = {
    "evolution": lambda house: house.clinic(quiet=0.3),
    "uazapi": lambda house: house.clinic(quiet=0.3, provider="uazapi"),
    "whatsapp_cloud": lambda house: cloud_clinic(house, quiet=0.3),
}

# What a capability changes in the inbox: of what a person asks for, the status of the answer and what is left.
CAN: dict[str, dict[bool, tuple[int, Any]]] = {
    "edit": {True: (200, "Às ordens!"), False: (409, "As ordens!")},
    "delete": {True: (200, None), False: (409, "Isto não era para você")},
    "window_24h": {True: (200, True), False: (200, False)},
}
# The id besides the phone by which the provider names a person.
HIDDEN = {"evolution": "lid", "uazapi": "lid", "whatsapp_cloud": "bsuid"}
# What the provider does not tell of a file before it is here.
UNTOLD = {"whatsapp_cloud": ("seconds",)}

CONTACT, PHONE, AGENT = ("in", "contact"), ("out", "phone"), ("out", "agent")
ANSWER = ("out", "assistant", "text", "…", "read")
PLACE = {"name": "Estou aqui", "address": "Av. Paulista, Bela Vista, São Paulo"}


def heard(kind: str, text: str | None, **more: Any) -> tuple[Any, ...]:
    return (*CONTACT, kind, text, "received", more)


# Direction, author, type, text, status, and what else there is to say of a message.
TOLD: list[tuple[Any, ...]] = [
    heard("text", "Oi, bom dia!"),
    (*ANSWER, {}),
    heard("text", "Vocês abrem sábado?"),
    heard("text", "E domingo?"),
    heard("text", "Quanto custa?"),
    (*ANSWER, {}),
    heard("audio", None, media=("audio", True, 7, None), transcript="quero marcar uma limpeza"),
    (*ANSWER, {}),
    heard("image", "meu comprovante", media=("image", False, None, None), transcript="Uma foto. pix de 90 reais"),
    (*ANSWER, {}),
    heard("document", None, media=("document", False, None, "pedido.pdf"), transcript="Pedido de exame"),
    (*ANSWER, {}),
    heard("location", None, place=PLACE),
    (*ANSWER, {"reactions": [("contact", "👍")]}),
    heard("reaction", "👍", quote=("assistant", "text")),
    heard("text", "é esse aqui?", marks=["edited"], quote=("assistant", "text")),
    (*ANSWER, {}),
    heard("text", None, marks=["deleted"]),
    (*PHONE, "text", "Oi Ana, aqui é a dona.", "sent", {}),
    heard("text", "Que bom!", reactions=[("agent", "❤️")]),
    (*AGENT, "image", "a nossa sala", "read", {"media": ("image", False, None, None)}),
    (*AGENT, "text", "As ordens!", "read", {"quote": ("contact", "text")}),
    (*AGENT, "text", "Isto não era para você", "read", {}),
    heard("text", "Sair!"),
    ("out", "system", "text", "…", "read", {}),
    heard("text", "ainda posso perguntar?"),
]


@pytest.mark.parametrize("provider", sorted(OPENED))
async def test_the_whole_talk(house: House, provider: str) -> None:
    clinic = await OPENED[provider](house)
    client, sim = clinic.client, house.sim
    able = (await client.get(f"/channels/{clinic.channel_id}"))["capabilities"]

    async def answers(count: int) -> None:
        await eventually(lambda: len(clinic.sent_to(ANA)) == count)
        # The next turn is the next answer's.
        await rest(0.2)

    clinic.says(ANA, "Oi, bom dia!", name="Ana Beatriz")
    await answers(1)
    for text in ("Vocês abrem sábado?", "E domingo?", "Quanto custa?"):
        clinic.says(ANA, text)
    await answers(2)
    async with switched(house, media_ms=200):
        clinic.says(ANA, "", kind="audio", words="quero marcar uma limpeza")
        await answers(3)
        clinic.says(ANA, "meu comprovante", kind="image", words="pix de 90 reais")
        await answers(4)
        clinic.says(ANA, "", kind="document", words="Pedido de exame", file_name="pedido.pdf")
        await answers(5)
    clinic.says(ANA, "Estou aqui", kind="location")
    await answers(6)
    clinic.says(ANA, "👍", kind="reaction", target=clinic.sent_to(ANA)[-1].id)
    asked = clinic.says(ANA, "é este aqui?", quoted=clinic.sent_to(ANA)[-1].id)
    await answers(7)
    sim.edits(clinic.instance, asked, "é esse aqui?")
    sim.takes_back(clinic.instance, clinic.says(ANA, "ops, engano"))
    await eventually(lambda: _marked(clinic, "deleted_at"))
    await quiet(clinic)
    assert len(clinic.sent_to(ANA)) == 7, "what was taken back is not answered"

    sim.owner_says(clinic.instance, ANA, "Oi Ana, aqui é a dona.")
    await eventually(lambda: _is(clinic, state="human"))
    clinic.says(ANA, "Que bom!")
    await eventually(lambda: _last_is(clinic, "Que bom!"))
    glad = (await clinic.messages(ANA))[-1]["id"]
    media = await client.send_file("/media", "sala.jpg", picture("a sala", sim.world.random))
    await _write(clinic, media_id=media["id"], text="a nossa sala")
    quoting = await _write(clinic, text="As ordens!", reply_to=glad)
    stray = await _write(clinic, text="Isto não era para você")
    await eventually(lambda: _all_read(clinic))
    assert (await client.post(f"/messages/{glad}/reaction", {"emoji": "❤️"})).status == 200
    edited = await client.patch(f"/messages/{quoting}", {"text": "Às ordens!"})
    gone = await client.delete(f"/messages/{stray}")
    clinic.says(ANA, "Sair!")
    await eventually(lambda: _opted_out(clinic))
    clinic.says(ANA, "ainda posso perguntar?")
    await eventually(lambda: _last_is(clinic, "ainda posso perguntar?"))
    await eventually(lambda: _all_read(clinic))
    await sim.settled()
    await quiet(clinic)

    messages = await clinic.messages(ANA)
    told, wanted = [_told(message) for message in messages], _wanted(able, provider)
    assert [pair for pair in zip(told, wanted, strict=True) if pair[0] != pair[1]] == []
    assert [message["seq"] for message in messages] == list(range(1, len(TOLD) + 1))
    assert (edited.status, gone.status) == (CAN["edit"][able["edit"]][0], CAN["delete"][able["delete"]][0])
    await _check_conversation(clinic, able, provider)


def _wanted(able: Json, provider: str) -> list[tuple[Any, ...]]:
    """The one table, with what the channel's capabilities change of it."""
    wanted: list[tuple[Any, ...]] = []
    for *said, more in TOLD:
        if said[3] == "As ordens!":
            said[3] = CAN["edit"][able["edit"]][1]
            more = more | ({"marks": ["edited"]} if able["edit"] else {})
        elif said[3] == "Isto não era para você":
            said[3] = CAN["delete"][able["delete"]][1]
            more = more | ({"marks": ["deleted"]} if able["delete"] else {})
        elif "media" in more and "seconds" in UNTOLD.get(provider, ()):
            kind, voice, _, name = more["media"]
            more = more | {"media": (kind, voice, None, name)}
        wanted.append((*said, more))
    return wanted


def _told(message: Json) -> tuple[Any, ...]:
    """A message as the table has it. What the assistant and the house say is their own affair."""
    own = message["author"] in ("assistant", "system")
    more: Json = {}
    if media := message["media"]:
        assert media["state"] == "ready", media
        # What is not a document has no name but ours.
        name = media["name"] if media["kind"] == "document" else None
        more["media"] = (media["kind"], media["voice"], media["seconds"], name)
    if message["transcript"]:
        more["transcript"] = message["transcript"]
    if message["type"] == "location":
        more["place"] = {name: message["extra"][name] for name in ("name", "address")}
    if marks := [mark for mark in ("edited", "deleted") if message[f"{mark}_at"]]:
        more["marks"] = marks
    if quote := message["quote"]:
        more["quote"] = (quote["author"], quote["type"])
    if reactions := message["reactions"]:
        more["reactions"] = [(one["author"], one["emoji"]) for one in reactions]
    text = "…" if own else message["text"]
    return (message["direction"], message["author"], message["type"], text, message["status"], more)


async def _check_conversation(clinic: Clinic, able: Json, provider: str) -> None:
    conversation = await clinic.conversation(ANA)
    assert conversation["state"] == "human"
    assert conversation["last_message"]["text"] == "ainda posso perguntar?"
    assert (conversation["window_expires_at"] is not None) == CAN["window_24h"][able["window_24h"]][1]
    (contact,) = (await clinic.client.get("/contacts"))["items"]
    assert (contact["name"], contact["phone"], contact["over_limit"]) == ("Ana Beatriz", f"+{ANA}", False)
    assert {alias["kind"] for alias in contact["aliases"]} == {"phone", HIDDEN[provider]}
    detail = await clinic.client.get(f"/contacts/{contact['id']}")
    assert [(one["wish"], one["text"], one["by"]) for one in detail["consents"]] == [("out", "Sair!", None)]
    assert detail["opted_out_at"] is not None
    sums = (await clinic.client.get("/ledger"))["totals"]
    assert sums["pending"] == sums["quarantined"] == sums["dead"] == 0


async def _write(clinic: Clinic, **said: Any) -> str:
    conversation = await clinic.conversation(ANA)
    path = f"/conversations/{conversation['id']}/messages"
    answer = await clinic.client.post(path, said | {"client_id": uuid4().hex})
    assert answer.status == 201, answer.body
    return answer["id"]


async def _marked(clinic: Clinic, mark: str) -> bool:
    return any(message[mark] for message in await clinic.messages(ANA))


async def _is(clinic: Clinic, state: str) -> bool:
    return (await clinic.conversation(ANA))["state"] == state


async def _last_is(clinic: Clinic, text: str) -> bool:
    return (await clinic.messages(ANA))[-1]["text"] == text


async def _all_read(clinic: Clinic) -> bool:
    ours = [m for m in await clinic.messages(ANA) if m["direction"] == "out" and m["author"] != "phone"]
    return all(message["status"] == "read" for message in ours)


async def _opted_out(clinic: Clinic) -> bool:
    return (await clinic.conversation(ANA))["contact"]["opted_out_at"] is not None
