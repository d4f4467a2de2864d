"""Sending through UAZAPI, and finding out what became of a doubtful send. Neither raises."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from evoai.channels.adapters import jids
from evoai.channels.adapters.asking import json_of, unsent, wait_of
from evoai.channels.adapters.incoming import Restriction
from evoai.channels.adapters.loose import Json, integer_of, list_of, moment_ahead, object_of, text_of
from evoai.channels.adapters.protocol import Line, Outgoing, SendOutcome
from evoai.channels.adapters.uazapi_events import message_id, truthy
from evoai.channels.adapters.uazapi_http import TIMEOUT, call, error_of, without_session
from evoai.channels.adapters.uazapi_kinds import request_of
from evoai.channels.adapters.uazapi_parse import SOURCE
from evoai.kit.net import Net, NetError, NetResponse

_FINAL = {
    401: "credentials-refused",
    403: "forbidden",
    404: "unknown-instance",
    405: "not-supported",
    413: "too-large",
    415: "unsupported-media",
}
_NOT_ON_WHATSAPP = ("not on whatsapp", "not registered", "não está no whatsapp", "não possui whatsapp")
_TIMELOCK = 463
_FAILED = frozenset({"failed", "error", "canceled"})


async def send(net: Net, line: Line, message: Outgoing, timeout: float) -> SendOutcome:
    try:
        path, body = request_of(message)
    except ValueError:
        return SendOutcome(result="final", code="invalid-request", detail=f"no way to send {message.type}")
    body |= {"number": message.address, "track_source": SOURCE, "track_id": str(message.delivery_id)}
    if message.quoted_id:
        body["replyid"] = message.quoted_id
    try:
        answer = await call(net, line, "POST", path, body, timeout=timeout)
    except NetError as error:
        return unsent(error)
    return _outcome(answer, message)


async def find_sent(
    net: Net, line: Line, message: Outgoing, since: datetime
) -> Literal["unknown"] | SendOutcome | None:
    """By what we gave it to remember: the delivery's own id."""
    track = str(message.delivery_id)
    try:
        found = await _find(net, line, {"track_source": SOURCE, "track_id": track, "limit": 20})
        if found is None:
            return "unknown"
        mine = [record for record in found if record.get("track_id") == track]
        if mine:
            return _looked_up(mine, message)
        if found:
            # A server that gives others does not search by what we asked for.
            return "unknown"
        # One that stores nothing finds nothing ever: only one that has some can say no.
        return None if await _find(net, line, {"limit": 1}) else "unknown"
    except NetError:
        return "unknown"


def _looked_up(records: list[Json], message: Outgoing) -> SendOutcome:
    alive = [record for record in records if str(record.get("status")).lower() not in _FAILED]
    provider_id = next((found for record in alive if (found := message_id(record.get("messageid")))), None)
    if provider_id is None:
        return SendOutcome(result="final", code="not-delivered")
    return SendOutcome(result="accepted", provider_message_id=provider_id)


async def _find(net: Net, line: Line, where: Json) -> list[Json] | None:
    answer = await call(net, line, "POST", "/message/find", where, timeout=TIMEOUT)
    records = object_of(json_of(answer)).get("messages")
    if answer.status != 200 or not isinstance(records, list):
        return None
    return [object_of(record) for record in list_of(records)]


def _outcome(answer: NetResponse, message: Outgoing) -> SendOutcome:
    body = object_of(json_of(answer))
    if answer.status == 200:
        provider_id = message_id(body.get("messageid")) or message_id(body.get("id"))
        if provider_id is None:
            return SendOutcome(result="unknown", code="unreadable-answer", detail="answered 200")
        resolved = text_of(body.get("chatid"))
        same = jids.same_person(resolved, message.address if "@" in message.address else f"{message.address}@c.us")
        return SendOutcome(
            result="accepted", provider_message_id=provider_id, address=None if same or not resolved else resolved
        )
    if without_session(answer):
        # Said before anything was done, by either status.
        return SendOutcome(result="not_delivered", code="not-connected", detail=f"answered {answer.status}")
    if answer.status == 500 and text_of(body.get("error_source")):
        return _refused_by_whatsapp(body)
    if answer.status in _FINAL:
        return SendOutcome(result="final", code=_FINAL[answer.status], detail=f"answered {answer.status}")
    if answer.status in (429, 503):
        return SendOutcome(
            result="not_delivered",
            code="rate-limited" if answer.status == 429 else "unavailable",
            detail=f"answered {answer.status}",
            retry_after=wait_of(answer),
        )
    if 400 <= answer.status < 500:
        gone = any(words in error_of(answer).lower() for words in _NOT_ON_WHATSAPP)
        return SendOutcome(
            result="final", code="not-on-whatsapp" if gone else "invalid-request", detail=f"answered {answer.status}"
        )
    return SendOutcome(result="unknown", code=f"answered-{answer.status}")


def _refused_by_whatsapp(body: Json) -> SendOutcome:
    """WhatsApp itself said no: for this recipient that is final."""
    restriction = restriction_of(body)
    if restriction is None and integer_of(body.get("provider_code")) == _TIMELOCK:
        restriction = Restriction(code="reachout-timelock")
    code = restriction.code if restriction is not None else "refused-by-whatsapp"
    return SendOutcome(result="final", code=code, detail="answered 500", restriction=restriction)


def restriction_of(body: Json) -> Restriction | None:
    """What a refusal, or the answer about limits, says of writing first."""
    details = object_of(body.get("details")) or body
    lock = object_of(details.get("reachout_timelock"))
    if truthy(lock.get("active")):
        return Restriction(code="reachout-timelock", until=moment_ahead(lock.get("until")))
    capping = object_of(details.get("new_chat_message_capping"))
    used, total = integer_of(capping.get("used_quota")), integer_of(capping.get("total_quota"))
    if used is not None and total is not None and total > 0 and used >= total:
        return Restriction(code="new-chat-limit", until=moment_ahead(capping.get("cycle_end")))
    if body.get("can_send_new_messages") is False:
        return Restriction(code="reachout-timelock")
    return None
