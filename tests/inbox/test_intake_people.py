"""The message step's own decisions about who somebody is, for addresses of every provider, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from uuid import UUID

import pytest

from evoai.channels.adapters.incoming import Address, Content, Inbound
from evoai.inbox.service.intake import Intake
from evoai.kit.db import new_id

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TENANT, OTHER = new_id(), new_id()
PHONE, SHORT, LID, BSUID = "5521981234567", "552181234567", "77000000000001", "BR.9000000000000777"
SHAPES = {
    "P": Address(phone=PHONE),
    "p": Address(phone=SHORT),
    "L": Address(lid=LID),
    "B": Address(bsuid=BSUID),
    "PL": Address(phone=PHONE, lid=LID),
    "PB": Address(phone=PHONE, bsuid=BSUID),
    "pB": Address(phone=SHORT, bsuid=BSUID),
    "LB": Address(lid=LID, bsuid=BSUID),
    "pLB": Address(phone=SHORT, lid=LID, bsuid=BSUID),
}
ORDERS = [*permutations(SHAPES, 2), *permutations(("P", "p", "L", "B", "PB", "LB"), 3)]
_ids = count(1)


def intake() -> Intake:
    return Intake(NOW, True, timedelta(minutes=30), frozenset())


def said(address: Address, *, at: datetime | None = None, name: str | None = None) -> Inbound:
    return Inbound(
        provider_message_id=f"M{next(_ids)}",
        chat=address,
        from_me=False,
        by_api=False,
        name=name,
        at=at,
        content=Content(type="text", text="Oi"),
    )


def people(of: Intake) -> set[frozenset[UUID]]:
    """Contacts with those that they were paired with."""
    views = {id(view): view for view in of.contacts.values()}
    groups = {view.id: {view.id} for view in views.values()}
    for first, second in of.pairs:
        both = groups[first] | groups[second]
        for one in both:
            groups[one] = both
    return {frozenset(group) for group in groups.values()}


def kinds(shape: str) -> set[str]:
    return {letter.upper() for letter in shape}


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_addresses_that_a_body_ties_together_are_one_person(order: tuple[str, ...]) -> None:
    step = intake()
    for shape in order:
        step.contact(TENANT, said(SHAPES[shape]))
    # What is tied together is what shares a kind of address, directly or by others.
    tied: list[set[str]] = []
    for shape in order:
        mine = kinds(shape)
        for group in [group for group in tied if group & mine]:
            mine |= group
            tied.remove(group)
        tied.append(mine)
    assert len(people(step)) == len(tied)


def test_of_two_known_contacts_the_surest_address_decides_and_both_are_noted() -> None:
    step = intake()
    by_phone = step.contact(TENANT, said(SHAPES["P"]))
    by_lid = step.contact(TENANT, said(SHAPES["L"]))
    assert step.contact(TENANT, said(SHAPES["PL"])) is by_lid
    (pair,) = step.pairs.values()
    assert (pair.first, pair.second, pair.alias, pair.sure) == (by_lid.id, by_phone.id, ("phone", PHONE), False)


def test_nobody_is_found_by_a_username_and_the_last_one_is_kept() -> None:
    step = intake()
    one = step.contact(TENANT, said(Address(bsuid="BR.1", username="rafa")))
    other = step.contact(TENANT, said(Address(bsuid="BR.2", username="rafa")))
    step.contact(TENANT, said(Address(bsuid="BR.1", username="rafa.novo")))
    assert one is not other
    assert (one.username, other.username) == ("rafa.novo", "rafa")
    assert step.pairs == {}


def test_a_phone_is_found_within_its_tenant_alone() -> None:
    step = intake()
    assert step.contact(TENANT, said(SHAPES["P"])) is not step.contact(OTHER, said(SHAPES["P"]))
    step.contact(OTHER, said(SHAPES["PB"]))
    step.contact(TENANT, said(SHAPES["B"]))
    assert step.pairs == {}


def test_who_moved_is_found_under_the_new_number_and_the_old_one_is_free() -> None:
    step = intake()
    mover = step.contact(TENANT, said(SHAPES["PB"]))
    now = Address(phone="5521999990000", bsuid="BR.9000000000000778")
    assert step.move(TENANT, Address(phone=PHONE), now, NOW) is mover
    assert step.contact(TENANT, said(now)) is mover
    # What was written before the move, and comes late, is still the mover's.
    assert step.contact(TENANT, said(Address(phone=SHORT), at=NOW - timedelta(minutes=1))) is mover
    later = step.contact(TENANT, said(SHAPES["P"], at=NOW + timedelta(minutes=1)))
    assert later is not mover
    assert step.pairs == {}


def test_an_id_that_changes_under_the_same_number_leaves_the_number() -> None:
    step = intake()
    mover = step.contact(TENANT, said(SHAPES["PB"]))
    step.move(TENANT, SHAPES["PB"], Address(phone=PHONE, bsuid="BR.2"), NOW)
    assert step.contact(TENANT, said(SHAPES["P"], at=NOW + timedelta(days=1))) is mover
    assert step.contact(TENANT, said(Address(bsuid="BR.2"), at=NOW + timedelta(days=1))) is mover
    assert [alias for _, alias, _ in step.left] == [("bsuid", BSUID)]


def test_who_wrote_from_the_new_number_before_the_change_was_told_is_surely_the_same() -> None:
    step = intake()
    before = step.contact(TENANT, said(SHAPES["PB"]))
    after = step.contact(TENANT, said(Address(phone="5521999990000")))
    step.move(TENANT, Address(phone=PHONE), Address(phone="5521999990000"), NOW)
    (pair,) = step.pairs.values()
    assert ({pair.first, pair.second}, pair.sure) == ({before.id, after.id}, True)


@pytest.mark.parametrize("landline", ["552132345678", "551155667788", "554130001000"])
def test_a_landline_and_the_mobile_with_a_nine_before_it_are_two(landline: str) -> None:
    step = intake()
    mobile = f"{landline[:4]}9{landline[4:]}"
    assert step.contact(TENANT, said(Address(phone=landline))) is not step.contact(TENANT, said(Address(phone=mobile)))
