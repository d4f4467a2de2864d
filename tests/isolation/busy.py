"""A tenant with rows in nearly every table."""

from __future__ import annotations

from uuid import UUID, uuid4

from tests.house import Clinic, House, eventually
from tests.inbox.scenes import quiet
from tests.tenants.people import change

PHONE = "5511987650001"
TOOL = {
    "name": "find_order",
    "description": "Onde está um pedido.",
    "url": "http://127.0.0.1:8443/orders",
    "parameters": {"type": "object", "properties": {}},
}


async def busy_clinic(house: House) -> Clinic:
    """A tenant with rows in nearly every table."""
    clinic = await house.clinic()
    clinic.says(PHONE, "Oi, tudo bem?", name="Ana")
    await eventually(lambda: clinic.sent_to(PHONE))
    conversation = await clinic.conversation(PHONE)
    path = f"/conversations/{conversation['id']}"
    taken = await clinic.client.post(f"{path}/take-over", None, idempotency_key="take-over-1")
    assert taken.status in (200, 201), taken.body
    await change(
        house,
        "insert into dead_letters (tenant_id, id, kind, ref_id, reason, created_at)"
        " values ($1, $2, 'turn', $3, 'a test', now())",
        clinic.client.tenant_id,
        uuid4(),
        uuid4(),
    )
    await change(
        house,
        "insert into gaps (tenant_id, id, key, question, first_asked_at, last_asked_at)"
        " values ($1, $2, 'a', 'a?', now(), now())",
        clinic.client.tenant_id,
        uuid4(),
    )
    await change(
        house,
        "insert into templates (tenant_id, id, channel_id, name, language, status, parts, created_at, updated_at)"
        " values ($1, $2, $3, 'lembrete', 'pt_BR', 'approved', $4, now(), now())",
        clinic.client.tenant_id,
        uuid4(),
        UUID(clinic.channel_id),
        '{"header": null, "header_file": null, "body": "Oi", "footer": null, "buttons": [], "variables": []}',
    )
    replayed = await clinic.client.post("/inbound-events/replay", {"state": "dead"})
    assert replayed.status == 200, replayed.body
    await two_become_one(clinic)
    assert (await clinic.client.post("/tools", TOOL)).status == 201
    server = {"name": "estoque", "url": "http://127.0.0.1:8443/mcp"}
    assert (await clinic.client.post("/tool-servers", server)).status == 201
    fact = f"/contacts/{conversation['contact']['id']}/facts/cor"
    assert (await clinic.client.call("PUT", fact, {"value": "azul"})).status == 200
    await change(
        house,
        "insert into outside_calls (tenant_id, id, conversation_id, turn_id, tool, digest, created_at)"
        " values ($1, $2, $3, $2, 'find_order', '', now())",
        clinic.client.tenant_id,
        uuid4(),
        UUID(conversation["id"]),
    )
    pair = {"question": "Qual é o horário?", "answer": "Das 8h às 18h."}
    added = await clinic.client.post("/documents", pair)
    assert added.status == 201, added.body

    async def ready() -> bool:
        return (await clinic.client.get(f"/documents/{added['id']}"))["state"] == "ready"

    await eventually(ready, 30)
    uploaded = await clinic.client.send_file("/media", "nota.txt", b"Das 8h as 18h.")
    assert uploaded.status == 201, uploaded.body
    await run_a_test(clinic)

    async def read() -> bool:
        sent = [message for message in await clinic.messages(PHONE) if message["author"] == "assistant"]
        return all(message["status"] == "read" for message in sent)

    # Nothing of it moves by itself any more.
    await eventually(read)
    await quiet(clinic)
    return clinic


async def two_become_one(clinic: Clinic) -> None:
    made = [
        await clinic.client.post("/contacts", {"name": "Rui", "phone": phone}) for phone in ("2133330001", "2133330002")
    ]
    wish = {"opted_out": True, "opt_out_reason": "pediu no balcão"}
    assert (await clinic.client.patch(f"/contacts/{made[0]['id']}", wish)).status == 200
    merged = await clinic.client.post(f"/contacts/{made[0]['id']}/merge", {"contact_id": made[1]["id"]})
    assert merged.status == 200, merged.body


async def run_a_test(clinic: Clinic) -> None:
    """A test case, and a run of it that is over."""
    path = f"/assistants/{(await clinic.client.get('/assistants'))['items'][0]['id']}"
    added = await clinic.client.post(f"{path}/tests", {"messages": [{"author": "contact", "text": "Oi"}]})
    assert added.status == 201, added.body
    run = await clinic.client.post(f"{path}/test-runs", {})
    assert run.status == 202, run.body

    async def over() -> bool:
        return (await clinic.client.get(f"/test-runs/{run['id']}"))["state"] == "finished"

    await eventually(over, 30)
