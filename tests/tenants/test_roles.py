"""Who may do what: every route with every role, and what a change of role or membership does to a token in use."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from evoai.app import create_api
from evoai.tenants.permissions import PERMISSIONS
from tests.house import Client, House, eventually
from tests.tenants.people import add_member, change

WRITES_OF_ADMINS = {
    f"{resource}:write"
    for resource in ("channels", "assistants", "documents", "members", "tenant", "operations", "usage")
}
READS_OF_ADMINS = {"operations:read", "audit:read"}
WRITES_OF_AGENTS = {"conversations:write", "contacts:write"}


def routes(house: House) -> list[tuple[str, str, str]]:
    """Every closed route: method, path with ids that nobody has, permission."""
    found: list[tuple[str, str, str]] = []
    for route in create_api(house.settings).routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.opt.get("public") or not route.path.startswith("/api/v1"):
                continue
            guards = [getattr(guard, "func", guard) for guard in handler.resolve_guards()]
            needed = [guard.permission for guard in guards if hasattr(guard, "permission")]
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                path = route.path_format.removeprefix("/api/v1")
                for name in route.path_parameters:
                    path = path.replace(f"{{{name}:uuid}}", str(uuid4())).replace(f"{{{name}}}", str(uuid4()))
                found += [(method, path, permission) for permission in needed]
    return found


@pytest.fixture(scope="module")
async def owner(house: House) -> Client:
    return await house.sign_up()


@pytest.mark.parametrize("role", ["owner", "admin", "agent", "viewer"])
async def test_T26_every_route_with_every_role(house: House, owner: Client, role: str) -> None:
    someone = await add_member(house, owner, role)
    checked = 0
    for method, path, permission in routes(house):
        answer = await someone.call(method, path, {} if method in ("POST", "PATCH", "PUT") else None)
        if permission in PERMISSIONS[role]:
            assert answer.status not in (401, 403), (method, path, answer.body)
        else:
            assert (answer.status, answer["code"]) == (403, "forbidden"), (method, path, answer.body)
        checked += 1
    assert checked > 25


def test_what_the_roles_are() -> None:
    reads = {permission for permission in PERMISSIONS["owner"] if permission.endswith(":read")} - READS_OF_ADMINS
    assert PERMISSIONS["viewer"] == reads
    assert PERMISSIONS["agent"] == reads | WRITES_OF_AGENTS
    assert PERMISSIONS["admin"] == reads | READS_OF_ADMINS | WRITES_OF_AGENTS | WRITES_OF_ADMINS | {"contacts:manage"}
    assert PERMISSIONS["owner"] - PERMISSIONS["admin"] == {"plans:write", "tenant:delete"}


async def test_every_permission_that_a_route_needs_is_somebodys(house: House) -> None:
    assert {permission for _, _, permission in routes(house)} <= PERMISSIONS["owner"]


async def test_B025_a_demotion_shows_within_5_seconds(house: House, owner: Client) -> None:
    admin = await add_member(house, owner, "admin")
    assert (await admin.patch("/tenant", {"name": "Antes"})).status == 200
    await change(house, "update members set role = 'viewer' where user_id = $1 and tenant_id = $2", *_ids(admin))
    await eventually(lambda: _status(admin, 403), 5)
    assert (await admin.get("/me"))["role"] == "viewer"


async def test_B038_a_removed_member_is_out_within_5_seconds(house: House, owner: Client) -> None:
    agent = await add_member(house, owner, "agent")
    home = (await agent.get("/me"))["memberships"][0]["tenant_id"]
    await change(house, "delete from members where user_id = $1 and tenant_id = $2", *_ids(agent))
    await eventually(lambda: _gone(agent), 5)
    assert (await agent.post("/auth/switch", {"tenant_id": home})).status == 401, "the token was for the other tenant"


async def test_switch_is_among_my_own_tenants(house: House, owner: Client) -> None:
    agent = await add_member(house, owner, "agent")
    seen = await agent.get("/me")
    assert seen["role"] == "agent"
    assert seen["tenant"]["id"] == str(owner.tenant_id)
    assert {item["role"] for item in seen["memberships"]} == {"owner", "agent"}
    assert seen["permissions"] == sorted(PERMISSIONS["agent"])
    own = next(item["tenant_id"] for item in seen["memberships"] if item["role"] == "owner")
    back = await agent.post("/auth/switch", {"tenant_id": own})
    assert (back.status, back["tenant"]["id"]) == (200, own)
    stranger = await house.sign_up()
    answers = [await agent.post("/auth/switch", {"tenant_id": str(each)}) for each in (stranger.tenant_id, uuid4())]
    assert [(answer.status, answer["code"]) for answer in answers] == [(404, "not-found")] * 2


async def test_T01_a_tenant_sees_its_own_members_alone(house: House) -> None:
    owner, stranger = await house.sign_up(), await house.sign_up()
    people = [await add_member(house, owner, role) for role in ("admin", "agent", "viewer")]
    first = await people[2].get("/members?limit=3")
    assert len(first["items"]) == 3
    rest = await people[2].get(f"/members?limit=3&cursor={first['next_cursor']}")
    seen = [item["email"] for item in first["items"] + rest["items"]]
    assert sorted(seen) == sorted(each.user["email"] for each in (owner, *people))
    assert rest["next_cursor"] is None
    assert [item["email"] for item in (await stranger.get("/members"))["items"]] == [stranger.user["email"]]
    foreign = await stranger.get(f"/members?limit=3&cursor={first['next_cursor']}")
    assert (foreign.status, foreign["code"]) == (400, "bad-request")


async def test_me_changes_name_and_language_everywhere(house: House, owner: Client) -> None:
    agent = await add_member(house, owner, "agent")
    answer = await agent.patch("/me", {"name": "Beto", "language": "en"})
    assert (answer["user"]["name"], answer["user"]["language"]) == ("Beto", "en")
    names = await house.rows("select name from members where user_id = $1", UUID(agent.user["id"]))
    assert {row["name"] for row in names} == {"Beto"}
    for bad in ({"email": "x@y.example"}, {"name": ""}, {"language": "fr"}, {"id": str(uuid4())}, {"name": None}):
        assert (await agent.patch("/me", bad)).status == 422, bad


GOOD_HOURS = {"mon": [["08:00", "12:00"], ["13:30", "18:00"]], "sun": []}


async def test_the_tenants_profile(house: House) -> None:
    owner = await house.sign_up()
    body = {"name": "Nova", "time_zone": "America/Manaus", "language": "en", "business_hours": GOOD_HOURS}
    answer = await owner.patch("/tenant", body)
    assert answer.status == 200
    assert {name: (await owner.get("/tenant"))[name] for name in body} == body


@pytest.mark.parametrize(
    "bad",
    [
        {"time_zone": "Sao_Paulo"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "America"},
        {"time_zone": "/etc/localtime"},
        {"business_hours": {"mon": [["18:00", "08:00"]]}},
        {"business_hours": {"mon": [["8:00", "9:00"]]}},
        {"business_hours": {"mon": [["08:00", "24:00"]]}},
        {"business_hours": {"mon": [["08:00\n", "09:00"]]}},
        {"business_hours": {"seg": []}},
        {"business_hours": {"mon": [["08:00"]]}},
        {"plan": "enterprise"},
        {"id": "0191d5d6-0000-7000-8000-000000000001"},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"language": "fr"},
    ],
    ids=str,
)
async def test_T02_what_a_profile_cannot_hold(house: House, owner: Client, bad: dict[str, Any]) -> None:
    before = (await owner.get("/tenant")).body
    answer = await owner.patch("/tenant", bad)
    assert (answer.status, answer["code"]) == (422, "validation")
    assert (await owner.get("/tenant")).body == before


def _ids(client: Client) -> tuple[UUID, UUID | None]:
    return UUID(client.user["id"]), client.tenant_id


async def _status(client: Client, status: int) -> bool:
    return (await client.patch("/tenant", {"name": "Depois"})).status == status


async def _gone(client: Client) -> bool:
    return (await client.get("/tenant")).status == 401
