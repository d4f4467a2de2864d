"""DATABASE_DISTRIBUTED=true: the group commits go tenant by tenant, and the main job is the same."""

from __future__ import annotations

from tests.house import House, eventually
from tests.inbox.scenes import ANA, BIA, answered, deliveries, path_of, quiet, state_is, thinking, turns


async def test_messages_are_answered_once_and_ticked(apart: House) -> None:
    clinic = await apart.clinic(quiet=0.5)
    clinic.says(ANA, "abacaxi azul")
    clinic.says(ANA, "bicicleta verde")
    (said,) = await answered(clinic, ANA)
    assert "“abacaxi azul”" in said
    assert "“bicicleta verde”" in said

    async def read() -> bool:
        return (await clinic.messages(ANA))[-1]["status"] == "read"

    await eventually(read)
    await quiet(clinic)
    assert [(row["state"], row["attempt"]) for row in await deliveries(clinic)] == [("sent", 1)]
    assert {row["state"] for row in await clinic.events()} <= {"processed", "ignored"}


async def test_many_tenants_at_once_are_all_answered(apart: House) -> None:
    clinics = [await apart.clinic() for _ in range(4)]
    for n in range(5):
        for clinic in clinics:
            clinic.says(f"5511985{n:06d}", f"abacaxi {n}")
    for clinic in clinics:
        for n in range(5):
            (said,) = await answered(clinic, f"5511985{n:06d}")
            assert f"“abacaxi {n}”" in said
    for clinic in clinics:
        await quiet(clinic)


async def test_a_newer_message_supersedes_and_a_person_takes_over(apart: House) -> None:
    clinic = await apart.clinic()
    apart.sim.set(model_ms=700)
    try:
        clinic.says(ANA, "abacaxi azul")
        await thinking(clinic, "abacaxi azul")
        clinic.says(ANA, "bicicleta verde")
        (said,) = await answered(clinic, ANA)
        assert "“bicicleta verde”" in said
        await quiet(clinic)
        clinic.says(ANA, "caneta roxa")
        await thinking(clinic, "caneta roxa")
        taken = await clinic.client.post(f"{await path_of(clinic, ANA)}/take-over", {})
        assert taken.status == 200
        await quiet(clinic)
        assert len(clinic.sent_to(ANA)) == 1
        back = await clinic.client.post(f"{await path_of(clinic, ANA)}/hand-back", {})
        assert back.status == 200
        await answered(clinic, ANA, 2)
    finally:
        apart.sim.set(model_ms=20)
    await quiet(clinic)
    assert [row["outcome"] for row in await turns(clinic)] == ["answered", "answered"]


async def test_reactions_edits_parked_updates_and_the_owner_s_phone(apart: House) -> None:
    clinic = await apart.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    clinic.says(ANA, "👍", kind="reaction")

    async def reacted() -> bool:
        return bool((await clinic.messages(ANA))[1]["reactions"])

    await eventually(reacted)
    apart.sim.engine.write(apart.sim.instance(clinic.instance), ANA, "text", {"text": "Sou a dona"}, from_me=True)
    await state_is(clinic, ANA, "human")
    clinic.says(BIA, "quero falar com um atendente")
    await state_is(clinic, BIA, "queued")


async def test_a_doubtful_send_is_proved_by_its_echo(apart: House) -> None:
    clinic = await apart.clinic()
    apart.sim.set(hang_up_after_accept=1.0)
    try:
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        await quiet(clinic)
    finally:
        apart.sim.set(hang_up_after_accept=0.0)
    assert len(clinic.sent_to(ANA)) == 1
    assert [row["state"] for row in await deliveries(clinic)] == ["sent"]
