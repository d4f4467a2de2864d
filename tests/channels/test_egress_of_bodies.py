"""SSRF by way of what a webhook says: whatever address stands in a body, nobody is called."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.assistant.outside import order_tool
from tests.cloud import cloud_clinic
from tests.house import Clinic, House, eventually
from tests.inbox.people import without_assistant
from tests.kit.wire import DENIED, answering, ok

Json = dict[str, Any]
# The corpus stands for all forms of a private address; of bodies a part of it is enough.
SOME = [DENIED[n] for n in range(0, len(DENIED), max(1, len(DENIED) // 24))]


def evolution(url: str, pid: str) -> Json:
    image = {"url": url, "directPath": url, "mimetype": "image/jpeg", "mediaKey": "x", "caption": url}
    data = {
        "key": {"remoteJid": "5511987654321@s.whatsapp.net", "fromMe": False, "id": pid},
        "pushName": "Ana",
        "message": {"imageMessage": image, "mediaUrl": url},
        "messageType": "imageMessage",
        "messageTimestamp": int(time.time()),
    }
    return {"event": "messages.upsert", "data": data, "server_url": url, "destination": url}


def uazapi(url: str, pid: str) -> Json:
    message = {
        "messageid": pid,
        "id": f"551:{pid}",
        "chatid": "5511987654321@s.whatsapp.net",
        "messageType": "ImageMessage",
        "mediaType": "image",
        "text": url,
        "fileURL": url,
        "content": {"URL": url, "directPath": url, "mimetype": "image/jpeg"},
        "messageTimestamp": int(time.time() * 1000),
    }
    return {"EventType": "messages", "BaseUrl": url, "message": message, "chat": {"image": url, "imagePreview": url}}


def cloud(url: str, pid: str) -> Json:
    message = {
        "from": "5511987654321",
        "id": f"wamid.{pid}",
        "timestamp": str(int(time.time())),
        "type": "image",
        "image": {"id": "810000000000001", "mime_type": "image/jpeg", "url": url, "caption": url},
        "referral": {"source_url": url, "image_url": url, "thumbnail_url": url},
    }
    value = {"metadata": {"phone_number_id": "700000000000001"}, "messages": [message]}
    entry = {"id": "900000000000001", "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@pytest.mark.parametrize("provider", ["evolution", "uazapi", "whatsapp_cloud"])
async def test_T40_an_address_in_a_webhook_is_never_called(house: House, provider: str) -> None:
    """Files come from the provider that the channel was made with, by their id, though here all private ones are
    allowed."""
    bodies = {"evolution": evolution, "uazapi": uazapi, "whatsapp_cloud": cloud}
    clinic: Clinic = (
        await cloud_clinic(house) if provider == "whatsapp_cloud" else await house.clinic(provider=provider)
    )
    await without_assistant(clinic)
    async with answering(ok()) as listener:
        urls = [*SOME, "http://127.0.0.1:{p}/a.jpg", "http://localhost:{p}/a.jpg", "https://127.0.0.1:{p}/a.jpg"]
        for n, template in enumerate(urls):
            body = bodies[provider](template.replace("{p}", str(listener.port)), f"SSRF{n:04d}")
            assert (await clinic.hook(body)).status == 200
        rows = await clinic.events()
        assert sum(row["state"] == "processed" and not row["signal"] for row in rows) == len(urls)

        async def asked() -> bool:
            tried = await house.rows(
                "select min(attempts) as least from media where tenant_id = $1", clinic.client.tenant_id
            )
            return tried[0]["least"] is not None and tried[0]["least"] >= 1

        await eventually(asked, 30)
        assert listener.connections == 0


async def test_T40_the_address_that_the_graph_gives_for_a_file_is_metas_or_nobodys(house: House) -> None:
    """Meta's answer names where the file is; with our token we go to nobody else."""
    clinic = await cloud_clinic(house)
    await without_assistant(clinic)

    async def refused() -> bool:
        rows = await house.rows("select error from media where tenant_id = $1", clinic.client.tenant_id)
        return bool(rows) and rows[0]["error"] is not None

    async with answering(ok(b"file")) as listener:
        world, own = house.sim.world, house.sim.world.url
        world.url = f"http://127.0.0.1:{listener.port}"
        try:
            clinic.says("5511987654321", "foto", kind="image")
            await eventually(refused, 20)
        finally:
            world.url = own
        assert listener.connections == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/documents", {}),
        ("/tools", order_tool("https://x.example", parameters={"type": "object", "properties": {}})),
        ("/tool-servers", {"name": "Estoque"}),
    ],
)
async def test_T40_the_corpus_is_refused_wherever_a_person_gives_an_address(shut: House, path: str, body: Json) -> None:
    client = await shut.sign_up()
    async with answering(ok()) as listener:
        for template in DENIED:
            if path == "/documents" and template.startswith("https://example.com") and "#" in template:
                # A page is added without its fragment, which leaves a public address.
                continue
            url = template.replace("{p}", str(listener.port))
            answer = await client.post(path, body | {"url": url})
            assert (answer.status, answer["code"]) in ((422, "egress-denied"), (422, "validation")), (url, answer.body)
        assert listener.connections == 0
    assert (await client.get(path))["items"] == []
