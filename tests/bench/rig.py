"""The product under load as an operator runs it: embedded servers; API, worker, simulator as processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec

from evoai.auth.tokens import Tokens
from evoai.children import Child, end, last_lines, spawn
from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from evoai.migrate import migrate
from evoai.settings import load_settings
from tests.bench import cpu, prefill
from tests.bench.driver import MESSAGES, Hooks, Job, Target
from tests.bench.wire import Result
from tests.house import Client, Urls, eventually, free_port, test_env

KEY = {"apikey": "simulator-key"}
DATABASE = "bench"
OURS = ("api", "worker", "postgres", "redis")


@dataclass
class Rig:
    """Processes by name, and what is needed to speak to them."""

    folder: Path
    env: Mapping[str, str]
    admin_url: str
    http: aiohttp.ClientSession
    api_url: str
    sim_url: str
    bare_url: str
    roots: dict[str, int]
    children: dict[str, Child] = field(default_factory=dict[str, Child])
    targets: list[Target] = field(default_factory=list[Target])
    profiles: Path | None = None
    """Where py-spy's stacks of each load go; none are taken without."""
    numbers: int = 0
    """How many message numbers were given out."""

    def start(self, name: str, *command: str) -> None:
        child = spawn([sys.executable, "-m", *command], log=self.folder / f"{name}.log", env=self.env)
        self.children[name], self.roots[name] = child, child.pid

    def stop(self, name: str) -> None:
        end(self.children.pop(name), (signal.SIGTERM, 30.0))
        del self.roots[name]

    def check(self) -> None:
        """Raise if a process ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{last_lines(self.folder / f'{name}.log', 20)}")

    async def answers(self, url: str) -> None:
        async def good() -> bool:
            self.check()
            with contextlib.suppress(aiohttp.ClientError):
                async with self.http.get(url) as response:
                    return response.status == 200
            return False

        await eventually(good, 60, 0.1)

    async def sim(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the simulator's control routes."""
        data = msgspec.json.encode(body) if body is not None else None
        async with self.http.request(method, f"{self.sim_url}/_sim/{path}", data=data) as response:
            raw = await response.read()
            assert response.status < 300, raw
            return msgspec.json.decode(raw) if raw else None

    async def connect_a_clinic(self) -> None:
        """A new tenant whose assistant answers at once, and its connected number, made through the API."""
        client = Client(self.http, self.api_url)
        person = {
            "name": "Ana Souza",
            "email": f"{uuid4().hex[:12]}@clinica.example",
            "password": "uma senha bem longa",
        }
        answer = await client.post("/auth/signup", {"company": "Clínica Sorriso", **person})
        assert answer.status == 201, answer.body
        client.token = answer["access_token"]
        assistant = f"/assistants/{(await client.get('/assistants'))['items'][0]['id']}"
        for method, path, body in (
            ("PATCH", assistant, {"quiet_seconds": 0}),
            ("POST", f"{assistant}/publish", {}),
        ):
            answer = await client.call(method, path, body)
            assert answer.status == 200, answer.body
        before = {instance["name"] for instance in (await self.sim("GET", "state"))["instances"]}
        config = {"base_url": f"{self.sim_url}/evolution", "api_key": KEY["apikey"]}
        created = await client.post("/channels", {"name": "Recepção", "provider": "evolution", "config": config})
        assert created.status == 201, created.body
        paired = await client.post(f"/channels/{created['id']}/connect", {})
        assert paired.status == 200, paired.body
        instances = (await self.sim("GET", "state"))["instances"]
        name = next(instance["name"] for instance in instances if instance["name"] not in before)
        phone = f"55119{70_000_000 + len(self.targets)}"
        await self.sim("POST", f"instances/{name}/scan", {"phone": phone, "name": "Clínica"})

        async def connected() -> bool:
            return (await client.get(f"/channels/{created['id']}"))["state"] == "connected"

        await eventually(connected)
        async with self.http.get(f"{self.sim_url}/evolution/webhook/find/{name}", headers=KEY) as response:
            hook = msgspec.json.decode(await response.read())
        self.targets.append(Target(hook["url"], hook["headers"], name, phone))

    async def drive(self, job: Job) -> Result:
        """Have the load driven by a process of its own; what it saw."""
        # A file and no pipe: what comes is large, and nobody has to read it while the load lasts.
        with tempfile.TemporaryFile(dir=self.folder) as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.driver", stdin=asyncio.subprocess.PIPE, stdout=out
            )
            try:
                async with asyncio.timeout(job.seconds + 90):
                    await process.communicate(msgspec.json.encode(job))
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                raise
            assert process.returncode == 0, "the driver failed"
            out.seek(0)
            return msgspec.json.decode(out.read(), type=Result)

    def hooks(self, targets: list[Target], contacts: int = 1000) -> Hooks:
        """Webhooks with numbers that no other load has."""
        first = self.numbers
        self.numbers += MESSAGES
        return Hooks(targets, first, contacts)

    async def tokens(self) -> list[tuple[str, UUID]]:
        """Fresh access tokens of the people that the filled tables have, each with its tenant."""
        settings = load_settings(self.env)
        tokens = Tokens(settings.jwt_secret, None, issuer=settings.api_url, lifetime=settings.jwt_expires_seconds)
        async with self.database() as db:
            rows = await db.fetch(
                "select id, user_id, tenant_id from app.sessions where user_agent = $1", prefill.AGENT
            )
        return [(tokens.issue(user, tenant, session), tenant) for session, user, tenant in rows]

    async def fill(self, messages: int) -> None:
        await prefill.fill(self.admin_url, DATABASE, self.env, messages)

    def database(self) -> contextlib.AbstractAsyncContextManager[Any]:
        """A connection as the superuser, to look at what is stored."""
        return prefill.connected(self.admin_url, DATABASE)

    def log_of_postgres(self) -> Path:
        return self.folder / "data" / "logs" / "postgres.log"

    async def start_worker(self) -> None:
        self.start("worker", "evoai.cli", "worker")
        await self.answers(f"http://127.0.0.1:{self.env['WORKER_PORT']}/health/ready")

    def cpu(self) -> dict[str, float]:
        return cpu.trees(self.roots)


@contextlib.asynccontextmanager
async def open_rig(clinics: int, receipts: bool) -> AsyncIterator[Rig]:
    """Everything up and warm; at the end everything stopped and the data gone."""
    folder = Path(tempfile.mkdtemp(prefix="evoai-bench-"))
    try:
        with Embedded(folder / "data", tuned_for_tests=True) as servers:
            owner, app = servers.create_database(DATABASE)
            await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
            urls = Urls(owner=owner, app=app, admin=servers.admin_url, redis=servers.redis_url)
            port, sim_port, bare_port, worker_port = free_port(), free_port(), free_port(), free_port()
            sim_url = f"http://127.0.0.1:{sim_port}"
            env = {**os.environ, **test_env(urls, port, sim_url, DATA_DIR=str(folder), WORKER_PORT=str(worker_port))}
            roots = {"postgres": servers.pid("postgres"), "redis": servers.pid("redis")}
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
                rig = Rig(
                    folder=folder,
                    env=env,
                    admin_url=servers.admin_url,
                    http=http,
                    api_url=f"http://127.0.0.1:{port}",
                    sim_url=sim_url,
                    bare_url=f"http://127.0.0.1:{bare_port}",
                    roots=roots,
                )
                try:
                    rig.start("simulator", "evoai.simulator", "--port", str(sim_port))
                    rig.start("api", "evoai.cli", "api")
                    rig.start("bare", "tests.bench.bare", str(bare_port))
                    await rig.start_worker()
                    await rig.answers(f"{sim_url}/_sim/state")
                    await rig.answers(f"{rig.api_url}/health/ready")
                    await rig.answers(f"{rig.bare_url}/hooks/bare")
                    await rig.sim("POST", "faults", {"receipts": receipts})
                    for _ in range(clinics):
                        await rig.connect_a_clinic()
                    yield rig
                finally:
                    for name in list(rig.children):
                        rig.stop(name)
    finally:
        # Also of a run that failed: full tables are large, and the servers' files lie apart from the folder.
        remove_data(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
