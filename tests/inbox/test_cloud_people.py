"""People at the Cloud API: known by an id before by a phone, moved to another number, on one that was another's."""

from __future__ import annotations

import time
from itertools import count
from typing import Any
from uuid import uuid4

from tests.cloud import CloudClinic, cloud_clinic
from tests.house import House, eventually
from tests.inbox.people import contacts, contacts_used, without_assistant, worked
from tests.inbox.scenes import answered

Json = dict[str, Any]
_numbers = count(1)


async def silent(house: House) -> CloudClinic:
    clinic = await cloud_clinic(house)
    await without_assistant(clinic)
    return clinic


def value(**more: Any) -> Json:
    about = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "700000000000001"}} | more
    entry = {"id": "900000000000001", "changes": [{"field": "messages", "value": about}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


async def hears(
    clinic: CloudClinic, text: str, *, phone: str | None = None, bsuid: str | None = None, at: float | None = None
) -> None:
    """A message whose body shows these of its author."""
    sides = {"from": phone, "from_user_id": bsuid}
    said = {name: side for name, side in sides.items() if side} | {
        "id": f"wamid.PEOPLE{next(_numbers):06d}",
        "timestamp": str(int(at or time.time())),
        "type": "text",
        "text": {"body": text},
    }
    assert (await clinic.hook(value(messages=[said]))).status == 200


async def moves(clinic: CloudClinic, before: str, **system: Any) -> None:
    """The system's message about somebody with another number, or another id."""
    said = {
        "from": before,
        "id": f"wamid.MOVED{next(_numbers):06d}",
        "timestamp": str(int(time.time()) - 60),
        "type": "system",
        "system": {"type": "user_changed_number", "body": "changed"} | system,
    }
    assert (await clinic.hook(value(messages=[said]))).status == 200
    await worked(clinic)


def phones() -> tuple[str, str]:
    number = next(_numbers)
    return f"55119{60000000 + number}", f"55119{50000000 + number}"


def ids() -> tuple[str, str]:
    number = next(_numbers)
    return f"BR.3{number:015d}", f"BR.4{number:015d}"


async def test_who_hides_the_phone_is_answered_and_stays_the_same_person_when_it_is_told(house: House) -> None:
    clinic = await cloud_clinic(house)
    phone, _ = phones()
    clinic.says(phone, "Oi, sem telefone", addressing="bsuid", name="Nina")
    await answered(clinic, phone)
    (hidden,) = await contacts(clinic)
    bsuid = house.sim.world.person(phone).bsuid
    assert (hidden["phone"], hidden["aliases"]) == (None, [f"bsuid:{bsuid}"])
    assert hidden["username"].startswith("pessoa.")
    clinic.says(phone, "Este é o meu número", addressing="pn")
    await answered(clinic, phone, 2)
    (told,) = await contacts(clinic)
    assert (told["id"], told["phone"], told["said"]) == (hidden["id"], f"+{phone}", 2)
    assert told["aliases"] == [f"bsuid:{bsuid}", f"phone:{phone}"]
    (conversation,) = (await clinic.client.get("/conversations"))["items"]
    assert conversation["contact"]["phone"] == f"+{phone}"


async def test_who_was_in_the_book_and_wrote_without_a_phone_becomes_one_when_both_are_shown(house: House) -> None:
    clinic = await silent(house)
    (phone, _), (bsuid, _) = phones(), ids()
    made = await clinic.client.post("/contacts", {"name": "Nina Prado", "phone": f"+{phone}"})
    await hears(clinic, "Oi", bsuid=bsuid)
    await worked(clinic)
    assert len(await contacts(clinic)) == 2
    await hears(clinic, "Sou a Nina", phone=phone, bsuid=bsuid)
    await worked(clinic)
    (row,) = await contacts(clinic)
    assert (str(row["id"]), row["name"], row["phone"], row["said"]) == (made["id"], "Nina Prado", f"+{phone}", 2)
    assert await contacts_used(clinic) == 1


async def test_a_number_that_was_another_persons_joins_nobody(house: House) -> None:
    """Both are known under ids of their own on this channel; the number is now whose id came with it."""
    clinic = await silent(house)
    (phone, _), (old, new) = phones(), ids()
    await hears(clinic, "Eu tinha este número", phone=phone, bsuid=old)
    await hears(clinic, "Sou nova aqui", bsuid=new)
    await worked(clinic)
    await hears(clinic, "Agora com o número", phone=phone, bsuid=new)
    await worked(clinic)
    await hears(clinic, "De novo", phone=phone)
    await worked(clinic)
    found = {alias: row for row in await contacts(clinic) for alias in row["aliases"] or []}
    assert found[f"bsuid:{old}"]["id"] != found[f"bsuid:{new}"]["id"]
    assert (found[f"bsuid:{old}"]["phone"], found[f"bsuid:{old}"]["said"]) == (None, 1)
    assert found[f"phone:{phone}"]["id"] == found[f"bsuid:{new}"]["id"]
    assert (found[f"bsuid:{new}"]["phone"], found[f"bsuid:{new}"]["said"]) == (f"+{phone}", 3)


async def test_who_moves_to_another_number_is_written_to_there_and_the_next_owner_is_somebody_else(
    house: House,
) -> None:
    clinic = await silent(house)
    (before, now), (old, new) = phones(), ids()
    await hears(clinic, "Oi", phone=before, bsuid=old)
    await worked(clinic)
    (conversation,) = (await clinic.client.get("/conversations"))["items"]
    await moves(clinic, before, wa_id=now, user_id=new)
    (row,) = await contacts(clinic)
    assert (row["phone"], row["said"]) == (f"+{now}", 1)

    house.sim.instance(clinic.instance).settings["heard"][now] = time.time()
    path = f"/conversations/{conversation['id']}/messages"
    assert (await clinic.client.post(path, {"text": "Só para você", "client_id": uuid4().hex})).status == 201
    await eventually(lambda: clinic.sent_to(now))
    assert clinic.sent_to(before) == []

    # What they had written before they moved comes late.
    await hears(clinic, "Atrasada", phone=before, at=time.time() - 600)
    await worked(clinic)
    # The number's next owner wrote before we were told.
    await hears(clinic, "Comprei este chip", phone=before, at=time.time() - 30)
    await hears(clinic, "Já no número novo", phone=now, bsuid=new)
    await worked(clinic)
    stayed, stranger = await contacts(clinic)
    assert (stayed["id"], stayed["phone"], stayed["said"]) == (row["id"], f"+{now}", 3)
    assert (stranger["phone"], stranger["said"]) == (f"+{before}", 1)
    assert stranger["aliases"] == [f"phone:{before}"]


async def test_who_moves_to_a_number_that_has_written_is_one_with_it(house: House) -> None:
    clinic = await silent(house)
    (before, now), (old, new) = phones(), ids()
    await hears(clinic, "Oi", phone=before, bsuid=old)
    await worked(clinic)
    await hears(clinic, "Sou eu, do outro número", phone=now, bsuid=new)
    await worked(clinic)
    await moves(clinic, before, wa_id=now, user_id=new)
    (row,) = await contacts(clinic)
    assert (row["phone"], row["said"]) == (f"+{now}", 2)
    addresses = await house.rows("select address from conversations where tenant_id = $1", clinic.client.tenant_id)
    assert {one["address"] for one in addresses} == {now}


async def test_who_gets_another_id_keeps_the_number(house: House) -> None:
    clinic = await silent(house)
    (phone, _), (old, new) = phones(), ids()
    await hears(clinic, "Oi", phone=phone, bsuid=old)
    await worked(clinic)
    await moves(clinic, phone, type="user_changed_user_id", user_id=new)
    await hears(clinic, "Só o número", phone=phone)
    await hears(clinic, "Só o id", bsuid=new)
    await worked(clinic)
    (row,) = await contacts(clinic)
    assert (row["phone"], row["said"]) == (f"+{phone}", 3)
