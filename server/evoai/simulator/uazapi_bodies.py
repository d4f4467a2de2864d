"""Webhook bodies and objects as UAZAPI writes them: messages, chats, the instance."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from random import Random
from typing import Any
from zlib import crc32

import msgspec

from evoai.simulator.qr import data_uri
from evoai.simulator.world import Contact, Instance, Message, Said, World

encode = msgspec.json.encode
STATES = {"open": "connected", "connecting": "connecting", "close": "disconnected"}
MEDIA = {
    "image": ("ImageMessage", "image", "image/jpeg"),
    "audio": ("AudioMessage", "ptt", "audio/ogg; codecs=opus"),
    "video": ("VideoMessage", "video", "video/mp4"),
    "document": ("DocumentMessage", "document", "application/pdf"),
    "sticker": ("StickerMessage", "user_created_sticker", "image/webp"),
}


def clock(at: float | None = None) -> str:
    """A space stands where others have a T."""
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def envelope(instance: Instance, event: str, server_url: str, /, **fields: Any) -> bytes:
    return encode(
        {
            "BaseUrl": server_url,
            "EventType": event,
            **fields,
            "instanceName": instance.name,
            "owner": instance.owner_phone or "",
            "token": instance.token,
        }
    )


def row(instance: Instance) -> dict[str, Any]:
    """The instance object, its token with it."""
    shows = instance.state == "connecting"
    return {
        "id": instance.id,
        "token": instance.token,
        "status": STATES[instance.state],
        "paircode": (instance.pairing_code or "") if shows else "",
        "qrcode": data_uri(instance.qr_code) if shows and instance.qr_code and not instance.pairing_code else "",
        "name": instance.name,
        "profileName": instance.profile_name or "",
        "profilePicUrl": "",
        "isBusiness": True,
        "plataform": "smba",
        "systemName": "uazapiGO",
        # Kept from the last pairing while nothing is connected.
        "owner": instance.owner_phone or "",
        "current_presence": "available" if instance.state == "open" else "unavailable",
        "lastDisconnect": instance.disconnected_at or "",
        "lastDisconnectReason": instance.settings.get("last_reason", ""),
        "adminField01": instance.admin_fields.get("adminField01", ""),
        "adminField02": instance.admin_fields.get("adminField02", ""),
        "openai_apikey": "",
        "chatbot_enabled": False,
        "msg_delay_min": 0,
        "msg_delay_max": 0,
        "currentTime": clock(),
        "created": instance.created_at,
        "updated": clock(),
    }


def chat(instance: Instance, contact: Contact) -> dict[str, Any]:
    """The provider's own row about the customer."""
    return {
        "id": f"r{crc32(contact.phone.encode()):014x}",
        "name": contact.name,
        "wa_name": contact.name,
        "wa_contactName": "",
        "phone": f"+{contact.phone[:2]} {contact.phone[2:4]} {contact.phone[4:-4]}-{contact.phone[-4:]}",
        "owner": instance.owner_phone or "",
        "wa_chatid": contact.jid,
        "wa_chatlid": contact.lid,
        "wa_fastid": f"{instance.owner_phone}:{contact.phone}",
        "wa_isGroup": False,
        "wa_unreadCount": 1,
        "wa_label": [],
        "lead_tags": [],
    }


def message(world: World, instance: Instance, contact: Contact, said: Said) -> dict[str, Any]:
    """The message object; an empty text is what it has for nothing."""
    name, coarse, media_type, content, text = _said(world.random, said.kind, said.options, int(said.at))
    kind, options, from_me = said.kind, said.options, said.from_me
    group = options.get("group")
    own_lid = f"1{crc32(instance.name.encode()):014d}@lid"
    sender = contact.lid if contact.addressing == "lid" else contact.jid
    quoted = options.get("quoted") or ""
    if quoted and not isinstance(content, str):
        context: dict[str, Any] = content["contextInfo"]
        context["stanzaID"] = quoted
        context["quotedMessage"] = {"conversation": options.get("quoted_text") or ""}
    return {
        "buttonOrListid": (options.get("choice") or text) if kind in ("button", "list") else "",
        "chatid": group or contact.jid,
        "chatlid": "" if group else contact.lid,
        "content": content,
        "convertOptions": "|".join(map(str, options.get("choices") or ())) if kind == "poll" else "",
        "edited": options.get("edited") or "",
        "fromMe": from_me,
        "groupName": "Entregas" if group else "Unknown",
        "id": f"{instance.owner_phone}:{said.id}",
        "isGroup": bool(group),
        "mediaType": media_type,
        "messageTimestamp": int(said.at * 1000),
        "messageType": name,
        "messageid": said.id,
        "owner": instance.owner_phone or "",
        "pinned": False,
        "quoted": quoted,
        "reaction": (options.get("target") or "") if kind == "reaction" else "",
        "sender": own_lid if from_me else sender,
        "senderName": (instance.profile_name or "") if from_me else contact.name,
        "sender_lid": own_lid if from_me else contact.lid,
        "sender_pn": f"{instance.owner_phone}@s.whatsapp.net" if from_me else contact.jid,
        "source": "web" if said.id.startswith("3EB0") else "ios" if said.id.startswith("3A") else "android",
        "status": "",
        "text": text,
        "track_id": options.get("track_id") or "",
        "track_source": options.get("track_source") or "",
        "type": coarse,
        "vote": text if kind in ("button", "list") else "",
        "wasSentByApi": bool(options.get("by_api")),
    }


def _said(random: Random, kind: str, options: dict[str, Any], now: int) -> tuple[str, str, str, Any, str]:
    """Type, coarse type, media type, content, and the words taken out of it. Raises `ValueError`."""
    text = options.get("text") or ""
    context: dict[str, Any] = {"expiration": 0, "disappearingMode": {"initiator": 0, "trigger": 0}}
    if kind == "text":
        if options.get("quoted") or options.get("by_api"):
            return "ExtendedTextMessage", "text", "", {"text": text, "previewType": 0, "contextInfo": context}, text
        return "Conversation", "text", "", text, text
    if kind in MEDIA:
        name, media_type, mime = MEDIA[kind]
        content = _media(random, kind, options, mime, now) | {"contextInfo": context}
        if text and kind in ("image", "video", "document"):
            content["caption"] = text
        return name, "media", media_type, content, text
    if kind == "location":
        place = {
            "degreesLatitude": float(options.get("latitude") or -23.5613991),
            "degreesLongitude": float(options.get("longitude") or -46.6565712),
            "name": text or "Avenida Paulista",
            "address": options.get("address") or "Av. Paulista, Bela Vista, São Paulo",
            "contextInfo": context,
        }
        return "LocationMessage", "media", "location", place, ""
    if kind == "contact":
        phone = str(options.get("phone") or "5531988887777")
        name = text or "Carlos Eletricista"
        card = f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nitem1.TEL;waid={phone}:+{phone}\nEND:VCARD"
        body = {"displayName": name, "vcard": card, "contextInfo": context}
        return "ContactMessage", "media", "vcard", body, f"{name}\nPhone (Celular): +{phone}"
    if kind == "reaction":
        key = {"remoteJID": "", "fromMe": True, "ID": options.get("target") or ""}
        return "ReactionMessage", "reaction", "", {"key": key, "text": text, "senderTimestampMS": now * 1000}, text
    if kind == "button":
        chosen = {
            "selectedButtonID": options.get("choice") or text,
            "selectedDisplayText": text,
            "contextInfo": context,
        }
        return "ButtonsResponseMessage", "media", "", chosen, text
    if kind == "poll":
        names = [{"optionName": str(name)} for name in options.get("choices") or ("Sim", "Não")]
        return "PollCreationMessageV3", "poll", "", {"name": text, "options": names, "contextInfo": context}, text
    if kind == "buttons":
        return "ListMessage", "media", "", {"description": text, "contextInfo": context}, text
    raise ValueError(f"unknown kind {kind!r}")


def _media(random: Random, kind: str, options: dict[str, Any], mime: str, now: int) -> dict[str, Any]:
    path = f"/v/t62.7118-24/{random.getrandbits(29)}_{random.getrandbits(53)}_n.enc?ccb=11-4"
    seal = base64.b64encode(random.randbytes(32)).decode()
    body: dict[str, Any] = {
        "URL": f"https://mmg.whatsapp.net{path}&mms3=true",
        "mimetype": options.get("mimetype") or mime,
        "fileSHA256": seal,
        "fileLength": int(options.get("size") or 48_211),
        "mediaKey": seal,
        "directPath": path,
        "mediaKeyTimestamp": now - 60,
    }
    if kind == "audio":
        body |= {"seconds": int(options.get("seconds") or 7), "PTT": True}
    elif kind == "document":
        name = options.get("file_name") or "documento.pdf"
        body |= {"fileName": name, "title": name, "pageCount": 1}
    elif kind != "sticker":
        body |= {"height": 1280, "width": 960, "JPEGThumbnail": base64.b64encode(random.randbytes(48)).decode()}
    return body


def update(world: World, message: Message, ids: list[str], state: str, *, from_me: bool = False) -> dict[str, Any]:
    """`event` of messages_update. Builds differ in how they write booleans and times."""
    contact, words = world.person(message.phone), world.faults.uazapi_words
    now = time.time()
    return {
        "Chat": message.jid,
        "IsFromMe": str(from_me) if words else from_me,
        "IsGroup": "False" if words else False,
        "MessageIDs": ids,
        "Sender": contact.jid,
        "Timestamp": f"{datetime.fromtimestamp(int(now), UTC):%Y-%m-%dT%H:%M:%SZ}" if words else int(now),
        "Type": state.lower() if words else state,
        "chatid": message.jid,
        "sender_lid": contact.lid,
        "sender_pn": contact.jid,
    }
