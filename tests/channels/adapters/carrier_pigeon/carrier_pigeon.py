"""A provider of its own, as an installed package brings it: letters come by webhook, answers go to a loft by POST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from evoai.channels.adapters.bodies import storable, unreadable
from evoai.channels.adapters.incoming import Address, Connection, Content, Envelope, Event, Inbound, Pulled, Unreadable
from evoai.channels.adapters.loose import object_of, text_of
from evoai.channels.adapters.protocol import Capabilities, Line, Outgoing, Pairing, SendOutcome, Settings
from evoai.kit.crypto import same
from evoai.kit.net import Net, NetError
from evoai.kit.schema import In


class PigeonConfigIn(In):
    base_url: Annotated[str, Meta(min_length=8, max_length=300)]
    whistle: Annotated[str, Meta(min_length=16, max_length=100)]


class Pigeon:
    provider = "pigeon"
    capabilities = Capabilities(pairing=False, renews_qr=False)
    config_type = PigeonConfigIn
    signs_bodies = False

    def settings(self, given: PigeonConfigIn, *, name: str, token: str, shared: bool) -> Settings:
        return Settings(config={"base_url": given.base_url}, secrets={"whistle": given.whistle})

    def verify(self, line: Line, headers: Mapping[str, str], raw: bytes) -> bool:
        return same(line.secrets["whistle"], headers.get("x-whistle", ""))

    def open(self, line: Line, raw: bytes, received_at: datetime) -> Sequence[Envelope]:
        try:
            letter = object_of(msgspec.json.decode(storable(raw)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return [unreadable(raw, received_at)]
        key, body = f"letter:{letter.get('ring')}", msgspec.json.encode(letter)
        return [Envelope(kind="letter", dedupe_key=key, chat=str(letter.get("from")), body=body)]

    def parse(self, line: Line, body: bytes) -> Event:
        letter = object_of(msgspec.json.decode(body))
        ring, sender = text_of(letter.get("ring")), text_of(letter.get("from"))
        if not ring or not sender:
            raise Unreadable("schema")
        return Inbound(
            provider_message_id=ring,
            chat=Address(phone=sender),
            from_me=False,
            by_api=False,
            name=text_of(letter.get("name")),
            at=None,
            content=Content(type="text", text=text_of(letter.get("text")) or ""),
        )

    async def create(self, net: Net, line: Line, webhook_url: str) -> dict[str, str]:
        return {}

    async def set_webhook(self, net: Net, line: Line, url: str) -> None:
        return

    async def connect(self, net: Net, line: Line, phone: str | None) -> Pairing:
        return Pairing(state="connected")

    async def status(self, net: Net, line: Line) -> Connection:
        return Connection(state="connected", profile_name="The loft")

    async def restart(self, net: Net, line: Line) -> None:
        return

    async def disconnect(self, net: Net, line: Line) -> None:
        return

    async def remove(self, net: Net, line: Line) -> None:
        return

    async def typing(self, net: Net, line: Line, address: str, heard: str | None = None) -> None:
        return

    async def send(self, net: Net, line: Line, message: Outgoing, timeout: float) -> SendOutcome:
        letter = msgspec.json.encode({"to": message.address, "text": message.text, "ring": str(message.delivery_id)})
        try:
            answer = await net.request(
                "POST", f"{line.config['base_url']}/letters", json_body=letter, timeout=timeout, provider_base=True
            )
        except NetError as error:
            return SendOutcome(result="not_delivered" if error.kind == "refused" else "unknown", code=error.kind)
        if answer.status == 204:
            return SendOutcome(result="accepted", provider_message_id=str(message.delivery_id))
        return SendOutcome(result="unknown", code=f"answered-{answer.status}")

    async def find_sent(
        self, net: Net, line: Line, message: Outgoing, since: datetime
    ) -> Literal["unknown"] | SendOutcome | None:
        return "unknown"

    async def pull(self, net: Net, line: Line, since: datetime, until: datetime) -> Pulled:
        return Pulled(envelopes=(), complete=True)

    async def react(self, net: Net, line: Line, target: Any, emoji: str) -> None:
        raise NotImplementedError

    async def edit(self, net: Net, line: Line, target: Any, text: str) -> None:
        raise NotImplementedError

    async def delete(self, net: Net, line: Line, target: Any) -> None:
        raise NotImplementedError

    async def fetch_media(self, net: Net, line: Line, reference: dict[str, Any], max_bytes: int) -> Any:
        raise NotImplementedError
