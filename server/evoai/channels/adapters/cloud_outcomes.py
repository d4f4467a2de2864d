"""How a send to the Cloud API ended, by its answer."""

from __future__ import annotations

from evoai.channels.adapters.asking import json_of, wait_of
from evoai.channels.adapters.cloud_http import detail_of, meaning_of, trouble_of
from evoai.channels.adapters.loose import Json, integer_of, list_of, object_of, text_of
from evoai.channels.adapters.protocol import SendOutcome
from evoai.kit.net import NetResponse


def outcome_of(answer: NetResponse, address: str) -> SendOutcome:
    body = object_of(json_of(answer))
    error = object_of(body.get("error"))
    if answer.status in (200, 201) and not error:
        return _accepted(body, address)
    detail = detail_of(error) or f"answered {answer.status}"
    meaning = meaning_of(integer_of(error.get("code")))
    if meaning is not None:
        return SendOutcome(
            result="final" if meaning.act == "stop" else "not_delivered",
            code=meaning.code,
            detail=detail,
            retry_after=wait_of(answer) or meaning.wait,
            trouble=trouble_of(meaning),
        )
    if answer.status == 429:
        return SendOutcome(result="not_delivered", code="rate-limited", detail=detail)
    if answer.status == 503:
        return SendOutcome(result="not_delivered", code="unavailable", detail=detail)
    if 400 <= answer.status < 500 and error:
        return SendOutcome(result="final", code="provider-refused", detail=detail)
    return SendOutcome(result="unknown", code=f"answered-{answer.status}", detail=detail)


def _accepted(body: Json, address: str) -> SendOutcome:
    sent = object_of(next(iter(list_of(body.get("messages"))), None))
    person = object_of(next(iter(list_of(body.get("contacts"))), None))
    if not text_of(sent.get("id")):
        return SendOutcome(result="unknown", code="unreadable-answer")
    resolved = text_of(person.get("wa_id")) or text_of(person.get("user_id"))
    return SendOutcome(
        result="accepted",
        provider_message_id=sent["id"],
        address=resolved if resolved != address else None,
    )
