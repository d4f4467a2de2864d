"""What operations plug into the house."""

from __future__ import annotations

from evoai.kit.module import Cron, Module
from evoai.ops.controllers import health, live, metrics, ready
from evoai.ops.jobs import clean_up

MODULE = Module(
    name="ops",
    roots=(live, ready, health, metrics),
    jobs=(clean_up,),
    crons=(Cron("ops.clean_up", 3600, clean_up),),
)
