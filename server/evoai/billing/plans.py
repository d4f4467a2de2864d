"""The plans that are sold, as the rows of table `plans`; null is unlimited."""

from __future__ import annotations

from typing import Any

PLANS: tuple[dict[str, Any], ...] = (
    {
        "code": "free",
        "name": "Free",
        "position": 1,
        "channels": 1,
        "contacts": 500,
        "messages_per_month": 5_000,
        "assistant_tokens": 2_000_000,
        "documents": 20,
    },
    {
        "code": "pro",
        "name": "Pro",
        "position": 2,
        "channels": 3,
        "contacts": 10_000,
        "messages_per_month": 50_000,
        "assistant_tokens": 20_000_000,
        "documents": 200,
    },
    {
        "code": "business",
        "name": "Business",
        "position": 3,
        "channels": 10,
        "contacts": 50_000,
        "messages_per_month": 200_000,
        "assistant_tokens": 100_000_000,
        "documents": 1_000,
    },
    {
        "code": "enterprise",
        "name": "Enterprise",
        "position": 4,
        "channels": None,
        "contacts": None,
        "messages_per_month": None,
        "assistant_tokens": None,
        "documents": None,
    },
)
