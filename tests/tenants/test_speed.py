"""Speed limits through the front door, each in a house with the limits of production."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from evoai.migrate import migrate
from tests.house import Answer, House, Urls
from tests.tenants.people import PASSWORD, log_in

NAMES = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


@pytest.fixture(scope="module")
async def strict(urls: Urls) -> AsyncIterator[House]:
    """Its client comes from an address that no proxy of ours has."""
    limits = {"RATE_LIMIT_MAX": "100", "RATE_LIMIT_HOUR_MAX": "1000", "AUTH_RATE_LIMIT_MAX": "5"}
    async with House.open(urls, **limits, AUTH_RATE_LIMIT_HOUR_MAX="100", TRUSTED_PROXIES="10.0.0.0/8") as house:
        await forget(house)
        yield house


@pytest.fixture(scope="module")
async def proxied(urls: Urls) -> AsyncIterator[House]:
    """Its client is a proxy of ours, so that a test chooses the address."""
    limits = {"RATE_LIMIT_MAX": "100", "RATE_LIMIT_HOUR_MAX": "1000", "AUTH_RATE_LIMIT_MAX": "5"}
    more = {"AUTH_RATE_LIMIT_HOUR_MAX": "100", "TRUSTED_PROXIES": "127.0.0.0/8, 10.0.0.0/8"}
    async with House.open(urls, **limits, **more) as house:
        yield house


async def forget(house: House) -> None:
    await house.resources.redis.delete("auth:signup:address:127.0.0.1", "auth:login:address:127.0.0.1")


def nobody() -> str:
    return f"{uuid4().hex[:12]}@clinica.example"


async def sign_up(house: House, **headers: str) -> Answer:
    body = {"company": "X", "name": "Y", "email": nobody(), "password": PASSWORD}
    return await house.client().call("POST", "/auth/signup", body, **headers)


def numbers(answer: Answer) -> tuple[int, int, int]:
    limit, remaining, reset = (int(answer.headers[name]) for name in NAMES)
    return limit, remaining, reset


async def test_B011_the_sixth_login_in_a_minute_waits_at_most_a_minute(strict: House) -> None:
    email = nobody()
    spelt = (email, email.upper(), f" {email}", email, email)
    answers = [await log_in(strict, each) for each in spelt]
    assert [answer.status for answer in answers] == [401] * 5
    assert [numbers(answer)[:2] for answer in answers] == [(5, left) for left in (4, 3, 2, 1, 0)]
    sixth = await log_in(strict, email)
    assert (sixth.status, sixth["code"]) == (429, "rate-limited")
    assert 50 <= int(sixth.headers["retry-after"]) <= 60
    assert numbers(sixth)[:2] == (5, 0)
    assert (await log_in(strict, nobody())).status == 401, "another account is not stopped"


async def test_a_rotating_forwarded_address_helps_nobody_who_is_no_proxy(strict: House) -> None:
    """CVE-2025-59152: a client that names its own address had a new counter each time."""
    await forget(strict)
    email = nobody()
    answers = [await log_in(strict, email, x_forwarded_for=f"203.0.113.{n}") for n in range(8)]
    assert [answer.status for answer in answers] == [401] * 5 + [429] * 3
    await forget(strict)
    spread = [await log_in(strict, nobody(), x_forwarded_for=f"203.0.113.{n}") for n in range(53)]
    assert [answer.status for answer in spread] == [401] * 50 + [429] * 3, "the address, at ten times"
    created = [await sign_up(strict, x_forwarded_for=f"203.0.113.{n}") for n in range(7)]
    assert [answer.status for answer in created] == [201] * 5 + [429] * 2
    await forget(strict)


async def test_T27_a_trusted_proxy_is_believed_and_only_what_it_added(proxied: House) -> None:
    tag = uuid4().int % 200

    async def five_then_429(said: list[str], sixth: str) -> None:
        for each in said:
            assert (await sign_up(proxied, x_forwarded_for=each)).status == 201, each
        assert (await sign_up(proxied, x_forwarded_for=sixth)).status == 429

    client = f"198.51.100.{tag}"
    await five_then_429(
        [client, f"1.1.1.1, {client}", f"2.2.2.2,{client}, 10.1.2.3", client, f"junk, {client}"], client
    )
    assert (await sign_up(proxied, x_forwarded_for=f"192.0.2.{tag}")).status == 201
    wide = f"2001:db8:{tag:x}:7"
    await five_then_429([f"{wide}::{n}" for n in range(1, 6)], f"{wide}:ffff::9")
    assert (await sign_up(proxied, x_forwarded_for=f"2001:db8:{tag:x}:8::1")).status == 201
    mapped = f"203.0.113.{tag}"
    await five_then_429([mapped, f"::ffff:{mapped}", mapped, f"::ffff:{mapped}", mapped], f"::ffff:{mapped}")


async def test_two_forwarded_headers_are_one_list(proxied: House) -> None:
    last = f"198.18.0.{uuid4().int % 250}"
    statuses = []
    for n in range(6):
        body = b'{"company":"X","name":"Y","email":"%s","password":"uma senha bem longa"}' % nobody().encode()
        headers = [("x-forwarded-for", f"192.0.2.{n}"), ("x-forwarded-for", last), ("content-type", "application/json")]
        async with proxied.http.post(f"{proxied.base}/api/v1/auth/signup", data=body, headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses == [201] * 5 + [429]


async def test_T69_of_1000_parallel_calls_exactly_100_pass_and_all_say_how_much_is_left(strict: House) -> None:
    await forget(strict)
    owner = await strict.sign_up()
    answers = await asyncio.gather(*(owner.get("/tenant") for _ in range(1000)))
    assert sorted(answer.status for answer in answers) == [200] * 100 + [429] * 900
    passed = [numbers(answer) for answer in answers if answer.status == 200]
    assert sorted(remaining for _, remaining, _ in passed) == list(range(100))
    for answer in answers:
        limit, remaining, reset = numbers(answer)
        assert limit == 100
        assert 0 < reset <= 60
        if answer.status == 429:
            assert remaining == 0
            assert answer["code"] == "rate-limited"
            assert answer.headers["retry-after"] == str(reset)
            assert answer.headers["x-tenant-id"] == str(owner.tenant_id)
            assert answer.headers["content-type"].startswith("application/problem+json")
    colleague = await strict.sign_up()
    assert (await colleague.get("/tenant")).status == 200, "a limit is a principal's own"


async def test_every_answer_of_a_limited_route_carries_the_headers(strict: House) -> None:
    await forget(strict)
    owner = await strict.sign_up()
    calls = [
        ("GET", "/me", None, 200),
        ("GET", f"/conversations/{uuid4()}", None, 404),
        ("GET", "/members?cursor=x", None, 400),
        ("PATCH", "/tenant", {"plan": "x"}, 422),
        ("PATCH", "/tenant", b"{", 400),
        ("POST", "/contacts", {"phone": "1", "name": "X"}, 422),
    ]
    for nth, (method, path, body, status) in enumerate(calls, 1):
        answer = await owner.call(method, path, body)
        assert answer.status == status, (path, answer.body)
        assert numbers(answer)[:2] == (100, 100 - nth), path
    for path in ("/plans", "/health/live"):
        assert "ratelimit-limit" not in (await owner.get(path)).headers
    assert "ratelimit-limit" not in (await strict.client().get("/me")).headers


async def test_T69_with_redis_killed_logins_and_calls_are_still_limited() -> None:
    folder = Path(tempfile.mkdtemp(prefix="evoai-speed-"))
    try:
        with Embedded(folder, tuned_for_tests=True) as servers:
            owner_url, app_url = servers.create_database("speed")
            await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner_url, "DATABASE_URL": app_url})
            urls = Urls(owner_url, app_url, servers.admin_url, servers.redis_url)
            async with House.open(urls, AUTH_RATE_LIMIT_MAX="5", RATE_LIMIT_MAX="20") as house:
                owner = await house.sign_up()
                servers.kill_redis()
                email = nobody()
                logins = [(await log_in(house, email)).status for _ in range(8)]
                assert logins == [401] * 5 + [429] * 3
                calls = [(await owner.get("/tenant")).status for _ in range(25)]
                assert calls == [200] * 20 + [429] * 5
                servers.start_redis()
    finally:
        remove_data(folder)
