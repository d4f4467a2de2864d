"""What a stored Cloud API event means, in neutral words. Splitting a webhook is `cloud_events.py`, what a message says
`cloud_content.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from evoai.channels.adapters import loose
from evoai.channels.adapters.bodies import stored_object
from evoai.channels.adapters.cloud_content import content_of, plain_text
from evoai.channels.adapters.cloud_events import FIELDS
from evoai.channels.adapters.cloud_http import detail_of, meaning_of, trouble_of
from evoai.channels.adapters.incoming import (
    Address,
    Connection,
    ContactName,
    Deletion,
    Edit,
    Event,
    Inbound,
    Noted,
    NumberChange,
    Quality,
    Rating,
    Receipt,
    ReceiptStatus,
    Restriction,
    TemplateChange,
    Unreadable,
)
from evoai.channels.adapters.loose import Json, integer_of, list_of, moment_of, object_of, text_of, usable_name

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}\Z")
_PHONE = re.compile(r"[0-9]+\Z")
_STATUSES: dict[str, ReceiptStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
# The file of a message of the history comes by itself, but of older ones never.
_FILES_COME = timedelta(days=14)
_LIMITS = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1000,
    "TIER_2K": 2000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": -1,
}
_FLAGS: dict[str, Quality] = {"FLAGGED": "low", "UNFLAGGED": "medium"}


def parse_body(body: bytes) -> Event:
    event = stored_object(body)
    field, value = text_of(event.get("field")), object_of(event.get("value"))
    if field is None or field not in FIELDS:
        raise Unreadable("unknown-event")
    if not value:
        raise Unreadable("schema")
    reader = _READERS.get(field)
    return reader(value) if reader else Noted(what=field)


def limit_of(tier: Any) -> int | None:
    """Persons a day that we may write to first, -1 for any number; None where it is not told."""
    number = integer_of(tier)
    return number if number is not None else _LIMITS.get(tier) if isinstance(tier, str) else None


def _first(value: Json, name: str) -> Json:
    found = object_of(next(iter(list_of(value.get(name))), None))
    if not found:
        raise Unreadable("schema")
    return found


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Unreadable("schema")
    return value


def _spoken(value: Json) -> Event:
    if value.get("statuses"):
        return _status(_first(value, "statuses"))
    if value.get("errors") and not value.get("messages"):
        return trouble_of(meaning_of(integer_of(_first(value, "errors").get("code")))) or Noted(what="errors")
    return _message(_first(value, "messages"), _person(value))


def _echo(value: Json) -> Event:
    """Written in the app on the owner's phone; what we send ourselves is not echoed."""
    return _message(_first(value, "message_echoes"), _person(value), from_me=True)


def _person(value: Json) -> Json:
    return object_of(next(iter(list_of(value.get("contacts"))), None))


def _past(value: Json) -> Event:
    chunk = _first(value, "history")
    thread = object_of(next(iter(list_of(chunk.get("threads"))), None))
    if not thread:
        return Noted(what="history")
    message, who = _first(thread, "messages"), text_of(thread.get("id"))
    own = text_of(object_of(value.get("metadata")).get("display_phone_number"))
    if message.get("type") == "media_placeholder":
        at = moment_of(message.get("timestamp"))
        if at is None or at > datetime.now(UTC) - _FILES_COME:
            return Noted(what="media-placeholder")
    from_me = bool(message.get("to")) or (who is not None and message.get("from") not in (None, who))
    if who is None and own is not None and message.get("from") == own:
        from_me = True
    event = _message(message, {}, from_me=from_me, thread=who)
    return msgspec.structs.replace(event, history=True) if isinstance(event, Inbound) else event


def _message(message: Json, person: Json, *, from_me: bool = False, thread: str | None = None) -> Event:
    kind = text_of(message.get("type"))
    if kind == "edit":
        edit = object_of(message.get("edit"))
        said = plain_text(object_of(edit.get("message")))
        target = _id(edit.get("original_message_id"))
        return Edit(provider_message_id=target, text=said) if said is not None else Noted(what="edit")
    if kind == "revoke":
        return Deletion(provider_message_id=_id(object_of(message.get("revoke")).get("original_message_id")))
    if kind in ("system", "request_welcome"):
        return _system(message) if kind == "system" else Noted(what=kind)
    side = "to" if from_me else "from"
    ignore = "group" if message.get("group_id") else None
    chat = None if ignore else _address(message.get(side) or thread, message.get(f"{side}_user_id"), person)
    if chat is None and ignore is None:
        raise Unreadable("no-address")
    content = content_of(message)
    reacted = text_of(object_of(message.get("reaction")).get("message_id")) if content.type == "reaction" else None
    return Inbound(
        provider_message_id=_id(message.get("id")),
        chat=chat,
        from_me=from_me,
        by_api=False,
        name=None if from_me else usable_name(object_of(person.get("profile")).get("name")),
        at=moment_of(message.get("timestamp")),
        content=content,
        quoted_id=text_of(object_of(message.get("context")).get("id")),
        target_id=reacted,
        ignore=ignore,
    )


def _address(number: Any, user_id: Any, person: Json) -> Address | None:
    """A person without a visible phone has an id alone, which some bodies show where the phone should be."""
    shown = text_of(number)
    phone = next((one for one in (shown, text_of(person.get("wa_id"))) if one and _PHONE.match(one)), None)
    ids = (text_of(user_id), text_of(person.get("user_id")), shown)
    bsuid = next((one for one in ids if one and BSUID.match(one)), None)
    if phone is None and bsuid is None:
        return None
    return Address(phone=phone, bsuid=bsuid, username=text_of(object_of(person.get("profile")).get("username")))


def _system(message: Json) -> Event:
    system = object_of(message.get("system"))
    kind = text_of(system.get("type")) or "system"
    before = _address(message.get("from"), message.get("from_user_id"), {})
    # Who is only known by another id keeps the number.
    number = system.get("wa_id") or (message.get("from") if kind == "user_changed_user_id" else None)
    now = _address(number, system.get("user_id"), {})
    if kind in ("user_changed_number", "user_changed_user_id") and before is not None and now is not None:
        return NumberChange(before=before, now=now, at=moment_of(message.get("timestamp")))
    return Noted(what=kind)


def _status(status: Json) -> Event:
    word = text_of(status.get("status")) or ""
    tick = _STATUSES.get(word)
    message_id = _id(status.get("id"))
    if tick is None:
        return Noted(what=f"status-{word}"[:64])
    error = object_of(next(iter(list_of(status.get("errors"))), None))
    meaning = meaning_of(integer_of(error.get("code"))) if tick == "failed" else None
    return Receipt(
        provider_message_id=message_id,
        status=tick,
        at=moment_of(status.get("timestamp")),
        reason=meaning.code if meaning else None,
        detail=detail_of(error) if tick == "failed" else None,
        delivery_id=_ours(status.get("biz_opaque_callback_data")),
        trouble=trouble_of(meaning),
    )


def _ours(value: Any) -> UUID | None:
    """The delivery that the send named; None for what another program named."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _app_contact(value: Json) -> Event:
    found = _first(value, "state_sync")
    contact = object_of(found.get("contact"))
    name = usable_name(text_of(contact.get("full_name")) or text_of(contact.get("first_name")))
    address = _address(contact.get("phone_number"), contact.get("user_id"), {})
    if found.get("action") == "remove" or name is None or address is None:
        return Noted(what="smb_app_state_sync")
    return ContactName(address=address, name=name)


def _waba_update(value: Json) -> Event:
    match value.get("event"):
        case "ACCOUNT_DELETED" | "ACCOUNT_OFFBOARDED" | "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED":
            return Connection(state="disconnected", reason="access-withdrawn")
        case "DISABLED_UPDATE":
            state = object_of(value.get("ban_info")).get("waba_ban_state")
            if state == "DISABLE":
                return Connection(state="banned", reason="account-restricted")
            return Connection(state="connected") if state == "REINSTATE" else Noted(what="account_update")
        case "ACCOUNT_RESTRICTION":
            return _restricted(value) or Noted(what="account_update")
        case "ACCOUNT_RECONNECTED":
            return Connection(state="connected")
        case _:
            return Noted(what="account_update")


def _restricted(value: Json) -> Connection | None:
    """That we may not write first; what else is restricted hinders no message."""
    for item in map(object_of, list_of(value.get("restriction_info"))):
        if item.get("restriction_type") == "RESTRICTED_BIZ_INITIATED_MESSAGING":
            until = loose.moment_ahead(item.get("expiration"))
            return Connection(state="connected", restriction=Restriction(code="new-chat-limit", until=until))
    return None


def _quality(value: Json) -> Event:
    """`FLAGGED` is low quality, `UNFLAGGED` the end of it; the rest tells of the limit."""
    quality = _FLAGS.get(text_of(value.get("event")) or "")
    limit = limit_of(value.get("max_daily_conversations_per_business", value.get("current_limit")))
    number = re.sub(r"\D", "", text_of(value.get("display_phone_number")) or "")
    return Rating(quality=quality, messaging_limit=limit, phone=number or None)


def _capability(value: Json) -> Event:
    told = value.get("max_daily_conversations_per_business", value.get("max_daily_conversation_per_phone"))
    return Rating(messaging_limit=limit_of(told))


def _template(value: Json) -> Event:
    name, language = text_of(value.get("message_template_name")), text_of(value.get("message_template_language"))
    if not name or not language:
        raise Unreadable("schema")
    status, reason = text_of(value.get("event")), text_of(value.get("reason"))
    category = text_of(value.get("new_category")) or text_of(value.get("message_template_category"))
    quality = text_of(value.get("new_quality_score"))
    return TemplateChange(
        name=name,
        language=language,
        status=_word(status),
        reason=reason if reason and reason != "NONE" else None,
        category=_word(category),
        quality=_word(quality),
    )


def _word(value: str | None) -> str | None:
    return value.lower().replace("_", "-")[:40] if value else None


_READERS: dict[str, Callable[[Json], Event]] = {
    "messages": _spoken,
    "smb_message_echoes": _echo,
    "history": _past,
    "smb_app_state_sync": _app_contact,
    "account_update": _waba_update,
    "phone_number_quality_update": _quality,
    "business_capability_update": _capability,
    "message_template_status_update": _template,
    "message_template_quality_update": _template,
    "template_category_update": _template,
}
