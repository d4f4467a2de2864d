"""One conversation with every kind of message, the same for each provider, and the same inbox at its end.

Another provider joins by its own `Talk`: how its contact writes, and how its owner writes on the phone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import uuid4

import pytest

from evoai.simulator.files import picture
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, rest, switched


class Talk(Protocol):
    """What happens on the contact's and the owner's phones; each verb gives the provider's id of the message."""

    clinic: Clinic

    def says(self, text: str, *, kind: str = "text", **options: Any) -> str: ...

    def owner_says(self, text: str) -> str: ...

    def edits(self, message_id: str, text: str) -> None: ...

    def takes_back(self, message_id: str) -> None: ...

    def last_answer(self) -> str:
        """The provider's id of what arrived last."""
        ...


class EvolutionTalk:
    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic

    def says(self, text: str, *, kind: str = "text", **options: Any) -> str:
        return self.clinic.says(ANA, text, kind=kind, **options)

    def owner_says(self, text: str) -> str:
        return self.clinic.house.sim.owner_says(self.clinic.instance, ANA, text)

    def edits(self, message_id: str, text: str) -> None:
        self.clinic.house.sim.edits(self.clinic.instance, message_id, text)

    def takes_back(self, message_id: str) -> None:
        self.clinic.house.sim.takes_back(self.clinic.instance, message_id)

    def last_answer(self) -> str:
        return self.clinic.sent_to(ANA)[-1].id


async def evolution(house: House) -> Talk:
    return EvolutionTalk(await house.clinic(quiet=0.3))


@pytest.mark.parametrize("opened", [evolution])
async def test_the_whole_talk(house: House, opened: Callable[[House], Awaitable[Talk]]) -> None:
    talk = await opened(house)
    clinic, client = talk.clinic, talk.clinic.client

    async def answers(count: int) -> None:
        await eventually(lambda: len(clinic.sent_to(ANA)) == count)
        # The next turn is the next answer's.
        await rest(0.2)

    talk.says("Oi, bom dia!")
    await answers(1)
    for text in ("Vocês abrem sábado?", "E domingo?", "Quanto custa?"):
        talk.says(text)
    await answers(2)
    async with switched(house, media_ms=200):
        talk.says("", kind="audio", words="quero marcar uma limpeza")
        await answers(3)
        talk.says("meu comprovante", kind="image", words="pix de 90 reais")
        await answers(4)
        talk.says("", kind="document", words="Pedido de exame", file_name="pedido.pdf")
        await answers(5)
    talk.says("Estou aqui", kind="location")
    await answers(6)
    talk.says("👍", kind="reaction", target=talk.last_answer())
    asked = talk.says("é este aqui?", quoted=talk.last_answer())
    await answers(7)
    talk.edits(asked, "é esse aqui?")
    talk.takes_back(talk.says("ops, engano"))
    await eventually(lambda: _deleted(clinic))
    await rest(1.2)
    before = len(clinic.sent_to(ANA))
    talk.owner_says("Oi Ana, aqui é a dona.")
    await eventually(lambda: _state(clinic, "human"))
    talk.says("Que bom!")
    conversation = await clinic.conversation(ANA)
    path = f"/conversations/{conversation['id']}/messages"
    media = await client.send_file("/media", "sala.jpg", picture("a sala", house.sim.world.random))
    body = {"client_id": uuid4().hex, "media_id": media["id"], "text": "a nossa sala"}
    assert (await client.post(path, body)).status == 201
    await eventually(lambda: len(clinic.sent_to(ANA)) == before + 1)
    await eventually(lambda: _read(clinic))

    messages = [m for m in await clinic.messages(ANA) if m["author"] != "assistant"]
    told = [(m["author"], m["type"], m["text"], (m["transcript"] or "")[:24]) for m in messages]
    assert told == [
        ("contact", "text", "Oi, bom dia!", ""),
        ("contact", "text", "Vocês abrem sábado?", ""),
        ("contact", "text", "E domingo?", ""),
        ("contact", "text", "Quanto custa?", ""),
        ("contact", "audio", None, "quero marcar uma limpeza"),
        ("contact", "image", "meu comprovante", "Uma foto. pix de 90 reais"[:24]),
        ("contact", "document", None, "Pedido de exame"),
        ("contact", "location", None, ""),
        ("contact", "reaction", "👍", ""),
        ("contact", "text", "é esse aqui?", ""),
        ("contact", "text", None, ""),
        ("phone", "text", "Oi Ana, aqui é a dona.", ""),
        ("contact", "text", "Que bom!", ""),
        ("agent", "image", "a nossa sala", ""),
    ]
    edited, gone = messages[9], messages[10]
    assert (edited["edited_at"] is not None, edited["quote"]["author"]) == (True, "assistant")
    assert gone["deleted_at"] is not None
    answered = [m for m in await clinic.messages(ANA) if m["author"] == "assistant"]
    assert [m["emoji"] for a in answered for m in a["reactions"]] == ["👍"]
    sums = (await client.get("/ledger"))["totals"]
    assert sums["pending"] == sums["quarantined"] == sums["dead"] == 0


async def _deleted(clinic: Clinic) -> bool:
    return any(m["deleted_at"] for m in await clinic.messages(ANA))


async def _state(clinic: Clinic, state: str) -> bool:
    return (await clinic.conversation(ANA))["state"] == state


async def _read(clinic: Clinic) -> bool:
    return (await clinic.messages(ANA))[-1]["status"] == "read"
