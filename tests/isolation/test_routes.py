"""Two tenants and every route of the OpenAPI document: the id of another, of nobody and a malformed one are equal."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from evoai.app import create_api
from evoai.settings import load_settings
from tests.house import Answer, Client, Clinic, House, Urls
from tests.house import test_env as env_of
from tests.isolation.busy import PHONE, TOOL, busy_clinic

_URLS = Urls("", "postgresql://evoai_app@/none?host=/nowhere", "", "redis://nowhere")
DOCUMENT = create_api(load_settings(env_of(_URLS, 1, "http://127.0.0.1:1"))).openapi_schema.to_schema()
SCHEMAS = DOCUMENT["components"]["schemas"]
METHODS = ("get", "post", "put", "patch", "delete")
ROUTES = {
    f"{method.upper()} {path.removeprefix('/api/v1')}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS and path.startswith("/api/v1/")
}
OPEN = {
    "POST /auth/signup",
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/logout",
    "POST /auth/logout-all",
    "GET /plans",
}
# A valid body for each route that needs one; a new route without its row here fails.
BODIES: dict[str, Any] = {
    "POST /auth/signup": None,
    "POST /auth/login": None,
    "POST /auth/switch": {"tenant_id": "…"},
    "PATCH /me": {"name": "Ana"},
    "PATCH /budget": {"monthly_cents": None},
    "PATCH /tenant": {"name": "Clínica"},
    "POST /channels": {
        "name": "X",
        "provider": "evolution",
        "config": {"base_url": "http://127.0.0.1:9", "api_key": "k" * 16},
    },
    "PATCH /channels/{channel_id}": {"name": "Outro"},
    "POST /channels/{channel_id}/move": {"to": str(uuid4())},
    "POST /conversations": {
        "channel_id": str(uuid4()),
        "contact_id": str(uuid4()),
        "text": "Olá",
        "client_id": "client-0001",
    },
    "POST /channels/{channel_id}/connect": {},
    "POST /conversations/{conversation_id}/assign": {"member_id": None},
    "POST /conversations/{conversation_id}/messages": {"text": "Olá", "client_id": "client-0001"},
    "POST /contacts": {"name": "Zé", "phone": "+5511955554444"},
    "PATCH /contacts/{contact_id}": {"name": "Zé"},
    "POST /messages/{message_id}/reaction": {"emoji": "👍"},
    "PATCH /messages/{message_id}": {"text": "Olá de novo"},
    "POST /contacts/{contact_id}/merge": {"contact_id": "01900000-0000-7000-8000-000000000000"},
    "POST /assistants": {"name": "Bia"},
    "PATCH /assistants/{assistant_id}": {"name": "Bia"},
    "POST /assistants/{assistant_id}/publish": {"note": "Nova"},
    "POST /assistants/{assistant_id}/restore": {"version": 1, "publish": False},
    "POST /assistants/{assistant_id}/playground": {"messages": [{"author": "contact", "text": "Oi"}]},
    "POST /assistants/{assistant_id}/tests": {"messages": [{"author": "contact", "text": "Oi"}]},
    "PATCH /assistants/{assistant_id}/tests/{test_id}": {"must_pass": True},
    "POST /assistants/{assistant_id}/test-runs": {},
    "POST /inbound-events/replay": {"state": "dead"},
    "POST /knowledge/search": {"query": "horário"},
    "PATCH /documents/{document_id}": {"title": "Outro"},
    "POST /knowledge/gaps/{gap_id}/answer": {"answer": "Sim."},
    "POST /tools": TOOL,
    "PATCH /tools/{tool_id}": {"description": "Outra"},
    "POST /tools/{tool_id}/try": {"arguments": {}},
    "POST /tool-servers": {"name": "outro", "url": "http://127.0.0.1:8443/mcp"},
    "PATCH /tool-servers/{server_id}": {"timeout_seconds": 3},
    "PUT /contacts/{contact_id}/facts/{key}": {"value": "azul"},
    "PUT /conversations/{conversation_id}/summary": {"text": "Quer saber o preço.", "version": 0},
}
WITH_ID = sorted(name for name in ROUTES if "{" in name)
CLOSED = sorted(ROUTES.keys() - OPEN)
WITH_BODY = sorted(name for name, operation in ROUTES.items() if "requestBody" in operation)


@pytest.fixture(scope="module")
async def two(house: House) -> tuple[Clinic, Clinic]:
    return await busy_clinic(house), await busy_clinic(house)


async def ids_of(clinic: Clinic) -> dict[str, str]:
    """An own id for each name of a path's parameter."""
    client = clinic.client
    conversation = await clinic.conversation(PHONE)
    messages = await clinic.messages(PHONE)
    passage = (await client.post("/knowledge/search", {"query": "horário"}))["items"][0]
    media = await clinic.house.row("select id from media where tenant_id = $1", client.tenant_id)
    answer = next(message for message in messages if message["author"] == "assistant")
    assistant = (await client.get("/assistants"))["items"][0]
    return {
        "channel_id": clinic.channel_id,
        "event_id": (await client.get("/inbound-events"))["items"][0]["id"],
        "conversation_id": conversation["id"],
        "message_id": answer["id"],
        "contact_id": conversation["contact"]["id"],
        "document_id": passage["document_id"],
        "chunk_id": passage["chunk_id"],
        "assistant_id": assistant["id"],
        "test_id": (await client.get(f"/assistants/{assistant['id']}/tests"))["items"][0]["id"],
        "run_id": (await client.get(f"/assistants/{assistant['id']}/test-runs"))["items"][0]["id"],
        "gap_id": (await client.get("/knowledge/gaps"))["items"][0]["id"],
        "media_id": str(media["id"]),
        "tool_id": (await client.get("/tools"))["items"][0]["id"],
        "server_id": (await client.get("/tool-servers"))["items"][0]["id"],
        "key": "cor",
        "letter_id": (await client.get("/dead-letters"))["items"][0]["id"],
    }


def filled(name: str, ids: dict[str, str]) -> tuple[str, str]:
    method, path = name.split(" ")
    # A version's number is no secret: it is the same in every tenant.
    for parameter, value in (ids | {"number": "1"}).items():
        path = path.replace(f"{{{parameter}}}", value)
    assert "{" not in path, f"{name}: give ids_of() an id for it"
    return method, path


def plain(answer: Answer) -> tuple[int, str | None, bytes]:
    body = {key: value for key, value in (answer.body or {}).items() if key != "request_id"}
    return answer.status, answer.headers.get("content-type"), msgspec.json.encode(body)


async def ask(client: Client, name: str, ids: dict[str, str], body: Any = None) -> Answer:
    method, path = filled(name, ids)
    return await client.call(method, path, BODIES.get(name) if body is None else body)


def test_every_route_that_takes_a_body_has_one_here() -> None:
    assert set(WITH_BODY) == BODIES.keys()


@pytest.mark.parametrize("name", CLOSED)
async def test_B001_no_token_no_answer(house: House, two: tuple[Clinic, Clinic], name: str) -> None:
    nobody = house.client()
    answer = await ask(nobody, name, await ids_of(two[0]))
    assert (answer.status, answer["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize("name", WITH_ID)
async def test_T01_B106_D8_anothers_id_is_no_id(house: House, two: tuple[Clinic, Clinic], name: str) -> None:
    victim, attacker = two
    before = await everything(victim)
    parameter = next(part for part in name.split("/") if part.startswith("{"))[1:-1]
    foreign = await ids_of(victim)
    others = [str(uuid4()), "0", "9" * 30, "-1", "null", "%27%20OR%201=1--", foreign[parameter].replace("-", "")]
    absent = plain(await ask(attacker.client, name, foreign | {parameter: str(uuid4())}))
    assert absent[0] == 404, absent
    assert plain(await ask(attacker.client, name, foreign)) == absent
    for other in others:
        found = plain(await ask(attacker.client, name, foreign | {parameter: other}))
        assert found == absent, other
    assert await everything(victim) == before
    if name.startswith("GET "):
        # Its own channel is told its address by us, and needs no copy of it; its file is no PDF.
        own = {"GET /channels/{channel_id}/webhook": 409, "GET /media/{media_id}/pages/{number}": 422}
        assert (await ask(victim.client, name, foreign)).status == own.get(name, 200)


async def everything(clinic: Clinic) -> list[tuple[str, int]]:
    """The tenant's rows, but for what moves by itself."""
    house, tenant = clinic.house, clinic.client.tenant_id
    tables = (
        *("channels", "contacts", "conversations", "messages", "assistants", "members", "turns", "deliveries"),
        *("channel_events", "dead_letters", "audit_log"),
    )
    return [
        (
            table,
            (
                await house.row(
                    f"select md5(string_agg(t::text, ',' order by id)) from {table} t where tenant_id = $1", tenant
                )
            )[0],
        )
        for table in tables
    ]


LISTS = sorted(name for name in ROUTES if name.startswith("GET ") and "{" not in name and name not in OPEN)


@pytest.mark.parametrize("name", LISTS)
async def test_T05_lists_and_counts_show_nothing_of_the_other(two: tuple[Clinic, Clinic], name: str) -> None:
    victim, attacker = two
    marks = [*(await ids_of(victim)).values(), str(victim.client.tenant_id), victim.instance, victim.phone]
    answer = await attacker.client.get(name.split(" ")[1])
    assert answer.status == 200, answer.body
    shown = msgspec.json.encode(answer.body).decode()
    assert [mark for mark in marks if mark in shown] == []


async def test_T05_searches_find_nothing_of_the_other(house: House, two: tuple[Clinic, Clinic]) -> None:
    victim, stranger = two[0], await house.sign_up()
    theirs = await ids_of(victim)
    for path in (
        "/contacts?q=Ana",
        f"/contacts?q={PHONE}",
        "/conversations?q=Oi",
        "/conversations?q=Ana",
        f"/conversations?channel={theirs['channel_id']}",
        f"/conversations?assignee={(await victim.client.get('/members'))['items'][0]['id']}",
    ):
        answer = await stranger.get(path)
        assert answer.status in (200, 404, 422), (path, answer.body)
        assert answer.body.get("items", []) == [], path
    counts = await stranger.get("/conversations/counts")
    assert all(value == 0 for value in counts.body.values() if isinstance(value, int)), counts.body


async def test_T03_B107_an_id_inside_a_body_is_looked_up_in_ones_own_tenant(two: tuple[Clinic, Clinic]) -> None:
    victim, attacker = two
    mine, member = await ids_of(attacker), (await victim.client.get("/members"))["items"][0]["id"]
    path = f"/conversations/{mine['conversation_id']}/assign"
    refusals = [plain(await attacker.client.post(path, {"member_id": each})) for each in (member, str(uuid4()))]
    assert refusals[0][0] in (404, 422)
    assert refusals[0] == refusals[1]
    switches = [
        plain(await attacker.client.post("/auth/switch", {"tenant_id": each}))
        for each in (str(victim.client.tenant_id), str(uuid4()))
    ]
    assert switches[0][0] == 404
    assert switches[0] == switches[1]


EXTRA = {
    "tenant_id": str(uuid4()),
    "id": str(uuid4()),
    "created_at": "2025-01-01T00:00:00Z",
    "role": "owner",
    "is_admin": True,
    "plan": "enterprise",
    "used": 0,
    "__proto__": {},
}


@pytest.mark.parametrize("name", WITH_BODY)
async def test_T02_B109_fields_that_nobody_listed_are_refused(two: tuple[Clinic, Clinic], name: str) -> None:
    clinic = two[1]
    ids, before = await ids_of(clinic), await everything(clinic)
    known = properties(ROUTES[name])
    for field, value in EXTRA.items():
        if field in known:
            continue
        answer = await ask(clinic.client, name, ids, (BODIES[name] or {}) | {field: value})
        assert (answer.status, answer["code"]) == (422, "validation"), (field, answer.body)
    assert await everything(clinic) == before


def properties(operation: Any) -> set[str]:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    reference = schema.get("$ref") or next(item["$ref"] for item in schema["oneOf"] if "$ref" in item)
    return set(SCHEMAS[reference.rsplit("/", 1)[1]].get("properties", {}))


async def test_B110_a_tenant_named_in_a_header_is_not_listened_to(two: tuple[Clinic, Clinic]) -> None:
    victim, attacker = two
    for header in ("x_tenant_id", "x_tenant", "tenant_id"):
        answer = await attacker.client.get("/tenant", **{header: str(victim.client.tenant_id)})
        assert answer["id"] == str(attacker.client.tenant_id)
        assert answer.headers["x-tenant-id"] == str(attacker.client.tenant_id)


async def test_B088_anothers_cursor_is_refused(two: tuple[Clinic, Clinic]) -> None:
    victim, attacker = two
    ids, page = await ids_of(victim), await victim.client.get("/inbound-events?limit=1")
    cursor = page["next_cursor"]
    assert cursor
    assert (await victim.client.get(f"/inbound-events?limit=1&cursor={cursor}")).status == 200
    for client, path in (
        (attacker.client, "/inbound-events"),
        (victim.client, "/conversations"),
        (victim.client, "/contacts"),
        (victim.client, f"/conversations/{ids['conversation_id']}/messages"),
        (victim.client, "/inbound-events?state=ignored"),
    ):
        answer = await client.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
        assert (answer.status, answer["code"]) == (400, "bad-request"), path
