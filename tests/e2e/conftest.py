"""The demo as a stranger runs it, and a real Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from evoai.data_folder import remove_data
from evoai.simulator.cloud import APP_SECRET, TOKEN
from tests.house import OPERATOR_SECRET, VERIFY_TOKEN, free_port

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "client/node_modules/axe-core/axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that beeps, and nobody asks whether it may be used.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


def chromium_path() -> str:
    """Debian's Chromium; without it the browser tests fail, they are not skipped."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        pytest.fail("the browser tests need Debian's package chromium (or CHROMIUM set to a path)", pytrace=False)
    return path


@dataclass(frozen=True)
class Demo:
    """A running demo: its addresses and its login."""

    app: str
    phone: str
    email: str
    password: str
    pid: int


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """`evoai demo`, started from nothing and ended by Ctrl-C."""
    assert (ROOT / "client/dist/index.html").is_file(), "build the web app first: cd client && npm run build"
    folder = Path(tempfile.mkdtemp(prefix="evoai-e2e-"))
    env = {
        **os.environ,
        "DATA_DIR": str(folder),
        "PORT": str(free_port()),
        "SIMULATOR_PORT": str(free_port()),
        "RATE_LIMIT_MAX": "100000",
        "RATE_LIMIT_HOUR_MAX": "1000000",
        "AUTH_RATE_LIMIT_MAX": "1000",
        "AUTH_RATE_LIMIT_HOUR_MAX": "10000",
        "USD_BRL_RATE": "5.50",
        # The operator's Meta app, as the simulator has it.
        "META_APP_SECRET": OPERATOR_SECRET,
        "META_VERIFY_TOKEN": VERIFY_TOKEN,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "evoai.cli", "demo"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"ready: app (\S+)  phone (\S+)/  login (\S+) (\S+)", line)
        assert found, f"no ready line but {line!r}"
        yield Demo(found[1], found[2], found[3], found[4], process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        remove_data(folder)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield opened
        await opened.close()


class Tab:
    """A page that remembers what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._console(message))

    def _console(self, message: Any) -> None:
        # A refused call shows as a console error too; the app's own handling of it is what tests look at.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)


@dataclass
class Person:
    """Somebody at the web app, in a browser profile of their own."""

    context: BrowserContext
    tab: Tab
    demo: Demo

    @property
    def page(self) -> Page:
        return self.tab.page

    async def log_in(self, email: str, password: str) -> None:
        await self.page.goto(f"{self.demo.app}/login")
        await self.page.get_by_test_id("login-email").fill(email)
        await self.page.get_by_test_id("login-password").fill(password)
        await self.page.get_by_test_id("login-submit").click()
        await self.page.wait_for_url(re.compile(r"/(first-steps|inbox)"))

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.demo.app}{path}")
        await self.page.locator("main").first.wait_for()


@pytest.fixture
async def visit(browser: Browser, demo: Demo) -> AsyncIterator[Any]:
    """`await visit(width=…, locale=…, color=…)` opens a browser profile; all of them close with the test, which fails
    if any page logged an error."""
    people: list[Person] = []

    async def open_profile(width: int = 1440, height: int = 900, locale: str = "pt-BR", color: str = "light") -> Person:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            timezone_id="America/Sao_Paulo",
            color_scheme=color,  # type: ignore[arg-type]
            has_touch=width < 768,
        )
        context.set_default_timeout(15_000)
        person = Person(context, Tab(await context.new_page()), demo)
        people.append(person)
        return person

    yield open_profile
    for person in people:
        await person.context.close()
    assert [error for person in people for error in person.tab.errors] == []


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def some_number() -> str:
    """A phone_number_id that the simulator takes for a number at Meta."""
    return f"7{Random(uuid4().int).randrange(10**14):014d}"


def official(number: str) -> dict[str, Any]:
    """What opens it, with an own Meta app."""
    account = {"phone_number_id": number, "waba_id": f"9{number[1:]}"}
    return {"config": account | {"access_token": TOKEN, "app_secret": APP_SECRET}}


@dataclass
class Tenant:
    """A tenant of a test's own, made through the API, with a connected number."""

    demo: Demo
    http: aiohttp.ClientSession
    email: str
    password: str
    token: str
    instance: str = ""
    channel_id: str = ""

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.token}"}
        async with self.http.request(method, f"{self.demo.app}/api/v1{path}", json=body, headers=headers) as answer:
            assert answer.status < 300, (method, path, answer.status, await answer.text())
            return await answer.json(content_type=None)

    async def simulator(self, path: str, body: Any) -> Any:
        async with self.http.post(f"{self.demo.phone}/_sim{path}", json=body) as answer:
            assert answer.status < 300, (path, answer.status, await answer.text())
            return await answer.json(content_type=None)

    async def speaks(self, language: str) -> None:
        """What the screen speaks once the tenant's owner is known."""
        await self.call("PATCH", "/me", {"language": language})

    async def writes(self, phone: str, text: str, name: str = "Ana Beatriz") -> None:
        body = {"instance": self.instance, "from": phone, "name": name, "text": text}
        await self.simulator("/messages", body)

    async def adds_official(self) -> None:
        """A number at Meta, through which contacts write from now on."""
        self.instance = some_number()
        await self.call(
            "POST", "/channels", {"name": "Oficial", "provider": "whatsapp_cloud"} | official(self.instance)
        )

    async def sent(self, phone: str) -> list[dict[str, Any]]:
        """What really arrived at a contact's phone."""
        async with self.http.get(f"{self.demo.phone}/_sim/log?kind=send&limit=10000") as answer:
            items = (await answer.json(content_type=None))["items"]
        return [
            item
            for item in items
            if item.get("accepted") and item.get("instance") == self.instance and item["number"].startswith(phone)
        ]


@pytest.fixture
async def newcomer(demo: Demo, http: aiohttp.ClientSession) -> Tenant:
    """Signed up, without a number, answering without a quiet window."""
    email, password = f"{uuid4().hex[:12]}@clinica.example", "uma senha bem longa"
    body = {"company": "Clínica Teste", "name": "Bia Ramos", "email": email, "password": password}
    async with http.post(f"{demo.app}/api/v1/auth/signup", json=body) as answer:
        assert answer.status == 201, await answer.text()
        token = (await answer.json())["access_token"]
    made = Tenant(demo, http, email, password, token, instance=f"e2e_{uuid4().hex[:12]}")
    assistant = (await made.call("GET", "/assistants"))["items"][0]
    await made.call("PATCH", f"/assistants/{assistant['id']}", {"quiet_seconds": 0.5})
    await made.call("POST", f"/assistants/{assistant['id']}/publish", {})
    return made


@pytest.fixture
async def tenant(newcomer: Tenant) -> Tenant:
    """The same with a connected number."""
    made = newcomer
    config = {"base_url": f"{made.demo.phone}/evolution", "api_key": "simulator-key", "instance_name": made.instance}
    channel = await made.call("POST", "/channels", {"name": "Recepção", "provider": "evolution", "config": config})
    made.channel_id = channel["id"]
    await made.call("POST", f"/channels/{channel['id']}/connect", {})
    await made.simulator(f"/instances/{made.instance}/scan", {})
    until = time.monotonic() + 15
    while (await made.call("GET", f"/channels/{channel['id']}"))["state"] != "connected":
        assert time.monotonic() < until, "the number did not connect"
    return made


async def axe(page: Page) -> list[str]:
    """Violations of WCAG 2.2 AA on the page as it stands."""
    await page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
    result = await page.evaluate(f"axe.run(document, {{runOnly: {tags}}})")
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
