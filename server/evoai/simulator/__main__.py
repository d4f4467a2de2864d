"""`python -m evoai.simulator`: the simulator as its own process, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.util
import signal
import sys
from pathlib import Path

from evoai.simulator.app import Simulator
from evoai.simulator.keeping import StateError


async def run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Messages and log entries live long and hold no cycles: looking for some is wasted work.
    gc.set_threshold(100_000, 20, 100)
    simulator = Simulator(port=options.port, host=options.host, seed=options.seed, state=options.state)
    async with simulator:
        if not options.quiet:
            sys.stdout.write(f"simulator: {simulator.url}\n")
            sys.stdout.flush()
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m evoai.simulator", description="A fake WhatsApp and a scripted model"
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=int, default=None, help="makes ids and chances repeatable; unset: random")
    parser.add_argument("--state", type=Path, help="file in which instances, contacts and chats survive a restart")
    parser.add_argument("--quiet", action="store_true", help="do not print the address")
    # A quarter less CPU where it is installed; the simulator shares its cores with what it tests.
    uvloop = importlib.import_module("uvloop") if importlib.util.find_spec("uvloop") else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        try:
            runner.run(run(parser.parse_args()))
        except StateError as error:
            sys.exit(f"simulator: {error}")


if __name__ == "__main__":
    main()
