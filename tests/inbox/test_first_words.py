"""The first word to somebody on an official number is a template; elsewhere it may be text."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.cloud import CloudClinic, cloud_clinic, synced
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import answered, quiet

Json = dict[str, Any]
ZE = "5511987650101"
CONFIRMED = {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "Zé", "body.2": "amanhã"}}
WORDS = "Olá, Zé! Seu horário de amanhã está confirmado."


@pytest.fixture
async def clinic(house: House) -> CloudClinic:
    clinic = await cloud_clinic(house)
    await synced(clinic)
    return clinic


async def start(clinic: Clinic, phone: str = ZE, **said: Any) -> Any:
    made = await clinic.client.post("/contacts", {"name": "Zé", "phone": f"+{phone}"})
    contact_id = made["id"] if made.status == 201 else (await clinic.client.get("/contacts"))["items"][0]["id"]
    body = {"channel_id": clinic.channel_id, "contact_id": contact_id, "client_id": uuid4().hex}
    return await clinic.client.post("/conversations", body | said)


async def test_a_template_begins_a_conversation_once_and_the_answer_opens_the_window(clinic: CloudClinic) -> None:
    client_id = uuid4().hex
    first = await start(clinic, template=CONFIRMED, client_id=client_id)
    assert (first.status, first["type"], first["status"]) == (201, "template", "queued")
    assert first["text"] == f"{WORDS}\n\nClínica Sorriso"
    again = await start(clinic, template=CONFIRMED, client_id=client_id)
    assert (again.status, again["id"]) == (200, first["id"])
    await eventually(lambda: clinic.sent_to(ZE))
    await quiet(clinic)
    assert [entry.text for entry in clinic.sent_to(ZE)] == [WORDS]
    conversation = await clinic.conversation(ZE)
    assert conversation["state"] == "human"
    # Nobody has written yet, so only a further template may follow.
    path = f"/conversations/{conversation['id']}/messages"
    early = await clinic.client.post(path, {"text": "E então?", "client_id": uuid4().hex})
    assert (early.status, early["code"]) == (409, "window-closed")
    assert (await start(clinic, template=CONFIRMED)).status == 201
    await eventually(lambda: len(clinic.sent_to(ZE)) == 2)
    clinic.says(ZE, "Obrigado!")

    async def free() -> bool:
        return (await clinic.client.post(path, {"text": "De nada", "client_id": uuid4().hex})).status == 201

    await eventually(free)
    assert (await clinic.conversation(ZE))["id"] == conversation["id"]


async def test_a_resolved_conversation_outside_the_window_goes_on_by_a_template(clinic: CloudClinic) -> None:
    assert (await start(clinic, template=CONFIRMED)).status == 201
    conversation = await clinic.conversation(ZE)
    assert (await clinic.client.post(f"/conversations/{conversation['id']}/resolve", {})).status == 200
    assert (await start(clinic, template=CONFIRMED)).status == 201
    assert (await clinic.conversation(ZE))["state"] == "human"
    await eventually(lambda: len(clinic.sent_to(ZE)) == 2)


@pytest.mark.parametrize(
    ("said", "status", "code", "pointer"),
    [
        ({"text": "Olá"}, 409, "window-closed", None),
        ({}, 422, "validation", "/text"),
        ({"text": "Olá", "template": CONFIRMED}, 422, "validation", "/text"),
        ({"template": CONFIRMED | {"name": "nada"}}, 422, "validation", "/template/name"),
        ({"template": CONFIRMED | {"variables": {}}}, 422, "validation", "/template/variables/body.1"),
        ({"template": {"name": "promocao_verao", "language": "pt_BR"}}, 409, "template-not-approved", None),
    ],
)
async def test_what_begins_nothing_leaves_nothing(
    clinic: CloudClinic, said: Json, status: int, code: str, pointer: str | None
) -> None:
    refused = await start(clinic, **said)
    assert (refused.status, refused["code"]) == (status, code)
    if pointer is not None:
        assert refused["errors"][0]["pointer"] == pointer
    assert (await clinic.client.get("/conversations"))["items"] == []
    assert clinic.sent_to(ZE) == []


async def test_a_number_elsewhere_has_no_templates_and_begins_with_text(house: House) -> None:
    clinic = await house.clinic()
    refused = await start(clinic, template=CONFIRMED)
    assert (refused.status, refused["code"]) == (409, "conflict")
    assert (await start(clinic, text="Olá")).status == 201
    await answered(clinic, ZE)
