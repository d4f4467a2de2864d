"""Assembly: one server for the providers' wires, the model, the control routes and the phone page."""

from __future__ import annotations

import asyncio
import re
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from evoai.simulator.cloud import Cloud
from evoai.simulator.control import Control
from evoai.simulator.engine import Engine
from evoai.simulator.evolution import Evolution
from evoai.simulator.faults import Faults
from evoai.simulator.front import Front
from evoai.simulator.keeping import Keeper, StateError
from evoai.simulator.log import Entry, Log
from evoai.simulator.model import Model
from evoai.simulator.uazapi import Uazapi
from evoai.simulator.webhooks import Webhooks
from evoai.simulator.wire import HotRequest
from evoai.simulator.world import Instance, World

PAGES = {
    "": ("index.html", "text/html"),
    "style.css": ("style.css", "text/css"),
    "app.js": ("app.js", "text/javascript"),
    "messages.js": ("messages.js", "text/javascript"),
    "faults.js": ("faults.js", "text/javascript"),
    "favicon.ico": ("icon.svg", "image/svg+xml"),
}
LARGEST_BODY = 136 * 1024 * 1024
GRAPH = re.compile(r"v[0-9]+\.[0-9]\Z")
PAGE_HEADERS = {
    "content-security-policy": "default-src 'self'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """aiohttp's own, but a body may be as large as the provider takes."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)


class Simulator:
    """A fake WhatsApp and a scripted model on one port; `port=0` takes a free one.

    `async with Simulator(seed=1, model_ms=0) as sim:` — further keywords are switches of `Faults`. Everything runs on
    the caller's event loop. What happened before is read from the file `state`, where one is given, and kept there.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int | None = None,
        api_key: str = "simulator-key",
        log_size: int = 200_000,
        state: Path | None = None,
        **faults: Any,
    ) -> None:
        if state is not None and seed is not None:
            raise StateError("with a state file the ids of a fixed seed would come again")
        self.host = host
        self.port = port
        self.world = World(seed, api_key, log_size)
        self.world.set_faults(faults)
        self.webhooks = Webhooks(self.world)
        self.engine = Engine(self.world, self.webhooks)
        self._keeper = Keeper(state, self.world) if state is not None else None
        self._evolution = Evolution(self.world, self.engine)
        self._uazapi = Uazapi(self.world, self.engine)
        self.cloud = Cloud(self.world, self.engine)
        self._model = Model(self.world)
        self._control: Control | None = None
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self._connections: set[Front] = set()

    @property
    def url(self) -> str:
        return self.world.url

    @property
    def evolution_url(self) -> str:
        return f"{self.world.url}/evolution"

    @property
    def uazapi_url(self) -> str:
        return f"{self.world.url}/uazapi"

    @property
    def model_url(self) -> str:
        return f"{self.world.url}/v1"

    @property
    def log(self) -> Log:
        return self.world.log

    @property
    def faults(self) -> Faults:
        return self.world.faults

    async def start(self) -> None:
        if self._keeper:
            self._keeper.load()
        self._control = Control(self.world, self.engine)
        general = self._server = web.Server(self._serve, access_log=None, request_factory=_request)
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Front(self._serve_hot, general, self._connections), self.host, self.port, reuse_address=True
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        self.world.url = f"http://{self.host}:{self.port}"
        for instance in self.world.instances.values():
            if instance.state == "connecting":
                # A pairing does not survive; a new one begins, as the real server does it.
                self.engine.begin_pairing(instance)

    async def stop(self) -> None:
        """Close at once; webhooks that are still waiting are lost, as when the real server restarts."""
        self.webhooks.close()
        if self._control:
            self._control.closing.set()
        if self._listener and self._server:
            self._listener.close()
            self._server.pre_shutdown()
            await self._server.shutdown(0.5)
            for connection in tuple(self._connections):
                connection.transport.abort()
        if self._keeper:
            self._keeper.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve_hot(self, request: HotRequest) -> web.StreamResponse:
        _, room, rest = request.raw_path.split("/", 2)
        return await (self._model if room == "v1" else self._evolution).serve(request, rest)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        room, _, rest = request.raw_path.partition("?")[0].lstrip("/").partition("/")
        if room == "evolution":
            return await self._evolution.serve(request, rest)
        if room == "uazapi":
            return await self._uazapi.serve(request, rest)
        if GRAPH.match(room):
            return await self.cloud.serve(request, rest)
        if room == "lookaside":
            return self.cloud.download(request)
        if room == "v1":
            return await self._model.serve(request, rest)
        if room == "_sim" and self._control:
            return await self._control.serve(request, rest)
        if room in PAGES and not rest:
            name, kind = PAGES[room]
            body = (files("evoai.simulator") / "static" / name).read_bytes()
            return web.Response(body=body, content_type=kind, charset="utf-8", headers=PAGE_HEADERS)
        return web.Response(status=404, text="not found")

    def instance(self, name: str) -> Instance:
        return self.world.instances[name]

    def set(self, instance: str | None = None, **faults: Any) -> None:
        """Turn switches, of the whole world or of one instance."""
        self.world.set_faults(faults, self.world.instances[instance] if instance else None)

    def scan(self, instance: str, phone: str | None = None, name: str | None = None) -> None:
        """The owner scans the QR that is shown; raises `ValueError` where none is."""
        self.engine.scan(self.world.instances[instance], phone, name)

    def drop(self, instance: str, reason: int = 401) -> None:
        """The phone logs the number out (401), or WhatsApp bans it (403)."""
        self.engine.close(self.world.instances[instance], reason)

    def say(self, instance: str, phone: str, text: str = "", *, kind: str = "text", **options: Any) -> str:
        """A contact writes; returns the message's id. Options as of `POST /_sim/messages`."""
        options["text"] = text
        return self.engine.write(self.world.instances[instance], phone, kind, options, from_me=False)

    def owner_says(self, instance: str, phone: str, text: str, *, kind: str = "text", **options: Any) -> str:
        """The owner answers a contact on the phone."""
        options["text"] = text
        return self.engine.write(self.world.instances[instance], phone, kind, options, from_me=True)

    def edits(self, instance: str, message_id: str, text: str) -> None:
        """A message's author writes something else."""
        known = self.world.instances[instance]
        self.engine.touches.edit(known, known.messages[message_id], text)

    def takes_back(self, instance: str, message_id: str) -> None:
        """A message's author deletes it for everyone."""
        self.engine.revoke(self.world.instances[instance], message_id)

    def votes(self, instance: str, phone: str, message_id: str, option: str) -> None:
        """A contact chooses in a poll of ours."""
        known = self.world.instances[instance]
        self.engine.touches.vote(known, known.messages[message_id], phone, option)

    def file_of(self, message_id: str) -> bytes:
        """The bytes that a message holds, as they are on the phones."""
        found = self.world.files.get(message_id)
        assert found is not None
        return found.body

    def sends(self, number: str | None = None) -> list[Entry]:
        """The sends that really left, to one number or to all, in order."""
        return self.log.sends(number)

    async def settled(self, timeout: float = 10.0) -> None:
        """Wait until no webhook and no receipt is under way; raises `TimeoutError`."""
        await self.webhooks.settled(timeout)
