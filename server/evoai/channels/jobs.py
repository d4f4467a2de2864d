"""Background entry points of the channels room."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from evoai.channels.service import reconcile as reconciling
from evoai.channels.service import templates
from evoai.kit.jobs import job

if TYPE_CHECKING:
    from evoai.resources import Resources


@job("channels.reconcile", queue="maintenance", timeout=reconciling.LEASE, attempts=50)
async def reconcile(resources: Resources, tenant: str, channel: str) -> None:
    """See whether a channel is what we take it for, and fetch what did not reach us."""
    await reconciling.look_after(resources, UUID(tenant), UUID(channel))


@job("channels.read_templates", queue="maintenance", timeout=120, attempts=50)
async def read_templates(resources: Resources, tenant: str, channel: str) -> None:
    """Have what templates the provider lists."""
    await templates.keep_fresh(resources, UUID(tenant), UUID(channel))
