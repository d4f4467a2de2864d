"""Evolution API v2 (baseline 2.3.7) as an adapter: its verbs about the number itself. Its webhooks are read in
`evolution_events.py` and `evolution_parse.py`, its sends made in `evolution_send.py`, what is done to a message in
`evolution_touch.py`."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import Meta

from evoai.channels.adapters import evolution_history as history
from evoai.channels.adapters import evolution_send as sending
from evoai.channels.adapters import evolution_touch as touch
from evoai.channels.adapters import jids
from evoai.channels.adapters.asking import json_of
from evoai.channels.adapters.evolution_events import open_body
from evoai.channels.adapters.evolution_http import ask, call, good, name_of
from evoai.channels.adapters.evolution_kinds import SENDS
from evoai.channels.adapters.evolution_parse import parse_body
from evoai.channels.adapters.incoming import ChannelState, Connection, Envelope, Event, Qr
from evoai.channels.adapters.loose import Json, list_of, object_of, text_of, usable_name
from evoai.channels.adapters.protocol import Capabilities, Line, Pairing, Settings
from evoai.kit.errors import UpstreamFailed, UpstreamTimeout
from evoai.kit.net import Net, NetError
from evoai.kit.schema import In

SUBSCRIPTION = (
    "QRCODE_UPDATED",
    "CONNECTION_UPDATE",
    "STATUS_INSTANCE",
    "LOGOUT_INSTANCE",
    "MESSAGES_UPSERT",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "CONTACTS_UPDATE",
)
TYPING_SECONDS = 4

_STATES: dict[Any, ChannelState] = {"open": "connected", "connecting": "connecting", "close": "disconnected"}


class EvolutionConfigIn(In):
    base_url: Annotated[str, Meta(min_length=8, max_length=300)]
    api_key: Annotated[str, Meta(min_length=1, max_length=300)]
    instance_name: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{8,64}$")] | None = None
    """An instance to adopt; without it one is created under a name nobody can guess."""


class Evolution:
    provider = "evolution"
    config_type = EvolutionConfigIn
    capabilities = Capabilities(
        typing=True,
        reactions=True,
        edit=True,
        delete=True,
        sends=SENDS,
        pairing_code=True,
        lookup=True,
        history=True,
    )
    signs_bodies = False

    send = staticmethod(sending.send)
    find_sent = staticmethod(sending.find_sent)
    react = staticmethod(touch.react)
    edit = staticmethod(touch.edit)
    delete = staticmethod(touch.delete)
    fetch_media = staticmethod(touch.fetch_media)
    pull = staticmethod(history.pull)

    def settings(self, given: EvolutionConfigIn, *, name: str, token: str, shared: bool) -> Settings:
        return Settings(
            config={"base_url": given.base_url, "instance": given.instance_name or name},
            secrets={"api_key": given.api_key, "hook_token": token},
        )

    def verify(self, line: Line, headers: Mapping[str, str], raw: bytes) -> bool:
        expected, shown = line.secrets.get("hook_token"), headers.get("x-hook-token")
        if not expected or not shown:
            return False
        return hmac.compare_digest(expected.encode(), shown.encode("utf-8", "replace"))

    def open(self, line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
        return open_body(line, raw, received_at)

    def parse(self, line: Line, body: bytes) -> Event:
        return parse_body(body)

    async def create(self, net: Net, line: Line, webhook_url: str) -> dict[str, str]:
        answer = await ask(
            net,
            line,
            "POST",
            "/instance/create",
            {
                "instanceName": line.config["instance"],
                "integration": "WHATSAPP-BAILEYS",
                "qrcode": False,
                "rejectCall": False,
                "groupsIgnore": False,
                "alwaysOnline": False,
                "readMessages": False,
                "readStatus": False,
                "syncFullHistory": False,
                "webhook": _webhook(line, webhook_url),
            },
            key=line.secrets["api_key"],
        )
        if answer.status == 403:
            return await self._adopt(net, line, webhook_url)
        made = good(answer)
        instance_token = made.get("hash")
        if isinstance(instance_token, dict):
            instance_token = object_of(made["hash"]).get("apikey")
        return {"instance_token": instance_token} if isinstance(instance_token, str) and instance_token else {}

    async def _adopt(self, net: Net, line: Line, webhook_url: str) -> dict[str, str]:
        """The name is taken, which the server says whoever asks: only what the key opens is ours."""
        key, name = line.secrets["api_key"], name_of(line)
        good(await ask(net, line, "GET", f"/instance/connectionState/{name}", key=key))
        await self._set_webhook(net, line, webhook_url, key)
        row = await self._row(net, line, key)
        instance_token = row.get("token")
        return {"instance_token": instance_token} if isinstance(instance_token, str) and instance_token else {}

    async def set_webhook(self, net: Net, line: Line, url: str) -> None:
        await self._set_webhook(net, line, url, None)

    async def _set_webhook(self, net: Net, line: Line, url: str, key: str | None) -> None:
        hook = {"webhook": {"enabled": True, **_webhook(line, url)}}
        good(await ask(net, line, "POST", f"/webhook/set/{name_of(line)}", hook, key=key))

    async def connect(self, net: Net, line: Line, phone: str | None) -> Pairing:
        query = f"?number={quote(phone, safe='')}" if phone else ""
        answer = good(await ask(net, line, "GET", f"/instance/connect/{name_of(line)}{query}"))
        state = object_of(answer.get("instance")).get("state")
        if state == "open":
            row = await self._row(net, line, None)
            return Pairing(state="connected", phone=_phone(row.get("ownerJid")))
        code = object_of(answer.get("qrcode")) or answer
        shown, pairing_code = text_of(code.get("code")), text_of(code.get("pairingCode"))
        # `{"count": 0}` is "not ready yet": the code comes by webhook, or with the next call.
        qr = Qr(code=shown or "", pairing_code=pairing_code or None) if shown or pairing_code else None
        return Pairing(state="disconnected" if state == "close" and qr is None else "connecting", qr=qr)

    async def status(self, net: Net, line: Line) -> Connection:
        answer = await ask(net, line, "GET", f"/instance/connectionState/{name_of(line)}")
        if answer.status == 404:
            return Connection(state="disconnected", reason="unknown-instance")
        state = _STATES.get(object_of(good(answer).get("instance")).get("state"), "disconnected")
        if state != "connected":
            return Connection(state=state)
        row = await self._row(net, line, None)
        return Connection(
            state=state, phone=_phone(row.get("ownerJid")), profile_name=usable_name(row.get("profileName"))
        )

    async def _row(self, net: Net, line: Line, key: str | None) -> Json:
        """The instance's row, which tells its number and token; empty where the server does not show it."""
        try:
            answer = await ask(net, line, "GET", f"/instance/fetchInstances?instanceName={name_of(line)}", key=key)
        except (UpstreamFailed, UpstreamTimeout):
            return {}
        rows = list_of(json_of(answer)) if answer.status == 200 else []
        mine = (object_of(row) for row in rows)
        return next((row for row in mine if row.get("name") == line.config["instance"]), object_of(None))

    async def restart(self, net: Net, line: Line) -> None:
        good(await ask(net, line, "POST", f"/instance/restart/{name_of(line)}"))

    async def disconnect(self, net: Net, line: Line) -> None:
        answer = await ask(net, line, "DELETE", f"/instance/logout/{name_of(line)}")
        if answer.status not in (400, 404):
            good(answer)

    async def remove(self, net: Net, line: Line) -> None:
        # A connected instance whose logout fails makes the delete fail, so the delete alone decides.
        await ask(net, line, "DELETE", f"/instance/logout/{name_of(line)}")
        answer = await ask(net, line, "DELETE", f"/instance/delete/{name_of(line)}")
        if answer.status != 404:
            good(answer)

    async def typing(self, net: Net, line: Line, address: str, heard: str | None = None) -> None:
        # The server holds the call open as long as it shows typing.
        body = {"number": address, "presence": "composing", "delay": TYPING_SECONDS * 1000}
        try:
            await call(net, line, "POST", f"/chat/sendPresence/{name_of(line)}", body, timeout=TYPING_SECONDS * 2)
        except NetError:
            return


def _phone(jid: Any) -> str | None:
    return jids.split(jid)[0] if jids.kind_of(jid) == "phone" else None


def _webhook(line: Line, url: str) -> Json:
    # Without `events` the server fails, and deletes what it has just created.
    return {
        "url": url,
        "byEvents": False,
        "base64": False,
        "headers": {"X-Hook-Token": line.secrets["hook_token"]},
        "events": list(SUBSCRIPTION),
    }
