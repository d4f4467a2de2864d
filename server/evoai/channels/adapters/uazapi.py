"""UAZAPI v2 as an adapter: its verbs about the number itself. Its webhooks are read in `uazapi_events.py` and
`uazapi_parse.py`, its sends made in `uazapi_send.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from evoai.channels.adapters import uazapi_history as history
from evoai.channels.adapters import uazapi_send as sending
from evoai.channels.adapters import uazapi_touch as touch
from evoai.channels.adapters.asking import json_of
from evoai.channels.adapters.incoming import Connection, Envelope, Event, Qr, Restriction
from evoai.channels.adapters.loose import Json, object_of, text_of
from evoai.channels.adapters.protocol import Capabilities, Line, Pairing, Settings
from evoai.channels.adapters.uazapi_events import is_authentic, open_body
from evoai.channels.adapters.uazapi_http import ask, call, good, without_session
from evoai.channels.adapters.uazapi_kinds import SENDS
from evoai.channels.adapters.uazapi_parse import connection_of, parse_body, phone_of, qr_of
from evoai.channels.adapters.uazapi_send import restriction_of
from evoai.kit.errors import AppError, Conflict, FieldError, Invalid, UpstreamFailed
from evoai.kit.net import Net, NetError, NetResponse
from evoai.kit.schema import In

SUBSCRIPTION = ("connection", "messages", "messages_update", "history")
TYPING_SECONDS = 4
CODE_SECONDS = 300
"""A code to type lives longer than a picture."""

# A code is only given to an instance that is down: how long one that showed a picture takes to get there.
_DOWN_TRIES, _QR_TRIES = 8, 4


class UazapiConfigIn(In):
    """One of the tokens: the server's own has an instance made, and is not kept; an instance's adopts it."""

    base_url: Annotated[str, Meta(min_length=8, max_length=300)]
    admin_token: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    instance_token: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


class Uazapi:
    provider = "uazapi"
    config_type = UazapiConfigIn
    capabilities = Capabilities(
        typing=True,
        reactions=True,
        edit=True,
        delete=True,
        sends=SENDS,
        pairing_code=True,
        lookup=True,
        history=True,
        renews_qr=False,
    )
    # The token stands in the body: no header can be had.
    signs_bodies = True

    send = staticmethod(sending.send)
    find_sent = staticmethod(sending.find_sent)
    react = staticmethod(touch.react)
    edit = staticmethod(touch.edit)
    delete = staticmethod(touch.delete)
    fetch_media = staticmethod(touch.fetch_media)
    pull = staticmethod(history.pull)

    def __init__(self, pause: float = 0.5) -> None:
        """`pause` is for how many seconds it waits between two looks at a pairing that is under way."""
        self._pause = pause

    def settings(self, given: UazapiConfigIn, *, name: str, token: str, shared: bool) -> Settings:
        if not given.instance_token and not given.admin_token:
            raise Invalid(errors=(FieldError("/config/instance_token", "required", "one of the two tokens is needed"),))
        secrets = {"instance_token": given.instance_token, "admin_token": given.admin_token}
        return Settings(
            config={"base_url": given.base_url, "instance": name},
            secrets={kind: secret for kind, secret in secrets.items() if secret},
        )

    def verify(self, line: Line, headers: Mapping[str, str], raw: bytes) -> bool:
        return is_authentic(line, raw)

    def open(self, line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
        return open_body(line, raw, received_at)

    def parse(self, line: Line, body: bytes) -> Event:
        return parse_body(body)

    async def create(self, net: Net, line: Line, webhook_url: str) -> dict[str, str]:
        if line.secrets.get("instance_token"):
            good(await ask(net, line, "GET", "/instance/status"))
            await self.set_webhook(net, line, webhook_url)
            return {"admin_token": ""}
        made = await self._make(net, line)
        token = text_of(made.get("token")) or text_of(object_of(made.get("instance")).get("token"))
        if not token:
            raise UpstreamFailed(detail="the UAZAPI server gave no token for the new instance")
        # The server's own token opens every instance there: once it has made ours, it is not kept.
        given = {"instance_token": token, "admin_token": ""}
        ours = msgspec.structs.replace(line, secrets=line.secrets | given)
        try:
            await self.set_webhook(net, ours, webhook_url)
        except AppError:
            await self._leave_nothing(net, ours)
            raise
        return given

    async def _make(self, net: Net, line: Line) -> Json:
        body: Json = {"name": line.config["instance"]}
        answer = await ask(net, line, "POST", "/instance/create", body, admin=True)
        if answer.status in (404, 405):
            # Older editions know it by another name.
            answer = await ask(net, line, "POST", "/instance/init", body, admin=True)
        return good(answer)

    async def _leave_nothing(self, net: Net, line: Line) -> None:
        try:
            await ask(net, line, "DELETE", "/instance")
        except AppError:
            return

    async def set_webhook(self, net: Net, line: Line, url: str) -> None:
        # Without `action` and `id` it is made, or made anew. Nothing is excluded: the echo of a send is its proof.
        body: Json = {
            "url": url,
            "enabled": True,
            "events": list(SUBSCRIPTION),
            "excludeMessages": [],
            "addUrlEvents": False,
            "addUrlTypesMessages": False,
        }
        good(await ask(net, line, "POST", "/webhook", body))

    async def connect(self, net: Net, line: Line, phone: str | None) -> Pairing:
        now = await self.status(net, line)
        if now.state == "connected":
            return Pairing(state="connected", phone=now.phone)
        if now.state == "connecting":
            if phone is None and now.qr is not None and now.qr.code:
                return Pairing(state="connecting", qr=now.qr)
            if phone is not None:
                await self._stop_pairing(net, line)
        answer = await ask(net, line, "POST", "/instance/connect", {"phone": phone} if phone else {})
        instance = object_of(good(answer).get("instance"))
        if instance.get("status") == "connected":
            return Pairing(state="connected", phone=phone_of(instance.get("owner")))
        qr = qr_of(instance)
        for _ in range(_QR_TRIES):
            if qr is not None and (qr.pairing_code if phone else qr.code):
                break
            await asyncio.sleep(self._pause)
            qr = (await self.status(net, line)).qr
        if qr is not None and phone:
            qr = Qr(code=qr.code, pairing_code=qr.pairing_code, seconds=CODE_SECONDS)
        return Pairing(state="connecting", qr=qr)

    async def _stop_pairing(self, net: Net, line: Line) -> None:
        await self.disconnect(net, line)
        for _ in range(_DOWN_TRIES):
            if (await self.status(net, line)).state == "disconnected":
                return
            await asyncio.sleep(self._pause)

    async def status(self, net: Net, line: Line) -> Connection:
        answer = await ask(net, line, "GET", "/instance/status")
        if answer.status == 404:
            return Connection(state="disconnected", reason="unknown-instance")
        body = good(answer)
        instance, live = object_of(body.get("instance")), object_of(body.get("status"))
        told = connection_of(instance, instance)
        if isinstance(told, Qr):
            return Connection(state="connecting", qr=told)
        if not isinstance(told, Connection):
            # A word that this adapter does not know; the booleans beside it are older than any of them.
            up = live.get("connected") is True and live.get("loggedIn") is True
            told = Connection(state="connected" if up else "disconnected", phone=_own(live.get("jid")) if up else None)
        if told.state != "connected":
            return told
        phone = told.phone or _own(live.get("jid"))
        return msgspec.structs.replace(told, phone=phone, restriction=await self._restriction(net, line))

    async def _restriction(self, net: Net, line: Line) -> Restriction | None:
        """Whether the number may write first; unknown to older editions."""
        try:
            answer = await ask(net, line, "GET", "/instance/wa_messages_limits")
        except AppError:
            return None
        return restriction_of(object_of(json_of(answer))) if answer.status == 200 else None

    async def restart(self, net: Net, line: Line) -> None:
        answer = await ask(net, line, "POST", "/instance/reset", {})
        if answer.status == 409:
            raise Conflict("conflict", "the UAZAPI server cannot restart this number just now")
        good(answer)

    async def disconnect(self, net: Net, line: Line) -> None:
        answer = await ask(net, line, "POST", "/instance/disconnect", {})
        if not _is_gone(answer) and not without_session(answer):
            good(answer)

    async def remove(self, net: Net, line: Line) -> None:
        if not line.secrets.get("instance_token"):
            return
        answer = await ask(net, line, "DELETE", "/instance")
        # With the instance goes its token.
        if not _is_gone(answer) and answer.status != 401:
            good(answer)

    async def typing(self, net: Net, line: Line, address: str, heard: str | None = None) -> None:
        body: Json = {"number": address, "presence": "composing", "delay": TYPING_SECONDS * 1000}
        try:
            await call(net, line, "POST", "/message/presence", body, timeout=TYPING_SECONDS * 2)
        except NetError:
            return


def _is_gone(answer: NetResponse) -> bool:
    return answer.status == 404


def _own(jid: Any) -> str | None:
    """The number's own address: text or an object of its parts, or nothing yet."""
    if isinstance(jid, dict):
        return phone_of(object_of(jid).get("user"))  # pyright: ignore[reportUnknownArgumentType]
    return phone_of(jid)
