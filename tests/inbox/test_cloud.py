"""The main conversation on an official number: answered, seen, typed to; doubts and troubles are outlived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.cloud import arrived, cloud_clinic, post
from tests.house import House, eventually
from tests.inbox.scenes import ANA, answered, deliveries, quiet, rest, state_is, switched, tried

Json = dict[str, Any]


@pytest.mark.parametrize("shared", [False, True])
async def test_a_conversation_from_the_first_word_to_the_ticks(house: House, shared: bool) -> None:
    clinic = await cloud_clinic(house, shared=shared)
    first = clinic.says(ANA, "Olá, qual o horário?")
    await answered(clinic, ANA)
    await quiet(clinic)

    async def read() -> bool:
        return [m["status"] for m in await clinic.messages(ANA)] == ["received", "read"]

    await eventually(read)
    (theirs, ours) = await clinic.messages(ANA)
    assert (theirs["author"], ours["author"]) == ("contact", "assistant")
    # Typing marks what was heard as read.
    marks = [entry for entry in house.sim.log if entry.kind == "read" and entry.instance == clinic.instance]
    assert [entry.id for entry in marks] == [first]
    assert any(entry.kind == "presence" and entry.instance == clinic.instance for entry in house.sim.log)
    (delivery,) = await deliveries(clinic)
    assert (delivery["state"], delivery["evidence"], delivery["attempt"]) == ("sent", "answer", 1)
    conversation = await clinic.conversation(ANA)
    assert conversation["window_expires_at"] > conversation["created_at"]
    assert (await clinic.client.get(f"/conversations/{conversation['id']}"))["window_expires_at"] == conversation[
        "window_expires_at"
    ]


async def test_a_number_elsewhere_has_no_window(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    assert (await clinic.conversation(ANA))["window_expires_at"] is None


async def test_somebody_without_a_phone_is_answered(house: House) -> None:
    clinic = await cloud_clinic(house)
    phone = "5511944443333"
    clinic.says(phone, "Oi, sem telefone", addressing="bsuid")
    await eventually(lambda: clinic.sent_to(phone))
    (conversation,) = (await clinic.client.get("/conversations"))["items"]
    assert conversation["contact"]["phone"] is None
    aliases = (await clinic.client.get(f"/contacts/{conversation['contact']['id']}"))["aliases"]
    bsuid = house.sim.world.person(phone).bsuid
    assert {"kind": "bsuid", "value": bsuid} in aliases
    # Later with the phone: the same person.
    clinic.says(phone, "Agora com telefone", addressing="pn")
    await eventually(lambda: len(clinic.sent_to(phone)) >= 2)
    assert len((await clinic.client.get("/conversations"))["items"]) == 1


@pytest.mark.parametrize("fault", ["hang_up_after_accept", "drop_answers"])
async def test_I5_a_doubtful_send_is_proved_by_the_receipt_that_names_it(house: House, fault: str) -> None:
    clinic = await cloud_clinic(house)
    async with switched(house, **{fault: 1.0}):
        clinic.says(ANA, f"abacaxi {fault}")
        await answered(clinic, ANA)
        await quiet(clinic)
    await rest(1)
    assert len(clinic.sent_to(ANA)) == 1
    (row,) = await deliveries(clinic)
    assert (row["state"], row["evidence"], row["attempt"]) == ("sent", "receipt", 1)
    message = (await clinic.messages(ANA))[-1]
    assert message["status"] in ("sent", "delivered", "read")
    stored = await house.row("select provider_message_id from messages where id = $1", UUID(message["id"]))
    assert stored["provider_message_id"] == clinic.sent_to(ANA)[0].id


async def test_a_doubtful_send_that_failed_is_refused_by_its_receipt(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    house.sim.set(clinic.instance, cloud_error=131026, cloud_error_late=True)
    async with switched(house, hang_up_after_accept=1.0):
        assert (await post(clinic, ANA, {"text": "some"})).status == 201
        await quiet(clinic)

    async def failed() -> bool:
        return (await clinic.messages(ANA))[-1]["status"] == "failed"

    await eventually(failed)
    message = (await clinic.messages(ANA))[-1]
    assert message["error"]["code"] == "not-on-whatsapp"
    assert message["error"]["detail"].startswith("131026")
    assert (await deliveries(clinic))[-1]["state"] == "rejected"


async def test_a_receipt_that_names_another_channels_send_proves_nothing(house: House) -> None:
    one, two = await cloud_clinic(house), await cloud_clinic(house)
    house.sim.set(one.instance, silent=True)
    async with switched(house, hang_up_after_accept=1.0):
        one.says(ANA, "nada")
        house.sim.set(one.instance, silent=False)
        one.says(ANA, "abacaxi")
        await answered(one, ANA)
        house.sim.set(one.instance, silent=True)
    (delivery,) = await house.rows("select id, state from deliveries where channel_id = $1", UUID(one.channel_id))
    status = {"id": "wamid.FOREIGN", "status": "delivered", "timestamp": "1795180802", "recipient_id": ANA}
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "900000000000001",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "metadata": {"phone_number_id": "700000000000001"},
                            "statuses": [status | {"biz_opaque_callback_data": str(delivery["id"])}],
                        },
                    }
                ],
            }
        ],
    }
    assert (await two.hook(body)).status == 200
    await two.events()
    sql = "select provider_message_id as pid from messages where channel_id = $1 and direction = 'out'"
    assert "wamid.FOREIGN" not in [row["pid"] for row in await house.rows(sql, UUID(one.channel_id))]
    parked = await house.rows("select 1 from parked_updates where channel_id = $1", UUID(two.channel_id))
    assert len(parked) == 1


async def test_the_owner_writing_in_the_app_takes_over(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    house.sim.owner_says(clinic.instance, ANA, "Eu mesma respondo")
    await state_is(clinic, ANA, "human")
    assert (await clinic.messages(ANA))[-1]["author"] == "phone"


async def test_a_token_that_opens_nothing_holds_the_messages_until_there_is_a_new_one(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    house.sim.set(clinic.instance, cloud_error=190)
    assert (await post(clinic, ANA, {"text": "espera"})).status == 201

    async def channel() -> Json:
        return (await clinic.client.get(f"/channels/{clinic.channel_id}")).body

    async def refused() -> bool:
        return (await channel())["state_reason"] == "credentials-refused"

    await eventually(refused)
    assert (await channel())["state"] == "disconnected"
    health = await clinic.client.get(f"/channels/{clinic.channel_id}/health")
    assert health["advice"] == "check-credentials"
    assert (await clinic.messages(ANA))[-1]["status"] == "queued"
    house.sim.set(clinic.instance, cloud_error=0)
    assert (await clinic.client.post(f"/channels/{clinic.channel_id}/connect", {}))["state"] == "connected"
    await house.run("update deliveries set due_at = now() where channel_id = $1", UUID(clinic.channel_id))
    await eventually(lambda: len(clinic.sent_to(ANA)) >= 2)
    assert [entry.text for entry in clinic.sent_to(ANA)].count("espera") == 1


async def test_too_fast_for_one_person_waits_and_arrives_once(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    house.sim.set(clinic.instance, cloud_error=131056)
    assert (await post(clinic, ANA, {"text": "devagar"})).status == 201
    await eventually(lambda: tried(clinic))
    house.sim.set(clinic.instance, cloud_error=0)

    async def held() -> bool:
        return (await deliveries(clinic))[-1]["state"] == "ready"

    await eventually(held)
    await house.run("update deliveries set due_at = now() where channel_id = $1", UUID(clinic.channel_id))
    await eventually(lambda: len(clinic.sent_to(ANA)) >= 2)
    assert [entry.text for entry in clinic.sent_to(ANA)].count("devagar") == 1


async def test_people_reading_is_shown_to_the_contact(house: House) -> None:
    clinic = await cloud_clinic(house, quiet=30, max_wait=60)
    said = clinic.says(ANA, "alguém aí?")
    await arrived(clinic)
    conversation = await clinic.conversation(ANA)
    assert conversation["unread_count"] == 1
    assert (await clinic.client.post(f"/conversations/{conversation['id']}/read")).status == 200
    await eventually(lambda: [e for e in house.sim.log if e.kind == "read" and e.id == said])


async def test_duplicates_and_overtaking_leave_one_of_each_in_the_right_state(house: House) -> None:
    clinic = await cloud_clinic(house)
    house.sim.set(clinic.instance, duplicate_rate=1.0, reorder_rate=0.7, reorder_ms=300)
    async with switched(house, cloud_batch_ms=30):
        for word in ("um", "dois", "três"):
            clinic.says(ANA, word)
        await answered(clinic, ANA)
        await quiet(clinic)
        await house.sim.settled(15)

    async def read() -> bool:
        return {m["status"] for m in await clinic.messages(ANA) if m["direction"] == "out"} == {"read"}

    await eventually(read)
    said = [m["text"] for m in await clinic.messages(ANA) if m["direction"] == "in"]
    assert sorted(said) == ["dois", "três", "um"]
