"""A poison event, answer or outcome hurts itself only."""

from __future__ import annotations

import pytest

from tests.house import Clinic, House, eventually
from tests.inbox.poison import poisoned
from tests.inbox.scenes import ANA, BIA, answered, quiet


@pytest.mark.parametrize("kind", ["data", "code"])
async def test_I16_a_poison_event_hurts_itself_only_and_becomes_a_dead_letter(house: House, kind: str) -> None:
    clinic, neighbour = await house.clinic(), await house.clinic()
    async with poisoned(house, kind):
        for n in range(8):
            clinic.says(f"5511986{n:06d}", "abacaxi azul")
            neighbour.says(f"5511986{n:06d}", "bicicleta verde")
            if n == 3:
                clinic.says(ANA, "poison")
        clinic.says(BIA, "caneta roxa")
        await eventually(lambda: all(_sent(clinic, n) and _sent(neighbour, n) for n in range(8)), 10)
        await answered(clinic, BIA)
        # The contact of the poison itself goes on, too.
        clinic.says(ANA, "dado amarelo")
        await answered(clinic, ANA)
        await eventually(lambda: _dead(clinic), 20)
    (letter,) = await house.rows("select * from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    (event,) = [row for row in await clinic.events() if row["state"] == "dead"]
    assert (letter["kind"], letter["ref_id"]) == ("event", event["id"])
    assert event["attempts"] == 5
    await quiet(neighbour)
    assert {row["state"] for row in await neighbour.events()} <= {"processed", "ignored"}


def _sent(clinic: Clinic, n: int) -> bool:
    return len(clinic.sent_to(f"5511986{n:06d}")) == 1


async def _dead(clinic: Clinic) -> bool:
    rows = await clinic.house.rows("select id from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    return len(rows) == 1
