"""Every webhook body of the Evolution contract through the door of a connected channel: the rows it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.house import Clinic, House

BODIES = Path(__file__).parent / "evolution"
Json = dict[str, Any]
ANA = ("Ana Beatriz", "+5511987654321")
JOAO = ("João P.", "+5531999887766")
PADARIA = ("Padaria Sol & Mar", "+5521970001122")


@dataclass(frozen=True)
class Row:
    """A message as it is stored: type, text, and whose it is."""

    type: str
    text: str | None
    contact: tuple[str, str]
    author: str = "contact"
    status: str = "received"


@dataclass(frozen=True)
class Rows:
    """What a body leaves: its event, perhaps a message, the channel's state, an update kept for its message."""

    event: tuple[str, str | None, bool]
    """State, reason, and whether it is a signal."""
    message: Row | None = None
    channel: tuple[str, str | None] = ("connected", None)
    parked: Json | None = None


def said(kind: str, text: str | None, who: tuple[str, str]) -> Rows:
    # The contract's bodies are older than a day: they are kept, and nobody answers them.
    return Rows(("processed", "old", False), Row(kind, text, who))


def wrote(kind: str, text: str, phone: str) -> Rows:
    return Rows(("processed", "old", False), Row(kind, text, ("", phone), "phone", "sent"))


def parked(**change: Any) -> Rows:
    return Rows(SIGNAL, parked=change)


SIGNAL = ("processed", None, True)
NOTED = Rows(SIGNAL)
LOGGED_OUT = Rows(SIGNAL, channel=("disconnected", "logged-out"))
NO_MORE_CODES = Rows(SIGNAL, channel=("disconnected", "qr-limit"))

EXPECTED: dict[str, Rows] = {
    "call.offer": NOTED,
    "chats.upsert": NOTED,
    "connection.update.close-logged-out": LOGGED_OUT,
    "connection.update.connecting": Rows(SIGNAL, channel=("connecting", None)),
    "connection.update.open": NOTED,
    "connection.update.refused-qr-limit": NO_MORE_CODES,
    "contacts.update.array": NOTED,
    "contacts.update.object": NOTED,
    "contacts.upsert.array": NOTED,
    "group-participants.update": NOTED,
    "logout.instance": LOGGED_OUT,
    "messages.delete.by-api": parked(kind="deletion"),
    "messages.delete.revoked": parked(kind="deletion"),
    "messages.edited": parked(kind="edit", text="Quero 3 unidades (corrigido)"),
    "messages.update.delivery-ack": parked(kind="tick", status="delivered", reason=None),
    "messages.update.from-edit": parked(kind="edit", text="Quero 3 unidades (corrigido)"),
    "messages.update.read": parked(kind="tick", status="read", reason=None),
    "messages.update.server-ack": parked(kind="tick", status="sent", reason=None),
    "messages.upsert.ad-click": said("text", "Olá! Tenho interesse e queria mais informações, por favor.", PADARIA),
    "messages.upsert.audio-file": said("audio", None, JOAO),
    "messages.upsert.audio-ptt": said("audio", None, JOAO),
    "messages.upsert.buttons-response": said("interactive", "Sim, confirmo", ANA),
    "messages.upsert.contact": said("contact", "Carlos Eletricista: +553188887777", JOAO),
    "messages.upsert.document": said("document", "Segue o orçamento", PADARIA),
    "messages.upsert.ephemeral-wrapper": said("text", "mensagem temporária", JOAO),
    "messages.upsert.from-me-phone": wrote("text", "Oi Ana! Abrimos sim, até as 19h 🙂", ANA[1]),
    "messages.upsert.group": Rows(("ignored", "group", False)),
    "messages.upsert.image": said("image", "Comprovante do pix", ANA),
    "messages.upsert.interactive-response": said("interactive", "Falar com atendente", PADARIA),
    "messages.upsert.list-response": said("interactive", "Corte feminino", ANA),
    "messages.upsert.location": said("location", None, ANA),
    "messages.upsert.quoted-reply": said("text", "Esse aqui, tamanho M", JOAO),
    "messages.upsert.reaction": Rows(
        ("processed", "old", False),
        Row("reaction", "👍", ANA),
        parked={"kind": "reaction", "author": "contact", "emoji": "👍"},
    ),
    "messages.upsert.reaction-removed": Rows(
        ("processed", "old", False),
        Row("reaction", "", ANA),
        parked={"kind": "reaction", "author": "contact", "emoji": ""},
    ),
    "messages.upsert.status-broadcast": Rows(("ignored", "status-broadcast", False)),
    "messages.upsert.sticker": said("sticker", None, ANA),
    "messages.upsert.text.conversation": said("text", "Oi, bom dia! Vocês abrem hoje?", ANA),
    "messages.upsert.text.extended-flattened": said("text", "Olha esse modelo: https://loja.example.com.br/p/981", ANA),
    "messages.upsert.text.lid-rewritten": said("text", "Quero agendar um horário", JOAO),
    "messages.upsert.video": said("video", "Fachada nova", PADARIA),
    "messages.upsert.view-once-v2": said("image", None, ANA),
    "presence.update": NOTED,
    "qrcode.updated": NOTED,
    "qrcode.updated.limit": NO_MORE_CODES,
    "send.message.image": wrote("image", "Cardápio", JOAO[1]),
    "send.message.text": wrote("text", "Seu horário está confirmado para amanhã às 14h.", ANA[1]),
    "status.instance.closed": LOGGED_OUT,
}


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


_MESSAGES = """
select m.type, m.text, m.author, m.status, m.direction, m.reactions, m.edited_at is not null as edited,
       m.deleted_at is not null as deleted, m.provider_message_id as pid, c.name, c.phone
  from messages m join conversations v on v.tenant_id = m.tenant_id and v.id = m.conversation_id
  join contacts c on c.tenant_id = m.tenant_id and c.id = v.contact_id
 where m.channel_id = $1 order by m.provider_message_id
"""
_PARKED = "select provider_message_id as pid, change from parked_updates where channel_id = $1 order by 1, 2"


@dataclass(frozen=True)
class Posted:
    """A connected channel, and the events that its pairing left before ours."""

    clinic: Clinic
    earlier: frozenset[UUID]

    async def post(self, *bodies: Json) -> None:
        for each in bodies:
            if each.get("event") == "connection.update" and each["data"]["state"] == "connecting":
                # The provider is in the state that it tells of, lest asking it corrects what is stored.
                self.clinic.house.sim.instance(self.clinic.instance).state = "connecting"
            answer = await self.clinic.hook(each)
            assert (answer.status, answer.body) == (200, {"ok": True})

    async def left(self) -> Json:
        """Everything that the bodies left in the tenant, but for ids and times."""
        clinic = self.clinic
        house, channel, tenant = clinic.house, UUID(clinic.channel_id), clinic.client.tenant_id
        events = [event for event in await clinic.events() if event["id"] not in self.earlier]
        state = await house.row("select state, state_reason, phone, profile_name from channels where id = $1", channel)
        contacts = await house.rows("select name, phone from contacts where tenant_id = $1", tenant)
        turns = await house.rows("select id from turns where tenant_id = $1", tenant)
        return {
            "events": [(event["state"], event["reason"], event["signal"]) for event in events],
            "messages": [dict(row) for row in await house.rows(_MESSAGES, channel)],
            "parked": [(row["pid"], json.loads(row["change"])) for row in await house.rows(_PARKED, channel)],
            "channel": (state["state"], state["state_reason"]),
            "number": (state["phone"], state["profile_name"]),
            "contacts": sorted((row["name"], row["phone"]) for row in contacts),
            "turns": len(turns),
        }


async def connected(house: House) -> Posted:
    clinic = await house.clinic()
    await house.sim.settled()
    return Posted(clinic, frozenset(event["id"] for event in await clinic.events()))


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_B137_a_body_leaves_its_rows_and_a_second_post_nothing(house: House, name: str) -> None:
    expected, posted = EXPECTED[name], await connected(house)
    await posted.post(body(name))
    left = await posted.left()
    assert left["events"] == [expected.event]
    assert left["channel"] == expected.channel
    assert [change for _, change in left["parked"]] == ([expected.parked] if expected.parked else [])
    assert left["turns"] == 0
    if expected.message is None:
        assert (left["messages"], left["contacts"]) == ([], [])
    else:
        row = expected.message
        assert left["contacts"] == [row.contact]
        (stored,) = left["messages"]
        assert stored["pid"] == body(name)["data"]["key"]["id"]
        assert (stored["type"], stored["text"], stored["author"], stored["status"]) == (
            row.type,
            row.text,
            row.author,
            row.status,
        )
        assert stored["direction"] == ("in" if row.author == "contact" else "out")
    if name == "connection.update.open":
        assert left["number"] == ("5531988120045", "Studio Lima")

    await posted.post(body(name))
    assert await posted.left() == left


SENT, READ, DELIVERED = "send.message.text", "messages.update.read", "messages.update.delivery-ack"
CHANGES = {
    "ticks": ([SENT, DELIVERED, READ], {"status": "read", "reactions": None}),
    "reaction": ([SENT, "messages.upsert.reaction"], {"status": "sent", "reactions": '{"contact": "👍"}'}),
    "tick and reaction": (
        [SENT, DELIVERED, "messages.upsert.reaction"],
        {"status": "delivered", "reactions": '{"contact": "👍"}'},
    ),
}


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [(order, expected) for names, expected in CHANGES.values() for order in sorted(permutations(names))],
    ids=lambda value: "-".join(name.split(".")[-1] for name in value) if isinstance(value, tuple) else "",
)
async def test_B138_what_comes_before_its_message_waits_for_it(
    house: House, bodies: tuple[str, ...], expected: Json
) -> None:
    posted = await connected(house)
    for name in bodies:
        await posted.post(body(name))
        await posted.clinic.events()
    left = await posted.left()
    assert {event[0] for event in left["events"]} == {"processed"}
    assert left["parked"] == []
    message = next(row for row in left["messages"] if row["author"] == "phone")
    assert {name: message[name] for name in expected} == expected


def said_first() -> Json:
    """The message that the contract's edit and deletion are about."""
    first = body("messages.upsert.text.conversation")
    first["data"]["key"]["id"] = body("messages.update.from-edit")["data"]["keyId"]
    return first


def revoked() -> Json:
    gone = body("messages.delete.revoked")
    gone["data"]["id"] = said_first()["data"]["key"]["id"]
    return gone


@pytest.mark.parametrize("order", sorted(permutations(range(3))))
async def test_B138_an_edit_and_a_deletion_end_the_same_in_any_order(house: House, order: tuple[int, ...]) -> None:
    bodies = [said_first(), body("messages.update.from-edit"), revoked()]
    posted = await connected(house)
    for index in order:
        await posted.post(bodies[index])
        await posted.clinic.events()
    left = await posted.left()
    assert {event[0] for event in left["events"]} == {"processed"}
    (message,) = left["messages"]
    assert (message["text"], message["deleted"]) == (None, True)
    assert left["parked"] == []


@pytest.mark.parametrize("early", [True, False])
async def test_B138_an_edit_shows_whether_it_comes_early_or_late(house: House, early: bool) -> None:
    posted = await connected(house)
    bodies = [said_first(), body("messages.update.from-edit")]
    for each in reversed(bodies) if early else bodies:
        await posted.post(each)
        await posted.clinic.events()
    (message,) = (await posted.left())["messages"]
    assert (message["text"], message["edited"]) == ("Quero 3 unidades (corrigido)", True)


async def test_B138_all_bodies_of_a_day_at_once_leave_nothing_behind(house: House) -> None:
    """All bodies in one go, in the order of the alphabet, so most changes come before their message."""
    posted = await connected(house)
    names = sorted(name for name in EXPECTED if not name.startswith(("connection.", "logout.", "qrcode.", "status.")))
    await posted.post(*(body(name) for name in names))
    left = await posted.left()
    assert {event[0] for event in left["events"]} == {"processed", "ignored"}
    assert len(left["messages"]) == sum(EXPECTED[name].message is not None for name in names)
    assert {contact[1] for contact in left["contacts"]} == {ANA[1], JOAO[1], PADARIA[1]}
    sent = next(row for row in left["messages"] if row["pid"] == body(SENT)["data"]["key"]["id"])
    assert sent["status"] == "read"
    await posted.post(*(body(name) for name in reversed(names)))
    assert await posted.left() == left
