"""UAZAPI's routes for messages and chats of one instance."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from aiohttp import web

from evoai.simulator.chats import hold
from evoai.simulator.uazapi_bodies import clock
from evoai.simulator.wire import Call, HungUp, Refused, answer, raw, trouble_before
from evoai.simulator.world import Message

PRESENCES = ("composing", "recording", "paused")
PAGE = 100
TIMELOCK_SECONDS = 3600


async def trouble(call: Call) -> None:
    """The switches that strike before anything happens."""
    status = await trouble_before(call.world)
    if status:
        raise Refused(status, "Service Unavailable" if status == 503 else "connection closed")


def must_be_open(call: Call) -> None:
    if call.instance.state != "open":
        raise Refused(500, "WhatsApp client is not connected" if call.instance.owner_phone else "No session")


def resolved(call: Call, number: Any) -> str:
    if not isinstance(number, str) or not number:
        raise Refused(400, "number is required")
    jid = call.world.resolve(number)
    if jid is None:
        raise Refused(400, f"the number {number[:32]} is not on WhatsApp")
    return jid


def log_refused(call: Call, status: int) -> None:
    number, text = call.body.get("number"), call.body.get("text")
    call.world.log.add(
        "send",
        instance=call.name or None,
        number=number if isinstance(number, str) else None,
        text=text if isinstance(text, str) else None,
        accepted=False,
        outcome=str(status),
    )


async def send_text(call: Call) -> web.StreamResponse:
    number, text = call.body.get("number"), call.body.get("text")
    if not isinstance(number, str) or not isinstance(text, str) or not text:
        raise Refused(400, "Missing number or text")
    return await leave(call, "text", text)


async def leave(call: Call, kind: str, text: str, **options: Any) -> web.StreamResponse:
    """A send of any kind, with what all have in common: the reply, what is tracked, the faults."""
    world, instance, body = call.world, call.instance, call.body
    must_be_open(call)
    jid = resolved(call, body.get("number"))
    if world.fault(instance, "reachout_timelock") and not has_written(call, jid):
        raise Refused(500, timelocked())
    tracked = {name: str(body.get(name) or "") for name in ("track_id", "track_source")}
    quoted = body.get("replyid") or None
    if jid.endswith("@lid"):
        known = world.by_lid.get(jid)
        jid = known.jid if known else jid
    message = call.engine.accept(instance, jid, filled(text), quoted, kind=kind, **tracked, **options)
    faults = world.faults
    outcome = world.untold() or ("500" if world.chance(faults.accept_then_400) else "200")
    world.log.add(
        "send", instance=instance.name, number=jid, text=message.text, id=message.id, accepted=True, outcome=outcome
    )
    if outcome == "200":
        said = msgspec.json.decode(message.raw) | {"status": "Pending"}
        return answer(200, said | {"response": {"status": "success", "message": "Message sent successfully"}})
    if outcome == "500":
        raise Refused(500, "Failed to send message")
    if outcome == "no-answer":
        await hold(call.request, faults.hold_s)
    raise HungUp


def filled(text: str) -> str:
    """Placeholders are filled from the provider's own customer list, which knows nobody here."""
    while "{{" in text and "}}" in text.partition("{{")[2]:
        before, _, rest = text.partition("{{")
        text = before + rest.partition("}}")[2]
    return text


def has_written(call: Call, jid: str) -> bool:
    return any(not message.from_me for message in call.instance.by_jid.get(jid, ()))


def limits(locked: bool) -> dict[str, Any]:
    until = clock(time.time() + TIMELOCK_SECONDS).replace(" ", "T")
    lock = {"available": True, "active": locked, "until": until if locked else None}
    return {
        "new_chat_message_capping": {"available": True, "status": "NONE", "used_quota": 0, "total_quota": 0},
        "reachout_timelock": lock | ({"enforcement_type": "BIZ_QUALITY"} if locked else {}),
    }


def timelocked() -> dict[str, Any]:
    said = "WhatsApp reported that the account is under a temporary restriction for starting new conversations."
    return {
        "error": f"WhatsApp server error 463: {said}",
        "error_source": "whatsapp_server",
        "provider": "whatsapp",
        "provider_code": 463,
        "error_key": "WHATSAPP_REACHOUT_TIMELOCK",
        "message": "The WhatsApp server rejected this message. This was not an internal API error.",
        "provider_message": said,
        "diagnostics_endpoint": "/instance/wa_messages_limits",
        "details": limits(locked=True),
    }


async def send_presence(call: Call) -> web.Response:
    body = call.body
    if body.get("presence") not in PRESENCES:
        raise Refused(400, "invalid presence")
    must_be_open(call)
    jid, delay = resolved(call, body.get("number")), min(int(body.get("delay") or 0), 300_000)
    call.world.log.add("presence", instance=call.name, number=jid, text=body["presence"])
    # Unlike others, this server answers at once and goes on showing it.
    phone = call.world.phone_of(jid)
    call.world.watch(type="presence", instance=call.name, phone=phone, presence=body["presence"], ms=delay)
    return answer(200, {"response": "Chat presence sent successfully"})


async def find_messages(call: Call) -> web.Response:
    body = call.body
    call.world.log.add("call", instance=call.name, text="message/find")
    rows = [message for message in call.instance.messages.values() if matches(message, body)]
    rows.sort(key=lambda message: message.at, reverse=True)
    limit, offset = int(body.get("limit") or PAGE), int(body.get("offset") or 0)
    page = rows[offset : offset + limit]
    more = offset + limit < len(rows)
    return answer(
        200,
        {
            "returnedMessages": len(page),
            "messages": [msgspec.Raw(message.raw) for message in page],
            "limit": limit,
            "offset": offset,
            "nextOffset": offset + limit if more else None,
            "hasMore": more,
        },
    )


def matches(message: Message, where: dict[str, Any]) -> bool:
    if where.get("id") and message.id != str(where["id"]).rpartition(":")[2]:
        return False
    if where.get("chatid") and message.jid != where["chatid"]:
        return False
    wanted = {name: where[name] for name in ("track_id", "track_source") if where.get(name)}
    if not wanted:
        return True
    said = msgspec.json.decode(message.raw)
    return all(said.get(name) == value for name, value in wanted.items())


async def mark_read(call: Call) -> web.Response:
    must_be_open(call)
    results: list[dict[str, str]] = []
    for one in call.body["id"]:
        found = call.instance.messages.get(str(one).rpartition(":")[2])
        if found is None:
            results.append({"message_id": str(one), "status": "error", "error": "Message not found"})
            continue
        call.world.log.add("read", instance=call.name, number=found.jid, id=found.id)
        if "READ" not in found.statuses:
            found.statuses.append("READ")
            call.engine.show(call.instance, found)
        results.append({"message_id": found.id, "status": "success"})
    return answer(200, {"results": results})


async def check_numbers(call: Call) -> web.Response:
    must_be_open(call)
    out: list[dict[str, Any]] = []
    for number in call.body["numbers"]:
        jid = call.world.resolve(str(number))
        known = call.world.person(call.world.phone_of(jid)) if jid and jid.endswith("@s.whatsapp.net") else None
        out.append(
            {
                "query": number,
                "jid": jid or "",
                "lid": known.lid if known else "",
                "isInWhatsapp": jid is not None,
                "verifiedName": "",
                "groupName": "",
            }
        )
    return raw(200, msgspec.json.encode(out))
