"""What Meta tells of what happens in the world: signed bodies, to a number's own address or to the app's."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from evoai.simulator import cloud_bodies as bodies
from evoai.simulator.cloud_bodies import encode
from evoai.simulator.telling import Counts
from evoai.simulator.webhooks import Webhooks
from evoai.simulator.world import Contact, Instance, Message, Said, World

RECEIPTS = {"SERVER_ACK": "sent", "DELIVERY_ACK": "delivered", "READ": "read"}
WABA_EVENTS = {401: "PARTNER_REMOVED", 403: "DISABLED_UPDATE"}


class CloudTelling:
    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks
        self._held: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def tell(self, instance: Instance, field: str, value: dict[str, Any], *, by_app: bool = False) -> None:
        """Templates and accounts are told to the app alone, messages to the number's address if it has one."""
        app = self.world.meta
        url = None if by_app else instance.settings.get("callback")
        secret = instance.settings.get("app_secret") or app.secret
        target = url or instance.settings.get("app_callback") or app.callback
        if not target or self.world.fault(instance, "silent"):
            self.webhooks.tally.skipped += 1
            return
        entry = bodies.entry(instance, field, value)
        wait = self.world.faults.cloud_batch_ms
        if not wait:
            self._post(instance, target, secret, [entry])
            return
        held = self._held.setdefault((target, secret), [])
        held.append(entry)
        if len(held) == 1:
            self.webhooks.later(wait / 1000, self._flush, instance, target, secret)

    def _flush(self, instance: Instance, target: str, secret: str) -> None:
        self._post(instance, target, secret, self._held.pop((target, secret)))

    def _post(self, instance: Instance, target: str, secret: str, entries: list[dict[str, Any]]) -> None:
        body = encode({"object": "whatsapp_business_account", "entry": entries})
        signature = f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"
        self.webhooks.signed(instance, target, body, signature)

    def qr(self, instance: Instance) -> None:
        """There is none."""

    def no_more_codes(self, instance: Instance) -> None:
        """Nor an end of them."""

    def state(self, instance: Instance, state: str) -> None:
        if state == "open":
            self.tell(instance, "account_update", {"event": "ACCOUNT_RECONNECTED"}, by_app=True)

    def closed(self, instance: Instance, reason: int) -> None:
        value: dict[str, Any] = {"event": WABA_EVENTS.get(reason, "PARTNER_REMOVED")}
        if reason == 403:
            instance.settings["banned"] = True
            value["ban_info"] = {"waba_ban_state": "DISABLE", "waba_ban_date": "November 21, 2026"}
        self.tell(instance, "account_update", value, by_app=True)

    def removed(self, instance: Instance, gone: Callable[[], None]) -> None:
        gone()

    def written(self, instance: Instance, contact: Contact, said: Said) -> tuple[str, bytes, dict[str, Any]]:
        if said.file is not None:
            media_id = bodies.media_id(self.world)
            self.world.files.keep(media_id, said.file)
            said = replace(said, options={**said.options, "mimetype": said.file.mime_type, "media_id": media_id})
        if not said.from_me:
            heard = instance.settings.setdefault("heard", {})
            heard[contact.phone] = max(said.at, heard.get(contact.phone, 0.0))
        body = bodies.message(self.world, instance, contact, said)
        return contact.jid, encode(body), {"content": bodies.drawn(said.kind, body)}

    def message(self, instance: Instance, message: Message, contact: Contact) -> None:
        field, name = ("smb_message_echoes", "message_echoes") if message.from_me else ("messages", "messages")
        said = msgspec.json.decode(message.raw)
        self.tell(instance, field, bodies.about(instance) | {"contacts": [bodies.person(contact)], name: [said]})

    def sent(self, instance: Instance, jid: str, said: Said, content: tuple[str, dict[str, Any]] | None) -> bytes:
        return encode({"opaque": said.options.get("opaque"), "error": said.options.get("error", 0)})

    def echo(self, instance: Instance, message: Message) -> None:
        """What is sent by the API is not echoed."""

    def receipt(self, instance: Instance, message: Message, status: str) -> None:
        sent = msgspec.json.decode(message.raw)
        contact, error = self.world.person(message.phone), int(sent["error"])
        if error and status != "SERVER_ACK":
            return
        word = "failed" if error else RECEIPTS[status]
        told = bodies.status(contact, message.id, word, sent["opaque"], error)
        value = bodies.about(instance) | {"statuses": [told]}
        self.tell(instance, "messages", value | ({} if error else {"contacts": [bodies.person(contact)]}))

    def edited(self, instance: Instance, message: Message, text: str, *, by_api: bool) -> None:
        edit = {"original_message_id": message.id, "message": {"type": "text", "text": {"body": text}}}
        self._changed(instance, message, "edit", edit)

    def revoked(self, instance: Instance, message: Message, *, by_api: bool) -> None:
        self._changed(instance, message, "revoke", {"original_message_id": message.id})

    def _changed(self, instance: Instance, message: Message, kind: str, what: dict[str, Any]) -> None:
        """Told by a message of its own."""
        contact = self.world.person(message.phone)
        said = bodies.sides(contact, "to" if message.from_me else "from") | {
            "id": f"wamid.{self.world.hex(24)}",
            "timestamp": str(int(time.time())),
            "type": kind,
            kind: what,
        }
        field, name = ("smb_message_echoes", "message_echoes") if message.from_me else ("messages", "messages")
        self.tell(instance, field, bodies.about(instance) | {"contacts": [bodies.person(contact)], name: [said]})

    def voted(self, instance: Instance, message: Message, phone: str, option: str, counts: Counts) -> None:
        """Polls are not told of."""

    def template(self, instance: Instance, name: str, language: str, event: str, reason: str) -> None:
        value = {
            "event": event,
            "message_template_id": 500000000000009,
            "message_template_name": name,
            "message_template_language": language,
            "reason": reason,
        }
        self.tell(instance, "message_template_status_update", value, by_app=True)
