"""The provider's routes for instances. Webhook and settings are in `subscriptions.py`, messages in `chats.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import unquote
from uuid import UUID

import msgspec
from aiohttp import web

from evoai.simulator import bodies, chats, sends, subscriptions
from evoai.simulator.engine import Engine
from evoai.simulator.qr import data_uri
from evoai.simulator.subscriptions import NO_LENGTH, SETTINGS, hook_row
from evoai.simulator.wire import (
    Call,
    HungUp,
    Refused,
    Request,
    answer,
    licence_missing,
    no_route,
    refusal,
    trouble,
)
from evoai.simulator.world import Instance, World

VERSION = "2.3.7"
Handler = Callable[[Call], Awaitable[web.StreamResponse]]
INTEGRATIONS = ("WHATSAPP-BAILEYS", "WHATSAPP-BUSINESS", "EVOLUTION")


class Evolution:
    """Everything under `/evolution`."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        # The last field says what the path ends in: an instance that must exist, or nothing.
        self.routes: dict[tuple[str, str], tuple[Handler, Literal["instance", "none"]]] = {
            ("POST", "instance/create"): (create, "none"),
            ("GET", "instance/fetchInstances"): (fetch_instances, "none"),
            ("GET", "instance/connect"): (connect, "instance"),
            ("GET", "instance/connectionState"): (connection_state, "instance"),
            ("POST", "instance/restart"): (restart, "instance"),
            ("DELETE", "instance/logout"): (logout, "instance"),
            ("DELETE", "instance/delete"): (delete, "instance"),
            ("POST", "webhook/set"): (subscriptions.set_webhook, "instance"),
            ("GET", "webhook/find"): (subscriptions.find_webhook, "instance"),
            ("POST", "settings/set"): (subscriptions.set_settings, "instance"),
            ("GET", "settings/find"): (subscriptions.find_settings, "instance"),
            ("POST", "message/sendText"): (chats.send_text, "instance"),
            ("POST", "message/sendMedia"): (sends.send_media, "instance"),
            ("POST", "message/sendWhatsAppAudio"): (sends.send_audio, "instance"),
            ("POST", "message/sendSticker"): (sends.send_sticker, "instance"),
            ("POST", "message/sendLocation"): (sends.send_location, "instance"),
            ("POST", "message/sendContact"): (sends.send_contact, "instance"),
            ("POST", "message/sendPoll"): (sends.send_poll, "instance"),
            ("POST", "message/sendList"): (sends.send_list, "instance"),
            ("POST", "message/sendButtons"): (sends.send_buttons, "instance"),
            ("POST", "message/sendReaction"): (sends.send_reaction, "instance"),
            ("POST", "chat/updateMessage"): (sends.update_message, "instance"),
            ("DELETE", "chat/deleteMessageForEveryone"): (sends.delete_message, "instance"),
            ("POST", "chat/getBase64FromMediaMessage"): (sends.base64_of, "instance"),
            ("POST", "chat/sendPresence"): (chats.send_presence, "instance"),
            ("POST", "chat/findMessages"): (chats.find_messages, "instance"),
            ("POST", "chat/whatsappNumbers"): (chats.whatsapp_numbers, "instance"),
            ("POST", "chat/markMessageAsRead"): (chats.mark_read, "instance"),
        }

    async def serve(self, request: Request, path: str) -> web.StreamResponse:
        """Answer one call; `path` is what follows `/evolution/`, undecoded."""
        body = await request.read()
        group, _, rest = path.partition("/")
        verb, _, name = rest.partition("/")
        method = "GET" if request.method == "HEAD" else request.method
        if not group:
            return answer(200, info(self.world))
        route = self.routes.get((method, f"{group}/{verb}"))
        if route is None or "/" in name or bool(name) != (route[1] == "instance"):
            return no_route(request, path)
        call = Call(self.world, self.engine, request, unquote(name), request.headers.get("apikey", ""))
        try:
            if self.world.faults.license_required:
                return licence_missing()
            await trouble(self.world)
            if body:
                call.body = decode(body)
            guard(call, verb, route[1])
            return await route[0](call)
        except Refused as error:
            if group == "message" and verb != "sendReaction":
                chats.log_refused_send(call, error.status)
            return refusal(error.status, error.message)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The provider too lets a body of the wrong shape run into its code.
            return refusal(500, str(error))
        except HungUp:
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)


def decode(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.ValidationError:
        raise Refused(400, [["instance is not of a type(s) object"]]) from None
    except msgspec.DecodeError as error:
        raise Refused(400, [str(error)]) from error


def guard(call: Call, verb: str, ends: str) -> None:
    """Existence, then duplicate name, then key: the provider's order."""
    world = call.world
    if ends == "instance":
        call.found = world.instances.get(call.name)
        if call.found is None:
            raise Refused(404, [f'The "{call.name}" instance does not exist'])
    elif verb == "create" and call.body.get("instanceName") in world.instances:
        raise Refused(403, [f'This name "{call.body["instanceName"]}" is already in use.'])
    if call.apikey == world.api_key or (call.found is not None and call.apikey == call.found.token):
        return
    if verb == "fetchInstances" and any(call.apikey == i.token for i in world.instances.values()):
        return
    raise Refused(401, "Unauthorized")


def info(world: World) -> dict[str, Any]:
    return {
        "status": 200,
        "message": "Welcome to the Evolution API, it is working!",
        "version": VERSION,
        "clientName": "simulator",
        "manager": f"{world.url}/evolution/manager",
        "documentation": "https://doc.evolution-api.com",
        "whatsappWebVersion": "2.3000.1029999999",
    }


async def create(call: Call) -> web.Response:
    body, world = call.body, call.world
    if body.get("integration") not in INTEGRATIONS:
        raise Refused(400, ["Invalid integration"])
    name = body.get("instanceName")
    if not isinstance(name, str) or not name:
        raise Refused(400, [['instance requires property "instanceName"']])
    uuid = str(UUID(int=world.random.getrandbits(128), version=4))
    token = body.get("token") or str(UUID(int=world.random.getrandbits(128), version=4)).upper()
    instance = Instance(name=name, id=uuid, token=token, created_at=bodies.iso(), number=body.get("number"))
    webhook: dict[str, Any] = body.get("webhook") or {}
    if webhook:
        # A failed create deletes the instance again.
        if not isinstance(webhook.get("events"), list):
            raise Refused(400, [NO_LENGTH])
        instance.hook = hook_row(world, {**webhook, "enabled": True}, None)
    instance.settings = {k: bool(body.get(k, False)) for k in SETTINGS}
    instance.settings |= {"msgCall": body.get("msgCall", ""), "wavoipToken": body.get("wavoipToken", "")}
    world.instances[name] = instance
    world.changed()
    world.log.add("call", instance=name, text="instance/create")
    created = {"instanceName": name, "instanceId": uuid}
    call.engine.webhooks.emit(instance, "instance.create", bodies.encode(created))
    pairing: dict[str, Any] = {}
    if body.get("qrcode") and body["integration"] == "WHATSAPP-BAILEYS":
        call.engine.begin_pairing(instance)
        pairing = {"qrcode": qr_object(instance)}
    world.watch(type="instance", name=name)
    hook = instance.hook
    return answer(
        201,
        {
            "instance": {
                **created,
                "integration": body["integration"],
                "webhookWaBusiness": None,
                "accessTokenWaBusiness": "",
                "status": instance.state,
            },
            "hash": token,
            "webhook": {
                "webhookUrl": hook.url,
                "webhookHeaders": hook.headers,
                "webhookByEvents": hook.by_events,
                "webhookBase64": hook.base64,
            }
            if hook
            else {},
            "websocket": {},
            "rabbitmq": {},
            "nats": {},
            "sqs": {},
            "settings": instance.settings,
            **pairing,
        },
    )


def qr_object(instance: Instance) -> dict[str, Any]:
    """Undefined members vanish, so that an unready QR is `{"count": 0}`."""
    if instance.not_ready > 0 or instance.qr_code is None:
        instance.not_ready -= instance.not_ready > 0
        return {"count": 0}
    return {
        "pairingCode": instance.pairing_code,
        "code": instance.qr_code,
        "base64": data_uri(instance.qr_code),
        "count": instance.qr_count,
    }


async def connect(call: Call) -> web.Response:
    instance = call.instance
    call.world.log.add("call", instance=instance.name, text="instance/connect")
    if instance.state == "open":
        return answer(200, {"instance": {"instanceName": instance.name, "state": "open"}})
    number = call.request.query.get("number")
    if number:
        instance.number = number
        if instance.state == "connecting" and instance.qr_code and not instance.pairing_code:
            instance.pairing_code = call.world.hex(8)
    if instance.state == "close":
        call.engine.begin_pairing(instance)
    return answer(200, qr_object(instance))


async def connection_state(call: Call) -> web.Response:
    return answer(200, {"instance": {"instanceName": call.instance.name, "state": call.instance.state}})


async def restart(call: Call) -> web.Response:
    instance = call.instance
    call.world.log.add("call", instance=instance.name, text="instance/restart")
    if instance.state == "close":
        return answer(200, {"error": True, "message": "[object Object]"})
    if instance.state == "connecting":
        return answer(200, qr_object(instance))
    call.engine.restart(instance)
    return answer(200, {"instance": {"instanceName": instance.name, "state": "open"}})


async def logout(call: Call) -> web.Response:
    instance = call.instance
    call.world.log.add("call", instance=instance.name, text="instance/logout")
    if instance.state == "close":
        raise Refused(400, [f'The "{instance.name}" instance is not connected'])
    call.engine.close(instance)
    return answer(200, {"status": "SUCCESS", "error": False, "response": {"message": "Instance logged out"}})


async def delete(call: Call) -> web.Response:
    call.world.log.add("call", instance=call.instance.name, text="instance/delete")
    call.engine.remove(call.instance)
    return answer(200, {"status": "SUCCESS", "error": False, "response": {"message": "Instance deleted"}})


async def fetch_instances(call: Call) -> web.Response:
    query = call.request.query
    rows = [i for i in call.world.instances.values() if call.apikey in (call.world.api_key, i.token)]
    if name := query.get("instanceName"):
        rows = [i for i in rows if i.name == name]
        if not rows:
            raise Refused(404, [f'Instance "{name}" not found'])
    if uuid := query.get("instanceId"):
        rows = [i for i in rows if i.id == uuid]
        if not rows:
            raise Refused(404, [f'Instance "{uuid}" not found'])
    if number := query.get("number"):
        rows = [i for i in rows if i.owner_phone == number or i.number == number]
    return answer(200, [row(i) for i in rows])


def row(instance: Instance) -> dict[str, Any]:
    people = {m.phone for m in instance.messages.values()}
    return {
        "id": instance.id,
        "name": instance.name,
        "connectionStatus": instance.state,
        "ownerJid": instance.owner_jid,
        "profileName": instance.profile_name,
        "profilePicUrl": None,
        "integration": "WHATSAPP-BAILEYS",
        "number": instance.number,
        "businessId": None,
        "token": instance.token,
        "clientName": "simulator",
        "disconnectionReasonCode": 401 if instance.disconnected_at else None,
        "disconnectionObject": None,
        "disconnectionAt": instance.disconnected_at,
        "createdAt": instance.created_at,
        "updatedAt": instance.created_at,
        **dict.fromkeys(("Chatwoot", "Proxy", "Rabbitmq", "Nats", "Sqs", "Websocket")),
        "Setting": instance.settings,
        "_count": {"Message": len(instance.messages), "Contact": len(people), "Chat": len(people)},
    }
