"""The Graph API's routes for numbers, accounts, messages and files. A number comes into being when it is first asked
for with the token; its account's id is its own with a 9 in front."""

from __future__ import annotations

import re
import time
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import msgspec
from aiohttp import web

from evoai.simulator import bodies as evolution_bodies
from evoai.simulator import cloud_bodies as bodies
from evoai.simulator.chats import hold
from evoai.simulator.cloud_bodies import problem, templates
from evoai.simulator.engine import Engine
from evoai.simulator.files import File
from evoai.simulator.wire import HungUp, Request, answer, trouble_before
from evoai.simulator.world import Instance, World

TOKEN = "simulator-cloud-token"  # noqa: S105
APP_SECRET = "simulator-app-secret"  # noqa: S105
"""Of the app that numbers with an own address belong to."""
EXAMPLE = {
    "phone_number_id": "700000000000001",
    "waba_id": "900000000000001",
    "access_token": TOKEN,
    "app_secret": APP_SECRET,
}
"""What the form of a channel is given; any other fourteen digits after the first are another number."""
WINDOW_SECONDS = 24 * 3600
URL_SECONDS = 300
BURST = 45
PAIR_SECONDS = 6.0
NUMBER = re.compile(r"7[0-9]{14}\Z")
WABA = re.compile(r"9[0-9]{14}\Z")
AUDIO = frozenset(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"))
SENT_KINDS = frozenset(
    {
        "text",
        "image",
        "audio",
        "video",
        "document",
        "sticker",
        "location",
        "contacts",
        "interactive",
        "template",
        "reaction",
    }
)


class Refusal(Exception):
    """An error answer by its code."""

    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


class Cloud:
    """Everything under `/v<number>.<number>/`, and the files' own address."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        self._paced: dict[tuple[str, str], list[float]] = {}

    async def serve(self, request: Request, path: str) -> web.StreamResponse:
        """Answer one call; `path` is what follows the version."""
        raw = await request.read()
        ids = path.partition("?")[0].strip("/").split("/")
        try:
            status = await trouble_before(self.world)
            if status:
                return answer(status, {"error": {"message": "An unknown error occurred", "code": 1}})
            if request.headers.get("authorization", request.headers.get("Authorization")) != f"Bearer {TOKEN}":
                raise Refusal(190, 401)
            return await self._route(request, ids, raw)
        except Refusal as refused:
            return answer(refused.status, {"error": problem(refused.code) | {"type": "OAuthException"}})
        except (AttributeError, KeyError, TypeError, ValueError):
            return answer(400, {"error": problem(100) | {"type": "OAuthException"}})
        except HungUp:
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=500)

    async def _route(self, request: Request, ids: list[str], raw: bytes) -> web.StreamResponse:
        name, verb = ids[0], ids[1] if len(ids) > 1 else ""
        method = request.method
        if NUMBER.match(name):
            number = self.number(name)
            match (method, verb):
                case ("GET", ""):
                    return answer(200, shown(number))
                case ("POST", ""):
                    return await self._configure(number, msgspec.json.decode(raw))
                case ("POST", "messages"):
                    return await self._messages(request, number, msgspec.json.decode(raw))
                case ("POST", "media"):
                    return self._upload(request, raw)
                case _:
                    raise Refusal(100)
        if WABA.match(name):
            return self._waba(method, verb, self.number("7" + name[1:]))
        if method == "GET" and (file := self.world.files.get(name)) is not None:
            return self._file(name, file)
        raise Refusal(100)

    def number(self, name: str) -> Instance:
        """The instance that stands for a number; it is connected, as numbers at Meta are."""
        found = self.world.instances.get(name)
        if found is None:
            found = Instance(
                name=name, id=name, token=TOKEN, created_at=evolution_bodies.iso(), state="open", wire="cloud"
            )
            found.owner_phone, found.profile_name = f"55113{int(name) % 10**7:07d}", "Clínica Sorriso"
            found.settings = {"templates": templates(), "heard": {}}
            self.world.instances[name] = found
            self.world.changed()
            self.world.watch(type="instance", name=name)
        return found

    def _waba(self, method: str, verb: str, number: Instance) -> web.Response:
        match (method, verb):
            case ("GET", "phone_numbers"):
                return answer(200, {"data": [{"id": number.name}]})
            case ("POST", "subscribed_apps"):
                if number.state == "close" and not number.settings.get("banned"):
                    self.engine.begin_again(number)
                self.world.log.add("call", instance=number.name, text="subscribed_apps")
                return answer(200, {"success": True})
            case ("GET", "message_templates"):
                self.world.log.add("call", instance=number.name, text="message_templates")
                return answer(200, {"data": number.settings["templates"], "paging": {}})
            case _:
                raise Refusal(100)

    async def _configure(self, number: Instance, body: dict[str, Any]) -> web.Response:
        """An address of its own is asked who it is before it counts."""
        hook = body["webhook_configuration"]
        url = hook["override_callback_uri"]
        self.world.log.add("call", instance=number.name, text="webhook_configuration")
        if not url:
            number.settings.pop("callback", None)
            return answer(200, {"success": True})
        if not await agrees(url, hook["verify_token"]):
            raise Refusal(100)
        number.settings |= {"callback": url, "app_callback": url, "app_secret": APP_SECRET}
        self.world.changed()
        return answer(200, {"success": True})

    async def set_callback(self, url: str, verify_token: str) -> bool:
        """What the operator of an app does on its page: the address of all numbers without one of their own."""
        if not await agrees(url, verify_token):
            return False
        self.world.meta.callback = url
        return True

    async def _messages(self, request: Request, number: Instance, body: dict[str, Any]) -> web.StreamResponse:
        if body.get("status") == "read":
            heard = number.messages.get(body["message_id"])
            if heard is None:
                raise Refusal(100)
            for message in number.by_jid.get(heard.jid, ()):
                if not message.from_me and message.at <= heard.at and "READ" not in message.statuses:
                    message.statuses.append("READ")
                    self.engine.show(number, message)
            self.world.log.add("read", instance=number.name, number=heard.phone, id=heard.id)
            if body.get("typing_indicator"):
                self.world.log.add("presence", instance=number.name, number=heard.phone, text="composing")
                self.world.watch(
                    type="presence", instance=number.name, phone=heard.phone, presence="composing", ms=4000
                )
            return answer(200, {"success": True})
        return await self._send(request, number, body)

    async def _send(self, request: Request, number: Instance, body: dict[str, Any]) -> web.StreamResponse:
        world, kind = self.world, body["type"]
        try:
            phone = self._phone(body)
            self._check(number, phone, kind, body)
        except Refusal as refused:
            said = object_of(body.get("text")).get("body")
            told = body.get("to") or body.get("recipient")
            world.log.add(
                "send", instance=number.name, number=told, text=said, accepted=False, outcome=str(refused.code)
            )
            raise
        late = world.fault(number, "cloud_error") if world.fault(number, "cloud_error_late") else 0
        contact = world.person(phone)
        message = self.engine.accept(
            number,
            contact.jid,
            words(number, kind, body),
            object_of(body.get("context")).get("message_id"),
            kind="contact" if kind == "contacts" else kind,
            file=self.world.files.get(str(object_of(body.get(kind)).get("id"))),
            opaque=body.get("biz_opaque_callback_data"),
            error=late,
        )
        faults = world.faults
        outcome = "200"
        if world.chance(faults.hang_up_after_accept):
            outcome = "hang-up"
        elif world.chance(faults.drop_answers):
            outcome = "no-answer"
        world.log.add(
            "send",
            instance=number.name,
            number=phone,
            text=message.text,
            id=message.id,
            accepted=True,
            outcome=outcome,
        )
        if outcome == "no-answer":
            await hold(request, faults.hold_s)
        if outcome != "200":
            raise HungUp
        if contact.addressing == "bsuid":
            who: dict[str, Any] = {"input": contact.bsuid, "user_id": contact.bsuid}
        else:
            who = {"input": body.get("to"), "wa_id": contact.phone}
        return answer(200, {"messaging_product": "whatsapp", "contacts": [who], "messages": [{"id": message.id}]})

    def _phone(self, body: dict[str, Any]) -> str:
        if recipient := body.get("recipient"):
            known = next((one for one in self.world.people.values() if one.bsuid == recipient), None)
            if known is None:
                raise Refusal(131026)
            return known.phone
        jid = self.world.resolve(body["to"]) if re.fullmatch(r"\+?[0-9]{10,15}", body["to"]) else None
        if jid is None:
            raise Refusal(131026)
        return self.world.phone_of(jid)

    def _check(self, number: Instance, phone: str, kind: str, body: dict[str, Any]) -> None:
        world = self.world
        if kind not in SENT_KINDS or body.get("messaging_product") != "whatsapp":
            raise Refusal(100)
        code = world.fault(number, "cloud_error")
        if code and not world.fault(number, "cloud_error_late"):
            raise Refusal(code, 401 if code == 190 else 400)
        if kind == "text" and not body["text"]["body"].strip():
            raise Refusal(100)
        now = time.time()
        if kind == "template":
            self._check_template(number, body["template"])
        elif now - number.settings["heard"].get(phone, 0.0) > WINDOW_SECONDS:
            raise Refusal(131047)
        if world.faults.cloud_pair_limit:
            sent = self._paced.setdefault((number.name, phone), [])
            sent[:] = [at for at in sent if at > now - BURST * PAIR_SECONDS]
            if len(sent) >= world.faults.cloud_pair_limit:
                raise Refusal(131056)
            sent.append(now)

    def _check_template(self, number: Instance, asked: dict[str, Any]) -> None:
        found = template_of(number, asked)
        if found is None:
            raise Refusal(132001)
        if found["status"] != "APPROVED":
            raise Refusal(132015)
        wanted = len(set(re.findall(r"\{\{(\w+)\}\}", body_of(found))))
        if len(given_of(asked)) != wanted:
            raise Refusal(132000)

    def _upload(self, request: Request, raw: bytes) -> web.Response:
        kind = request.headers.get("content-type", request.headers.get("Content-Type", ""))
        boundary = kind.partition("boundary=")[2].strip('"').encode()
        if not boundary:
            raise Refusal(100)
        parts = [part.partition(b"\r\n\r\n") for part in raw.split(b"--" + boundary)]
        file = next((part for part in parts if b'name="file"' in part[0]), None)
        if file is None:
            raise Refusal(100)
        media_type = re.search(rb"(?i)content-type: *([^\r\n]+)", file[0])
        media_id = bodies.media_id(self.world)
        mime_type = media_type[1].decode() if media_type else "application/octet-stream"
        if mime_type.startswith("audio/") and mime_type.partition(";")[0] not in AUDIO:
            raise Refusal(131053)
        self.world.files.keep(media_id, File(file[2].removesuffix(b"\r\n"), mime_type))
        return answer(200, {"id": media_id})

    def _file(self, media_id: str, file: File) -> web.Response:
        query = urlencode({"mid": media_id, "ext": int(time.time()) + URL_SECONDS})
        told = {
            "messaging_product": "whatsapp",
            "id": media_id,
            "mime_type": file.mime_type,
            "file_size": str(len(file.body)),
        }
        return answer(200, told | {"url": f"{self.world.url}/lookaside?{query}"})

    def download(self, request: Request) -> web.Response:
        """The file itself, for 5 minutes and with the token."""
        query = parse_qs(urlsplit(request.raw_path).query)
        media_id, ends = query.get("mid", [""])[0], query.get("ext", ["0"])[0]
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        file = self.world.files.get(media_id)
        if file is None or int(ends) < time.time():
            return web.Response(status=404)
        return web.Response(body=file.body, headers={"content-type": file.mime_type})


async def agrees(url: str, verify_token: str) -> bool:
    query = urlencode({"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": "1158201444"})
    try:
        async with aiohttp.ClientSession() as client, client.get(f"{url}?{query}") as asked:
            return asked.status == 200 and await asked.text() == "1158201444"
    except (aiohttp.ClientError, OSError):
        return False


def object_of(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def shown(number: Instance) -> dict[str, Any]:
    phone = number.owner_phone or ""
    return {
        "id": number.name,
        "display_phone_number": f"+{phone[:2]} {phone[2:4]} {phone[4:8]}-{phone[8:]}",
        "verified_name": number.profile_name,
        "quality_rating": number.settings.get("quality", "GREEN"),
        "status": "BANNED" if number.settings.get("banned") else "CONNECTED",
        "whatsapp_business_manager_messaging_limit": "TIER_1K",
        "throughput": {"level": "STANDARD"},
    }


def template_of(number: Instance, asked: dict[str, Any]) -> dict[str, Any] | None:
    wanted = (asked["name"], asked["language"]["code"])
    return next((one for one in number.settings["templates"] if (one["name"], one["language"]) == wanted), None)


def body_of(template: dict[str, Any]) -> str:
    return next((part["text"] for part in template["components"] if part["type"] == "BODY"), "")


def given_of(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of the body."""
    components: list[dict[str, Any]] = asked.get("components") or []
    found: list[list[dict[str, Any]]] = [one["parameters"] for one in components if one["type"] == "body"]
    return found[0] if found else []


def words(number: Instance, kind: str, body: dict[str, Any]) -> str:
    """What the contact reads."""
    node = body.get(kind)
    if kind == "template":
        found, asked = template_of(number, body["template"]), body["template"]
        text = body_of(found) if found else ""
        for place, parameter in enumerate(given_of(asked), 1):
            text = text.replace(f"{{{{{parameter.get('parameter_name', place)}}}}}", parameter["text"])
        return text
    if kind == "text":
        return object_of(node)["body"]
    if kind == "interactive":
        return object_of(object_of(node).get("body")).get("text", "")
    if kind == "reaction":
        return object_of(node).get("emoji", "")
    return object_of(node).get("caption", "")
