"""Shapes of the Cloud API's webhooks: the contract's bodies, each message in other forms, and who hides a phone."""

from __future__ import annotations

import copy
from typing import Any

from tests.contracts.corpus import GROUP, MESSAGE, SIGNAL, Json, Said, Shape, reordered, varied, without
from tests.contracts.rows_of_cloud import EXPECTED, body

EDU, EDU_SHORT, EDU_ID = "5551988110013", "555188110013", "BR.2000000000000013"
HIDDEN_ID = "BR.ENT.2000000000000014"
WHO, HIDDEN = f"+{EDU}", "Nina"
NUMBER = {"display_phone_number": "551130000001", "phone_number_id": "700000000000001"}
BOTH: Json = {"from": EDU, "from_user_id": EDU_ID}
PERSON: Json = {"profile": {"name": "Edu"}, "wa_id": EDU, "user_id": EDU_ID}

# Who a message says it is from, and the contacts beside it.
PEOPLE: dict[str, tuple[Json, list[Json] | None, str]] = {
    "phone and id": (BOTH, [PERSON], WHO),
    "the phone alone": ({"from": EDU}, [{"wa_id": EDU, "profile": {"name": "Edu"}}], WHO),
    "the id beside it alone": ({"from": EDU}, [PERSON], WHO),
    "no contacts": (BOTH, None, WHO),
    "contacts without a profile": (BOTH, [{"wa_id": EDU, "user_id": EDU_ID}], WHO),
    "the id alone": ({"from_user_id": EDU_ID}, [{"user_id": EDU_ID, "profile": {"name": "Edu"}}], WHO),
    "the id where the phone stands": ({"from": EDU_ID}, [], WHO),
    "no ninth digit": ({"from": EDU_SHORT}, [], WHO),
    "no ninth digit, and the id": ({"from": EDU_SHORT, "from_user_id": EDU_ID}, [PERSON], WHO),
    "a parent's id": (BOTH | {"from_parent_user_id": "BR.ENT.77"}, [PERSON | {"parent_user_id": "BR.ENT.77"}], WHO),
    "null for the phone": ({"from": None, "from_user_id": EDU_ID}, [{"wa_id": None, "user_id": EDU_ID}], WHO),
    "somebody else's contact first": (BOTH, [{"wa_id": "5511900000000", "profile": {"name": "Outro"}}, PERSON], WHO),
    "who has a username": (
        {"from_user_id": HIDDEN_ID},
        [{"user_id": HIDDEN_ID, "profile": {"name": HIDDEN, "username": "nina.x"}}],
        HIDDEN,
    ),
    "who has a username, and no contacts": ({"from_user_id": HIDDEN_ID}, None, HIDDEN),
    "another's phone with the username": (
        {"from_user_id": HIDDEN_ID},
        [PERSON, {"user_id": HIDDEN_ID, "profile": {"name": HIDDEN, "username": "nina.y"}}],
        HIDDEN,
    ),
}
# Type and what belongs to it; type and words that we make of it.
CONTENTS: dict[str, tuple[str, Any, str, str | None]] = {
    "words": ("text", {"body": "Oi"}, "text", "Oi"),
    "a picture without words": ("image", {"id": "81", "mime_type": "image/png"}, "image", None),
    "a picture with an address": ("image", {"id": "82", "caption": "Olha", "url": "https://x"}, "image", "Olha"),
    "a song": ("audio", {"id": "83", "mime_type": "audio/mpeg", "voice": False}, "audio", None),
    "a film": ("video", {"id": "84", "caption": "Olha"}, "video", "Olha"),
    "a document with words": ("document", {"id": "85", "filename": "a.pdf", "caption": "Segue"}, "document", "Segue"),
    "a file that lacks its id": ("image", {"mime_type": "image/png"}, "unsupported", None),
    "a place and no name": ("location", {"latitude": 1, "longitude": 2.5}, "location", None),
    "a card without a name": ("contacts", [{"phones": [{"phone": "+55 11 4000"}]}], "contact", "+55 11 4000"),
    "a card with a vCard": ("contacts", [{"name": {"first_name": "Bia"}, "vcard": "x"}], "contact", "Bia"),
    "a reaction taken back": ("reaction", {"message_id": "wamid.NONE"}, "reaction", ""),
    "a button without payload": ("button", {"text": "Sim"}, "interactive", "Sim"),
    "a row": (
        "interactive",
        {"type": "list_reply", "list_reply": {"id": "r", "title": "Corte"}},
        "interactive",
        "Corte",
    ),
    "a choice that lacks its body": ("interactive", {"type": "button_reply"}, "unsupported", None),
    "a form that is no JSON": (
        "interactive",
        {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{"}},
        "interactive",
        "Sent",
    ),
    "a cart without prices": (
        "order",
        {"product_items": [{"product_retailer_id": "A", "quantity": 2}]},
        "interactive",
        "2 x A",
    ),
    "what is not available": ("unsupported", None, "unsupported", None),
    "what nobody knows": ("unknown", {}, "unsupported", None),
    "a kind of tomorrow": ("hologram", {"x": 1}, "unsupported", None),
}
BESIDE: dict[str, Json] = {
    "forwarded": {"context": {"forwarded": True}},
    "forwarded often": {"context": {"frequently_forwarded": True}},
    "about a product": {"context": {"from": "1", "id": "wamid.P", "referred_product": {"catalog_id": "1"}}},
    "from an ad without a click": {"referral": {"source_type": "post", "source_id": "1"}},
    "a clock in numbers": {"timestamp": 1795179600},
    "errors beside it": {"errors": [{"code": 131051}]},
}


def change(field: str, value: Json) -> Json:
    entry = {"id": "900000000000001", "time": 1795179600, "changes": [{"field": field, "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _value(found: Json) -> Json:
    return found["entry"][0]["changes"][0]["value"]


def _message(number: int, who: Json, kind: str = "text", node: Any = None, **more: Any) -> Json:
    said = who | {"id": f"wamid.CLD{number:05d}", "timestamp": "1795179600", "type": kind} | more
    return said | ({kind: node} if node is not None else {})


def _spoken(message: Json, people: list[Json] | None, **more: Any) -> Json:
    value: Json = {"messaging_product": "whatsapp", "metadata": NUMBER, "messages": [message]} | more
    return change("messages", value | ({"contacts": people} if people is not None else {}))


def _renamed(found: Json, mark: str) -> str:
    (message,) = _value(found)["messages"]
    message["id"] = f"{message['id']}{mark}"
    return message["id"]


def _bare(found: Json) -> Json:
    """Without what a version may leave out; who it is from stays."""
    value = without(_value(found), "messaging_product")
    value["metadata"] = without(value["metadata"], "display_phone_number")
    for person in value.get("contacts", ()):
        person.pop("wa_id", None)
    return change("messages", value)


def _nulls(found: Json) -> Json:
    value = _value(found)
    (message,) = value["messages"]
    for name in ("group_id", "referral", "errors", "context", "from_parent_user_id"):
        message.setdefault(name, None)
    return change("messages", value | {"statuses": None, "errors": None})


WAYS = (("reordered", reordered), ("bare", _bare), ("null for absent", _nulls))


def shapes() -> list[Shape]:
    found: list[Shape] = []
    for name, rows in EXPECTED.items():
        made = body(name)
        if rows.message is None:
            found.append(Shape(name, made, (), (SIGNAL,)))
            continue
        who = rows.contact[1] or rows.contact[0]
        said = Said(_value(made)["messages"][0]["id"], *rows.message, who)
        found.append(Shape(name, made, (said,)))
        found.extend(varied(found[-1], _renamed, WAYS))
    return found + _own()


def _own() -> list[Shape]:
    found: list[Shape] = []

    def add(name: str, made: Json, message: Json, kind: str, text: str | None, who: str = WHO, **more: Any) -> None:
        found.append(Shape(name, made, (Said(message["id"], kind, text, who, **more),)))

    for name, (sides, people, who) in PEOPLE.items():
        message = _message(len(found), sides, node={"body": name})
        add(f"who: {name}", _spoken(message, people), message, "text", name, who)
    for name, (kind, node, type_, text) in CONTENTS.items():
        message = _message(len(found), BOTH, kind, node)
        add(f"content: {name}", _spoken(message, [PERSON]), message, type_, text)
    for name, more in BESIDE.items():
        message = _message(len(found), BOTH, node={"body": name}, **more)
        add(f"beside: {name}", _spoken(message, [PERSON]), message, "text", name)
    group = _message(len(found), BOTH, node={"body": "x"}, group_id="Y2FwaQ==")
    found.append(Shape("a group", _spoken(group, [PERSON]), (), (GROUP,)))
    echo = _message(len(found), {"from": "551130000001", "to": EDU, "to_user_id": EDU_ID}, node={"body": "Já vou"})
    add(
        "the owner in the app",
        change("smb_message_echoes", {"metadata": NUMBER, "contacts": [], "message_echoes": [echo]}),
        echo,
        "text",
        "Já vou",
        author="phone",
    )
    past = _message(len(found), {"from": EDU}, node={"body": "Ontem"})
    threads = [{"id": EDU, "messages": [past]}]
    history = {"metadata": NUMBER, "history": [{"metadata": {"phase": 0}, "threads": threads}]}
    add("of the history", change("history", history), past, "text", "Ontem")
    return found + _together() + _signals()


def _together() -> list[Shape]:
    """Several messages of several people, and statuses, in one body."""
    one = _message(701, BOTH, node={"body": "um"})
    two = _message(702, {"from_user_id": HIDDEN_ID}, node={"body": "dois"})
    three = _message(703, {"from": EDU_SHORT}, node={"body": "três"})
    people = [{"user_id": HIDDEN_ID, "profile": {"name": HIDDEN}}, PERSON]
    tick = {"id": "wamid.OUT1", "status": "read", "timestamp": "1795179600", "recipient_user_id": EDU_ID}
    made = _spoken(one, people, statuses=[tick])
    _value(made)["messages"] += [two, three]
    said = (
        Said(one["id"], "text", "um", WHO),
        Said(two["id"], "text", "dois", HIDDEN),
        Said(three["id"], "text", "três", WHO),
    )
    four, five = _message(704, BOTH, node={"body": "quatro"}), _message(705, BOTH, node={"body": "cinco"})
    apart = _spoken(four, [PERSON])
    apart["entry"] += copy.deepcopy(_spoken(five, [PERSON]))["entry"]
    both = (Said(four["id"], "text", "quatro", WHO), Said(five["id"], "text", "cinco", WHO))
    return [
        Shape("three people and a status", made, said, (MESSAGE, MESSAGE, MESSAGE, SIGNAL)),
        Shape("two entries", apart, both, (MESSAGE, MESSAGE)),
    ]


def _signals() -> list[Shape]:
    found: list[Shape] = []
    status = {"id": "wamid.OUT2", "timestamp": "1795179700", "recipient_id": EDU}
    for more in (
        {"status": "played"},
        {"status": "read", "recipient_id": None, "recipient_user_id": EDU_ID},
        {"status": "delivered", "pricing": None, "conversation": None},
        {"status": "failed", "errors": [{"code": 131049}]},
        {"status": "sent", "recipient_type": "group", "recipient_participant_id": EDU},
        {"status": "of-tomorrow"},
    ):
        value = {"metadata": NUMBER, "statuses": [status | more]}
        found.append(Shape(f"status: {more['status']}", change("messages", value), (), (SIGNAL,)))
    for kind, node in (
        ("edit", {"original_message_id": "wamid.NONE1", "message": {"type": "text", "text": {"body": "novo"}}}),
        ("edit", {"original_message_id": "wamid.NONE2", "message": {"type": "image", "image": {"caption": "novo"}}}),
        ("revoke", {"original_message_id": "wamid.NONE3"}),
        ("system", {"type": "customer_identity_changed", "identity": {}}),
        ("request_welcome", {}),
    ):
        made = _spoken(_message(800 + len(found), BOTH, kind, node), [PERSON])
        found.append(Shape(f"message: {kind} {len(found)}", made, (), (SIGNAL,)))
    for field, value in (
        ("account_review_update", {"decision": "APPROVED"}),
        ("business_capability_update", {"max_daily_conversations_per_business": 2000}),
        ("phone_number_quality_update", {"event": "UPGRADE", "current_limit": "TIER_10K"}),
        ("user_preferences", {"metadata": NUMBER, "user_preferences": [{"wa_id": EDU, "value": "stop"}]}),
        ("messages", {"metadata": NUMBER, "errors": [{"code": 130429, "title": "Rate limit hit"}]}),
    ):
        found.append(Shape(f"field: {field}", change(field, value), (), (SIGNAL,)))
    return found
