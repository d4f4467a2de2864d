"""Templates of a number at the Cloud API: read, listed, filled, sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.cloud import arrived, cloud_clinic, post, synced
from tests.house import House, eventually
from tests.inbox.scenes import ANA, answered

Json = dict[str, Any]


async def test_templates_are_read_by_themselves_and_page_by_page(house: House) -> None:
    clinic = await cloud_clinic(house)
    path = f"/channels/{clinic.channel_id}/templates"

    async def there() -> bool:
        return len((await clinic.client.get(path))["items"]) == 3

    await eventually(there)
    names: list[str] = []
    cursor = ""
    for _ in range(3):
        page = await clinic.client.get(f"{path}?limit=1{cursor}")
        names += [item["name"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert names == ["pedido_confirmado", "promocao_verao", "retomar_conversa"]
    last = (await clinic.client.get(path))["items"][-1]
    assert last["variables"] == ["header.1", "body.assunto", "button.0"]
    assert (last["status"], last["category"]) == ("approved", "utility")
    # What the provider lists no more is gone.
    house.sim.instance(clinic.instance).settings["templates"].pop()
    assert [item["name"] for item in await synced(clinic)] == ["pedido_confirmado", "retomar_conversa"]


async def test_the_status_of_a_template_comes_by_webhook(house: House) -> None:
    clinic = await cloud_clinic(house)
    await synced(clinic)
    telling: Any = house.sim.engine.telling(house.sim.instance(clinic.instance))
    telling.template(house.sim.instance(clinic.instance), "pedido_confirmado", "pt_BR", "PAUSED", "NONE")
    path = f"/channels/{clinic.channel_id}/templates"

    async def paused() -> bool:
        return (await clinic.client.get(path))["items"][0]["status"] == "paused"

    await eventually(paused)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    template = {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "Ana", "body.2": "hoje"}}
    refused = await post(clinic, ANA, {"template": template})
    assert (refused.status, refused["code"]) == (409, "template-not-approved")
    # One that is not known yet has the list read again.
    new = {"id": "9", "name": "novo", "language": "pt_BR", "status": "APPROVED", "components": []}
    house.sim.instance(clinic.instance).settings["templates"].append(new)
    telling.template(house.sim.instance(clinic.instance), "novo", "pt_BR", "APPROVED", "NONE")

    async def known() -> bool:
        return "novo" in [item["name"] for item in (await clinic.client.get(path))["items"]]

    await eventually(known)


@pytest.mark.parametrize(
    ("template", "pointer", "code"),
    [
        ({"name": "nada", "language": "pt_BR"}, "/template/name", "invalid"),
        ({"name": "retomar_conversa", "language": "en"}, "/template/name", "invalid"),
        (
            {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.2": "x"}},
            "/template/variables/body.1",
            "required",
        ),
        (
            {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "A", "body.2": " "}},
            "/template/variables/body.2",
            "required",
        ),
        (
            {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "A\nB", "body.2": "x"}},
            "/template/variables/body.1",
            "invalid",
        ),
        (
            {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "A", "body.2": "x", "z": "1"}},
            "/template/variables/z",
            "unknown-field",
        ),
    ],
)
async def test_a_template_is_filled_whole_or_not_sent(house: House, template: Json, pointer: str, code: str) -> None:
    clinic = await cloud_clinic(house, quiet=30, max_wait=60)
    await synced(clinic)
    clinic.says(ANA, "oi")
    await arrived(clinic)
    refused = await post(clinic, ANA, {"template": template})
    assert refused.status == 422
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]
    assert len(await clinic.messages(ANA)) == 1


async def test_a_number_without_templates_has_none(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    assert (await clinic.client.get(f"/channels/{clinic.channel_id}/templates"))["items"] == []
    assert (await clinic.client.post(f"/channels/{clinic.channel_id}/templates/sync")).status == 409
    conversation = await clinic.conversation(ANA)
    body = {"template": {"name": "x", "language": "pt_BR"}, "client_id": uuid4().hex}
    assert (await clinic.client.post(f"/conversations/{conversation['id']}/messages", body)).status == 409
