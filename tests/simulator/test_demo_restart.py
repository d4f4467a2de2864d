"""The whole demo, stopped and started again: a number that was connected stays connected and is answered."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from evoai.data_folder import remove_data
from tests.house import Client, eventually, free_port

from .conftest import Caller

ANA = "5511987654321"


@asynccontextmanager
async def demo(folder: Path, ports: tuple[int, int]) -> AsyncIterator[tuple[str, str]]:
    """A running demo; its login and password. Ended as by Ctrl-C."""
    unset = ("DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "FRONTEND_URL", "API_URL")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env |= {"DATA_DIR": str(folder), "PORT": str(ports[0]), "SIMULATOR_PORT": str(ports[1])}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "evoai.cli", "demo"), env=env, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 120)).decode()
        found = re.search(r"login (\S+) (\S+)", line)
        assert found, line
        yield found[1], found[2]
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 0


@pytest.mark.timeout(300)
async def test_a_restarted_demo_goes_on_answering(tmp_path: Path) -> None:
    folder, ports = tmp_path / "data", (free_port(), free_port())
    api, sim = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        control = Caller(f"{sim}/_sim/", http)

        async def answers() -> list[dict[str, Any]]:
            _, log = await control("GET", "log?kind=send")
            return [entry for entry in log["items"] if entry["accepted"]]

        async def ask(text: str) -> tuple[str, list[dict[str, Any]]]:
            """A contact writes; the message's id and what is sent since the simulator's start, once it is answered."""
            before = len(await answers())
            status, written = await control("POST", "messages", {"from": ANA, "text": text})
            assert status == 201, written

            async def answered() -> list[dict[str, Any]] | None:
                sent = await answers()
                return sent if len(sent) > before else None

            return written["id"], await eventually(answered, 40, 0.2)

        try:
            async with demo(folder, ports) as (email, password):
                client = Client(http, api)
                entered = await client.post("/auth/login", {"email": email, "password": password})
                assert entered.status == 200, entered.body
                client.token = entered["access_token"]
                channel = f"/channels/{(await client.get('/channels'))['items'][0]['id']}"
                assert (await client.post(f"{channel}/connect", {})).status == 200
                _, state = await control("GET", "state")
                (instance,) = state["instances"]
                assert (await control("POST", f"instances/{instance['name']}/scan", {}))[0] == 200

                async def connected() -> bool:
                    return (await client.get(channel))["state"] == "connected"

                await eventually(connected, 20)
                first, sent = await ask("Protocolo zq0000001")
                assert "zq0000001" in sent[0]["text"]
            kept = msgspec.json.decode((folder / "simulator.json").read_bytes())
            assert first in [message["id"] for message in kept["instances"][0]["messages"]]
            async with demo(folder, ports):
                second, again = await ask("Protocolo zq0000002")
                assert [("zq0000002" in entry["text"], "zq0000001" in entry["text"]) for entry in again] == [
                    (True, False)
                ]
                assert second != first
                assert again[0]["id"] != sent[0]["id"]
                assert (await client.get(channel))["state"] == "connected"
        finally:
            remove_data(folder)
    assert not folder.exists()
