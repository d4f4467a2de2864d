"""The main conversation over UAZAPI: asked, answered, taken over, given back; what is in doubt, what was lost."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.channels.silence import looked_after
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, deliveries, path_of, quiet, rest, state_is, switched


@pytest.fixture
async def clinic(house: House) -> Clinic:
    return await house.clinic(provider="uazapi")


async def test_a_contact_is_answered_and_the_ticks_come_back(house: House, clinic: Clinic) -> None:
    clinic.says(ANA, "Oi, bom dia!", name="Ana")
    (answer,) = await answered(clinic, ANA)
    assert answer
    await eventually(lambda: _statuses(clinic, ANA, "read"))
    told = await clinic.messages(ANA)
    assert [(m["direction"], m["author"]) for m in told] == [("in", "contact"), ("out", "assistant")]
    (sent,) = clinic.sent_to(ANA)
    row = await house.row("select evidence, provider_ref from deliveries where provider_ref = $1", sent.id)
    assert row["evidence"] == "answer"


async def test_people_take_over_answer_and_give_back(clinic: Clinic) -> None:
    clinic.says(BIA, "quero falar com um atendente")
    await state_is(clinic, BIA, "queued")
    path = await path_of(clinic, BIA)
    await clinic.client.post(f"{path}/take-over", {})
    said = await clinic.client.post(f"{path}/messages", {"text": "Oi, aqui é a Bia", "client_id": uuid4().hex})
    assert said.status == 201
    await eventually(lambda: "Oi, aqui é a Bia" in [entry.text for entry in clinic.sent_to(BIA)])
    clinic.says(BIA, "obrigada")
    await quiet(clinic)
    before = len(clinic.sent_to(BIA))
    await clinic.client.post(f"{path}/hand-back", {})
    await answered(clinic, BIA, before + 1)


async def test_what_the_owner_writes_on_the_phone_takes_over(house: House) -> None:
    clinic = await house.clinic(provider="uazapi")
    clinic.says(ANA, "Oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    house.sim.owner_says(clinic.instance, ANA, "Deixa comigo")
    await state_is(clinic, ANA, "human")
    assert (await clinic.messages(ANA))[-1]["author"] == "phone"


@pytest.mark.parametrize("switch", ["hang_up_after_accept", "accept_then_400"])
async def test_I5_a_send_in_doubt_is_proved_by_its_echo_and_not_repeated(house: House, switch: str) -> None:
    clinic = await house.clinic(provider="uazapi")
    async with switched(house, **{switch: 1.0}):
        clinic.says(ANA, "Oi")
        await answered(clinic, ANA)
        await quiet(clinic)
    (row,) = await deliveries(clinic)
    assert (row["state"], row["evidence"], row["attempt"]) == ("sent", "echo", 1)
    assert len(clinic.sent_to(ANA)) == 1


async def test_I5_a_reworded_echo_is_known_by_its_delivery_and_a_lost_one_is_looked_up(house: House) -> None:
    clinic = await house.clinic(provider="uazapi")
    clinic.says(ANA, "quero falar com um atendente")
    await state_is(clinic, ANA, "queued")
    await quiet(clinic)
    path = await path_of(clinic, ANA)
    async with switched(house, hang_up_after_accept=1.0):
        # Two words that the server would fill; a space keeps them, so the echo's are not those that were written.
        await _write(clinic, path, "use {{nome}} aqui")
        await quiet(clinic)
        house.sim.set(clinic.instance, silent=True)
        await _write(clinic, path, "e isto sem eco")
        await quiet(clinic, 30)
    house.sim.set(clinic.instance, silent=False)
    found = {row["text"]: (row["state"], row["evidence"], row["attempt"]) for row in await deliveries(clinic)}
    assert found["use {{nome}} aqui"] == ("sent", "echo", 1)
    assert found["e isto sem eco"] == ("sent", "lookup", 1)
    assert len(clinic.sent_to(ANA)) == len(await deliveries(clinic))
    assert (await clinic.conversation(ANA))["state"] == "human"


async def test_what_never_left_is_denied_twice_then_sent_once(house: House) -> None:
    clinic = await house.clinic(provider="uazapi")
    clinic.says(BIA, "Oi")
    await answered(clinic, BIA)
    async with switched(house, error_rate=1.0, error_status=502):
        clinic.says(ANA, "Oi")
        await eventually(lambda: _attempting(clinic))
    await quiet(clinic, 40)
    assert len(clinic.sent_to(ANA)) == 1


async def test_I12_what_no_webhook_brought_is_found_once_and_answered(house: House) -> None:
    clinic = await house.clinic(quiet=0.3, provider="uazapi")
    clinic.says(BIA, "bom dia")
    await answered(clinic, BIA)
    await quiet(clinic)
    house.sim.set(clinic.instance, silent=True)
    for n in range(3):
        clinic.says(ANA, f"abacaxi {n}")
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    await answered(clinic, ANA)
    await quiet(clinic)
    texts = [m["text"] for m in await clinic.messages(ANA) if m["direction"] == "in"]
    assert texts == [f"abacaxi {n}" for n in range(3)]
    await looked_after(clinic)
    assert len([row for row in await clinic.events() if row["reconciled"]]) == 3
    assert len(clinic.sent_to(ANA)) == 1


async def test_a_code_that_turns_is_told_though_the_provider_does_not(house: House) -> None:
    client = await house.sign_up()
    async with switched(house, qr_seconds=0.6):
        created = await client.post(
            "/channels",
            {
                "name": "Loja",
                "provider": "uazapi",
                "config": {"base_url": house.sim.uazapi_url, "admin_token": "simulator-key"},
            },
        )
        assert created.status == 201, created.body
        assert created["capabilities"]["pairing_code"] is True
        assert created["capabilities"]["official"] is False
        paired = await client.post(f"/channels/{created['id']}/connect", {})
        assert paired["state"] == "connecting"
        assert paired["qr"]["code"].startswith("data:image/png;base64,")
        marks: set[Any] = set()

        async def turned() -> bool:
            row = await house.row("select code_mark from channels where id = $1", UUID(created["id"]))
            marks.add(row["code_mark"])
            return len(marks) >= 3

        await eventually(turned, 20)


async def test_an_instance_is_adopted_by_its_token_and_one_of_both_is_needed(house: House) -> None:
    clinic, client = await house.clinic(provider="uazapi"), await house.sign_up()
    token = house.sim.instance(clinic.instance).token
    base = {"base_url": house.sim.uazapi_url}
    body = {"name": "Loja", "provider": "uazapi", "config": base}
    missing = await client.post("/channels", body)
    assert (missing.status, missing["errors"][0]["pointer"]) == (422, "/config/instance_token")
    wrong = await client.post("/channels", body | {"config": base | {"instance_token": "wrong"}})
    assert (wrong.status, wrong["code"]) == (409, "integration-not-configured")
    unknown = await client.post("/channels", body | {"config": base | {"api_key": "x", "instance_token": token}})
    assert unknown.status == 422
    assert (await client.get("/channels"))["items"] == []
    adopted = await client.post("/channels", body | {"config": base | {"instance_token": token}})
    assert adopted.status == 201
    assert token not in str(adopted.body)


async def test_T46_the_servers_own_token_is_not_kept(house: House, clinic: Clinic) -> None:
    opened = await house.resources.lines.by_id(clinic.client.tenant_id, UUID(clinic.channel_id))  # type: ignore[arg-type]
    assert opened is not None
    assert set(opened.line.secrets) == {"instance_token"}


async def test_a_number_is_restarted_logged_out_and_closed(house: House) -> None:
    clinic = await house.clinic(provider="uazapi")
    path = f"/channels/{clinic.channel_id}"
    house.sim.instance(clinic.instance).hook = None
    assert (await clinic.client.post(f"{path}/restart", {}))["state"] == "connected"
    clinic.says(ANA, "Oi")
    await answered(clinic, ANA)
    assert (await clinic.client.post(f"{path}/disconnect", {}))["state"] == "disconnected"
    assert (await clinic.client.delete(path)).status == 204
    await eventually(lambda: clinic.instance not in house.sim.world.instances)
    await rest(0)


async def _write(clinic: Clinic, path: str, text: str) -> None:
    answer = await clinic.client.post(f"{path}/messages", {"text": text, "client_id": uuid4().hex})
    assert answer.status == 201, answer.body


async def _statuses(clinic: Clinic, phone: str, status: str) -> bool:
    return (await clinic.messages(phone))[-1]["status"] == status


async def _attempting(clinic: Clinic) -> bool:
    return any(row["attempt"] >= 1 and row["state"] == "attempting" for row in await deliveries(clinic))
