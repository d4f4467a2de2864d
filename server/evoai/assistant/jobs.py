"""Background entry points of the assistant room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evoai.assistant.service import manage_servers
from evoai.kit.jobs import job

if TYPE_CHECKING:
    from evoai.resources import Resources


@job("assistant.refresh_servers", queue="maintenance", timeout=600, attempts=5)
async def refresh_servers(resources: Resources) -> None:
    """Ask MCP servers for their tools where the last time is an hour ago."""
    await manage_servers.refresh_due(resources)
