"""What Evolution tells of what happens in the world."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from evoai.simulator import bodies
from evoai.simulator.bodies import encode
from evoai.simulator.contents import Coder, key
from evoai.simulator.qr import data_uri
from evoai.simulator.telling import Counts
from evoai.simulator.webhooks import Webhooks
from evoai.simulator.world import Contact, Instance, Message, Said, World

QR_REFUSED = 428


class EvolutionTelling:
    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def qr(self, instance: Instance) -> None:
        assert instance.qr_code is not None
        qr = {
            "instance": instance.name,
            "pairingCode": instance.pairing_code,
            "code": instance.qr_code,
            "base64": data_uri(instance.qr_code),
        }
        self.webhooks.emit(instance, "qrcode.updated", encode({"qrcode": qr}))

    def no_more_codes(self, instance: Instance) -> None:
        self.webhooks.emit(instance, "qrcode.updated", bodies.LIMIT_DATA)
        self._connection(instance, "refused", QR_REFUSED)

    def state(self, instance: Instance, state: str) -> None:
        self._connection(instance, state, 200)

    def closed(self, instance: Instance, reason: int) -> None:
        self.webhooks.emit(instance, "status.instance", bodies.closed(instance, reason))
        self.webhooks.emit(instance, "logout.instance", b"null")
        self._connection(instance, "close", reason)

    def removed(self, instance: Instance, gone: Callable[[], None]) -> None:
        """The name stays taken until the event was delivered or given up."""
        self.webhooks.emit(instance, "remove.instance", b"null", gone)

    def _connection(self, instance: Instance, state: str, reason: int) -> None:
        self.webhooks.emit(instance, "connection.update", bodies.connection(instance, state, reason))

    def written(self, instance: Instance, contact: Contact, said: Said) -> tuple[str, bytes, dict[str, Any]]:
        generation = self.world.fault(instance, "key_generation")
        coder = Coder(self.world.random, generation)
        data = bodies.upsert(instance, contact, said, coder=coder, generation=generation)
        return data["key"]["remoteJid"], encode(data), data["message"]

    def message(self, instance: Instance, message: Message, contact: Contact) -> None:
        self.webhooks.emit(instance, "messages.upsert", message.raw)
        if not message.from_me:
            self.webhooks.emit(instance, "contacts.update", bodies.contact_update(instance, contact))

    def sent(self, instance: Instance, jid: str, said: Said, content: tuple[str, dict[str, Any]] | None) -> bytes:
        text, quoted = said.options["text"], said.options.get("quoted")
        return encode(bodies.sent(instance, jid, said.id, text, int(said.at), quoted, content))

    def echo(self, instance: Instance, message: Message) -> None:
        self.webhooks.emit(instance, "send.message", message.raw)

    def receipt(self, instance: Instance, message: Message, status: str) -> None:
        jid = message.jid
        # The receipt carries whichever address the other phone used.
        if not jid.endswith("@g.us") and status != "SERVER_ACK" and self.world.chance(0.5):
            jid = self.world.person(message.phone).lid
        if self.webhooks.subscribed(instance, "messages.update"):
            data = bodies.receipt(instance, message.id, jid, status, self.world.row_id())
            self.webhooks.emit(instance, "messages.update", data)

    def edited(self, instance: Instance, message: Message, text: str, *, by_api: bool) -> None:
        """Through the API it is told by another event."""
        if by_api:
            data = bodies.edited_by_api(message.id, message.jid, text, time.time())
            self.webhooks.emit(instance, "send.message.update", data)
        else:
            row_id = self.world.row_id()
            data = bodies.edited_by_author(message.id, message.jid, message.from_me, text, row_id, instance)
            self.webhooks.emit(instance, "messages.update", data)

    def voted(self, instance: Instance, message: Message, phone: str, option: str, counts: Counts) -> None:
        data = bodies.votes(message.id, message.jid, counts, self.world.row_id(), instance)
        self.webhooks.emit(instance, "messages.update", data)

    def revoked(self, instance: Instance, message: Message, *, by_api: bool) -> None:
        if by_api:
            # The event's id is the server's own; WhatsApp's stands in the key.
            message_key = {"remoteJid": message.jid, "fromMe": True, "id": message.id}
            data = {"id": message.row_id, "instanceId": instance.id, "key": message_key, "status": "DELETED"}
            self.webhooks.emit(instance, "messages.delete", encode(data))
            return
        contact = self.world.person(message.phone)
        message_key = key(contact, message.id, message.from_me, self.world.fault(instance, "key_generation"))
        self.webhooks.emit(instance, "messages.delete", encode(message_key | {"status": "DELETED"}))
