"""What the tests of people share: rows changed as the superuser, members with a role, and refresh cookies."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from tests.house import Answer, Client, House


async def change(house: House, sql: str, *args: Any) -> str:
    """Change rows as a superuser, to move times and make members that no route makes."""
    conn = await asyncpg.connect(
        house.urls.admin, database=urlsplit(house.urls.app).path.lstrip("/"), server_settings={"search_path": "app"}
    )
    try:
        return await conn.execute(sql, *args)
    finally:
        await conn.close()


PASSWORD = "uma senha bem longa"


async def add_member(house: House, owner: Client, role: str) -> Client:
    """Somebody else, who is a `role` in the owner's tenant and works there."""
    someone = await house.sign_up()
    await change(
        house,
        "insert into members (tenant_id, id, user_id, name, email, role, created_at)"
        " select $1, $2, id, name, email, $3, now() from users where email = $4",
        owner.tenant_id,
        uuid4(),
        role,
        someone.user["email"],
    )
    switched = await someone.post("/auth/switch", {"tenant_id": str(owner.tenant_id)})
    assert switched.status == 200, switched.body
    someone.token, someone.tenant_id = switched["access_token"], owner.tenant_id
    return someone


def cookie_of(answer: Answer) -> str:
    """The refresh token that an answer set."""
    header = next(value for value in answer.headers.getall("set-cookie") if value.startswith("evoai_refresh="))  # type: ignore[attr-defined]
    return header.split(";")[0].split("=", 1)[1].strip('"')


async def with_cookie(house: House, path: str, token: str | None, **headers: str) -> Answer:
    """A call of the web app's own page."""
    sent = {"x_requested_with": "evoai", "origin": house.settings.frontend_urls[0]} | headers
    if token is not None:
        sent["cookie"] = f"evoai_refresh={token}"
    return await house.client().call("POST", path, None, **{name: value for name, value in sent.items() if value})


async def log_in(house: House, email: str, password: str = PASSWORD, **headers: str) -> Answer:
    return await house.client().call("POST", "/auth/login", {"email": email, "password": password}, **headers)
