"""Webhook bodies as Evolution API writes them. What a message contains, and its key, is in `contents.py`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from evoai.simulator.contents import Coder, content, key
from evoai.simulator.world import Contact, Instance, Said

encode = msgspec.json.encode
EVENT_NAMES = """
APPLICATION_STARTUP QRCODE_UPDATED MESSAGES_SET MESSAGES_UPSERT MESSAGES_EDITED MESSAGES_UPDATE MESSAGES_DELETE
SEND_MESSAGE SEND_MESSAGE_UPDATE CONTACTS_SET CONTACTS_UPSERT CONTACTS_UPDATE PRESENCE_UPDATE CHATS_SET CHATS_UPSERT
CHATS_UPDATE CHATS_DELETE GROUPS_UPSERT GROUP_UPDATE GROUP_PARTICIPANTS_UPDATE CONNECTION_UPDATE LABELS_EDIT
LABELS_ASSOCIATION CALL TYPEBOT_START TYPEBOT_CHANGE_STATUS REMOVE_INSTANCE LOGOUT_INSTANCE INSTANCE_CREATE
INSTANCE_DELETE STATUS_INSTANCE
"""
ALL_EVENTS = tuple(EVENT_NAMES.split())
LIMIT_DATA = encode({"message": "QR code limit reached, please login again", "statusCode": 500})


def iso(offset_minutes: int = 0) -> str:
    """Now, as `2025-11-20T12:00:00.000Z`; with an offset the clock moves and the Z stays, as the provider does it."""
    seconds, fraction = divmod(time.time() + offset_minutes * 60, 1)
    return f"{second(int(seconds))}.{int(fraction * 1000):03d}Z"


@lru_cache(maxsize=64)
def second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


@lru_cache(maxsize=512)
def around(event: str, name: str, url: str, owner_jid: str | None, server_url: str) -> tuple[bytes, bytes, bytes]:
    """What stands before the data, between it and the time, and after the time."""
    sender = b'","sender":' + encode(owner_jid) if owner_jid else b'"'
    return (
        b'{"event":"' + event.encode() + b'","instance":' + encode(name) + b',"data":',
        b',"destination":' + encode(url) + b',"date_time":"',
        sender + b',"server_url":' + encode(server_url) + b',"apikey":null}',
    )


def envelope(instance: Instance, event: str, data: bytes, server_url: str, offset_minutes: int) -> bytes:
    """The POST body around encoded `data`. `destination` stays the base URL, whatever path the event is posted to."""
    assert instance.hook is not None
    before, between, after = around(event, instance.name, instance.hook.url, instance.owner_jid, server_url)
    return before + data + between + iso(offset_minutes=offset_minutes).encode() + after


def upsert(instance: Instance, contact: Contact, said: Said, *, coder: Coder, generation: str) -> dict[str, Any]:
    """`data` of messages.upsert: a contact wrote, or the owner wrote on the phone."""
    options, from_me, now = said.options, said.from_me, int(said.at)
    message_type, message = content(coder, said.kind, {"jid": contact.jid, **options}, now, said.file)
    message["messageContextInfo"] = coder.device_metadata(now)
    data: dict[str, Any] = {
        "key": key(contact, said.id, from_me, generation),
        "pushName": (instance.profile_name or "Você") if from_me else contact.name,
        "status": "SERVER_ACK" if from_me else "DELIVERY_ACK",
        "message": message,
    }
    if group := options.get("group"):
        lid = {"participant": contact.lid, "participantAlt": contact.jid, "addressingMode": "lid"}
        data["key"] = {"remoteJid": group, "fromMe": from_me, "id": said.id, **lid}
    if quoted := options.get("quoted"):
        data["contextInfo"] = {
            "mentionedJid": [],
            "groupMentions": [],
            "statusAttributions": [],
            "stanzaId": quoted,
            "participant": instance.owner_jid,
            "quotedMessage": {"conversation": options.get("quoted_text") or ""},
        }
    return data | {
        "messageType": message_type,
        "messageTimestamp": now,
        "instanceId": instance.id,
        "source": "ios" if said.id.startswith("3A") else "android",
    }


def sent(
    instance: Instance,
    jid: str,
    message_id: str,
    text: str,
    now: int,
    quoted: str | None,
    content: tuple[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The answer to a send, which is also `data` of send.message; `content` for what is more than text."""
    context: dict[str, Any] = {
        "mentionedJid": [],
        "groupMentions": [],
        "statusAttributions": [],
        "ephemeralSettingTimestamp": {"low": now - 172_800, "high": 0, "unsigned": False},
        "disappearingMode": {"initiator": 0},
    }
    if quoted:
        context |= {"stanzaId": quoted, "participant": jid}
    return {
        "key": {"remoteJid": jid, "fromMe": True, "id": message_id},
        "pushName": "Você",
        "status": "PENDING",
        "message": content[1] if content else {"conversation": text},
        "contextInfo": context,
        "messageType": content[0] if content else "conversation",
        "messageTimestamp": now,
        "instanceId": instance.id,
        "source": "web",
    }


def receipt(instance: Instance, message_id: str, jid: str, status: str, row_id: str) -> bytes:
    return encode(
        {
            "keyId": message_id,
            "remoteJid": jid,
            "fromMe": True,
            "status": status,
            "instanceId": instance.id,
            "messageId": row_id,
        }
    )


def edited_by_author(message_id: str, jid: str, from_me: bool, text: str, row_id: str, instance: Instance) -> bytes:
    """An edit comes among the updates, with a status that says nothing."""
    return encode(
        {
            "keyId": message_id,
            "remoteJid": jid,
            "fromMe": from_me,
            "participant": "",
            "status": "SERVER_ACK",
            "instanceId": instance.id,
            "message": {"editedMessage": {"message": {"conversation": text}}},
            "messageId": row_id,
        }
    )


def edited_by_api(message_id: str, jid: str, text: str, now: float) -> bytes:
    """`data` of send.message.update."""
    return encode(
        {
            "key": {"remoteJid": jid, "fromMe": True, "id": message_id},
            "type": "MESSAGE_EDIT",
            "editedMessage": {"conversation": text},
            "timestampMs": str(int(now * 1000)),
        }
    )


def votes(message_id: str, jid: str, counts: dict[str, list[str]], row_id: str, instance: Instance) -> bytes:
    """How a poll stands, among the updates."""
    return encode(
        {
            "keyId": message_id,
            "remoteJid": jid,
            "fromMe": True,
            "status": "SERVER_ACK",
            "instanceId": instance.id,
            "pollUpdates": [{"name": name, "voters": voters} for name, voters in counts.items()],
            "messageId": row_id,
        }
    )


def connection(instance: Instance, state: str, reason: int) -> bytes:
    data: dict[str, Any] = {"instance": instance.name}
    if state == "open":
        picture = "https://pps.whatsapp.net/v/t61.24694-24/0000_n.jpg"
        data |= {
            "wuid": instance.owner_jid,
            "profileName": instance.profile_name,
            "profilePictureUrl": picture,
        }
    return encode(data | {"state": state, "statusReason": reason})


def closed(instance: Instance, reason: int) -> bytes:
    """`data` of status.instance at a final disconnect; the inner object is JSON in a string."""
    inner = {
        "error": {
            "data": {"tag": "stream:error", "attrs": {"code": str(reason)}},
            "isBoom": True,
            "output": {"statusCode": reason},
        },
        "date": iso(),
    }
    return encode(
        {
            "instance": instance.name,
            "status": "closed",
            "disconnectionAt": instance.disconnected_at,
            "disconnectionReasonCode": reason,
            "disconnectionObject": encode(inner).decode(),
        }
    )


def contact_update(instance: Instance, contact: Contact) -> bytes:
    return encode(
        {"remoteJid": contact.jid, "pushName": contact.name, "profilePicUrl": None, "instanceId": instance.id}
    )
