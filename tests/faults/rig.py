"""Processes of the product over servers that a test may kill, and a supervisor that starts them again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

import aiohttp
import asyncpg
import msgspec
from redis.asyncio import Redis

from evoai.embedded import Embedded
from evoai.kit.timers import Timers
from evoai.migrate import migrate
from evoai.settings import load_settings
from evoai.simulator.app import Simulator
from tests.faults.history import History
from tests.house import House, Urls, eventually, free_port, test_env

FULL = os.environ.get("FAULTS_FULL", "").lower() == "true"
"""As many messages, kills and minutes as the guarantee is stated for."""

QUICK = Timers(
    lease=6,
    renew=2,
    sweep=1,
    sweep_without_redis=0.5,
    send=4,
    settle=2,
    ask_again=1,
    backoff_first=0.3,
    backoff_cap=3,
    model=10,
    turn=20,
)
"""Long enough that a loaded machine does not reach them by itself."""

Role = Literal["api", "worker"]
Process = subprocess.Popen[bytes]


@dataclass
class Rig:
    """Starts what it is told to. Only what `keep` is called with is started again when it dies."""

    servers: Embedded
    house: House
    history: History
    env: dict[str, str]
    folder: Path
    timers: Timers | None
    role_env: dict[Role, dict[str, str]]
    running: list[Process] = field(default_factory=list[Process])
    kept: dict[Process, Role] = field(default_factory=dict[Process, Role])
    """What is running now under the supervisor's care."""
    restarts: int = 0
    stopping: bool = False

    def start(self, role: Role, **env: str) -> Process:
        """With production's timers and command, unless the rig has timers of its own."""
        command = ["evoai.cli", role]
        if self.timers is not None:
            command = ["tests.faults.child", role]
            env["FAULTS_TIMERS"] = msgspec.json.encode(asdict(self.timers)).decode()
        with self._log(len(self.running), role).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=os.environ | self.env | self.role_env.get(role, {}) | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)
        return process

    def _log(self, number: int, role: Role) -> Path:
        return self.folder / f"{number:03d}-{role}.log"

    async def start_api(self, **env: str) -> Process:
        """Returns once it answers."""
        process = self.start("api", **env)
        base = f"http://127.0.0.1:{env['PORT']}" if "PORT" in env else self.house.base

        async def ready() -> bool:
            assert process.poll() is None, self.logs()
            return await self.status("/health/live", base) == 200

        await eventually(ready, 60, 0.1)
        return process

    async def start_worker(self, **env: str) -> Process:
        """Returns once it works."""
        process = self.start("worker", **env)
        log = self._log(len(self.running) - 1, "worker")

        def started() -> bool:
            assert process.poll() is None, self.logs()
            return b"worker.started" in log.read_bytes()

        await eventually(started, 60, 0.1)
        return process

    async def status(self, path: str, base: str | None = None) -> int:
        """Of a GET; 0 where nobody answers."""
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            timeout = aiohttp.ClientTimeout(total=5)
            async with self.house.http.get(f"{base or self.house.base}{path}", timeout=timeout) as answer:
                return answer.status
        return 0

    async def live(self) -> None:
        """Wait until an API answers, which one that was just killed still has to."""

        async def answers() -> bool:
            return await self.status("/health/live") == 200

        await eventually(answers, 30, 0.1)

    async def up(self, workers: int = 2) -> None:
        """One API and some workers, each started again whenever it dies."""
        started = await asyncio.gather(self.start_api(), *(self.start_worker() for _ in range(workers)))
        self.kept = dict(zip(started, ("api", *("worker" for _ in range(workers))), strict=True))

    async def supervise(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            for process, role in list(self.kept.items()):
                if process.poll() is not None and not self.stopping:
                    del self.kept[process]
                    self.kept[self.start(role)] = role
                    self.restarts += 1

    def of(self, role: Role) -> list[Process]:
        return [process for process, kept in self.kept.items() if kept == role]

    def logs(self) -> str:
        """The end of what the newest processes said."""
        newest = sorted(self.folder.glob("*.log"))[-6:]
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-4000:]}" for path in newest)

    async def left(self) -> dict[str, int]:
        """What the database still has to do."""
        (row,) = await self.house.rows(
            "select (select count(*) from channel_events where state = 'received') as events,"
            " (select count(*) from turns where closed_at is null) as turns,"
            " (select count(*) from deliveries where state in ('ready', 'attempting')) as deliveries,"
            " (select count(*) from outbox where done_at is null) as outbox"
        )
        return dict(row)

    async def drained(self, seconds: float) -> None:
        """Wait until the provider was heard, and nothing is left to do."""
        until = asyncio.get_running_loop().time() + seconds
        left: dict[str, int] = {}
        calm = 0
        while calm < 2:
            unheard = len(self.history.said) - len(self.history.acked)
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                left = await self.left()
                calm = 0 if any(left.values()) or unheard or self.house.sim.webhooks.tally.pending else calm + 1
            assert asyncio.get_running_loop().time() < until, f"not drained: {left}, not accepted {unheard}"
            await asyncio.sleep(0.25)

    async def flush(self) -> None:
        async with Redis.from_url(self.servers.redis_url) as redis:
            await redis.flushall()

    def stop(self) -> None:
        self.stopping = True
        for process in self.running:
            if process.poll() is None:
                # One that was frozen has to be killed, too.
                process.send_signal(signal.SIGKILL)
            process.wait()


def kill(process: Process) -> None:
    """kill -9: no handler runs."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@cache
def _template(servers: Embedded) -> str:
    """A migrated database to copy: a copy takes a tenth of the time that the migrations take."""
    owner, app = servers.create_database("f_template")
    migrate({"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    return "f_template"


async def _database(servers: Embedded, name: str) -> Urls:
    template = await asyncio.to_thread(_template, servers)
    conn = await asyncpg.connect(servers.admin_url)
    try:
        await conn.execute(f"drop database if exists {name} with (force)")
        await conn.execute(f"create database {name} template {template} owner evoai_owner")
    finally:
        await conn.close()

    def at(url: str) -> str:
        return url.replace("/evoai?", f"/{name}?")

    return Urls(at(servers.owner_url), at(servers.app_url), servers.admin_url, servers.redis_url)


@asynccontextmanager
async def rig_of(
    servers: Embedded,
    name: str,
    *,
    timers: Timers | None = QUICK,
    seed: int = 1,
    env: dict[str, str] | None = None,
    api_env: dict[str, str] | None = None,
    worker_env: dict[str, str] | None = None,
    **faults: Any,
) -> AsyncIterator[Rig]:
    """A database and a simulated world of the test's own; nothing is started. `timers=None`: those of production."""
    urls, port = await _database(servers, name), free_port()
    with TemporaryDirectory(prefix="evoai-faults-") as folder:
        async with (
            Simulator(port=0, **({"seed": seed, "model_ms": 20, "receipts": False} | faults)) as sim,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            own = test_env(urls, port, sim.url, **{"LOG_LEVEL": "info", **(env or {})})
            # No part of the product runs in the test's process.
            nothing = cast(Any, None)
            house = House(urls, load_settings(own), sim, f"http://127.0.0.1:{port}", http, nothing, nothing)
            role_env: dict[Role, dict[str, str]] = {"api": api_env or {}, "worker": worker_env or {}}
            rig = Rig(servers, house, History(random.Random(seed)), own, Path(folder), timers, role_env)
            sim.webhooks.heard = rig.history.heard
            await rig.flush()
            watch = asyncio.create_task(rig.supervise())
            try:
                yield rig
            except BaseException:
                print(rig.logs())
                raise
            finally:
                watch.cancel()
                rig.stop()
