"""Sessions through the front door: sign-up, login, refresh, logout, and the cookie that carries them."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.house import House, Urls, eventually
from tests.tenants.people import PASSWORD, change, cookie_of, log_in, with_cookie


async def new_session(house: House) -> tuple[str, str, str]:
    """E-mail, refresh token and access token of somebody who just logged in."""
    owner = await house.sign_up()
    answer = await log_in(house, owner.user["email"])
    assert answer.status == 200
    return owner.user["email"], cookie_of(answer), answer["access_token"]


async def me(house: House, token: str) -> int:
    return (await house.client().get("/me", authorization=f"Bearer {token}")).status


async def test_sign_up_logs_in_and_lays_down_plan_and_assistant(house: House) -> None:
    client = house.client()
    body = {"company": "Padaria", "name": "Rui", "email": f"{uuid4().hex}@padaria.example", "password": PASSWORD}
    answer = await client.post("/auth/signup", body)
    assert answer.status == 201
    assert set(answer.body) == {"access_token", "expires_in", "user", "tenant"}
    assert answer["expires_in"] == 900
    tenant_id = UUID(answer["tenant"]["id"])
    assert await me(house, answer["access_token"]) == 200
    quotas = await house.rows("select kind, used from quotas where tenant_id = $1 order by kind", tenant_id)
    kinds = ("assistant_cost", "assistant_tokens", "cacheable_questions", "cached_answers", "channels", "contacts")
    kinds += ("documents", "messages")
    assert [tuple(row) for row in quotas] == [(kind, 0) for kind in kinds]
    assert (await house.row("select count(*) from assistants where tenant_id = $1", tenant_id))[0] == 1
    assert (await house.row("select role from members where tenant_id = $1", tenant_id))["role"] == "owner"
    stored = (await house.row("select password_hash from users where email = $1", body["email"]))["password_hash"]
    assert stored.startswith("$argon2id$")


async def test_B018_a_known_email_is_taken_and_nothing_changes(house: House) -> None:
    owner = await house.sign_up()
    before = await house.row("select (select count(*) from tenants) as tenants, (select count(*) from users) as users")
    body = {"company": "X", "name": "Y", "email": f"  {owner.user['email'].upper()} ", "password": "outra senha longa"}
    answer = await house.client().post("/auth/signup", body)
    assert (answer.status, answer["code"]) == (409, "email-taken")
    assert before == await house.row(
        "select (select count(*) from tenants) as tenants, (select count(*) from users) as users"
    )
    assert (await log_in(house, owner.user["email"])).status == 200


async def test_parallel_sign_ups_with_one_email_make_one_tenant(house: House) -> None:
    body = {"company": "X", "name": "Y", "email": f"{uuid4().hex}@x.example", "password": PASSWORD}
    answers = await asyncio.gather(*(house.client().post("/auth/signup", body) for _ in range(6)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 5
    rows = await house.rows("select 1 from members where email = $1", body["email"])
    assert len(rows) == 1


async def test_the_cookie_is_for_this_host_this_path_and_no_script(house: House) -> None:
    owner = await house.sign_up()
    answer = await log_in(house, owner.user["email"])
    (header,) = answer.headers.getall("set-cookie")  # type: ignore[attr-defined]
    parts = {part.strip().lower() for part in header.split(";")[1:]}
    assert parts >= {"httponly", "samesite=strict", "path=/api/v1/auth"}
    assert {part for part in parts if part.startswith("max-age=")} <= {"max-age=604800", "max-age=604799"}
    assert not any(part.startswith("domain") for part in parts)
    assert "secure" not in parts, "this API_URL is http, on loopback"
    rows = await house.rows("select token_hash from refresh_tokens where token_hash = $1", cookie_of(answer).encode())
    assert rows == [], "only a hash is at rest"


async def test_on_https_the_cookie_is_secure(urls: Urls) -> None:
    async with House.open(urls, API_URL="https://127.0.0.1") as house:
        owner = await house.sign_up()
        header = (await log_in(house, owner.user["email"])).headers["set-cookie"].lower()
        assert {"secure", "httponly", "samesite=strict"} <= {part.strip() for part in header.split(";")}


async def test_T20_twenty_parallel_refreshes_have_one_child(house: House) -> None:
    _, token, _ = await new_session(house)
    answers = await asyncio.gather(*(with_cookie(house, "/auth/refresh", token) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len({cookie_of(answer) for answer in answers}) == 1
    child = cookie_of(answers[0])
    assert child != token
    chain = await house.rows(
        "select rotated_at from refresh_tokens where session_id = (select session_id from refresh_tokens"
        " where token_hash = sha256($1::bytea))",
        token.encode(),
    )
    assert len(chain) == 2
    assert (await with_cookie(house, "/auth/refresh", child)).status == 200


async def test_T20_reuse_after_the_grace_ends_the_session_and_all_its_children(house: House) -> None:
    _, token, _ = await new_session(house)
    first = await with_cookie(house, "/auth/refresh", token)
    child, access = cookie_of(first), first["access_token"]
    await change(
        house,
        "update refresh_tokens set rotated_at = rotated_at - interval '11 seconds'"
        " where token_hash = sha256($1::bytea)",
        token.encode(),
    )
    reused = await with_cookie(house, "/auth/refresh", token)
    assert (reused.status, reused["code"]) == (401, "token-reused")
    after = await with_cookie(house, "/auth/refresh", child)
    assert after.status == 401
    await eventually(lambda: _is(me(house, access), 401), 5)


async def test_within_the_grace_the_same_child_comes_again_and_an_elder_is_reuse(house: House) -> None:
    _, token, _ = await new_session(house)
    child = cookie_of(await with_cookie(house, "/auth/refresh", token))
    assert cookie_of(await with_cookie(house, "/auth/refresh", token)) == child
    assert (await with_cookie(house, "/auth/refresh", child)).status == 200
    elder = await with_cookie(house, "/auth/refresh", token)
    assert (elder.status, elder["code"]) == (401, "token-reused"), "only the token just rotated is honoured"


async def test_a_token_ends_after_its_7_days_and_a_session_after_its_30(house: House) -> None:
    _, token, _ = await new_session(house)
    await change(
        house, "update refresh_tokens set expires_at = now() where token_hash = sha256($1::bytea)", token.encode()
    )
    assert (await with_cookie(house, "/auth/refresh", token)).status == 401
    email, token, access = await new_session(house)
    await change(
        house,
        "update sessions set expires_at = now() + interval '1 hour' where user_id = (select id from users where"
        " email = $1) and id = (select session_id from refresh_tokens where token_hash = sha256($2::bytea))",
        email,
        token.encode(),
    )
    renewed = await with_cookie(house, "/auth/refresh", token)
    (header,) = renewed.headers.getall("set-cookie")  # type: ignore[attr-defined]
    lives = int(header.lower().split("max-age=")[1].split(";")[0])
    assert 3500 < lives <= 3600, "no token outlives its session"
    await change(
        house,
        "update sessions set expires_at = now() where id = (select session_id from refresh_tokens where"
        " token_hash = sha256($1::bytea))",
        token.encode(),
    )
    assert (await with_cookie(house, "/auth/refresh", cookie_of(renewed))).status == 401
    await eventually(lambda: _is(me(house, access), 401), 5)


async def test_T21_logout_ends_this_session_alone_and_the_cookie(house: House) -> None:
    email, token, access = await new_session(house)
    other = await log_in(house, email)
    assert await me(house, access) == 200
    answer = await with_cookie(house, "/auth/logout", token)
    assert answer.status == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    await eventually(lambda: _is(me(house, access), 401), 5)
    assert (await with_cookie(house, "/auth/refresh", token)).status == 401
    assert await me(house, other["access_token"]) == 200
    assert (await with_cookie(house, "/auth/logout", "unknown")).status == 204


async def test_T21_logout_everywhere_shows_within_5_seconds(house: House) -> None:
    email, token, access = await new_session(house)
    others = [await log_in(house, email) for _ in range(2)]
    stranger = await house.sign_up()
    tokens = [access, *(other["access_token"] for other in others)]
    assert [await me(house, each) for each in tokens] == [200, 200, 200]
    assert (await with_cookie(house, "/auth/logout-all", token)).status == 204
    for each in tokens:
        await eventually(lambda each=each: _is(me(house, each), 401), 5)
    for other in others:
        assert (await with_cookie(house, "/auth/refresh", cookie_of(other))).status == 401
    assert (await stranger.get("/me")).status == 200


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout", "/auth/logout-all"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"x_requested_with": ""},
        {"x_requested_with": "XMLHttpRequest"},
    ],
    ids=["no-origin", "null-origin", "foreign-origin", "no-header", "other-header"],
)
async def test_B008_cookie_routes_are_for_our_own_pages(house: House, path: str, headers: dict[str, str]) -> None:
    _, token, access = await new_session(house)
    answer = await with_cookie(house, path, token, **headers)
    assert (answer.status, answer["code"]) == (403, "csrf")
    assert await me(house, access) == 200
    assert (await with_cookie(house, "/auth/refresh", token)).status == 200


async def test_B009_two_refresh_cookies_are_refused(house: House) -> None:
    _, token, _ = await new_session(house)
    twice = await with_cookie(house, "/auth/refresh", f"{token}; evoai_refresh=other")
    assert (twice.status, twice["code"]) == (400, "bad-request")
    assert (await with_cookie(house, "/auth/refresh", f"{token}; evoai_refresh={token}")).status == 200


async def test_B007_an_access_token_is_no_refresh_token(house: House) -> None:
    _, _, access = await new_session(house)
    for cookie in (access, "", None, "a" * 5000, "x"):
        assert (await with_cookie(house, "/auth/refresh", cookie)).status == 401


async def _is(status: object, wanted: int) -> bool:
    return await status == wanted  # type: ignore[misc]
