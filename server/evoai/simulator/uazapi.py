"""UAZAPI's routes for instances and their webhook. Messages and chats are in `uazapi_chats.py`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from evoai.simulator import uazapi_bodies as bodies
from evoai.simulator import uazapi_chats as chats
from evoai.simulator import uazapi_kinds as kinds
from evoai.simulator.engine import Engine
from evoai.simulator.wire import Call, HungUp, Refused, Request, answer
from evoai.simulator.world import Hook, Instance, World

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
EVENT_NAMES = """
connection history messages messages_update newsletter_messages call contacts presence groups labels chats chat_labels
blocks sender
"""
EVENTS = frozenset(EVENT_NAMES.split())


class Uazapi:
    """Everything under `/uazapi`."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        self.of_server: dict[tuple[str, str], Handler] = {
            ("POST", "instance/create"): create,
            ("POST", "instance/init"): create,
            ("GET", "instance/all"): every_instance,
        }
        self.of_instance: dict[tuple[str, str], Handler] = {
            ("POST", "instance/connect"): connect,
            ("GET", "instance/status"): status,
            ("POST", "instance/disconnect"): disconnect,
            ("POST", "instance/reset"): reset,
            ("DELETE", "instance"): remove,
            ("GET", "instance/wa_messages_limits"): limits,
            ("POST", "webhook"): set_webhook,
            ("GET", "webhook"): find_webhook,
            ("GET", "webhook/errors"): webhook_errors,
            ("POST", "send/text"): chats.send_text,
            ("POST", "send/media"): kinds.send_media,
            ("POST", "send/location"): kinds.send_location,
            ("POST", "send/contact"): kinds.send_contact,
            ("POST", "send/menu"): kinds.send_menu,
            ("POST", "message/react"): kinds.react,
            ("POST", "message/edit"): kinds.edit,
            ("POST", "message/delete"): kinds.delete,
            ("POST", "message/download"): kinds.download,
            ("POST", "message/presence"): chats.send_presence,
            ("POST", "message/find"): chats.find_messages,
            ("POST", "message/markread"): chats.mark_read,
            ("POST", "chat/check"): chats.check_numbers,
        }

    async def serve(self, request: Request, path: str) -> web.StreamResponse:
        """Answer one call; `path` is what follows `/uazapi/`."""
        raw = await request.read()
        path = path.partition("?")[0]
        method = "GET" if request.method == "HEAD" else request.method
        server, instance = self.of_server.get((method, path)), self.of_instance.get((method, path))
        gone = path == ("instance/create" if self.world.faults.uazapi_init else "instance/init")
        if gone or (server is None and instance is None):
            known = gone or path == "instance/logout" or any(path == p for _, p in [*self.of_server, *self.of_instance])
            return problem(405 if known else 404, "Method Not Allowed" if known else "Not Found")
        call = Call(self.world, self.engine, request, "", "")
        try:
            await chats.trouble(call)
            if raw:
                call.body = decode(raw)
            if server is not None:
                if request.headers.get("admintoken") != self.world.api_key:
                    raise Refused(401, "Unauthorized")
                return await server(call)
            assert instance is not None
            call.found = found = self.by_token(request.headers.get("token", ""))
            call.name = found.name
            return await instance(call)
        except Refused as error:
            if path.startswith("send/"):
                chats.log_refused(call, error.status)
            return problem(error.status, error.message)
        except (AttributeError, KeyError, TypeError, ValueError):
            return problem(400, "invalid payload")
        except HungUp:
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)

    def by_token(self, token: str) -> Instance:
        if not token:
            raise Refused(401, "missing token")
        for instance in self.world.instances.values():
            if instance.wire == "uazapi" and instance.token == token:
                return instance
        raise Refused(401, "Invalid token")


def problem(status: int, what: Any) -> web.Response:
    """Errors are one sentence, but for WhatsApp's own, which are an object."""
    return answer(status, what if isinstance(what, dict) else {"error": what})


def decode(raw: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refused(400, "invalid payload") from error


async def create(call: Call) -> web.Response:
    world, name = call.world, call.body.get("name")
    if not isinstance(name, str) or not name:
        raise Refused(400, "name is required")
    token = str(UUID(int=world.random.getrandbits(128), version=4))
    row_id = f"r{world.hex(14).lower()}"
    # Two may have the same name over there; the world here has one name for each.
    key = name if name not in world.instances else f"{name}-{row_id}"
    instance = Instance(name=key, id=row_id, token=token, created_at=bodies.clock(), wire="uazapi")
    instance.admin_fields = {f: str(call.body[f]) for f in ("adminField01", "adminField02") if f in call.body}
    world.instances[key] = instance
    world.changed()
    world.log.add("call", instance=key, text="instance/create")
    world.watch(type="instance", name=key)
    made = {"connected": False, "loggedIn": False, "name": key, "token": token, "info": "created"}
    return answer(200, {"response": "Instance created successfully", "instance": bodies.row(instance), **made})


async def every_instance(call: Call) -> web.Response:
    return answer(200, [bodies.row(i) for i in call.world.instances.values() if i.wire == "uazapi"])


def state_of(instance: Instance) -> dict[str, Any]:
    up = instance.state == "open"
    jid = f"{instance.owner_phone}:12@s.whatsapp.net" if up else None
    return {"connected": up, "loggedIn": up, "jid": jid}


async def connect(call: Call) -> web.Response:
    instance, phone = call.instance, call.body.get("phone")
    call.world.log.add("call", instance=instance.name, text="instance/connect")
    if phone is not None and not (isinstance(phone, str) and phone.isdigit() and 10 <= len(phone) <= 15):
        raise Refused(400, "invalid phone")
    if instance.state == "close":
        # A code to type is only given to a pairing that begins with it.
        instance.number, instance.pairing_code = phone, None
        call.engine.begin_pairing(instance)
    return answer(200, {**state_of(instance), "instance": shown(call)})


def shown(call: Call) -> dict[str, Any]:
    row = bodies.row(call.instance)
    if call.instance.not_ready > 0:
        call.instance.not_ready -= 1
        row |= {"qrcode": "", "paircode": ""}
    return row


async def status(call: Call) -> web.Response:
    return answer(200, {"instance": shown(call), "status": {**state_of(call.instance), "resetting": False}})


async def disconnect(call: Call) -> web.Response:
    instance = call.instance
    call.world.log.add("call", instance=instance.name, text="instance/disconnect")
    if instance.state == "open":
        call.engine.close(instance)
    elif instance.state == "connecting":
        instance.state, instance.qr_code, instance.pairing_code, instance.number = "close", None, None, None
        call.world.changed()
        call.world.watch(type="instance", name=instance.name)
    info = "The device was disconnected; a new QR code is needed"
    return answer(200, {"response": "Disconnected", "info": info, "instance": bodies.row(instance)})


async def reset(call: Call) -> web.Response:
    instance = call.instance
    call.world.log.add("call", instance=instance.name, text="instance/reset")
    if instance.state == "open":
        call.engine.restart(instance)
    return answer(200, {"response": "Reset started", "resetting": True, "instanceId": instance.id})


async def remove(call: Call) -> web.Response:
    call.world.log.add("call", instance=call.instance.name, text="instance/delete")
    call.engine.remove(call.instance)
    return answer(200, {"response": "Instance Deleted", "info": "The device was disconnected and deleted"})


async def limits(call: Call) -> web.Response:
    chats.must_be_open(call)
    locked = call.world.fault(call.instance, "reachout_timelock")
    return answer(200, {"reachable": True, "can_send_new_messages": not locked, **chats.limits(locked)})


async def set_webhook(call: Call) -> web.Response:
    body, instance = call.body, call.instance
    url = body.get("url")
    events: list[Any] = list(body.get("events") or ())
    if not isinstance(url, str) or not url:
        raise Refused(400, "url is required")
    if unknown := [event for event in events if event not in EVENTS]:
        raise Refused(400, f"unknown event {unknown[0]}")
    now = bodies.clock(time.time())
    instance.hook = Hook(
        id=instance.hook.id if instance.hook else f"r{call.world.hex(14).lower()}",
        url=url,
        headers={},
        enabled=bool(body.get("enabled", True)),
        events=frozenset(events),
        by_events=False,
        base64=False,
        created_at=now,
        updated_at=now,
    )
    call.world.changed()
    return answer(200, hooks(instance))


async def find_webhook(call: Call) -> web.Response:
    return answer(200, hooks(call.instance))


def hooks(instance: Instance) -> list[dict[str, Any]]:
    hook = instance.hook
    if hook is None:
        return []
    row = {"id": hook.id, "enabled": hook.enabled, "url": hook.url, "events": sorted(hook.events)}
    return [row | {"excludeMessages": [], "addUrlEvents": False, "addUrlTypesMessages": False}]


async def webhook_errors(call: Call) -> web.Response:
    return answer(200, list(call.instance.errors))
