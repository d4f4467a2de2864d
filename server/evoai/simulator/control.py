"""The routes under `/_sim` with which tests and the phone page move the world, and the page's event stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from aiohttp import web

from evoai.simulator.cloud import EXAMPLE
from evoai.simulator.engine import Engine, view
from evoai.simulator.model import json
from evoai.simulator.qr import png
from evoai.simulator.world import Instance, World

LOG_PAGE = 10_000
QUEUE = 1_000


class Control:
    """Everything under `/_sim`. Errors are `{"error": "..."}` with 400, 404 or 409."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        self.closing = asyncio.Event()

    async def serve(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        routes: dict[tuple[str, str], Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
            ("GET", "state"): self.state,
            ("GET", "messages"): self.messages,
            ("GET", "file"): self.file,
            ("POST", "messages"): self.write,
            ("POST", "contacts"): self.add_contact,
            ("POST", "faults"): self.set_faults,
            ("GET", "log"): self.log,
            ("DELETE", "log"): self.clear_log,
            ("GET", "events"): self.events,
        }
        try:
            if handler := routes.get((request.method, path)):
                return await handler(request)
            group, _, rest = path.partition("/")
            name, _, verb = rest.rpartition("/")
            if group == "instances" and name:
                return await self.on_instance(request, self.instance(unquote(name)), verb)
        except LookupError as problem:
            return json(404, {"error": str(problem)})
        except (ValueError, TypeError) as problem:
            return json(409 if "QR" in str(problem) else 400, {"error": str(problem)})
        return json(404, {"error": f"no route {request.method} /_sim/{path}"})

    def instance(self, name: str | None) -> Instance:
        """The named instance; the only one may go unnamed."""
        if not name and len(self.world.instances) == 1:
            return next(iter(self.world.instances.values()))
        found = self.world.instances.get(name or "")
        if found is None:
            raise LookupError(f"no instance {name!r}")
        return found

    async def on_instance(self, request: web.BaseRequest, instance: Instance, verb: str) -> web.Response:
        if request.method == "GET" and verb == "qr.png" and instance.qr_code:
            return web.Response(body=png(instance.qr_code), content_type="image/png")
        if request.method != "POST":
            raise LookupError(verb)
        body = await read(request)
        if verb == "scan":
            self.engine.scan(instance, body.get("phone"), body.get("name"))
        elif verb == "drop":
            self.engine.close(instance, int(body.get("reason") or 401))
        else:
            raise LookupError(verb)
        return json(200, shown(instance))

    async def state(self, request: web.BaseRequest) -> web.Response:
        world = self.world
        return json(
            200,
            {
                "instances": [shown(i) for i in world.instances.values()],
                "contacts": list(world.people.values())[-200:]
                if len(world.people) > 200
                else list(world.people.values()),
                "faults": world.faults,
                "cloud": EXAMPLE,
                "hooks": self.engine.webhooks.tally,
                "log_seq": world.log.seq,
            },
        )

    async def messages(self, request: web.BaseRequest) -> web.Response:
        instance = self.instance(request.query.get("instance"))
        phone = request.query.get("phone")
        wanted = self.world.person(phone).phone if phone else None
        rows = [view(m) for m in instance.messages.values() if wanted in (None, m.phone)]
        return json(200, {"items": rows[-200:]})

    async def write(self, request: web.BaseRequest) -> web.Response:
        body = await read(request)
        instance = self.instance(body.pop("instance", None))
        if instance.state != "open":
            return json(409, {"error": "the instance is not connected"})
        kind = str(body.pop("kind", "text"))
        phone = body.pop("from", None)
        if kind in ("revoke", "edit", "vote"):
            return self.touch(instance, kind, phone, body)
        if not isinstance(phone, str) or not phone.isdigit():
            raise ValueError("`from` must be the contact's number, digits only")
        if kind == "text" and not body.get("text"):
            raise ValueError("`text` is missing")
        from_me = bool(body.pop("from_me", False))
        return json(201, {"id": self.engine.write(instance, phone, kind, body, from_me=from_me)})

    def touch(self, instance: Instance, kind: str, phone: Any, body: dict[str, Any]) -> web.Response:
        message = instance.messages[str(body["target"])]
        if kind == "revoke":
            self.engine.touches.revoke(instance, message)
        elif kind == "edit":
            self.engine.touches.edit(instance, message, str(body["text"]))
        else:
            self.engine.touches.vote(instance, message, str(phone), str(body["text"]))
        return json(200, {"id": message.id})

    async def file(self, request: web.BaseRequest) -> web.Response:
        """A message's file, for the phone page."""
        found = self.world.files.get(request.query.get("id") or "")
        if found is None:
            raise LookupError("no such file")
        kind = found.mime_type.partition(";")[0]
        # What it is said to be and what it is may differ here; pictures and sounds are told by their bytes anyway.
        return web.Response(body=found.body, headers={"content-type": kind, "content-security-policy": "sandbox"})

    async def add_contact(self, request: web.BaseRequest) -> web.Response:
        body = await read(request)
        phone = str(body.get("phone") or "")
        if not phone.isdigit() or not 10 <= len(phone) <= 15:
            raise ValueError("`phone` must be 10 to 15 digits with the country code")
        return json(201, self.world.person(phone, str(body.get("name") or "") or None))

    async def set_faults(self, request: web.BaseRequest) -> web.Response:
        body = await read(request)
        name = body.pop("instance", None)
        self.world.set_faults(body, self.instance(name) if name else None)
        self.world.watch(type="faults")
        return json(200, self.world.faults)

    async def log(self, request: web.BaseRequest) -> web.Response:
        limit = int(request.query.get("limit", LOG_PAGE))
        entries = self.world.log.since(int(request.query.get("since", 0)))
        if kind := request.query.get("kind"):
            entries = [e for e in entries if e.kind == kind]
        entries = entries[:limit]
        items: list[dict[str, Any]] = []
        for entry in entries:
            item = msgspec.to_builtins(msgspec.structs.replace(entry, body=None))
            if entry.body is not None:
                item["messages"] = entry.messages
            items.append(item)
        return json(200, {"items": items, "seq": entries[-1].seq if entries else self.world.log.seq})

    async def clear_log(self, request: web.BaseRequest) -> web.Response:
        self.world.log.clear()
        return web.Response(status=204)

    async def events(self, request: web.BaseRequest) -> web.StreamResponse:
        """Server-sent events; a page that reads too slowly misses some and asks for the state again."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE)

        def put(event: dict[str, Any]) -> None:
            if not queue.full():
                queue.put_nowait(event)

        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)
        await response.write(b": hello\n\n")
        self.world.watchers.add(put)
        try:
            while not self.closing.is_set():
                try:
                    event = await asyncio.wait_for(queue.get(), 1.0)
                    await response.write(b"data: " + msgspec.json.encode(event) + b"\n\n")
                except TimeoutError:
                    if request.transport is None or request.transport.is_closing():
                        break
        except ConnectionError:
            pass
        finally:
            self.world.watchers.discard(put)
        return response


async def read(request: web.BaseRequest) -> dict[str, Any]:
    body = await request.read()
    value: Any = msgspec.json.decode(body) if body else {}
    if not isinstance(value, dict):
        raise ValueError("an object is wanted")
    return cast(dict[str, Any], value)


def shown(instance: Instance) -> dict[str, Any]:
    return {
        "name": instance.name,
        "state": instance.state,
        "qr": instance.qr_code is not None,
        "qr_count": instance.qr_count,
        "pairing_code": instance.pairing_code,
        "phone": instance.owner_phone,
        "profile_name": instance.profile_name,
        "webhook": instance.hook.url if instance.hook else None,
        "overrides": instance.overrides,
    }
