"""The Graph API's routes for numbers, accounts and files; what numbers send is in `cloud_sends.py`. A number comes into
being when it is first asked for with the token; its account's id is its own with a 9 in front."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import msgspec
from aiohttp import web

from evoai.simulator import bodies as evolution_bodies
from evoai.simulator import cloud_bodies as bodies
from evoai.simulator.cloud_bodies import Refusal, problem, templates
from evoai.simulator.cloud_sends import Sends
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
URL_SECONDS = 300
NUMBER = re.compile(r"7[0-9]{14}\Z")
WABA = re.compile(r"9[0-9]{14}\Z")
AUDIO = frozenset(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"))


class Cloud:
    """Everything under `/v<number>.<number>/`, and the files' own address."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        self._sends = Sends(world, engine)

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
                    return await self._sends.take(request, number, msgspec.json.decode(raw))
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
