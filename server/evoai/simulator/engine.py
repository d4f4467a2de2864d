"""What happens in the world: QR codes turn, phones scan, contacts and the owner write, receipts come back."""

from __future__ import annotations

import base64
import time
from typing import Any

from evoai.simulator import bodies
from evoai.simulator.cloud_telling import CloudTelling
from evoai.simulator.contents import MEDIA
from evoai.simulator.evolution_telling import EvolutionTelling
from evoai.simulator.files import File, given
from evoai.simulator.telling import Telling
from evoai.simulator.touches import Touches
from evoai.simulator.uazapi_telling import UazapiTelling
from evoai.simulator.webhooks import Webhooks
from evoai.simulator.world import Instance, Message, Said, Wire, World

FINAL_LOGGED_OUT = 401
UAZAPI_QR_SECONDS = 20
UAZAPI_QR_LIMIT = 6
"""A pairing by QR ends after two minutes."""
RECEIPTS = (("SERVER_ACK", "server_ack_ms"), ("DELIVERY_ACK", "delivery_ack_ms"), ("READ", "read_ms"))
MEDIA_LABELS = {
    "image": "📷 Foto",
    "audio": "🎤 Mensagem de voz",
    "video": "🎬 Vídeo",
    "document": "📄 Documento",
    "sticker": "🩵 Figurinha",
    "location": "📍 Localização",
    "contact": "👤 Contato",
}


class Engine:
    """The verbs of the world. Everything that others may hear of goes through `webhooks`."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks
        self._tellings: dict[Wire, Telling] = {
            "evolution": EvolutionTelling(world, webhooks),
            "uazapi": UazapiTelling(world, webhooks),
            "cloud": CloudTelling(world, webhooks),
        }
        self.touches = Touches(self)

    def telling(self, instance: Instance) -> Telling:
        """What its provider tells of it."""
        return self._tellings[instance.wire]

    def begin_pairing(self, instance: Instance) -> None:
        instance.state = "connecting"
        instance.qr_count = 0
        instance.not_ready = self.world.faults.connect_not_ready
        self._tell_state(instance, "connecting")
        self._next_qr(instance)

    def _next_qr(self, instance: Instance) -> None:
        if instance.state != "connecting" or self.world.instances.get(instance.name) is not instance:
            return
        faults, short = self.world.faults, instance.wire == "uazapi"
        limit = min(faults.qr_limit, UAZAPI_QR_LIMIT) if short else faults.qr_limit
        if instance.qr_count >= limit:
            instance.qr_code = instance.pairing_code = None
            instance.state = "close"
            self.world.changed()
            self.telling(instance).no_more_codes(instance)
            self.world.watch(type="instance", name=instance.name)
            return
        instance.qr_count += 1
        parts = (base64.b64encode(self.world.random.randbytes(48)).decode() for _ in range(3))
        instance.qr_code = "2@" + ",".join(parts)
        if instance.number:
            instance.pairing_code = self.world.hex(8)
        self.telling(instance).qr(instance)
        self.world.watch(type="instance", name=instance.name)
        seconds = min(faults.qr_seconds, UAZAPI_QR_SECONDS) if short else faults.qr_seconds
        self.webhooks.later(seconds, self._turn_qr, instance, instance.qr_count, counted=False)

    def _turn_qr(self, instance: Instance, count: int) -> None:
        if instance.qr_count == count:
            self._next_qr(instance)

    def scan(self, instance: Instance, phone: str | None = None, name: str | None = None) -> None:
        """The owner's phone scans the QR that is shown; raises `ValueError` where none is."""
        if instance.state != "connecting" or instance.qr_code is None:
            raise ValueError("no QR code is shown")
        instance.qr_code = instance.pairing_code = None
        instance.owner_phone = phone or instance.owner_phone or instance.number or self._own_phone(instance.name)
        instance.profile_name = name or instance.profile_name or "Clínica Sorriso"
        self._tell_state(instance, "connecting")
        self.webhooks.later(self.world.faults.scan_ms / 1000, self.open, instance)

    def _own_phone(self, name: str) -> str:
        return f"551193{sum(ord(c) * (i * 131 + 7) for i, c in enumerate(name)) % 10**7:07d}"

    def open(self, instance: Instance) -> None:
        if self.world.instances.get(instance.name) is instance and instance.state == "connecting":
            instance.state = "open"
            self._tell_state(instance, "open")

    def begin_again(self, instance: Instance) -> None:
        """A number that needs no pairing is given access again."""
        instance.state = "open"
        self._tell_state(instance, "open")

    def restart(self, instance: Instance) -> None:
        self._tell_state(instance, "connecting")
        self._tell_state(instance, "open")

    def close(self, instance: Instance, reason: int = FINAL_LOGGED_OUT) -> None:
        """A final disconnect: logged out (401), banned (403) and their kin."""
        instance.state = "close"
        instance.qr_code = instance.pairing_code = None
        instance.disconnected_at = bodies.iso()
        self.world.changed()
        self.telling(instance).closed(instance, reason)
        self.world.watch(type="instance", name=instance.name)

    def remove(self, instance: Instance) -> None:
        if instance.state != "close":
            self.close(instance)

        def gone() -> None:
            if self.world.instances.get(instance.name) is instance:
                del self.world.instances[instance.name]
                self.world.changed()
                self.world.watch(type="instance", name=instance.name)

        self.telling(instance).removed(instance, gone)

    def _tell_state(self, instance: Instance, state: str) -> None:
        self.world.changed()
        self.telling(instance).state(instance, state)
        self.world.watch(type="instance", name=instance.name)

    def write(self, instance: Instance, phone: str, kind: str, options: dict[str, Any], *, from_me: bool) -> str:
        """A contact writes to the number, or its owner writes on the phone; returns the message's id.

        Raises `ValueError` for an unknown kind, or a reaction where there is nothing to react to.
        """
        world = self.world
        contact = world.person(phone, options.get("name"))
        if options.get("addressing") in ("pn", "lid", "bsuid"):
            contact.addressing = options["addressing"]
        if kind == "reaction" and not options.get("target"):
            options = {**options, "target": self._last_answer(instance, contact.phone)}
        message_id = options.get("id") or self._id(instance, "3A" + world.hex(18) if from_me else "AC" + world.hex(30))
        file = given(kind, options, world.random) if kind in MEDIA else None
        if file is not None:
            world.files.keep(message_id, file)
        at = float(options.get("timestamp") or time.time())
        telling = self.telling(instance)
        said = Said(message_id, kind, options, from_me, at, file)
        jid, raw, content = telling.written(instance, contact, said)
        message = Message(
            id=message_id,
            row_id=world.row_id(),
            jid=jid,
            phone=contact.phone,
            from_me=from_me,
            via="phone" if from_me else "contact",
            kind=kind,
            text=options.get("text") or ("" if kind in MEDIA else MEDIA_LABELS.get(kind, kind)),
            at=at,
            raw=raw,
            quoted=options.get("quoted"),
            shown=drawn(kind, content, file),
        )
        instance.keep(message)
        self.show(instance, message)
        if kind == "reaction":
            self.touches.mark(instance, options["target"], "us" if from_me else "contact", options.get("text") or "")
        telling.message(instance, message, contact)
        return message_id

    def _id(self, instance: Instance, name: str) -> str:
        if instance.wire != "cloud":
            return name
        return f"wamid.{base64.b64encode(f'{instance.name}{name}'.encode()).decode()}"

    def _last_answer(self, instance: Instance, phone: str) -> str:
        for message in reversed(instance.messages.values()):
            if message.from_me and message.phone == phone:
                return message.id
        raise ValueError("a reaction needs a `target`")

    def revoke(self, instance: Instance, message_id: str) -> None:
        """The author deletes a message for everyone; raises `KeyError` for an unknown one."""
        self.touches.revoke(instance, instance.messages[message_id])

    def accept(
        self,
        instance: Instance,
        jid: str,
        text: str,
        quoted: str | None,
        *,
        kind: str = "text",
        content: tuple[str, dict[str, Any]] | None = None,
        file: File | None = None,
        **options: Any,
    ) -> Message:
        """An API send leaves: kept, shown on the phone, echoed, receipts on their way. `content` is that of a message
        which is more than text, as Evolution has it."""
        world, telling = self.world, self.telling(instance)
        now = time.time()
        message_id = self._id(instance, "3EB0" + world.hex(18))
        said = Said(message_id, kind, {**options, "text": text, "quoted": quoted}, True, now)
        message = Message(
            id=message_id,
            row_id=world.row_id(),
            jid=jid,
            phone=world.phone_of(jid),
            from_me=True,
            via="api",
            kind=kind,
            text=text,
            at=now,
            raw=telling.sent(instance, jid, said, content),
            quoted=quoted,
            shown=drawn(kind, content[1], file) if content else {},
        )
        if file is not None:
            world.files.keep(message_id, file)
        instance.keep(message)
        self.show(instance, message)
        telling.echo(instance, message)
        if world.fault(instance, "receipts"):
            loss = world.fault(instance, "receipt_loss")
            for status, delay in RECEIPTS:
                if not world.chance(loss):
                    self.webhooks.later(world.fault(instance, delay) / 1000, self._receipt, instance, message, status)
        return message

    def _receipt(self, instance: Instance, message: Message, status: str) -> None:
        if instance.state != "open" or status in message.statuses:
            return
        message.statuses.append(status)
        self.world.changed()
        self.telling(instance).receipt(instance, message, status)

    def show(self, instance: Instance, message: Message) -> None:
        self.world.changed()
        if self.world.watchers:
            self.world.watch(type="message", instance=instance.name, message=view(message))


def view(message: Message) -> dict[str, Any]:
    """A message as the phone page shows it, seen from the contact's phone: what they wrote goes `out`."""
    return {
        "id": message.id,
        "phone": message.phone,
        "direction": "in" if message.from_me else "out",
        "via": message.via,
        "kind": message.kind,
        "text": message.text,
        "at": message.at,
        "statuses": message.statuses,
        "quoted": message.quoted,
        "reactions": list(message.reactions.values()),
        "marks": message.marks,
        **message.shown,
    }


def drawn(kind: str, content: dict[str, Any], file: File | None) -> dict[str, Any]:
    """What the phone page needs beside the text."""
    if file is not None:
        return {"mime_type": file.mime_type.partition(";")[0], "file_name": file.name}
    node: Any = next(value for name, value in content.items() if name != "messageContextInfo")
    if kind == "poll":
        return {"options": [option["optionName"] for option in node["options"]]}
    if kind == "location":
        return {"place": f"{node['degreesLatitude']:.5f}, {node['degreesLongitude']:.5f}"}
    if kind == "buttons":
        return {"choices": [button["buttonText"]["displayText"] for button in node["buttons"]]}
    if kind == "list":
        return {"choices": [row["title"] for section in node["sections"] for row in section["rows"]]}
    return {}
