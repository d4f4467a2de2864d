"""The connection doctor: one cause and one action out of all that is known, the gravest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evoai.channels.models import Channel
from evoai.channels.service.doctor import diagnose
from evoai.channels.service.pace import Started

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AGO = NOW - timedelta(minutes=5)
UP: dict[str, Any] = {
    "provider": "evolution",
    "state": "connected",
    "first_connected_at": NOW - timedelta(days=9),
    "last_event_at": AGO,
}
DOWN = UP | {"state": "disconnected"}
NOBODY = Started(0, 0, 0)
LOCKED = {"restriction": "reachout-timelock", "restricted_at": AGO}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str] | None]] = {
    "well": (UP, {}, None),
    "a refused key": (UP | {"state_reason": "credentials-refused"}, {}, ("credentials-refused", "check-credentials")),
    "no licence": (DOWN | {"state_reason": "licence-missing"}, {}, ("licence-missing", "activate-licence")),
    "unknown": (DOWN | {"state_reason": "unknown-instance"}, {}, ("unknown-instance", "add-again")),
    "banned": (UP | {"state": "banned"}, {"breaker": "open"}, ("banned", "move-number")),
    "coming back": (UP | {"state": "reconnecting"}, {}, ("reconnecting", "wait-for-provider")),
    "a loop that is down": (DOWN, {"drops": 3}, ("reconnect-loop", "pair-again")),
    "a loop that is up": (UP, {"drops": 3}, ("reconnect-loop", "pair-again")),
    "twice is no loop": (UP, {"drops": 2}, None),
    "no code": (DOWN | {"pairing_since": AGO}, {}, ("code-missing", "check-provider")),
    "no code since": (
        DOWN | {"pairing_since": AGO, "code_at": NOW - timedelta(hours=1)},
        {},
        ("code-missing", "check-provider"),
    ),
    "a code that was shown": (DOWN | {"pairing_since": AGO, "code_at": NOW}, {}, ("disconnected", "scan-qr")),
    "a code that may still come": (
        DOWN | {"pairing_since": NOW - timedelta(seconds=20)},
        {},
        ("disconnected", "scan-qr"),
    ),
    "never paired": ({"provider": "evolution", "state": "disconnected"}, {}, ("never-paired", "scan-qr")),
    "logged out": (DOWN | {"state_reason": "logged-out"}, {}, ("logged-out", "scan-qr")),
    "the provider fails": (UP, {"breaker": "open"}, ("provider-failing", "wait-for-provider")),
    "half open is coming back": (UP, {"breaker": "half-open"}, None),
    "webhooks do not come": (UP, {"found_at": NOW}, ("webhooks-missing", "restart")),
    "webhooks come again": (UP | {"last_event_at": NOW}, {"found_at": AGO}, None),
    "restricted": (UP | LOCKED, {}, ("restricted", "wait-restriction")),
    "no more": (UP | LOCKED | {"restricted_until": AGO}, {}, None),
    "for how long was not told, and a day is over": (
        UP | LOCKED | {"restricted_at": NOW - timedelta(hours=25)},
        {},
        None,
    ),
    "few write back": (UP, {"begun": Started(9, 50, 2)}, ("few-replies", "write-to-fewer")),
    "enough write back": (UP, {"begun": Started(9, 50, 30)}, None),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_one_thing_that_is_most_wrong(name: str) -> None:
    fields, known, expected = CASES[name]
    seen = {"breaker": "closed", "found_at": None, "drops": 0, "begun": NOBODY} | known
    finding = diagnose(Channel(**fields), now=NOW, **seen)
    assert (finding and (finding.cause, finding.advice)) == expected
