"""Cleaning up after time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, text

from evoai.kit.db import SCHEMA, utcnow
from evoai.kit.http import IdempotencyKey
from evoai.kit.jobs import job

if TYPE_CHECKING:
    from evoai.resources import Resources

BODY_DAYS = 7
EVENT_DAYS = 90


@job("ops.clean_up", queue="maintenance", timeout=300, attempts=5)
async def clean_up(resources: Resources) -> None:
    """Forget idempotency keys past their time, the bodies of webhooks after 7 days, their rows after 90."""
    now = utcnow()
    async with resources.db.system_session("clean up") as db:
        await db.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at < now))
        await db.execute(
            text(
                f"update {SCHEMA}.channel_events set body_enc = null"  # noqa: S608
                " where body_enc is not null and received_at < :until and state <> 'received'"
            ),
            {"until": now - timedelta(days=BODY_DAYS)},
        )
        await db.execute(
            text(f"delete from {SCHEMA}.channel_events where received_at < :until and state <> 'received'"),  # noqa: S608
            {"until": now - timedelta(days=EVENT_DAYS)},
        )
