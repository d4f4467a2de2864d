"""Processes of their own over servers of their own, with production timers, for tests that kill them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import aiohttp

from evoai.embedded import Embedded
from evoai.migrate import migrate
from evoai.settings import load_settings
from evoai.simulator.app import Simulator
from tests.house import House, Urls, eventually, free_port, test_env


@dataclass
class Rig:
    """A supervisor that starts what it is told to and restarts nothing by itself."""

    servers: Embedded
    house: House
    env: dict[str, str]
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """`api` or `worker`."""
        with (self.folder / f"{command}-{len(self.running)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "evoai.cli", command],
                env=os.environ | self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)
        return process

    async def start_api(self) -> subprocess.Popen[bytes]:
        process = self.start("api")

        async def ready() -> bool:
            assert process.poll() is None, self.logs()
            with contextlib.suppress(aiohttp.ClientError):
                return (await self.house.client().get("/health/live")).status == 200
            return False

        await eventually(ready, 30, 0.1)
        return process

    async def start_worker(self) -> subprocess.Popen[bytes]:
        """Returns once it works: its name is on the list of those who read queues."""
        process = self.start("worker")
        log = self.folder / f"worker-{len(self.running) - 1}.log"

        def started() -> bool:
            assert process.poll() is None, self.logs()
            return b"worker.started" in log.read_bytes()

        await eventually(started, 30, 0.1)
        return process

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-4000:]}" for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9: no handler runs."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@asynccontextmanager
async def rig_of(servers: Embedded, name: str, **faults: Any) -> AsyncIterator[Rig]:
    """A database and a simulated world of the test's own; nothing is started."""
    owner, app = servers.create_database(name)
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    urls, port = Urls(owner=owner, app=app, admin=servers.admin_url, redis=servers.redis_url), free_port()
    with TemporaryDirectory() as folder:
        async with (
            Simulator(port=0, **({"seed": 1, "model_ms": 20} | faults)) as sim,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            env = test_env(urls, port, sim.url, LOG_LEVEL="info")
            # No part of the product runs in the test's process.
            nothing = cast(Any, None)
            house = House(urls, load_settings(env), sim, f"http://127.0.0.1:{port}", http, nothing, nothing)
            rig = Rig(servers, house, env, Path(folder))
            try:
                yield rig
            except BaseException:
                print(rig.logs())
                raise
            finally:
                rig.stop()
