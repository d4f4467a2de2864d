"""What operations plug into the house."""

from __future__ import annotations

from datetime import time

from evoai.kit.module import Cron, Module
from evoai.ops.controllers import (
    DeadLetterController,
    InboundEventController,
    LedgerController,
    QueueController,
    health,
    live,
    ready,
    show_metrics,
)
from evoai.ops.jobs import clean_up, recount

NIGHT = time(6, 30)
"""In UTC: half past three in São Paulo."""

MODULE = Module(
    name="ops",
    controllers=(LedgerController, InboundEventController, DeadLetterController, QueueController),
    roots=(live, ready, health, show_metrics),
    jobs=(clean_up, recount),
    crons=(Cron("ops.clean_up", 6 * 3600, clean_up), Cron("ops.recount", NIGHT, recount)),
)
