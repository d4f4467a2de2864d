"""The provider's routes for messages and chats of one instance."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from evoai.simulator.files import File
from evoai.simulator.wire import Call, HungUp, Refused, Request, answer, raw
from evoai.simulator.world import Message

PRESENCES = ("unavailable", "available", "composing", "recording", "paused")
PAGE = 50
NEVER_CONNECTED = "Cannot read properties of undefined (reading 'onWhatsApp')"


def must_be_open(call: Call) -> None:
    if call.instance.state != "open":
        raise Refused(500, "Connection Closed" if call.instance.owner_phone else NEVER_CONNECTED)


def resolved(call: Call, number: str) -> str:
    jid = call.world.resolve(number)
    if jid is None:
        digits = "".join(filter(str.isdigit, number))
        raise Refused(400, [{"jid": f"{digits}@s.whatsapp.net", "exists": False, "number": number}])
    return jid


def log_refused_send(call: Call, status: int) -> None:
    number, text = call.body.get("number"), call.body.get("text")
    call.world.log.add(
        "send",
        instance=call.name,
        number=number if isinstance(number, str) else None,
        text=text if isinstance(text, str) else None,
        accepted=False,
        outcome=str(status),
    )


async def send_text(call: Call) -> web.StreamResponse:
    body = call.body
    number, text = body.get("number"), body.get("text")
    if not isinstance(number, str) or not isinstance(text, str):
        call.require("number", "text")
        wrong = "number" if not isinstance(number, str) else "text"
        raise Refused(400, [[f"{wrong} is not of a type(s) string"]])
    if not text.strip():
        raise Refused(400, ["Text is required"])
    must_be_open(call)
    jid = resolved(call, number)
    if delay := body.get("delay"):
        if not isinstance(delay, int):
            raise Refused(400, [["delay is not of a type(s) integer"]])
        await composing(call, jid, "composing", delay)
    return await leave(call, jid, text)


async def leave(
    call: Call,
    jid: str,
    text: str,
    *,
    kind: str = "text",
    content: tuple[str, dict[str, Any]] | None = None,
    file: File | None = None,
) -> web.StreamResponse:
    """A send that nothing refuses any more: it leaves, and the caller is told so as the switches want it."""
    world, instance = call.world, call.instance
    quote: dict[str, Any] = call.body.get("quoted") or {}
    quoted = quote.get("key", {}).get("id")
    message = call.engine.accept(instance, jid, text, quoted, kind=kind, content=content, file=file)
    faults = world.faults
    outcome = world.untold() or ("400" if world.chance(faults.accept_then_400) else "201")
    world.log.add(
        "send",
        instance=instance.name,
        number=jid,
        text=text,
        what=None if kind == "text" else kind,
        quoted=quoted,
        id=message.id,
        accepted=True,
        outcome=outcome,
    )
    if outcome == "201":
        return raw(201, message.raw)
    if outcome == "400":
        return answer(400, {"status": 400, "error": "Bad Request", "response": {"message": ["Error: Timed Out"]}})
    if outcome == "no-answer":
        await hold(call.request, faults.hold_s)
    raise HungUp


async def hold(request: Request, seconds: float) -> None:
    """Say nothing until the caller gives up or the time is over."""
    end = asyncio.get_running_loop().time() + seconds
    # The server tells a handler nothing of a caller that left, so it has to look.
    while asyncio.get_running_loop().time() < end and request.transport and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def composing(call: Call, jid: str, presence: str, delay: int) -> None:
    """Show typing on the contact's phone; the call stays open that long, as the provider's does."""
    phone = call.world.phone_of(jid)
    call.world.watch(type="presence", instance=call.name, phone=phone, presence=presence, ms=delay)
    await asyncio.sleep(delay / 1000)


async def send_presence(call: Call) -> web.Response:
    call.require("number", "presence", "delay")
    presence, delay = call.body["presence"], call.body["delay"]
    if presence not in PRESENCES:
        raise Refused(400, [[f"presence is not one of enum values: {','.join(PRESENCES)}"]])
    if not isinstance(delay, int):
        raise Refused(400, [["delay is not of a type(s) integer"]])
    must_be_open(call)
    jid = call.world.resolve(str(call.body["number"]))
    if jid is None:
        raise Refused(500, "[object Object]")
    call.world.log.add("presence", instance=call.name, number=jid, text=presence)
    await composing(call, jid, presence, delay)
    return answer(201, {"presence": presence})


async def find_messages(call: Call) -> web.Response:
    where: dict[str, Any] = call.body.get("where") or {}
    call.world.log.add("call", instance=call.name, text="chat/findMessages")
    rows = [m for m in reversed(candidates(call, where.get("key") or {})) if matches(call, m, where)]
    rows.sort(key=lambda m: int(m.at), reverse=True)
    size = int(call.body.get("offset") or PAGE)
    page = int(call.body.get("page") or 1)
    records = [record(call, m) for m in rows[(page - 1) * size : page * size]]
    total = {"total": len(rows), "pages": math.ceil(len(rows) / size), "currentPage": page}
    return answer(200, {"messages": {**total, "records": records}})


def candidates(call: Call, key: dict[str, Any]) -> list[Message]:
    """The messages worth a look, oldest first: one, those of the chats asked for, or all."""
    instance = call.instance
    if "id" in key:
        found = instance.messages.get(key["id"])
        return [found] if found else []
    jids = {key[name] for name in ("remoteJid", "remoteJidAlt") if key.get(name)}
    if jids and not call.world.faults.loose_find:
        return [m for jid in jids for m in instance.by_jid.get(jid, ())]
    return list(instance.messages.values())


def matches(call: Call, message: Message, where: dict[str, Any]) -> bool:
    key: dict[str, Any] = where.get("key") or {}
    if "id" in key and message.id != key["id"]:
        return False
    wanted = [key[name] for name in ("remoteJid", "remoteJidAlt") if key.get(name)]
    if wanted and not (call.world.faults.loose_find and len(wanted) == 1) and message.jid not in wanted:
        return False
    # A false `fromMe` is ignored by the provider.
    if key.get("fromMe") and not message.from_me:
        return False
    between: dict[str, Any] = where.get("messageTimestamp") or {}
    if between and not (epoch(between.get("gte"), 0) <= int(message.at) <= epoch(between.get("lte"), math.inf)):
        return False
    if "messageType" in where or "source" in where:
        data = msgspec.json.decode(message.raw)
        return all(data[name] == where[name] for name in ("messageType", "source") if name in where)
    return True


def epoch(value: Any, default: float) -> float:
    """The provider takes ISO times here and compares whole seconds."""
    if value is None:
        return default
    if isinstance(value, str) and not value.isdigit():
        return int(msgspec.convert(value, type=datetime).timestamp())
    return float(value)


def record(call: Call, message: Message) -> dict[str, Any]:
    data = msgspec.json.decode(message.raw)
    fields = ("key", "pushName", "messageType", "message", "messageTimestamp", "instanceId", "source", "contextInfo")
    out: dict[str, Any] = {"id": message.row_id, **{name: data.get(name) for name in fields}}
    out["MessageUpdate"] = [{"status": status} for status in message.statuses]
    return out


async def whatsapp_numbers(call: Call) -> web.Response:
    call.require("numbers")
    must_be_open(call)
    out: list[dict[str, Any]] = []
    for number in call.body["numbers"]:
        jid = call.world.resolve(str(number))
        digits = "".join(filter(str.isdigit, str(number)))
        found: dict[str, Any] = {
            "jid": jid or f"{digits}@s.whatsapp.net",
            "exists": jid is not None,
            "number": number,
        }
        if jid and jid.endswith("@s.whatsapp.net"):
            found["lid"] = "lid"
        out.append(found)
    call.world.log.add("call", instance=call.name, text="chat/whatsappNumbers")
    return answer(200, out)


async def mark_read(call: Call) -> web.Response:
    call.require("readMessages")
    must_be_open(call)
    for key in call.body["readMessages"]:
        # LIDs are dropped without a word.
        if not str(key.get("remoteJid", "")).endswith("@lid"):
            call.world.log.add("read", instance=call.name, number=key.get("remoteJid"), id=key.get("id"))
            found = call.instance.messages.get(key.get("id") or "")
            if found is not None and "READ" not in found.statuses:
                found.statuses.append("READ")
                call.engine.show(call.instance, found)
    return answer(201, {"message": "Read messages", "read": "success"})
