"""What a row said at a moment, as JSON, so that it can be made to say it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

CONTACT = (
    *("name", "phone", "username", "tags", "fields", "facts", "blocked_at", "opted_out_at", "over_limit"),
    *("created_at", "updated_at"),
)
CONVERSATION = (
    *("state", "assignee_id", "handoff_reason", "handoff_note", "handoff_at", "resolved_at", "unread_count"),
)


def snapshot(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def restore(row: object, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        if value is not None and name.endswith("_at"):
            value = datetime.fromisoformat(value)
        elif value is not None and name.endswith("_id"):
            value = UUID(value)
        setattr(row, name, value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
