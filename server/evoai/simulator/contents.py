"""Keys and contents of messages, in the key and byte encoding of the chosen provider version."""

from __future__ import annotations

import base64
from random import Random
from typing import Any

from evoai.simulator.files import File
from evoai.simulator.world import Contact

OLD_BYTES = ("2.2.3", "2.3.4")
MEDIA = {
    "image": "imageMessage",
    "audio": "audioMessage",
    "video": "videoMessage",
    "document": "documentMessage",
    "sticker": "stickerMessage",
}


class Coder:
    """Writes bytes and 64-bit integers as one version does."""

    def __init__(self, random: Random, generation: str) -> None:
        self.random = random
        self.old = generation in OLD_BYTES

    def blob(self, size: int) -> Any:
        data = self.random.randbytes(size)
        if self.old:
            return base64.b64encode(data).decode()
        return {str(i): byte for i, byte in enumerate(data)}

    def long(self, value: int, *, unsigned: bool = False) -> Any:
        if self.old:
            return str(value)
        low = value & 0xFFFFFFFF
        return {"low": low - (1 << 32) if low >= 1 << 31 else low, "high": value >> 32, "unsigned": unsigned}

    def device_metadata(self, now: int) -> dict[str, Any]:
        return {
            "deviceListMetadata": {
                "senderKeyIndexes": [],
                "recipientKeyIndexes": [],
                "senderKeyHash": self.blob(10),
                "senderTimestamp": self.long(now - 90_000, unsigned=True),
                "recipientKeyHash": self.blob(10),
                "recipientTimestamp": self.long(now - 3_600, unsigned=True),
            },
            "deviceListMetadataVersion": 2,
            "messageSecret": self.blob(32),
        }

    def media(self, mimetype: str, size: int, now: int) -> dict[str, Any]:
        path = f"/v/t62.7118-24/{self.random.getrandbits(29)}_{self.random.getrandbits(53)}_n.enc?ccb=11-4"
        return {
            "url": f"https://mmg.whatsapp.net{path}&mms3=true",
            "mimetype": mimetype,
            "fileSha256": self.blob(32),
            "fileLength": self.long(size, unsigned=True),
            "mediaKey": self.blob(32),
            "fileEncSha256": self.blob(32),
            "directPath": path,
            "mediaKeyTimestamp": self.long(now - 60),
        }


def key(contact: Contact, message_id: str, from_me: bool, generation: str) -> dict[str, Any]:
    """The 1:1 message key in the form of each version."""
    lid_first = contact.addressing == "lid"
    head: dict[str, Any] = {"remoteJid": contact.jid}
    tail: dict[str, Any] = {}
    if generation == "2.2.3":
        head = {"remoteJid": contact.lid if lid_first else contact.jid}
    elif generation == "2.3.4":
        if lid_first:
            head["previousRemoteJid"] = contact.lid
            tail = {"senderPn": contact.jid}
        tail["senderLid"] = contact.lid
    elif generation == "2.3.6" and lid_first:
        head = {"remoteJid": contact.lid, "remoteJidAlt": contact.jid}
        tail = {"addressingMode": "lid"}
    elif generation == "2.3.7" and lid_first:
        head["remoteJidAlt"] = contact.jid
        tail = {"addressingMode": "lid"}
    else:
        head["remoteJidAlt"] = contact.lid
        tail = {"addressingMode": "pn"}
    return {**head, "fromMe": from_me, "id": message_id, "participant": "", **tail}


def content(
    coder: Coder, kind: str, options: dict[str, Any], now: int, file: File | None = None
) -> tuple[str, dict[str, Any]]:
    """Message type and content of one kind, `file` for those that have one; raises `ValueError` for a kind it does not
    know."""
    text = options.get("text") or ""
    if kind == "text":
        return "conversation", {"conversation": text}
    if kind in MEDIA and file is not None:
        node = MEDIA[kind]
        body = coder.media(file.mime_type, int(options.get("size") or len(file.body)), now)
        if options.get("view_once"):
            body["viewOnce"] = True
        if kind == "audio":
            body |= {"seconds": int(options.get("seconds") or 7), "ptt": True, "waveform": coder.blob(64)}
        elif kind == "document":
            body |= {"title": file.name, "fileName": file.name, "pageCount": 1}
        elif kind in ("image", "video"):
            body |= {"height": 1280, "width": 960, "jpegThumbnail": coder.blob(64)}
        else:
            body |= {"height": 512, "width": 512, "isAnimated": False}
        if text and kind in ("image", "video", "document"):
            body["caption"] = text
        if options.get("view_once"):
            return "viewOnceMessageV2", {"viewOnceMessageV2": {"message": {node: body}}}
        return node, {node: body}
    if kind == "location":
        place: dict[str, Any] = {
            "degreesLatitude": float(options.get("latitude") or -23.5613991),
            "degreesLongitude": float(options.get("longitude") or -46.6565712),
            "name": text or "Avenida Paulista",
            "address": options.get("address") or "Av. Paulista, Bela Vista, São Paulo",
            "jpegThumbnail": coder.blob(48),
        }
        return "locationMessage", {"locationMessage": place}
    if kind == "contact":
        phone = str(options.get("phone") or "5531988887777")
        name = text or "Carlos Eletricista"
        card = f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nitem1.TEL;waid={phone}:+{phone}\nEND:VCARD"
        return "contactMessage", {"contactMessage": {"displayName": name, "vcard": card}}
    if kind == "reaction":
        from_me = options.get("target_from_me", True)
        target = {"remoteJid": options["jid"], "fromMe": from_me, "id": options.get("target") or "", "participant": ""}
        body = {"key": target, "text": text, "senderTimestampMs": coder.long(now * 1000)}
        return "reactionMessage", {"reactionMessage": body}
    if kind == "button":
        body = {"selectedButtonId": options.get("choice") or text, "selectedDisplayText": text, "type": 1}
        return "buttonsResponseMessage", {"buttonsResponseMessage": body}
    if kind == "poll":
        names = options.get("options") or ["Sim", "Não"]
        poll = {"name": text, "options": [{"optionName": name} for name in names], "selectableOptionsCount": 1}
        return "pollCreationMessage", {"pollCreationMessage": poll}
    raise ValueError(f"unknown kind {kind!r}")
