"""Sending through Evolution, and finding out what became of a doubtful send. Neither raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from evoai.channels.adapters import jids
from evoai.channels.adapters.asking import json_of, unsent, wait_of
from evoai.channels.adapters.evolution_content import content_of
from evoai.channels.adapters.evolution_http import TIMEOUT, call, name_of
from evoai.channels.adapters.evolution_kinds import is_said, request_of
from evoai.channels.adapters.loose import Json, list_of, moment_of, object_of, text_of
from evoai.channels.adapters.protocol import Line, Outgoing, SendOutcome
from evoai.kit.net import Net, NetError, NetResponse

PAGE = 50
PAGES = 3

_FINAL = {
    401: "credentials-refused",
    403: "forbidden",
    404: "unknown-instance",
    413: "too-large",
    415: "unsupported-media",
}


class _NoAnswer(Exception):
    pass


async def send(net: Net, line: Line, message: Outgoing, timeout: float) -> SendOutcome:
    try:
        verb, body = request_of(message)
    except ValueError:
        return SendOutcome(result="final", code="invalid-request", detail=f"no way to send {message.type}")
    try:
        answer = await call(net, line, "POST", f"/message/{verb}/{name_of(line)}", body, timeout=timeout)
    except NetError as error:
        return unsent(error)
    return _outcome(answer, message)


async def find_sent(
    net: Net, line: Line, message: Outgoing, since: datetime
) -> Literal["unknown"] | SendOutcome | None:
    user, server = jids.split(message.address)
    if server and server != "s.whatsapp.net":
        candidates = [message.address]
    else:
        candidates = jids.phone_jids(user or message.address)
    earliest = since.astimezone(UTC).timestamp() - 60
    try:
        for candidate in candidates:
            found = await _search(net, line, candidate, message, earliest)
            if found is not None:
                return found
        # A server that stores no messages finds nothing ever: only one that has some can say no.
        some = _page(await _find(net, line, {}, page=1, size=1))
    except (NetError, _NoAnswer):
        return "unknown"
    return None if some else "unknown"


async def _search(
    net: Net, line: Line, remote_jid: str, message: Outgoing, earliest: float
) -> Literal["unknown"] | SendOutcome | None:
    where: Json = {"key": {"remoteJid": remote_jid, "fromMe": True}}
    for page in range(1, PAGES + 1):
        records = _page(await _find(net, line, where, page, PAGE))
        times = [at.timestamp() for at in (moment_of(record.get("messageTimestamp")) for record in records) if at]
        for record in records:
            key = object_of(record.get("key"))
            at = moment_of(record.get("messageTimestamp"))
            said = content_of(object_of(record.get("message")), None, {}, {})
            # The server's own filters let others through.
            if (
                key.get("fromMe") is True
                and jids.same_person(key.get("remoteJid"), remote_jid)
                and at is not None
                and at.timestamp() >= earliest
                and is_said(said, message)
                and text_of(key.get("id"))
            ):
                return _accepted(key, message)
        if len(records) < PAGE or not times or min(times) < earliest:
            return None
    return "unknown"


async def _find(net: Net, line: Line, where: Json, page: int, size: int) -> NetResponse:
    # `offset` is the size of a page.
    body = {"where": where, "page": page, "offset": size}
    return await call(net, line, "POST", f"/chat/findMessages/{name_of(line)}", body, timeout=TIMEOUT)


def _outcome(answer: NetResponse, message: Outgoing) -> SendOutcome:
    body = object_of(json_of(answer))
    if answer.status in (200, 201):
        key = object_of(body.get("key"))
        if text_of(key.get("id")):
            return _accepted(key, message)
        return SendOutcome(result="unknown", code="unreadable-answer", detail=f"answered {answer.status}")
    if answer.status == 400:
        first = next(iter(list_of(object_of(body.get("response")).get("message"))), None)
        if isinstance(first, list):
            return SendOutcome(result="final", code="invalid-request", detail="the server's schema refuses the message")
        if object_of(first).get("exists") is False:
            return SendOutcome(result="final", code="not-on-whatsapp")
    if answer.status in _FINAL:
        return SendOutcome(result="final", code=_FINAL[answer.status], detail=f"answered {answer.status}")
    if answer.status in (429, 503):
        licence = body.get("code") == "LICENSE_REQUIRED"
        return SendOutcome(
            result="not_delivered",
            code="license-required" if licence else "rate-limited" if answer.status == 429 else "unavailable",
            detail=f"answered {answer.status}",
            retry_after=wait_of(answer),
        )
    return SendOutcome(result="unknown", code=f"answered-{answer.status}")


def _accepted(key: Json, message: Outgoing) -> SendOutcome:
    resolved = text_of(key.get("remoteJid"))
    return SendOutcome(
        result="accepted",
        provider_message_id=key["id"],
        address=resolved if resolved != message.address else None,
    )


def _page(answer: NetResponse) -> list[Json]:
    found = object_of(object_of(json_of(answer)).get("messages")).get("records")
    if answer.status not in (200, 201) or not isinstance(found, list):
        raise _NoAnswer
    return [object_of(record) for record in list_of(found)]
