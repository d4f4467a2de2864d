"""`python -m tests.faults.child api|worker`: a process as the command line starts it, but with the timers that
`FAULTS_TIMERS` gives as JSON, and with tools that a message can ask for to hurt the process that answers it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import msgspec
import uvicorn
import uvloop

from evoai.app import VERSION, create_app
from evoai.assistant.service.tools import Tool
from evoai.kit.log import set_up_logging
from evoai.kit.module import Module
from evoai.kit.timers import Timers
from evoai.modules import MODULES
from evoai.settings import load_settings
from evoai.worker import run_worker


class Nothing(msgspec.Struct):
    """The tools take no arguments."""


async def crash(*_: Any) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "not reached"


async def linger(*_: Any) -> str:
    await asyncio.sleep(4)
    return "done"


async def fail(*_: Any) -> str:
    raise RuntimeError("a tool with a defect")


POISON = Module(
    name="poison",
    tools=(
        Tool("crash", "Kills the process.", Nothing, "reads", crash),
        Tool("fail", "Raises.", Nothing, "reads", fail),
        Tool("linger", "Takes a while.", Nothing, "reads", linger),
    ),
)


def main() -> None:
    role = sys.argv[1]
    settings = load_settings(os.environ)
    set_up_logging(settings.log_level, role, VERSION)
    timers = msgspec.json.decode(os.environ["FAULTS_TIMERS"], type=Timers)
    modules = (*MODULES, POISON)
    if role == "worker":
        uvloop.run(run_worker(settings, modules=modules, timers=timers))
        return
    uvicorn.run(
        create_app(settings, modules=modules, timers=timers, web=None),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=20,
        timeout_keep_alive=75,
        backlog=2048,
    )


if __name__ == "__main__":
    main()
