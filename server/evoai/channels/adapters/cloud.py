"""The WhatsApp Cloud API as an adapter: its verbs about the number itself. Its webhooks are read in `cloud_events.py`
and `cloud_parse.py`, its sends made in `cloud_send.py`.

A channel brings its own Meta app (`app_secret`, `verify_token`) and is then told of at an address of its own; without
one it belongs to the operator's app, whose webhooks come to one address for all and name the number.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from evoai.channels.adapters.asking import json_of, unreached
from evoai.channels.adapters.cloud_events import open_body, split_shared
from evoai.channels.adapters.cloud_http import (
    SERVER,
    TIMEOUT,
    ask,
    call,
    meaning_of,
    number_path,
    waba_path,
)
from evoai.channels.adapters.cloud_media import fetch
from evoai.channels.adapters.cloud_parse import limit_of, parse_body
from evoai.channels.adapters.cloud_send import SENDS, envelope_of, send
from evoai.channels.adapters.cloud_templates import list_templates
from evoai.channels.adapters.incoming import Connection, Envelope, Event, Pulled, Quality
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of
from evoai.channels.adapters.protocol import (
    Capabilities,
    Fetched,
    Line,
    Outgoing,
    Pairing,
    SendOutcome,
    Settings,
    Target,
)
from evoai.channels.adapters.roles import Operator, SharedPart, Template
from evoai.kit.crypto import same
from evoai.kit.errors import Conflict, FieldError, Invalid, UpstreamFailed
from evoai.kit.net import Net, NetError
from evoai.kit.schema import In
from evoai.settings import Settings as HouseSettings

_NUMBER = (
    "display_phone_number,verified_name,quality_rating,status,name_status,throughput,"
    "whatsapp_business_manager_messaging_limit"
)
_QUALITY: dict[str, Quality] = {"GREEN": "high", "YELLOW": "medium", "RED": "low"}
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}\Z")

Id = Annotated[str, Meta(pattern=r"^[0-9]{5,32}$")]
Secret = Annotated[str, Meta(min_length=16, max_length=1000)]


class CloudConfigIn(In):
    phone_number_id: Id
    waba_id: Id
    access_token: Secret
    app_secret: Secret | None = None
    verify_token: Annotated[str, Meta(min_length=16, max_length=200)] | None = None
    graph_version: Annotated[str, Meta(pattern=r"^v[0-9]{2}\.[0-9]$")] | None = None


class WhatsAppCloud:
    provider = "whatsapp_cloud"
    capabilities = Capabilities(
        official=True,
        templates=True,
        window_24h=True,
        typing=True,
        reactions=True,
        read_marks=True,
        receipt_proof=True,
        pairing=False,
        renews_qr=False,
        sends=SENDS,
    )
    signs_bodies = True
    config_type = CloudConfigIn

    def operator(self, settings: HouseSettings) -> Operator:
        meta = settings.meta
        app = {"app_secret": meta.app_secret, "verify_token": meta.verify_token}
        return Operator(
            config={"graph_url": meta.graph_url}, secrets={name: value for name, value in app.items() if value}
        )

    def settings(self, given: CloudConfigIn, *, name: str, token: str, shared: bool) -> Settings:
        """With an own app its secret signs the webhooks; `token` is what we show it when it asks who we are."""
        config = {"phone_number_id": given.phone_number_id, "waba_id": given.waba_id}
        if given.graph_version:
            config["graph_version"] = given.graph_version
        secrets = {"access_token": given.access_token}
        if given.app_secret is None:
            if not shared:
                missing = "The operator has no Meta app: that of an own one is needed"
                raise Invalid(errors=(FieldError("/config/app_secret", "required", missing),))
            return Settings(config=config, secrets=secrets, hook_group=given.waba_id)
        secrets |= {"app_secret": given.app_secret, "verify_token": given.verify_token or token}
        return Settings(config=config, secrets=secrets)

    def verify(self, line: Line, headers: Mapping[str, str], raw: bytes) -> bool:
        return _signed(line.secrets.get("app_secret"), headers, raw)

    def verify_shared(self, secrets: Mapping[str, str], headers: Mapping[str, str], raw: bytes) -> bool:
        return _signed(secrets.get("app_secret"), headers, raw)

    def handshake(self, secrets: Mapping[str, str], query: Mapping[str, str]) -> str | None:
        expected, shown = secrets.get("verify_token"), query.get("hub.verify_token")
        if not expected or not shown or not same(expected, shown) or query.get("hub.mode") != "subscribe":
            return None
        return query.get("hub.challenge")

    def split_shared(self, raw: bytes) -> Sequence[SharedPart]:
        return split_shared(raw)

    def is_for(self, line: Line, number: str) -> bool:
        return line.config["phone_number_id"] == number

    def open(self, line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
        return open_body(line, raw, received_at)

    def parse(self, line: Line, body: bytes) -> Event:
        return parse_body(body)

    async def create(self, net: Net, line: Line, webhook_url: str) -> dict[str, str]:
        """See that the token opens the number and that the number is the account's, then have its app told of it."""
        await self._read(net, line)
        listed = await ask(net, line, "GET", waba_path(line, "/phone_numbers?fields=id&limit=500"))
        known = {text_of(object_of(item).get("id")) for item in list_of(listed.get("data"))}
        if line.config["phone_number_id"] not in known:
            raise Conflict("integration-not-configured", "The account (waba_id) does not have this phone_number_id")
        await self.set_webhook(net, line, webhook_url)
        return {}

    async def set_webhook(self, net: Net, line: Line, url: str) -> None:
        await ask(net, line, "POST", waba_path(line, "/subscribed_apps"))
        if "app_secret" in line.secrets:
            # The number's own address comes before the account's and the app's, so that two numbers of one account
            # may be two channels. It is asked for the challenge before the call is answered.
            hook = {"override_callback_uri": url, "verify_token": line.secrets["verify_token"]}
            await ask(net, line, "POST", number_path(line), {"webhook_configuration": hook})

    async def connect(self, net: Net, line: Line, phone: str | None) -> Pairing:
        told = await self.status(net, line)
        return Pairing(state=told.state, phone=told.phone)

    async def status(self, net: Net, line: Line) -> Connection:
        read = await self._read(net, line)
        limit = limit_of(read.get("whatsapp_business_manager_messaging_limit"))
        state = text_of(read.get("status")) or "CONNECTED"
        banned, held = state in ("BANNED", "RESTRICTED"), state in ("PENDING", "OFFLINE", "DELETED", "UNVERIFIED")
        reason = "account-restricted" if banned else "not-registered" if held else None
        return Connection(
            state="banned" if banned else "disconnected" if held else "connected",
            reason=reason,
            phone=re.sub(r"\D", "", text_of(read.get("display_phone_number")) or "") or None,
            profile_name=text_of(read.get("verified_name")),
            quality=_QUALITY.get(text_of(read.get("quality_rating")) or ""),
            messaging_limit=limit,
        )

    async def _read(self, net: Net, line: Line) -> Json:
        return await ask(net, line, "GET", number_path(line, f"?fields={_NUMBER}"))

    async def restart(self, net: Net, line: Line) -> None:
        """There is no session to begin anew: what may have been lost is the subscription."""
        await ask(net, line, "POST", waba_path(line, "/subscribed_apps"))

    async def disconnect(self, net: Net, line: Line) -> None:
        """The number stays with Meta; its webhooks to an address of ours end."""
        await self.remove(net, line)

    async def remove(self, net: Net, line: Line) -> None:
        # The account's subscription stays: other numbers of it, maybe another tenant's, are told of by the same.
        if "app_secret" not in line.secrets:
            return
        try:
            answer = await call(
                net, line, "POST", number_path(line), {"webhook_configuration": {"override_callback_uri": ""}}
            )
        except NetError as error:
            raise unreached(error, SERVER) from None
        meaning = meaning_of(integer_of(object_of(object_of(json_of(answer)).get("error")).get("code")))
        # A token that opens nothing any more has nothing to take back.
        if answer.status >= 500 or (meaning is not None and meaning.act == "retry"):
            raise UpstreamFailed(detail=f"{SERVER} answered {answer.status} with an error")

    async def typing(self, net: Net, line: Line, address: str, heard: str | None = None) -> None:
        """Marks what was heard as read, too. Without it there is nothing to type an answer to."""
        if heard is not None:
            await self._mark(net, line, heard, {"typing_indicator": {"type": "text"}})

    async def mark_read(self, net: Net, line: Line, provider_message_id: str) -> None:
        await self._mark(net, line, provider_message_id, {})

    async def _mark(self, net: Net, line: Line, message_id: str, more: Json) -> None:
        body: Json = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id, **more}
        try:
            await call(net, line, "POST", number_path(line, "/messages"), body, timeout=TIMEOUT)
        except NetError:
            return

    async def send(self, net: Net, line: Line, message: Outgoing, timeout: float) -> SendOutcome:
        return await send(net, line, message, timeout)

    async def react(self, net: Net, line: Line, target: Target, emoji: str) -> None:
        reaction = {"type": "reaction", "reaction": {"message_id": target.provider_message_id, "emoji": emoji}}
        await ask(net, line, "POST", number_path(line, "/messages"), envelope_of(target.address) | reaction)

    async def edit(self, net: Net, line: Line, target: Target, text: str) -> None:
        raise Conflict("conflict", "The Cloud API cannot change what was sent")

    async def delete(self, net: Net, line: Line, target: Target) -> None:
        raise Conflict("conflict", "The Cloud API cannot take back what was sent")

    async def find_sent(
        self, net: Net, line: Line, message: Outgoing, since: datetime
    ) -> Literal["unknown"] | SendOutcome | None:
        return "unknown"

    async def pull(self, net: Net, line: Line, since: datetime, until: datetime) -> Pulled:
        return Pulled(envelopes=(), complete=True)

    async def list_templates(self, net: Net, line: Line) -> Sequence[Template]:
        return await list_templates(net, line)

    async def fetch_media(self, net: Net, line: Line, reference: dict[str, Any], max_bytes: int) -> Fetched:
        return await fetch(net, line, reference, max_bytes)


def _signed(secret: str | None, headers: Mapping[str, str], raw: bytes) -> bool:
    """HMAC of the bytes as they came: written anew, the same JSON has another signature."""
    shown = headers.get("x-hub-signature-256", "")
    if not secret or not _SIGNATURE.match(shown):
        return False
    return same(f"sha256={hmac.digest(secret.encode(), raw, hashlib.sha256).hex()}", shown)
