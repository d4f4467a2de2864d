"""The door while the database is away, and the secrets that it must not keep."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import aiohttp
import pytest

from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from evoai.migrate import migrate
from tests.channels.bodies import message
from tests.house import Answer, Clinic, House, Urls, eventually, free_port
from tests.house import test_env as env_of


@pytest.fixture
def own_servers() -> Iterator[tuple[Embedded, Urls]]:
    """Servers that may be killed, as nobody else uses them, and a migrated database."""
    folder = Path(tempfile.mkdtemp(prefix="evoai-door-"))
    try:
        with Embedded(folder, tuned_for_tests=True) as servers:
            owner, app = servers.create_database("door")
            migrate({"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
            yield servers, Urls(owner=owner, app=app, admin=servers.admin_url, redis=servers.redis_url)
    finally:
        remove_data(folder)


async def timed(clinic: Clinic, body: dict[str, object]) -> tuple[Answer, float]:
    started = monotonic()
    return await clinic.hook(body), monotonic() - started


def asks_to_come_again(answer: Answer) -> bool:
    return (answer.status, answer["code"], answer.headers.get("retry-after")) == (503, "unavailable", "1")


async def test_B143_T31_without_the_database_the_provider_is_asked_to_come_again(
    own_servers: tuple[Embedded, Urls],
) -> None:
    servers, urls = own_servers
    async with House.open(urls) as house:
        clinic, unseen = await house.clinic(quiet=30, max_wait=60), await house.clinic(quiet=30, max_wait=60)
        kept, lost = message(text="antes"), message(text="durante")
        assert (await clinic.hook(kept)).status == 200

        servers.kill_postgres()
        for each in (clinic, unseen):
            answer, seconds = await timed(each, lost)
            assert asks_to_come_again(answer), answer.body
            assert seconds < 1.5
        servers.start_postgres()

        async def taken() -> bool:
            return (await clinic.hook(lost)).status == 200

        await eventually(taken)
        wanted = [kept["data"]["key"]["id"], lost["data"]["key"]["id"]]

        async def stored() -> bool:
            rows = await house.rows(
                "select id from messages where tenant_id = $1 and provider_message_id = any($2)",
                clinic.client.tenant_id,
                wanted,
            )
            return len(rows) == 2

        await eventually(stored)

        postmaster = servers.pid("postgres")
        backends = [
            row["pid"] for row in await house.rows("select pid from pg_stat_activity where usename = 'evoai_app'")
        ]
        frozen = [postmaster, *backends]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            answer, seconds = await timed(clinic, message(text="parado"))
            assert asks_to_come_again(answer), answer.body
            assert seconds < 3
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        await eventually(taken)


async def in_clear(house: House, secrets: dict[str, str]) -> list[str]:
    """Tables that show a secret as text or as bytes."""
    tables = await house.rows("select relname from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r'")
    found: list[str] = []
    for table in tables:
        name = table["relname"]
        content = "\n".join(row[0] for row in await house.rows(f"select t::text from {name} t"))
        found += [
            f"{name}: {what}"
            for what, secret in secrets.items()
            if secret in content or secret.encode().hex() in content
        ]
    return found


@asynccontextmanager
async def own_process(house: House, log: Path) -> AsyncIterator[House]:
    """The house's API as a process of its own, which writes all that it logs to a file."""
    port = free_port()
    env = os.environ | env_of(house.urls, port, house.sim.url, LOG_LEVEL="debug")
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "evoai.cli", "api", env=env, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        other = replace(house, base=f"http://127.0.0.1:{port}")

        async def up() -> bool:
            assert process.returncode is None, log.read_text()
            try:
                return (await other.client().get("/health/ready")).status == 200
            except aiohttp.ClientError:
                return False

        await eventually(up, 60)
        yield other
    finally:
        process.terminate()
        await process.wait()


async def test_T33_secrets_are_nowhere_in_clear(house: House, tmp_path: Path) -> None:
    planted = {name: f"planted-{name}-8Xk2mQz7" for name in ("apikey", "token", "jwt_key", "nested", "cut")}
    log = tmp_path / "api.log"
    async with own_process(house, log) as other:
        clinic = await other.clinic()
        body = message() | {"apikey": planted["apikey"], "token": planted["token"], "jwt_key": planted["jwt_key"]}
        body["data"] = body["data"] | {"more": {"apikey": planted["nested"]}}
        assert (await clinic.hook(body)).status == 200
        assert (await clinic.hook(f'{{"apikey": "{planted["cut"]}", "event": "mess'.encode())).status == 200
        assert (await clinic.hook(message(text=f"senha {clinic.hook_token}"))).status == 200
        assert (await clinic.hook(body, x_hook_token="wrong-" + clinic.hook_token)).status == 401
        assert (await other.client().get(f"/channels?access_token={clinic.client.token}")).status == 401
        await clinic.events()
        shown = ""
        for path in ("/channels", f"/channels/{clinic.channel_id}", f"/channels/{clinic.channel_id}/health"):
            shown += str((await clinic.client.get(path)).body)
        shown += str((await clinic.client.get("/inbound-events")).body)
    secrets = planted | {
        "hook token": clinic.hook_token,
        "webhook key": clinic.hook_path.rsplit(".", 1)[1],
        "api key": "simulator-key",
        "instance token": house.sim.instance(clinic.instance).token,
        "access token": str(clinic.client.token),
    }
    assert all(len(secret) > 12 for secret in secrets.values())
    assert await in_clear(house, secrets) == []
    assert [what for what, secret in secrets.items() if secret in shown] == []
    logged = log.read_text()
    assert logged.count('"event": "request"') > 5
    assert [what for what, secret in secrets.items() if secret in logged] == []
