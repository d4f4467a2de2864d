"""Until when a contact may be written to freely, where the provider sets a limit."""

from __future__ import annotations

from datetime import datetime, timedelta

from evoai.channels.adapters.protocol import Capabilities
from evoai.kit.db import utcnow

WINDOW = timedelta(hours=24)
CLOSED = "window-closed"


def expires_at(capabilities: Capabilities, last_in_at: datetime | None, begun_at: datetime) -> datetime | None:
    """None where there is no limit. Who never wrote may not be written to: it was over as it began."""
    if not capabilities.window_24h:
        return None
    return begun_at if last_in_at is None else last_in_at + WINDOW


def is_closed(capabilities: Capabilities, last_in_at: datetime | None) -> bool:
    return capabilities.window_24h and (last_in_at is None or last_in_at + WINDOW <= utcnow())
