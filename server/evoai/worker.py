"""run_worker(): the job process. It serves any set of queues, and with `message` among them the message path."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from uuid import UUID

from evoai.assistant.service.cache import ANSWERS
from evoai.kit.jobs import GRACE_SECONDS, QUEUES, JobServer, Runner
from evoai.kit.log import get_logger
from evoai.kit.module import Module
from evoai.kit.outbox import OUTBOX_DUE
from evoai.kit.path import SHARDS, Path
from evoai.kit.sweep import Sweep
from evoai.kit.timers import PRODUCTION, Timers
from evoai.modules import MODULES, path_steps
from evoai.ops.worker_health import serve_worker_health
from evoai.resources import Resources, all_jobs, open_resources
from evoai.settings import Settings

log = get_logger(__name__)


def process_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"


class Worker:
    """One worker process: the path, the job servers, the sweep. Started and stopped by `run_worker`, and by tests."""

    def __init__(self, resources: Resources, queues: Sequence[str], modules: Sequence[Module]) -> None:
        settings, timers = resources.settings, resources.timers
        self.resources = resources
        self.path = resources.path = Path(path_steps(resources), timers, settings.concurrency.message)
        self._runner = Runner(resources, all_jobs(modules))
        slots = {queue: getattr(settings.concurrency, queue) for queue in queues}
        if "message" in slots:
            # Its concurrency counts turns in flight; the jobs themselves only ring.
            slots["message"] = 1
        self._jobs = JobServer(resources.redis, self._runner, slots)
        dues = (OUTBOX_DUE, *(due for module in modules for due in module.due))
        crons = [cron for module in modules for cron in module.crons]
        self._sweep = Sweep(resources.db, resources.bell, self._runner, timers, dues, crons)
        self._ears: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.path.start()
        self._ears = asyncio.create_task(self.resources.fences.listen(self._silenced))
        self._jobs.start()
        self._sweep.start()
        # What came in while no worker ran is due now.
        self.path.ring(range(SHARDS))

    def _silenced(self, conversation_id: UUID, fence: int) -> None:
        """The right to speak went elsewhere, perhaps for good: an erased contact's question is not kept either."""
        self.path.cancel(conversation_id, fence)
        ANSWERS.forget(conversation_id)

    async def stop(self) -> None:
        """Take nothing new, end what runs within the grace, give back the rest."""
        await self._sweep.stop()
        await asyncio.gather(self._jobs.stop(), self.path.stop(GRACE_SECONDS))
        if self._ears is not None:
            self._ears.cancel()


async def run_worker(
    settings: Settings,
    queues: Sequence[str] = QUEUES,
    *,
    modules: Sequence[Module] = MODULES,
    timers: Timers = PRODUCTION,
) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with (
        open_resources(settings, modules, process=process_name(), timers=timers, pool_size=20) as resources,
        serve_worker_health(resources),
    ):
        worker = Worker(resources, queues, modules)
        worker.start()
        log.info("worker.started", queues=list(queues), process=resources.process)
        await stop.wait()
        log.info("worker.stopping")
        await worker.stop()
    log.info("worker.stopped")
