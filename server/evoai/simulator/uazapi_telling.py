"""What UAZAPI tells of what happens in the world, with its quirks: the token in every body, only the first code of a
pairing, reads in batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from evoai.simulator import uazapi_bodies as bodies
from evoai.simulator.telling import Counts
from evoai.simulator.uazapi_bodies import STATES
from evoai.simulator.webhooks import Webhooks
from evoai.simulator.world import Contact, Instance, Message, Said, World

UPDATES = {"DELIVERY_ACK": "Delivered", "READ": "Read"}
REASONS = {401: "401: logged out from another device", 403: "403: forbidden"}


class UazapiTelling:
    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def _tell(self, instance: Instance, event: str, /, **fields: Any) -> None:
        body = bodies.envelope(instance, event, f"{self.world.url}/uazapi", **fields)

        def lost(status: int) -> None:
            instance.errors.append(
                {
                    "created": bodies.clock(),
                    "url": instance.hook.url if instance.hook else "",
                    "type": "local",
                    "event": event,
                    "status_code": status,
                    "attempts": 3,
                    "error": "no answer" if not status else f"status {status}",
                    "payload": msgspec.Raw(body),
                }
            )

        self.webhooks.post(instance, event, body, lost)

    def _event_id(self) -> str:
        return str(UUID(int=self.world.random.getrandbits(128), version=4))

    def qr(self, instance: Instance) -> None:
        if instance.qr_count == 1:
            self._connection(instance, {"qrcode": bodies.row(instance)["qrcode"], "status": "connecting"})

    def no_more_codes(self, instance: Instance) -> None:
        self._connection(instance, {"status": "disconnected", "lastDisconnectReason": "QR code timeout"})

    def state(self, instance: Instance, state: str) -> None:
        if state == "open":
            self._connection(instance, {"status": STATES[state], "profileName": instance.profile_name or ""})

    def closed(self, instance: Instance, reason: int) -> None:
        why = instance.settings["last_reason"] = REASONS.get(reason, f"{reason}: closed")
        fields = {"status": "disconnected", "lastDisconnect": bodies.clock(), "lastDisconnectReason": why}
        self._connection(instance, fields, type="LoggedOut" if reason == 401 else "Disconnected")

    def removed(self, instance: Instance, gone: Callable[[], None]) -> None:
        gone()

    def _connection(self, instance: Instance, row: dict[str, Any], **more: Any) -> None:
        row = {"name": instance.name, **row}
        self._tell(instance, "connection", instance=row, event_id=self._event_id(), **more)

    def written(self, instance: Instance, contact: Contact, said: Said) -> tuple[str, bytes, dict[str, Any]]:
        if said.file is not None:
            about = {"mimetype": said.file.mime_type, "size": len(said.file.body)}
            said = replace(said, options={**said.options, **about})
        body = bodies.message(self.world, instance, contact, said)
        return body["chatid"], bodies.encode(body), {"content": body["content"]}

    def message(self, instance: Instance, message: Message, contact: Contact) -> None:
        chat = bodies.chat(instance, contact)
        self._tell(instance, "messages", message=msgspec.Raw(message.raw), chat=chat, chatSource="updated")

    def sent(self, instance: Instance, jid: str, said: Said, content: tuple[str, dict[str, Any]] | None) -> bytes:
        contact = self.world.person(self.world.phone_of(jid))
        said = replace(said, options=said.options | {"by_api": True})
        return bodies.encode(bodies.message(self.world, instance, contact, said))

    def echo(self, instance: Instance, message: Message) -> None:
        self.message(instance, message, self.world.person(message.phone))

    def receipt(self, instance: Instance, message: Message, status: str) -> None:
        state = UPDATES.get(status)
        if state is None:
            return
        told = [message]
        if status == "READ":
            # Who opens a chat has read all of it.
            chat = instance.by_jid.get(message.jid, ())
            told += [m for m in chat if m.via == "api" and "DELIVERY_ACK" in m.statuses and "READ" not in m.statuses]
            for other in told[1:]:
                other.statuses.append("READ")
        self._update(instance, message, [one.id for one in told], state)

    def edited(self, instance: Instance, message: Message, text: str, *, by_api: bool) -> None:
        """Told by a message of its own, which names the first one; the first is stored as it stands now."""
        contact = self.world.person(message.phone)
        options: dict[str, Any] = {"text": text, "edited": message.id, "by_api": by_api}
        edit = Said("3EB0" + self.world.hex(18), "text", options, message.from_me, time.time())
        said = bodies.message(self.world, instance, contact, edit)
        message.raw = bodies.encode(msgspec.json.decode(message.raw) | {"text": text, "content": text})
        chat = bodies.chat(instance, contact)
        self._tell(instance, "messages", message=said, chat=chat, chatSource="updated")

    def voted(self, instance: Instance, message: Message, phone: str, option: str, counts: Counts) -> None:
        contact = self.world.person(phone)
        vote = Said("AC" + self.world.hex(30), "text", {"text": ""}, False, time.time())
        said = bodies.message(self.world, instance, contact, vote)
        said |= {"messageType": "PollUpdateMessage", "type": "poll", "vote": option, "content": {}}
        said["quoted"] = message.id
        self._tell(instance, "messages", message=said, chat=bodies.chat(instance, contact), chatSource="updated")

    def revoked(self, instance: Instance, message: Message, *, by_api: bool) -> None:
        self._update(instance, message, [message.id], "Deleted", from_me=message.from_me)

    def _update(
        self, instance: Instance, message: Message, ids: list[str], state: str, *, from_me: bool = False
    ) -> None:
        event = bodies.update(self.world, message, ids, state, from_me=from_me)
        more = {} if state == "Deleted" else {"type": "ReadReceipt"}
        self._tell(instance, "messages_update", event=event, state=state, event_id=self._event_id(), **more)
