"""A whole product in the test's process, and clients that use it through the front door."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec
import uvicorn

from evoai.app import create_app
from evoai.kit.jobs import QUEUES
from evoai.kit.timers import Timers
from evoai.modules import MODULES
from evoai.resources import Resources, open_resources
from evoai.settings import Settings, load_settings
from evoai.simulator.app import Simulator
from evoai.simulator.world import MetaApp
from evoai.worker import Worker, process_name

SHORT = Timers(
    lease=4,
    renew=1,
    sweep=0.3,
    sweep_without_redis=0.2,
    send=3,
    settle=0.5,
    ask_again=0.5,
    backoff_first=0.1,
    reconcile_grace=1,
    media_first=0.1,
    media_wait=6,
    typing_longest=0.1,
    start_gap=0.3,
    pairing_look=0.2,
)


# The operator's Meta app, as the simulator has it, and what we show when it asks who we are.
OPERATOR_SECRET = MetaApp().secret
VERIFY_TOKEN = "Vq8mZt3xKc5rWy7pLb2nHd9sJf4gTu6e"

# Files that houses of this run store.
_FILES = tempfile.TemporaryDirectory(prefix="evoai-files-")


@dataclass(frozen=True)
class Urls:
    owner: str
    app: str
    admin: str
    redis: str

    @property
    def database(self) -> str:
        """Its name, for connections of the superuser."""
        return urlsplit(self.app).path.lstrip("/")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_env(urls: Urls, port: int, sim_url: str, **more: str) -> dict[str, str]:
    """The environment of a process under test."""
    return {
        "PORT": str(port),
        "API_URL": f"http://127.0.0.1:{port}",
        "FRONTEND_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": urls.app,
        "REDIS_URL": urls.redis,
        "JWT_SECRET": "kq3vX9pLmZr7TfWc2HbNs8YdGj5RuAe4",
        "ENCRYPTION_KEY": "dGhpcyBpcyAzMiBieXRlcyBvZiB0ZXN0IGtleSEhIS4=",
        "OPENAI_API_KEY": "simulator",
        "OPENAI_BASE_URL": f"{sim_url}/v1",
        "META_GRAPH_URL": sim_url,
        "META_APP_SECRET": OPERATOR_SECRET,
        "META_VERIFY_TOKEN": VERIFY_TOKEN,
        "EGRESS_ALLOW_PRIVATE": "127.0.0.0/8",
        "EGRESS_ALLOW_HTTP": "true",
        "SIGNUP_PLAN": "enterprise",
        "RATE_LIMIT_MAX": "100000",
        "RATE_LIMIT_HOUR_MAX": "1000000",
        "AUTH_RATE_LIMIT_MAX": "100000",
        "AUTH_RATE_LIMIT_HOUR_MAX": "1000000",
        "LOG_LEVEL": "warning",
        "DATA_DIR": _FILES.name,
        **more,
    }


test_env.__test__ = False  # type: ignore[attr-defined]


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


class Client:
    """Somebody at the API: a person with a token, or nobody."""

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str | None = None) -> None:
        self._http, self._base, self.token = http, base, token
        self.tenant_id: UUID | None = None
        self.user: dict[str, Any] = {}

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else msgspec.json.encode(body)
            sent.setdefault("content-type", "application/json")
        address = path if path.startswith(("/hooks", "/health")) else f"/api/v1{path}"
        async with self._http.request(method, f"{self._base}{address}", data=data, headers=sent) as got:
            raw = await got.read()
            parsed: Any = raw
            if "json" in got.headers.get("content-type", ""):
                parsed = msgspec.json.decode(raw) if raw else None
            return Answer(got.status, got.headers, parsed)

    async def send_file(
        self, path: str, name: str, data: bytes, *, key: str | None = None, kind: str | None = None, **fields: str
    ) -> Answer:
        """A form with one file, as a browser sends it."""
        form = aiohttp.FormData(quote_fields=False)
        for part, value in fields.items():
            form.add_field(part, value)
        form.add_field("file", data, filename=name, content_type=kind or "application/octet-stream")
        sent = {"authorization": f"Bearer {self.token}"} | ({"idempotency-key": key} if key else {})
        async with self._http.post(f"{self._base}/api/v1{path}", data=form, headers=sent) as got:
            return Answer(got.status, got.headers, msgspec.json.decode(await got.read()))

    async def open(self, url: str) -> tuple[int, bytes, Mapping[str, str]]:
        """What an address gives that was handed out, without any token."""
        async with self._http.get(url) as got:
            return got.status, await got.read(), got.headers

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.call("POST", path, body, **headers)

    async def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return await self.call("PATCH", path, body, **headers)

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)


@dataclass
class Clinic:
    """A tenant with a connected number."""

    client: Client
    channel_id: str
    instance: str
    phone: str
    house: House
    provider: str = "evolution"

    def says(self, phone: str, text: str, **more: Any) -> str:
        """A contact writes; the provider's id of the message."""
        return self.house.sim.say(self.instance, phone, text, **more)

    def sent_to(self, phone: str) -> list[Any]:
        """What really arrived at a contact's phone."""
        return [entry for entry in self.house.sim.sends(phone) if entry.accepted and entry.instance == self.instance]

    @property
    def hook_path(self) -> str:
        """Where the provider posts for this channel: /hooks/<tenant>.<secret>."""
        hook = self.house.sim.instance(self.instance).hook
        assert hook is not None
        return urlsplit(hook.url).path

    @property
    def hook_token(self) -> str:
        hook = self.house.sim.instance(self.instance).hook
        assert hook is not None
        return next(value for name, value in hook.headers.items() if name.lower() == "x-hook-token")

    async def hook(self, body: bytes | dict[str, Any], **headers: str) -> Answer:
        """Post what a provider would; a contract's body is given this channel's instance name, or its token."""
        shown: dict[str, str] = {}
        if self.provider == "uazapi":
            own: dict[str, Any] = {"token": self.house.sim.instance(self.instance).token}
            if isinstance(body, dict) and "token" in body:
                own = {}
        else:
            own, shown = {"instance": self.instance}, {"x_hook_token": self.hook_token}
        if isinstance(body, dict):
            body = msgspec.json.encode(body | own)
        sent = {"content-type": "application/json"} | shown | headers
        return await self.house.client().call("POST", self.hook_path, body, **sent)

    async def events(self, *, settled: bool = True) -> list[asyncpg.Record]:
        """The channel's stored events in the order they came; waits until none is due any more."""

        async def read() -> list[asyncpg.Record] | None:
            rows = await self.house.rows(
                "select * from channel_events where channel_id = $1 order by id", UUID(self.channel_id)
            )
            return None if settled and any(row["state"] == "received" for row in rows) else rows

        (found,) = await eventually(lambda: _wrapped(read), 15)
        return found

    async def conversation(self, phone: str) -> dict[str, Any]:
        """The newest conversation with a contact."""
        page = await self.client.get("/conversations?limit=100")
        return next(item for item in page["items"] if item["contact"]["phone"] == f"+{phone}")

    async def messages(self, phone: str) -> list[dict[str, Any]]:
        """Oldest first."""
        conversation = await self.conversation(phone)
        page = await self.client.get(f"/conversations/{conversation['id']}/messages?limit=100")
        return list(reversed(page["items"]))


@dataclass
class House:
    urls: Urls
    settings: Settings
    sim: Simulator
    base: str
    http: aiohttp.ClientSession
    resources: Resources
    worker: Worker
    numbers: int = field(default=0)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, urls: Urls, *, timers: Timers = SHORT, sim: Mapping[str, Any] | None = None, **env: str
    ) -> AsyncIterator[House]:
        port = free_port()
        async with Simulator(port=0, **({"seed": 1, "model_ms": 20} | dict(sim or {}))) as simulator:
            settings = load_settings(test_env(urls, port, simulator.url, **env))
            app = create_app(settings, timers=timers, web=None)
            server = uvicorn.Server(
                uvicorn.Config(
                    app,
                    host="127.0.0.1",
                    port=port,
                    log_config=None,
                    access_log=False,
                    lifespan="on",
                    # As in production: whose X-Forwarded-For counts is ours to say.
                    proxy_headers=False,
                    # Longer than the client keeps an idle connection, so that none closes under a call.
                    timeout_keep_alive=75,
                )
            )
            server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
            serving = asyncio.create_task(server.serve())
            await eventually(lambda: server.started, 10)
            async with (
                open_resources(settings, MODULES, process=process_name(), timers=timers) as resources,
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            ):
                worker = Worker(resources, QUEUES, MODULES)
                worker.start()
                try:
                    yield cls(urls, settings, simulator, f"http://127.0.0.1:{port}", http, resources, worker)
                finally:
                    await worker.stop()
            server.should_exit = True
            await serving

    def client(self) -> Client:
        return Client(self.http, self.base)

    async def sign_up(self, company: str = "Clínica Sorriso", **more: Any) -> Client:
        """A new tenant's owner."""
        client = self.client()
        email = f"{uuid4().hex[:12]}@clinica.example"
        body = {"company": company, "name": "Ana Souza", "email": email, "password": "uma senha bem longa"}
        answer = await client.post("/auth/signup", body | more)
        assert answer.status == 201, answer.body
        client.token, client.user = answer["access_token"], answer["user"]
        client.tenant_id = UUID(answer["tenant"]["id"])
        return client

    async def ready(self, *, quiet: float = 0, max_wait: float = 20, client: Client | None = None) -> Client:
        """A tenant whose published assistant waits `quiet` seconds."""
        client = client or await self.sign_up()
        assistant = (await client.get("/assistants"))["items"][0]
        path = f"/assistants/{assistant['id']}"
        changed = await client.patch(path, {"quiet_seconds": quiet, "max_wait_seconds": max_wait})
        assert changed.status == 200, changed.body
        published = await client.post(f"{path}/publish", {})
        assert published.status == 200, published.body
        return client

    async def clinic(
        self, *, quiet: float = 0, max_wait: float = 20, client: Client | None = None, provider: str = "evolution"
    ) -> Clinic:
        """The same with a connected number."""
        client = await self.ready(quiet=quiet, max_wait=max_wait, client=client)
        config = {"base_url": self.sim.evolution_url, "api_key": "simulator-key"}
        if provider == "uazapi":
            config = {"base_url": self.sim.uazapi_url, "admin_token": "simulator-key"}
        created = await client.post("/channels", {"name": "Recepção", "provider": provider, "config": config})
        assert created.status == 201, created.body
        channel_id = created["id"]
        paired = await client.post(f"/channels/{channel_id}/connect", {})
        assert paired.status == 200, paired.body
        self.numbers += 1
        phone = f"55119{70000000 + self.numbers}"
        row = await self.row("select config from channels where id = $1", UUID(channel_id))
        instance = msgspec.json.decode(row["config"])["instance"]
        self.sim.scan(instance, phone, "Clínica")

        async def connected() -> bool:
            return (await client.get(f"/channels/{channel_id}"))["state"] == "connected"

        await eventually(connected)
        return Clinic(client, channel_id, instance, phone, self, provider)

    async def rows(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Read the tables as a superuser, to check what is really there."""
        conn = await asyncpg.connect(
            self.urls.admin, database=self.urls.database, server_settings={"search_path": "app"}
        )
        try:
            return await conn.fetch(sql, *args)
        finally:
            await conn.close()

    async def row(self, sql: str, *args: Any) -> asyncpg.Record:
        return (await self.rows(sql, *args))[0]

    async def run(self, sql: str, *args: Any) -> None:
        """Change a table as a superuser, to make a state that would take long to come by itself."""
        await self.rows(sql, *args)


async def _wrapped(read: Callable[[], Awaitable[list[Any] | None]]) -> tuple[list[Any]] | None:
    """An empty list is an answer too."""
    found = await read()
    return None if found is None else (found,)


async def eventually(check: Callable[[], Awaitable[Any] | Any], seconds: float = 15, every: float = 0.03) -> Any:
    """Wait until `check` is true and return what it gave."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        found = check()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert asyncio.get_running_loop().time() < until, f"not within {seconds} s"
        await asyncio.sleep(every)
