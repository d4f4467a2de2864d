"""UAZAPI's routes for more than text: files, places, cards, menus; and what is done to a message afterwards."""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import replace
from typing import Any

import msgspec
from aiohttp import web

from evoai.simulator import uazapi_bodies as bodies
from evoai.simulator.files import MIME_TYPES, File
from evoai.simulator.uazapi_chats import leave, must_be_open
from evoai.simulator.wire import Call, Refused, answer
from evoai.simulator.world import Message, Said

MEDIA_TYPES = {
    "image": "image",
    "video": "video",
    "videoplay": "video",
    "ptv": "video",
    "document": "document",
    "audio": "audio",
    "myaudio": "audio",
    "ptt": "audio",
    "sticker": "sticker",
}
MENUS = frozenset({"button", "list", "poll", "carousel"})


async def send_media(call: Call) -> web.StreamResponse:
    body = call.body
    kind, file = MEDIA_TYPES.get(str(body.get("type"))), body.get("file")
    if kind is None or not isinstance(file, str) or not file:
        raise Refused(400, "invalid payload")
    try:
        held = base64.b64decode(file.rpartition(",")[2], validate=True)
    except binascii.Error:
        raise Refused(400, "file must be a URL or base64") from None
    found = File(held, str(body.get("mimetype") or MIME_TYPES[kind]), body.get("docName"))
    more: dict[str, Any] = {"mimetype": found.mime_type, "file_name": found.name, "size": len(held)}
    # Nothing is drawn of its content, but that there is a file.
    return await leave(call, kind, str(body.get("text") or ""), file=found, content=("", {}), **more)


async def send_location(call: Call) -> web.StreamResponse:
    body = call.body
    if not all(isinstance(body.get(name), (int, float)) for name in ("latitude", "longitude")):
        raise Refused(400, "latitude and longitude are required")
    place = {name: body[name] for name in ("latitude", "longitude", "address") if name in body}
    node = {"degreesLatitude": float(body["latitude"]), "degreesLongitude": float(body["longitude"])}
    return await leave(call, "location", str(body.get("name") or ""), content=("", {"content": node}), **place)


async def send_contact(call: Call) -> web.StreamResponse:
    name, phone = call.body.get("fullName"), call.body.get("phoneNumber")
    if not isinstance(name, str) or not isinstance(phone, str) or not phone:
        raise Refused(400, "fullName and phoneNumber are required")
    return await leave(call, "contact", name, phone="".join(filter(str.isdigit, phone.partition(",")[0])))


async def send_menu(call: Call) -> web.StreamResponse:
    body = call.body
    if body.get("type") not in MENUS or not isinstance(body.get("text"), str):
        raise Refused(400, "invalid payload")
    choices: list[Any] = list(body.get("choices") or ())
    if not choices:
        raise Refused(400, "choices are required")
    titles = [str(choice).partition("|")[0] for choice in choices if not str(choice).startswith("[")]
    if body["type"] == "poll":
        node: dict[str, Any] = {"options": [{"optionName": title} for title in titles]}
        return await leave(call, "poll", body["text"], choices=choices, content=("", {"content": node}))
    node = {"buttons": [{"buttonText": {"displayText": title}} for title in titles]}
    return await leave(call, "buttons", body["text"], choices=choices, content=("", {"content": node}))


def target(call: Call) -> Message:
    must_be_open(call)
    found = call.instance.messages.get(str(call.body.get("id") or "").rpartition(":")[2])
    if found is None:
        raise Refused(404, "Message not found")
    return found


async def react(call: Call) -> web.StreamResponse:
    found = target(call)
    emoji = call.body.get("text")
    if not isinstance(emoji, str):
        raise Refused(400, "invalid payload")
    call.world.log.add("call", instance=call.name, text=f"react {emoji}", id=found.id)
    call.engine.touches.mark(call.instance, found.id, "us", emoji)
    telling = call.engine.telling(call.instance)
    options: dict[str, Any] = {"text": emoji, "target": found.id}
    said = Said("3EB0" + call.world.hex(18), "reaction", options, True, time.time())
    raw = telling.sent(call.instance, found.jid, said, None)
    telling.echo(call.instance, replace(found, raw=raw))
    return answer(200, msgspec.json.decode(raw) | {"status": "Pending"})


async def edit(call: Call) -> web.StreamResponse:
    found, text = target(call), call.body.get("text")
    if not isinstance(text, str) or not text:
        raise Refused(400, "invalid payload")
    if not found.from_me:
        raise Refused(400, "only own messages can be edited")
    call.world.log.add("call", instance=call.name, text=f"edit {text}", id=found.id)
    call.engine.touches.edit(call.instance, found, text, by_api=True)
    return answer(200, msgspec.json.decode(found.raw) | {"edited": found.id, "status": "Pending"})


async def delete(call: Call) -> web.StreamResponse:
    found = target(call)
    call.world.log.add("call", instance=call.name, text="delete", id=found.id)
    call.engine.touches.revoke_by_api(call.instance, found)
    return answer(200, {"timestamp": bodies.clock(), "id": found.id})


async def download(call: Call) -> web.StreamResponse:
    found = target(call)
    held = call.world.files.get(found.id)
    if found.kind not in MIME_TYPES:
        raise Refused(400, "the message holds no file")
    if held is None or not call.engine.touches.has_file(found.id):
        raise Refused(404 if held is None else 500, "Message not found" if held is None else "failed to download")
    call.world.log.add("call", instance=call.name, text="message/download", id=found.id)
    out: dict[str, Any] = {"mimetype": held.mime_type, "fileURL": ""}
    if call.body.get("return_base64"):
        out["base64Data"] = base64.b64encode(held.body).decode()
    return answer(200, out)
