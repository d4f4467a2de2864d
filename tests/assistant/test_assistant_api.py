"""The routes of assistants over HTTP, by whoever may and may not call them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Router
from litestar.middleware import ASGIMiddleware

from evoai.assistant.module import MODULE
from evoai.kit.db import Database, new_id
from evoai.kit.http import DEPENDENCIES, Cursors, Principal
from evoai.kit.problems import EXCEPTION_HANDLERS
from evoai.kit.reading import read_strictly
from evoai.tenants.models import Tenant

Client = httpx.AsyncClient
As = Callable[..., dict[str, str]]
BOTH = "assistants:read assistants:write"


class Whoever(ASGIMiddleware):
    """Believes the header: these tests are about the routes, not about tokens."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        tenant, _, permissions = headers.get("x-as", "").partition(" ")
        principal = Principal(
            "user", new_id(), UUID(tenant), new_id(), "Ana", "admin", frozenset(permissions.split()), new_id()
        )
        # The same person for a whole test, so that an idempotency key is hers.
        scope["state"]["principal"] = KNOWN.setdefault(headers["x-as"], principal)
        await next_app(scope, receive, send)


KNOWN: dict[str, Principal] = {}


@pytest.fixture
async def client(door: Database) -> AsyncIterator[Client]:
    app = Litestar(
        route_handlers=[Router("/api/v1", route_handlers=list(MODULE.controllers))],
        dependencies=DEPENDENCIES,
        exception_handlers=EXCEPTION_HANDLERS,
        before_request=read_strictly,
        middleware=[Whoever()],
        openapi_config=None,
    )
    app.state["resources"] = SimpleNamespace(
        db=door,
        cursors=Cursors("x" * 32),
        settings=SimpleNamespace(model=SimpleNamespace(name="gpt-4o-mini", usd_brl_rate=None), trusted_proxies=()),
    )
    # In the tests' own loop, where the database's connections live.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def tenant_id(door: Database) -> UUID:
    resources: Any = SimpleNamespace(settings=SimpleNamespace(model=SimpleNamespace(name="gpt-4o-mini")))
    assert MODULE.new_tenant is not None
    async with door.system_session("sign-up") as db:
        row = Tenant(id=new_id(), name="Clínica Sorriso")
        db.add(row)
        await db.flush()
        await MODULE.new_tenant(resources, db, row.id)
    return row.id


@pytest.fixture
def who(tenant_id: UUID) -> As:
    def headers(permissions: str = BOTH, **more: str) -> dict[str, str]:
        return {"x-as": f"{tenant_id} {permissions}", **more}

    return headers


async def the_assistant(client: Client, who: As) -> str:
    page = (await client.get("/api/v1/assistants", headers=who())).json()
    [item] = page["items"]
    assert page["next_cursor"] is None
    return f"/api/v1/assistants/{item['id']}"


async def test_edit_publish_and_look_back(client: Client, who: As) -> None:
    url = await the_assistant(client, who)
    changed = await client.patch(url, headers=who(), json={"instructions": "Seja breve.", "tone": "formal"})
    assert changed.status_code == 200
    assert (changed.json()["dirty"], changed.json()["tone"]) == (True, "formal")
    published = await client.post(f"{url}/publish", headers=who())
    assert published.status_code == 200
    assert (published.json()["dirty"], published.json()["published_version"]) == (False, 2)
    assert (await client.get(url, headers=who())).json() == published.json()
    first = (await client.get(f"{url}/versions?limit=1", headers=who())).json()
    [newest] = first["items"]
    assert (newest["number"], newest["published_by"], newest["fields"]["instructions"]) == (2, "Ana", "Seja breve.")
    rest = await client.get(f"{url}/versions", params={"cursor": first["next_cursor"]}, headers=who())
    assert [item["number"] for item in rest.json()["items"]] == [1]


async def test_versions_are_compared_and_restored(client: Client, who: As) -> None:
    url = await the_assistant(client, who)
    await client.patch(url, headers=who(), json={"instructions": "Seja breve.", "rules": ["Nunca fale de preço"]})
    await client.post(f"{url}/publish", headers=who(), json={"note": "Mais curta"})
    await client.patch(url, headers=who(), json={"tone": "formal"})
    changed = (await client.get(f"{url}/versions/1/diff", params={"to": 2}, headers=who())).json()["changes"]
    assert [change["field"] for change in changed] == ["instructions", "rules"]
    assert changed[1] == {"field": "rules", "before": [], "after": ["Nunca fale de preço"]}
    draft = (await client.get(f"{url}/versions/2/diff", headers=who())).json()
    assert draft == {
        "from_version": 2,
        "to_version": None,
        "changes": [{"field": "tone", "before": "warm", "after": "formal"}],
    }
    again = await client.post(f"{url}/restore", headers=who(), json={"version": 1})
    assert (again.status_code, again.json()["published_version"], again.json()["tone"]) == (200, 3, "formal")
    as_draft = await client.post(f"{url}/restore", headers=who(), json={"version": 2, "publish": False})
    assert (as_draft.json()["published_version"], as_draft.json()["rules"]) == (3, ["Nunca fale de preço"])
    [newest, second, _] = (await client.get(f"{url}/versions", headers=who())).json()["items"]
    assert (newest["restored_from"], second["note"]) == (1, "Mais curta")
    for number in ("9", "0", str(2**40)):
        assert (await client.get(f"{url}/versions/{number}/diff", headers=who())).status_code == 404
    assert (await client.post(f"{url}/restore", headers=who(), json={"version": 9})).status_code == 404


async def test_another_assistant_answers_once_it_is_published(client: Client, who: As) -> None:
    url = await the_assistant(client, who)
    first = (await client.get(url, headers=who())).json()
    made = await client.post("/api/v1/assistants", headers=who(), json={"name": "Bia", "copy_of": first["id"]})
    assert made.status_code == 201
    second = made.json()
    assert (second["name"], second["instructions"], second["answers"]) == ("Bia", first["instructions"], False)
    assert (second["published_version"], second["dirty"]) == (None, True)
    refused = await client.delete(url, headers=who())
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    published = await client.post(f"/api/v1/assistants/{second['id']}/publish", headers=who())
    assert published.json()["answers"] is True
    assert (await client.get(url, headers=who())).json()["answers"] is False
    assert (await client.delete(url, headers=who())).status_code == 204
    assert (await client.get(url, headers=who())).status_code == 404
    [left] = (await client.get("/api/v1/assistants", headers=who())).json()["items"]
    assert left["id"] == second["id"]
    unknown = await client.post("/api/v1/assistants", headers=who(), json={"name": "X", "copy_of": first["id"]})
    assert unknown.status_code == 404


async def test_a_repeated_publication_counts_once(client: Client, who: As) -> None:
    url = await the_assistant(client, who)
    key = {"idempotency-key": "k1"}
    first = await client.post(f"{url}/publish", headers=who(**key))
    again = await client.post(f"{url}/publish", headers=who(**key))
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert first.json()["published_version"] == 2
    assert (await client.get(url, headers=who())).json()["published_version"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"quiet_seconds": 31},
        {"quiet_seconds": 10, "max_wait_seconds": 9},
        {"tone": "rude"},
        {"model": "gpt 4"},
        {"name": ""},
        {"fallback_models": ["a", "b", "c", "d"]},
        {"handoff_keywords": ["x"]},
        {"instructions": "x" * 20_001},
        {"instructions": "a\u0000b"},
        {"published_version": 9},
        {"tenant_id": str(new_id())},
        {"enabled": "yes"},
        {"hours": "sometimes"},
        {"rules": [" "]},
        {"handoff_rules": ["x" * 501]},
        {"pass_rate": 101},
    ],
)
async def test_bad_changes_are_422_and_change_nothing(client: Client, who: As, body: dict[str, Any]) -> None:
    url = await the_assistant(client, who)
    before = (await client.get(url, headers=who())).json()
    answer = await client.patch(url, headers=who(), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get(url, headers=who())).json() == before


async def test_foreign_unknown_and_malformed_ids_look_the_same(client: Client, who: As, door: Database) -> None:
    url = await the_assistant(client, who)
    stranger = {"x-as": f"{new_id()} {BOTH}"}
    answers = [
        await client.get(url, headers=stranger),
        await client.get(f"/api/v1/assistants/{new_id()}", headers=stranger),
        await client.get("/api/v1/assistants/nonsense", headers=stranger),
        await client.patch(url, headers=stranger, json={"name": "x"}),
        await client.post(f"{url}/publish", headers=stranger),
        await client.delete(url, headers=stranger),
        await client.post(f"{url}/restore", headers=stranger, json={"version": 1}),
        await client.get(f"{url}/versions/1/diff", headers=stranger),
        await client.get(f"{url}/tests", headers=stranger),
        await client.get(f"{url}/test-runs", headers=stranger),
        await client.get(f"{url}/versions", headers=stranger),
        await client.get(f"/api/v1/messages/{new_id()}/trace", headers=stranger),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}


async def test_each_route_has_its_permission(client: Client, who: As) -> None:
    url = await the_assistant(client, who)
    calls = [
        ("GET", "/api/v1/assistants", "assistants:read"),
        ("GET", url, "assistants:read"),
        ("PATCH", url, "assistants:write"),
        ("POST", f"{url}/publish", "assistants:write"),
        ("GET", f"{url}/versions/1/diff", "assistants:read"),
        ("GET", f"{url}/tests", "assistants:read"),
        ("GET", f"{url}/test-runs/estimate", "assistants:read"),
        ("DELETE", f"{url}/tests/{new_id()}", "assistants:write"),
        ("GET", f"{url}/versions", "assistants:read"),
        ("GET", f"/api/v1/messages/{new_id()}/trace", "assistants:read"),
    ]
    for method, path, needed in calls:
        others = " ".join(permission for permission in BOTH.split() if permission != needed)
        body = {"name": "Bia"} if method == "PATCH" else None
        refused = await client.request(method, path, headers=who(f"{others} channels:write"), json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
        allowed = await client.request(method, path, headers=who(needed), json=body)
        assert allowed.status_code in (200, 404), path
