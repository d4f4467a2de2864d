"""Whoever writes is one contact, under whichever of their addresses and in whichever order these become known."""

from __future__ import annotations

import asyncio
from itertools import permutations

import pytest

from tests.house import Clinic, House
from tests.inbox.people import Person, contacts, contacts_used, hears, without_assistant, worked
from tests.inbox.workers import another_worker

ALONE = ("P", "p", "L")
PAIRS = ("PL", "LP", "pL", "Lp", "sLP", "sPL", "sLp")
"""A body with both addresses says that they are one person's."""
ORDERS = [*permutations((*ALONE, "PL"), 3), *permutations((*ALONE, "Lp"), 3), *((a, b) for a in ALONE for b in PAIRS)]
ORDERS += [(b, a) for a in ALONE for b in PAIRS] + [(pair,) for pair in PAIRS]
ORDERS += [("P", "p", "P"), ("p", "P", "p"), ("L", "L"), ("P", "L"), ("L", "p"), ("L", "P", "sLP", "L", "p")]


@pytest.fixture
async def silent(house: House) -> Clinic:
    clinic = await house.clinic()
    await without_assistant(clinic)
    return clinic


async def test_every_order_of_addresses_ends_in_one_contact_and_loses_no_message(silent: Clinic) -> None:
    assert len(set(ORDERS)) > 90
    people = [(Person(), order) for order in dict.fromkeys(ORDERS)]
    longest = max(len(order) for _, order in people)
    for place in range(longest):
        await asyncio.gather(
            *(hears(silent, person.key(order[place])) for person, order in people if place < len(order))
        )
        await silent.events()
    await worked(silent)
    rows = await contacts(silent)
    for person, order in people:
        mine = [
            row for row in rows if f"phone:{person.phone}" in row["aliases"] or f"lid:{person.lid}" in row["aliases"]
        ]
        shown, hidden = any("P" in s.upper() for s in order), any("L" in s for s in order)
        paired = any(len(shape) > 1 for shape in order)
        wanted = 1 if paired or not (shown and hidden) else 2
        assert len(mine) == wanted, (order, [dict(row) for row in mine])
        assert sum(row["said"] for row in mine) == len(order), order
        if paired:
            assert mine[0]["phone"] == f"+{person.phone}", order
    assert await contacts_used(silent) == len(rows)


async def test_two_workers_and_everything_at_once_make_no_second_contact(house: House) -> None:
    clinic = await house.clinic()
    await without_assistant(clinic)
    people = [Person() for _ in range(12)]
    async with another_worker(house):
        shapes = ("P", "L", "PL", "p", "Lp", "sLP")
        await asyncio.gather(*(hears(clinic, person.key(shape)) for shape in shapes for person in people))
        await worked(clinic)
    rows = await contacts(clinic)
    assert [row["said"] for row in rows] == [len(shapes)] * len(people)
    assert await contacts_used(clinic) == len(people)
    open_ones = await house.rows(
        "select contact_id from conversations where tenant_id = $1 and state <> 'resolved'", clinic.client.tenant_id
    )
    assert len(open_ones) == len(people)


async def test_a_landline_and_a_mobile_of_the_same_digits_are_two_people(silent: Clinic) -> None:
    before = len(await contacts(silent))
    for phone in ("552133654321", "5521933654321", "552173654321", "5521973654321"):
        await hears(silent, {"remoteJid": f"{phone}@s.whatsapp.net"})
    await worked(silent)
    assert len(await contacts(silent)) == before + 3


async def test_the_digits_of_a_lid_are_no_phone(silent: Clinic) -> None:
    person = Person()
    digits = person.phone
    await hears(silent, {"remoteJid": f"{digits}@lid"})
    await hears(silent, {"remoteJid": f"{digits}@s.whatsapp.net"})
    await worked(silent)
    mine = [row for row in await contacts(silent) if any(digits in alias for alias in row["aliases"])]
    assert sorted((row["phone"], tuple(row["aliases"])) for row in mine if row["phone"]) == [
        (f"+{digits}", (f"phone:{digits}",))
    ]
    assert [row["aliases"] for row in mine if row["phone"] is None] == [[f"lid:{digits}"]]


async def test_a_number_that_was_given_to_somebody_else_merges_nobody(silent: Clinic) -> None:
    """Each has a LID of their own, so they are two people; the number is whose LID came with it last."""
    old, new = Person(), Person()
    await hears(silent, old.key("PL"))
    await hears(silent, new.key("L"))
    await worked(silent)
    await hears(silent, {"remoteJid": f"{new.lid}@lid", "remoteJidAlt": f"{old.phone}@s.whatsapp.net"})
    await worked(silent)
    await hears(silent, {"remoteJid": f"{old.phone}@s.whatsapp.net"})
    await worked(silent)
    found = {alias: row for row in await contacts(silent) for alias in row["aliases"] or []}
    assert found[f"lid:{old.lid}"]["id"] != found[f"lid:{new.lid}"]["id"]
    assert found[f"lid:{old.lid}"]["phone"] is None
    assert found[f"phone:{old.phone}"]["id"] == found[f"lid:{new.lid}"]["id"]
    assert (found[f"lid:{new.lid}"]["phone"], found[f"lid:{new.lid}"]["said"]) == (f"+{old.phone}", 3)


async def test_a_list_of_names_pairs_addresses_and_makes_nobody(silent: Clinic) -> None:
    known, unknown = Person(), Person()
    await hears(silent, known.key("L"), pushName="")
    await worked(silent)
    before = len(await contacts(silent))
    for person in (known, unknown):
        item = {"remoteJid": f"{person.phone}@s.whatsapp.net", "remoteJidAlt": f"{person.lid}@lid", "pushName": "Rita"}
        assert (await silent.hook({"event": "contacts.update", "data": [item]})).status == 200
    await worked(silent)
    rows = await contacts(silent)
    assert len(rows) == before
    (mine,) = [row for row in rows if f"lid:{known.lid}" in row["aliases"]]
    assert (mine["name"], mine["phone"]) == ("Rita", f"+{known.phone}")
    assert f"phone:{known.phone}" in mine["aliases"]
