"""The provider's routes that send more than text, and those that touch messages: reactions, edits, deletions, files."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from typing import Any

from aiohttp import web

from evoai.simulator.chats import leave, must_be_open, resolved
from evoai.simulator.contents import MEDIA, Coder
from evoai.simulator.files import EICAR, File
from evoai.simulator.wire import Call, Refused, answer, raw
from evoai.simulator.world import Message

HUGE = 70 * 1024 * 1024


async def send_media(call: Call) -> web.StreamResponse:
    call.require("number", "mediatype", "media")
    kind = call.body["mediatype"]
    if kind not in ("image", "video", "document", "audio"):
        raise Refused(400, [["mediatype is not one of enum values: image,document,video,audio"]])
    if kind == "document" and not call.body.get("fileName"):
        raise Refused(400, ["For base64 the file name must be informed."])
    file = _file(call.body["media"], call.body.get("mimetype"), call.body.get("fileName"))
    return await _send(call, kind, file, call.body.get("caption") or "")


async def send_audio(call: Call) -> web.StreamResponse:
    call.require("number", "audio")
    return await _send(call, "audio", _file(call.body["audio"], "audio/ogg; codecs=opus", None), "", ptt=True)


async def send_sticker(call: Call) -> web.StreamResponse:
    call.require("number", "sticker")
    return await _send(call, "sticker", _file(call.body["sticker"], "image/webp", None), "")


async def send_location(call: Call) -> web.StreamResponse:
    body = call.body
    call.require("number", "latitude", "longitude", "name", "address")
    if not all(isinstance(body[name], (int, float)) for name in ("latitude", "longitude")):
        raise Refused(400, [["latitude is not of a type(s) number"]])
    place = {
        "degreesLatitude": body["latitude"],
        "degreesLongitude": body["longitude"],
        "name": body["name"],
        "address": body["address"],
    }
    return await _leave(call, "location", body["name"] or "", "locationMessage", place)


async def send_contact(call: Call) -> web.StreamResponse:
    call.require("number", "contact")
    cards = [_card(card) for card in call.body["contact"]]
    names = ", ".join(card["displayName"] for card in cards)
    if len(cards) == 1:
        return await _leave(call, "contact", names, "contactMessage", cards[0])
    return await _leave(call, "contact", names, "contactsArrayMessage", {"displayName": names, "contacts": cards})


async def send_poll(call: Call) -> web.StreamResponse:
    body = call.body
    call.require("number", "name", "selectableCount", "values")
    if not 2 <= len(set(body["values"])) == len(body["values"]) <= 10:
        raise Refused(400, [["values does not meet minimum length of 2"]])
    poll = {
        "name": body["name"],
        "options": [{"optionName": value} for value in body["values"]],
        "selectableOptionsCount": body["selectableCount"],
    }
    return await _leave(call, "poll", body["name"], "pollCreationMessageV3", poll)


async def send_list(call: Call) -> web.StreamResponse:
    body = call.body
    call.require("number", "title", "footerText", "buttonText", "sections")
    asked = {name: body.get(name) for name in ("title", "description", "buttonText", "footerText", "sections")}
    return await _leave(call, "list", body.get("description") or body["title"], "listMessage", asked)


async def send_buttons(call: Call) -> web.StreamResponse:
    body = call.body
    call.require("number", "title", "buttons")
    buttons = [{"buttonId": b.get("id"), "buttonText": {"displayText": b["displayText"]}} for b in body["buttons"]]
    text: str = body.get("description") or ""
    asked: dict[str, Any] = {"contentText": text, "footerText": body.get("footer") or "", "buttons": buttons}
    return await _leave(call, "buttons", text, "buttonsMessage", asked)


async def _send(call: Call, kind: str, file: File, caption: str, *, ptt: bool = False) -> web.StreamResponse:
    coder = Coder(call.world.random, call.world.fault(call.instance, "key_generation"))
    node = coder.media(file.mime_type, len(file.body), int(time.time()))
    if caption:
        node["caption"] = caption
    if kind == "document":
        node |= {"title": file.name, "fileName": file.name}
    if kind == "audio":
        node |= {"seconds": 2, "ptt": ptt}
    return await _leave(call, kind, caption, MEDIA[kind], node, file)


async def _leave(
    call: Call, kind: str, text: str, message_type: str, node: dict[str, Any], file: File | None = None
) -> web.StreamResponse:
    must_be_open(call)
    jid = resolved(call, str(call.body["number"]))
    return await leave(call, jid, text, kind=kind, content=(message_type, {message_type: node}), file=file)


def _file(media: Any, mime_type: Any, name: Any) -> File:
    if not isinstance(media, str) or media.startswith("data:"):
        raise Refused(400, ["Owned media must be a url or base64"])
    try:
        body = base64.b64decode(media, validate=True)
    except binascii.Error:
        raise Refused(400, ["Owned media must be a url or base64"]) from None
    return File(body, str(mime_type or "application/octet-stream"), name if isinstance(name, str) else None)


def _card(card: dict[str, Any]) -> dict[str, Any]:
    name, phone = card["fullName"], card["phoneNumber"]
    waid = card.get("wuid") or "".join(filter(str.isdigit, phone))
    vcard = f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nitem1.TEL;waid={waid}:{phone}\nEND:VCARD"
    return {"displayName": name, "vcard": vcard}


async def send_reaction(call: Call) -> web.Response:
    call.require("key", "reaction")
    call.require("id", "remoteJid", "fromMe", within=call.body["key"])
    must_be_open(call)
    emoji = call.body["reaction"]
    if not isinstance(emoji, str) or len(emoji) > 12 or emoji.isalnum():
        raise Refused(400, ['"reaction" must be an emoji'])
    told = call.engine.touches.react(call.instance, call.body["key"], emoji)
    call.world.log.add("touch", instance=call.name, what="reaction", id=call.body["key"]["id"], text=emoji)
    return raw(201, told)


async def update_message(call: Call) -> web.Response:
    call.require("number", "text", "key")
    must_be_open(call)
    message = _own(call, call.body["key"])
    call.engine.touches.edit(call.instance, message, call.body["text"], by_api=True)
    call.world.log.add("touch", instance=call.name, what="edit", id=message.id, text=call.body["text"])
    return answer(200, {"key": call.body["key"], "messageTimestamp": str(int(time.time())), "status": "PENDING"})


async def delete_message(call: Call) -> web.Response:
    call.require("id", "fromMe", "remoteJid")
    must_be_open(call)
    message = _own(call, call.body)
    call.engine.touches.revoke_by_api(call.instance, message)
    call.world.log.add("touch", instance=call.name, what="delete", id=message.id)
    revoked = {"protocolMessage": {"key": call.body, "type": "REVOKE"}}
    stamp = str(int(time.time()))
    return answer(201, {"key": call.body, "message": revoked, "messageTimestamp": stamp, "status": "PENDING"})


def _own(call: Call, key: dict[str, Any]) -> Message:
    found = call.instance.messages.get(key.get("id") or "")
    if found is None or not found.from_me:
        raise Refused(400, ["Message not compatible"])
    return found


async def base64_of(call: Call) -> web.Response:
    """The file of a message, decrypted, as the switches let it come."""
    call.require("message")
    key: dict[str, Any] = call.body["message"].get("key") or {}
    message_id = str(key.get("id") or "")
    faults = call.world.faults
    call.world.log.add("call", instance=call.name, text="chat/getBase64FromMediaMessage", id=message_id)
    if faults.media_ms:
        await asyncio.sleep(faults.media_ms / 1000)
    if not call.engine.touches.has_file(message_id):
        raise Refused(400, ["AggregateError"])
    if faults.media_wrong == "null":
        return answer(201, None)
    file = call.world.files.get(message_id)
    if file is None:
        raise Refused(400, ["Message not found"])
    body = {
        "html": b"<!doctype html><script>alert(1)</script>",
        "eicar": EICAR,
        "empty": b"",
    }.get(faults.media_wrong, file.body)
    if faults.media_wrong == "huge":
        body = file.body + b"\0" * HUGE
    found = call.instance.messages.get(message_id)
    node = MEDIA.get(found.kind if found else "", "documentMessage")
    return answer(
        201,
        {
            "mediaType": node,
            "fileName": file.name or f"{message_id}.bin",
            "size": {"fileLength": str(len(body))},
            "mimetype": file.mime_type,
            "base64": body,
            "buffer": None,
        },
    )
