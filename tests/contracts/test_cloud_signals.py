"""Statuses, fields about the number and its account, echoes of the app, and the history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from evoai.channels.adapters.incoming import (
    Address,
    Connection,
    ContactName,
    Content,
    Deletion,
    Event,
    Inbound,
    Noted,
    Rating,
    Receipt,
    Restriction,
    TemplateChange,
)
from tests.contracts.of_cloud import (
    JOANA,
    LINE,
    META,
    OURS,
    QUOTED,
    Json,
    at,
    body,
    change,
    cloud,
    opened,
    text,
    through,
    value_of,
)


def status(**change: Any) -> Json:
    found = body("status_sent")
    value_of(found)["statuses"][0] |= change
    return found


DELIVERY = "0199f3a2-7b1c-7d3e-8f4a-1b2c3d4e5f60"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "played"}, {"status": "read"}),
        ({"biz_opaque_callback_data": DELIVERY}, {"delivery_id": UUID(DELIVERY)}),
        ({"biz_opaque_callback_data": "0" * 36}, {}),
        ({"pricing": None, "conversation": None, "recipient_id": None}, {}),
        ({"status": "failed"}, {"status": "failed"}),
        (
            {"status": "failed", "errors": [{"code": 131026, "title": "Message undeliverable"}]},
            {"status": "failed", "reason": "not-on-whatsapp", "detail": "131026 Message undeliverable"},
        ),
        (
            {"status": "failed", "errors": [{"code": 999999, "message": "New"}]},
            {"status": "failed", "detail": "999999 New"},
        ),
        (
            {"status": "failed", "errors": [{"code": 131042}]},
            {
                "status": "failed",
                "reason": "payment-required",
                "detail": "131042",
                "trouble": Connection(state="reconnecting", reason="payment-required"),
            },
        ),
        (
            {"status": "failed", "errors": [{"code": 131031}]},
            {
                "status": "failed",
                "reason": "account-restricted",
                "detail": "131031",
                "trouble": Connection(state="banned", reason="account-restricted"),
            },
        ),
    ],
)
def test_statuses(change: Json, expected: Json) -> None:
    expected = {"provider_message_id": OURS, "status": "sent", "at": at(1795180800)} | expected
    assert through(status(**change)) == Receipt(**expected)


def test_a_status_of_tomorrow() -> None:
    assert through(status(status="pinned")) == Noted(what="status-pinned")


def test_statuses_have_keys_by_message_state_and_time() -> None:
    keys = [opened(status(**change))[0].dedupe_key for change in ({}, {"status": "read"}, {"timestamp": "1795180801"})]
    assert len(set(keys)) == 3
    assert opened(status())[0].dedupe_key == keys[0]
    group = {"recipient_type": "group", "group_id": "g"}
    two = [opened(status(**group, recipient_participant_id=who))[0].dedupe_key for who in ("551", "552")]
    assert len(set(two)) == 2


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("account_update", {"event": "PARTNER_REMOVED"}, Connection(state="disconnected", reason="access-withdrawn")),
        ("account_update", {"event": "ACCOUNT_DELETED"}, Connection(state="disconnected", reason="access-withdrawn")),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            Connection(state="banned", reason="account-restricted"),
        ),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            Connection(state="connected"),
        ),
        ("account_update", {"event": "DISABLED_UPDATE"}, Noted(what="account_update")),
        ("account_update", {"event": "ACCOUNT_RECONNECTED"}, Connection(state="connected")),
        (
            "account_update",
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "expiration": 1},
                    {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1900000000},
                ],
            },
            Connection(state="connected", restriction=Restriction(code="new-chat-limit", until=at(1900000000))),
        ),
        ("account_update", {"event": "ACCOUNT_RESTRICTION"}, Noted(what="account_update")),
        ("account_update", {"event": "AD_ACCOUNT_LINKED"}, Noted(what="account_update")),
        ("account_update", {"event": 7}, Noted(what="account_update")),
        (
            "phone_number_quality_update",
            {"display_phone_number": "+55 11 3000-0001", "event": "FLAGGED", "current_limit": "TIER_1K"},
            Rating(quality="low", messaging_limit=1000, phone="551130000001"),
        ),
        ("phone_number_quality_update", {"event": "UNFLAGGED"}, Rating(quality="medium")),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": -1},
            Rating(messaging_limit=-1),
        ),
        ("business_capability_update", {"max_daily_conversation_per_phone": 250}, Rating(messaging_limit=250)),
        (
            "message_template_status_update",
            {
                "event": "REJECTED",
                "message_template_name": "a",
                "message_template_language": "en",
                "reason": "INVALID_FORMAT",
                "message_template_category": "MARKETING",
            },
            TemplateChange(name="a", language="en", status="rejected", reason="INVALID_FORMAT", category="marketing"),
        ),
        (
            "message_template_quality_update",
            {"message_template_name": "a", "message_template_language": "en", "new_quality_score": "YELLOW"},
            TemplateChange(name="a", language="en", quality="yellow"),
        ),
        (
            "template_category_update",
            {"message_template_name": "a", "message_template_language": "he", "new_category": "MARKETING"},
            TemplateChange(name="a", language="he", category="marketing"),
        ),
        (
            "smb_app_state_sync",
            {
                "metadata": META,
                "state_sync": [
                    {"action": "add", "contact": {"full_name": "Dona Maria", "phone_number": "5511911112222"}}
                ],
            },
            ContactName(address=Address(phone="5511911112222"), name="Dona Maria"),
        ),
        (
            "smb_app_state_sync",
            {"metadata": META, "state_sync": [{"action": "remove", "contact": {"phone_number": "5511911112222"}}]},
            Noted(what="smb_app_state_sync"),
        ),
        (
            "user_preferences",
            {"metadata": META, "user_preferences": [{"wa_id": "551", "value": "stop", "timestamp": 1731705721}]},
            Noted(what="user_preferences"),
        ),
        ("account_review_update", {"decision": "APPROVED"}, Noted(what="account_review_update")),
        ("calls", {"metadata": META, "calls": [{}]}, Noted(what="calls")),
        (
            "messages",
            {"metadata": META, "errors": [{"code": 131042, "title": "Payment"}]},
            Connection(state="reconnecting", reason="payment-required"),
        ),
        ("messages", {"metadata": META, "errors": [{"code": 130429}]}, Noted(what="errors")),
        ("history", {"metadata": META, "history": [{"errors": [{"code": 2593109}]}]}, Noted(what="history")),
        (
            "history",
            {"metadata": META, "history": [{"metadata": {"phase": 0, "progress": 55}}]},
            Noted(what="history"),
        ),
    ],
)
def test_other_fields(field: str, value: Json, expected: Event) -> None:
    assert through(change(field, value)) == expected


def echo(**more: Any) -> Json:
    said = {"from": "551130000001", "to": "5521955500201", "to_user_id": "BR.9000000000000201", "id": "wamid.E"}
    said |= {"timestamp": "1795179600", "type": "text", "text": {"body": "Já vou ver"}} | more
    return change("smb_message_echoes", {"metadata": META, "contacts": [], "message_echoes": [said]})


def test_what_the_owner_writes_in_the_app() -> None:
    found = through(echo())
    assert isinstance(found, Inbound)
    assert (found.from_me, found.by_api, found.chat, found.name) == (True, False, JOANA, None)
    assert opened(echo())[0].chat == "5521955500201"
    revoke = echo(type="revoke", text=None, revoke={"original_message_id": QUOTED})
    assert through(revoke) == Deletion(provider_message_id=QUOTED)


def past(*messages: Json, who: str = "5521955500201") -> Json:
    threads = [{"id": who, "messages": list(messages)}]
    return change("history", {"metadata": META, "history": [{"metadata": {"phase": 0}, "threads": threads}]})


def test_the_history_in_single_messages() -> None:
    theirs = {
        "from": "5521955500201",
        "id": "wamid.A",
        "timestamp": "1795000000",
        "type": "text",
        "text": {"body": "a"},
    }
    ours = {"from": "551130000001", "to": "5521955500201", "id": "wamid.B", "timestamp": "1795000001"}
    ours |= {"type": "text", "text": {"body": "b"}, "history_context": {"status": "READ"}}
    file = {"from": "5521955500201", "id": "wamid.C", "timestamp": "1495000000", "type": "media_placeholder"}
    envelopes = opened(past(theirs, ours, file))
    assert [one.dedupe_key for one in envelopes] == ["message:wamid.A", "message:wamid.B", "placeholder:wamid.C"]
    first, second, third = (cloud.parse(LINE, one.body) for one in envelopes)
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert isinstance(third, Inbound)
    assert (first.history, first.from_me, first.content.text) == (True, False, "a")
    assert (second.history, second.from_me) == (True, True)
    assert first.chat == second.chat == Address(phone="5521955500201")
    # Too old for its file to come.
    assert third.content == Content(type="unsupported", extra={"provider_type": "media_placeholder"})
    young = file | {"timestamp": str(int(datetime.now(UTC).timestamp()) - 60)}
    assert through(past(young)) == Noted(what="media-placeholder")


def test_live_echo_and_history_are_one_message() -> None:
    live = opened(text())[0].dedupe_key
    message = value_of(body("message_text"))["messages"][0]
    assert opened(past(message))[0].dedupe_key == live
