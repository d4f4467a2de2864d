"""Turns under which processes died: the third death is held against a turn only if it was answered alone."""

from __future__ import annotations

from typing import Any

from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, state_is, switched
from tests.inbox.scenes import turns as turns_of
from tests.tenants.people import change

KILLS = 20


async def open_turn(clinic: Clinic, phone: str) -> Any:
    """With the owner of its conversation's lease; None if there is none."""
    rows = await clinic.house.rows(
        "select t.*, v.lease_owner from turns t join conversations v on v.tenant_id = t.tenant_id"
        " and v.id = t.conversation_id where t.tenant_id = $1 and t.closed_at is null and v.address like '%' || $2",
        clinic.client.tenant_id,
        phone[-8:],
    )
    return rows[0] if rows else None


async def taken(clinic: Clinic, phone: str, **columns: Any) -> Any:
    """Wait until this process has the turn, and it stands so."""

    async def ours() -> Any:
        row = await open_turn(clinic, phone)
        if row is None or row["lease_owner"] != clinic.house.resources.process:
            return None
        return row if all(row[name] == value for name, value in columns.items()) else None

    return await eventually(ours, 20, 0.02)


async def die(clinic: Clinic, turn: Any) -> None:
    """As if another process had taken the turn up as it stands, and died."""
    await change(
        clinic.house,
        "update conversations set fence = fence + 1, lease_owner = 'elsewhere', lease_until = now() - interval '1 s'"
        " where tenant_id = $1 and id = $2",
        turn["tenant_id"],
        turn["conversation_id"],
    )


async def test_I16_a_turn_is_answered_however_often_processes_die_while_it_is_not_alone(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=25_000):
        clinic.says(BIA, "bola bege")
        for deaths in (0, 1):
            await die(clinic, await taken(clinic, BIA, deaths=deaths))
        # Two deaths make it a suspect, and it is answered alone.
        await taken(clinic, BIA, deaths=2, alone=True)
        clinic.says(ANA, "abacaxi azul")
        for kills in range(KILLS):
            await die(clinic, await taken(clinic, ANA, deaths=min(kills, 2), alone=False))
        # The other one is under way yet, so this one waits.
        await taken(clinic, ANA, deaths=2, alone=False)
    # What waits for the model was begun when it was slow.
    await die(clinic, await taken(clinic, BIA, alone=True))
    await state_is(clinic, BIA, "queued")
    await answered(clinic, ANA)
    (letter,) = await house.rows("select * from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    rows = {row["id"]: (row["deaths"], row["outcome"]) for row in await turns_of(clinic)}
    assert rows.pop(letter["ref_id"]) == (3, "handed-over")
    assert list(rows.values()) == [(2, "answered")]
    assert (letter["kind"], letter["reason"]) == ("turn", "killed its workers")


async def test_a_turn_joined_by_another_message_is_a_suspect_still(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=25_000):
        clinic.says(BIA, "bola bege")
        for deaths in (0, 1):
            await die(clinic, await taken(clinic, BIA, deaths=deaths))
        alone = await taken(clinic, BIA, deaths=2, alone=True)
        clinic.says(BIA, "caneta cinza")
        # Begun anew, after the one that it supersedes has left.
        joined = await taken(clinic, BIA, deaths=2, alone=True, last_in_seq=alone["last_in_seq"] + 1)
    await die(clinic, joined)
    await state_is(clinic, BIA, "queued")
