"""What a number at Meta sends: taken, refused, or let hang, as its window, its templates and the switches have it."""

from __future__ import annotations

import re
import time
from typing import Any, cast

from aiohttp import web

from evoai.simulator.chats import hold
from evoai.simulator.cloud_bodies import Refusal
from evoai.simulator.engine import Engine
from evoai.simulator.wire import HungUp, Request, answer
from evoai.simulator.world import Instance, World

WINDOW_SECONDS = 24 * 3600
BURST = 45
PAIR_SECONDS = 6.0
SENT_KINDS = frozenset(
    {
        "text",
        "image",
        "audio",
        "video",
        "document",
        "sticker",
        "location",
        "contacts",
        "interactive",
        "template",
        "reaction",
    }
)


class Sends:
    """`/<number>/messages`: sends, and marks of what was read."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.engine = engine
        self._paced: dict[tuple[str, str], list[float]] = {}

    async def take(self, request: Request, number: Instance, body: dict[str, Any]) -> web.StreamResponse:
        if body.get("status") == "read":
            return self._mark_read(number, body)
        return await self._send(request, number, body)

    def _mark_read(self, number: Instance, body: dict[str, Any]) -> web.Response:
        heard = number.messages.get(body["message_id"])
        if heard is None:
            raise Refusal(100)
        for message in number.by_jid.get(heard.jid, ()):
            if not message.from_me and message.at <= heard.at and "READ" not in message.statuses:
                message.statuses.append("READ")
                self.engine.show(number, message)
        self.world.log.add("read", instance=number.name, number=heard.phone, id=heard.id)
        if body.get("typing_indicator"):
            self.world.log.add("presence", instance=number.name, number=heard.phone, text="composing")
            self.world.watch(type="presence", instance=number.name, phone=heard.phone, presence="composing", ms=4000)
        return answer(200, {"success": True})

    async def _send(self, request: Request, number: Instance, body: dict[str, Any]) -> web.StreamResponse:
        world, kind = self.world, body["type"]
        try:
            phone = self._phone(body)
            self._check(number, phone, kind, body)
        except Refusal as refused:
            said = object_of(body.get("text")).get("body")
            told = body.get("to") or body.get("recipient")
            world.log.add(
                "send", instance=number.name, number=told, text=said, accepted=False, outcome=str(refused.code)
            )
            raise
        late = world.fault(number, "cloud_error") if world.fault(number, "cloud_error_late") else 0
        contact = world.person(phone)
        message = self.engine.accept(
            number,
            contact.jid,
            words(number, kind, body),
            object_of(body.get("context")).get("message_id"),
            kind="contact" if kind == "contacts" else kind,
            file=self.world.files.get(str(object_of(body.get(kind)).get("id"))),
            opaque=body.get("biz_opaque_callback_data"),
            error=late,
        )
        outcome = world.untold() or "200"
        world.log.add(
            "send",
            instance=number.name,
            number=phone,
            text=message.text,
            id=message.id,
            accepted=True,
            outcome=outcome,
        )
        if outcome == "no-answer":
            await hold(request, world.faults.hold_s)
        if outcome != "200":
            raise HungUp
        if contact.addressing == "bsuid":
            who: dict[str, Any] = {"input": contact.bsuid, "user_id": contact.bsuid}
        else:
            who = {"input": body.get("to"), "wa_id": contact.phone}
        return answer(200, {"messaging_product": "whatsapp", "contacts": [who], "messages": [{"id": message.id}]})

    def _phone(self, body: dict[str, Any]) -> str:
        if recipient := body.get("recipient"):
            known = next((one for one in self.world.people.values() if one.bsuid == recipient), None)
            if known is None:
                raise Refusal(131026)
            return known.phone
        jid = self.world.resolve(body["to"]) if re.fullmatch(r"\+?[0-9]{10,15}", body["to"]) else None
        if jid is None:
            raise Refusal(131026)
        return self.world.phone_of(jid)

    def _check(self, number: Instance, phone: str, kind: str, body: dict[str, Any]) -> None:
        world = self.world
        if kind not in SENT_KINDS or body.get("messaging_product") != "whatsapp":
            raise Refusal(100)
        code = world.fault(number, "cloud_error")
        if code and not world.fault(number, "cloud_error_late"):
            raise Refusal(code, 401 if code == 190 else 400)
        if kind == "text" and not body["text"]["body"].strip():
            raise Refusal(100)
        now = time.time()
        if kind == "template":
            self._check_template(number, body["template"])
        elif now - number.settings["heard"].get(phone, 0.0) > WINDOW_SECONDS:
            raise Refusal(131047)
        if world.faults.cloud_pair_limit:
            sent = self._paced.setdefault((number.name, phone), [])
            sent[:] = [at for at in sent if at > now - BURST * PAIR_SECONDS]
            if len(sent) >= world.faults.cloud_pair_limit:
                raise Refusal(131056)
            sent.append(now)

    def _check_template(self, number: Instance, asked: dict[str, Any]) -> None:
        found = template_of(number, asked)
        if found is None:
            raise Refusal(132001)
        if found["status"] != "APPROVED":
            raise Refusal(132015)
        wanted = len(set(re.findall(r"\{\{(\w+)\}\}", body_of(found))))
        if len(given_of(asked)) != wanted:
            raise Refusal(132000)


def object_of(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def template_of(number: Instance, asked: dict[str, Any]) -> dict[str, Any] | None:
    wanted = (asked["name"], asked["language"]["code"])
    return next((one for one in number.settings["templates"] if (one["name"], one["language"]) == wanted), None)


def body_of(template: dict[str, Any]) -> str:
    return next((part["text"] for part in template["components"] if part["type"] == "BODY"), "")


def given_of(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of the body."""
    components: list[dict[str, Any]] = asked.get("components") or []
    found: list[list[dict[str, Any]]] = [one["parameters"] for one in components if one["type"] == "body"]
    return found[0] if found else []


def words(number: Instance, kind: str, body: dict[str, Any]) -> str:
    """What the contact reads."""
    node = body.get(kind)
    if kind == "template":
        found, asked = template_of(number, body["template"]), body["template"]
        text = body_of(found) if found else ""
        for place, parameter in enumerate(given_of(asked), 1):
            text = text.replace(f"{{{{{parameter.get('parameter_name', place)}}}}}", parameter["text"])
        return text
    if kind == "text":
        return object_of(node)["body"]
    if kind == "interactive":
        return object_of(object_of(node).get("body")).get("text", "")
    if kind == "reaction":
        return object_of(node).get("emoji", "")
    return object_of(node).get("caption", "")
