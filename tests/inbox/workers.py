"""A second worker process beside the house's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evoai.kit.jobs import QUEUES
from evoai.modules import MODULES
from evoai.resources import open_resources
from evoai.worker import Worker, process_name
from tests.house import House


@asynccontextmanager
async def another_worker(house: House) -> AsyncIterator[Worker]:
    """With a database pool, Redis connections and a model client of its own."""
    timers = house.resources.timers
    async with open_resources(house.settings, MODULES, process=process_name(), timers=timers) as resources:
        worker = Worker(resources, QUEUES, MODULES)
        worker.start()
        try:
            yield worker
        finally:
            await worker.stop()
