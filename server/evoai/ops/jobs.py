"""What operations do by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evoai.kit.jobs import job
from evoai.ops.service import recount as recounting
from evoai.ops.service import retention

if TYPE_CHECKING:
    from evoai.resources import Resources


@job("ops.clean_up", queue="maintenance", timeout=600, attempts=5)
async def clean_up(resources: Resources) -> None:
    """Forget what is past its time."""
    await retention.forget(resources)


@job("ops.recount", queue="maintenance", timeout=600, attempts=5)
async def recount(resources: Resources) -> None:
    """Compare counters with what they count."""
    await recounting.everybody(resources)
