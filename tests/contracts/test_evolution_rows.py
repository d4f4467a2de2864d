"""Every webhook body of the Evolution contract through the door of a connected channel: the rows it leaves."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.contracts.posted import Posted
from tests.contracts.rows_of_evolution import ANA, BODIES, EXPECTED, JOAO, PADARIA, Json, body
from tests.house import House


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
