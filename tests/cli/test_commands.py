"""The operator's commands, run as processes against the embedded servers."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from evoai.embedded import Embedded
from tests.cli.command_line import Done, evoai
from tests.house import House, Urls, eventually, free_port, test_env
from tests.tenants.people import PASSWORD, log_in


def refused(done: Done, name: str) -> None:
    """One clear line that names the setting, on standard error."""
    assert done.code != 0
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert len(lines) == 1, done.err
    assert lines[0].startswith(f"evoai: {name}")


@pytest.fixture
def env(house: House) -> dict[str, str]:
    return test_env(house.urls, 0, house.sim.url)


async def tables(admin: str, url: str) -> set[str]:
    conn = await asyncpg.connect(admin, database=urlsplit(url).path.lstrip("/"))
    try:
        return {row[0] for row in await conn.fetch("select tablename from pg_tables where schemaname = 'app'")}
    finally:
        await conn.close()


async def test_migrate_twice_and_one_step_back(embedded: Embedded) -> None:
    owner, app = embedded.create_database("cli_migrate")
    env = {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app}
    try:
        assert (await evoai(env, "db", "migrate")).code == 0
        first = await tables(embedded.admin_url, owner)
        assert {"tenants", "users", "quotas", "messages"} <= first
        assert (await evoai(env, "db", "migrate")).code == 0
        assert await tables(embedded.admin_url, owner) == first
        assert (await evoai(env, "db", "downgrade")).code == 0
        assert (await evoai(env, "db", "migrate")).code == 0
        assert await tables(embedded.admin_url, owner) == first
        refused(await evoai(env | {"DATABASE_URL": owner}, "db", "migrate"), "DATABASE_URL: its login")
        refused(await evoai({"DATABASE_URL": app}, "db", "migrate"), "MIGRATION_DATABASE_URL: ")
    finally:
        embedded.drop_database("cli_migrate")


@pytest.mark.parametrize("command", ["api", "worker"])
async def test_T74_neither_starts_on_an_owners_or_superusers_login(
    house: House, urls: Urls, env: dict[str, str], command: str
) -> None:
    name = urlsplit(urls.app).path
    superuser = urls.admin.replace("/postgres?", f"{name}?")
    for url in (urls.owner, superuser):
        refused(await evoai(env | {"DATABASE_URL": url}, command), "DATABASE_URL: its login")


@pytest.mark.parametrize(
    # All of them are tried in tests/kit/test_settings.py; here it is the process that must end so.
    ("name", "value"),
    [("JWT_SECRET", "short"), ("FRONTEND_URL", "*")],
)
async def test_T74_a_process_says_in_one_line_what_is_wrong(env: dict[str, str], name: str, value: str) -> None:
    commands = ("api", "worker", "doctor")
    for done in await asyncio.gather(*(evoai(env | {name: value}, command) for command in commands)):
        refused(done, name)


async def test_the_demo_clinic_is_made_once(house: House, env: dict[str, str]) -> None:
    first = await evoai(env, "tenants", "demo")
    assert first.code == 0, first.err
    email, password = first.out.split()
    assert (await evoai(env, "tenants", "demo")).out == first.out
    rows = await house.rows("select 1 from members where email = $1", email)
    assert len(rows) == 1
    answer = await log_in(house, email, password)
    assert (answer.status, answer["tenant"]["name"]) == (200, "Clínica Sorriso")
    assert "convênios" in answer["tenant"]["description"]


async def test_reset_password_ends_every_session(house: House, env: dict[str, str]) -> None:
    owner = await house.sign_up()
    email = owner.user["email"]
    done = await evoai(env, "tenants", "reset-password", email.upper())
    assert done.code == 0, done.err
    new = done.out.strip()
    assert (await log_in(house, email)).status == 401
    assert (await log_in(house, email, new)).status == 200

    async def out() -> bool:
        return (await owner.get("/me")).status == 401

    await eventually(out, 5)
    for nobody in ("nobody@clinica.example", "not an e-mail"):
        refused(await evoai(env, "tenants", "reset-password", nobody), nobody)
    assert PASSWORD not in done.out


async def test_plans_are_listed_and_set(house: House, env: dict[str, str]) -> None:
    listed = await evoai(env, "plans", "list")
    assert listed.out.splitlines()[0].split() == ["free", "1", "500", "5000"]
    assert listed.out.splitlines()[3].split() == ["enterprise", "unlimited", "unlimited", "unlimited"]
    owner = await house.sign_up()
    for plan, limit in (("free", 500), ("business", 50_000), ("enterprise", None)):
        done = await evoai(env, "plans", "set", str(owner.tenant_id), plan)
        assert done.code == 0, done.err
        usage = await owner.get("/usage")
        assert (usage["plan"], usage["contacts"]["limit"]) == (plan, limit)
        assert (await owner.get("/tenant"))["plan"] == plan
        row = await house.row("select lim from quotas where tenant_id = $1 and kind = 'contacts'", owner.tenant_id)
        assert row["lim"] == limit
    refused(await evoai(env, "plans", "set", str(owner.tenant_id), "gold"), str(owner.tenant_id))
    refused(await evoai(env, "plans", "set", str(uuid4()), "pro"), "")
    refused(await evoai(env, "plans", "set", "7", "pro"), "7")


async def test_outbox_show_and_doctor(env: dict[str, str]) -> None:
    shown = await evoai(env, "outbox", "show")
    assert shown.code == 0, shown.err
    well = await evoai(env, "doctor")
    assert well.code == 0, well.err
    assert "database ok, redis ok" in well.out


async def test_doctor_says_what_does_not_answer(urls: Urls, env: dict[str, str]) -> None:
    away = await evoai(env | {"REDIS_URL": "unix:///nowhere/redis.sock"}, "doctor")
    assert "redis down" in away.out
    for url in (
        "postgresql://evoai_app@/nothing_here?" + urlsplit(urls.app).query,
        "postgresql://evoai_app@/tests?host=/nowhere",
        f"postgresql://evoai_app:x@127.0.0.1:{free_port()}/tests",
    ):
        both = await asyncio.gather(
            *(evoai(env | {"DATABASE_URL": url}, *args) for args in (["doctor"], ["plans", "list"]))
        )
        for done in both:
            refused(done, "DATABASE_URL: ")


async def test_the_openapi_document_needs_no_settings_and_describes_every_call() -> None:
    done = await evoai({}, "openapi")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["openapi"].startswith("3.1")
    ids = [call["operationId"] for path in document["paths"].values() for call in path.values()]
    assert len(ids) == len(set(ids))
    assert {"auth.signup", "auth.login", "tenant.get", "members.list", "plans.list", "usage.get"} <= set(ids)
    assert (await evoai({}, "openapi")).out == done.out


async def test_an_unknown_queue_is_named(env: dict[str, str]) -> None:
    refused(await evoai(env, "worker", "--queues", "message,nothing"), "--queues: no such queue 'nothing'")
