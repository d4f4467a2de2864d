"""`python -m tests.bench [scenario …]`: speed of door, path and API, as JSON lines and a table. All on loopback.

Quote a figure together with the bare POST, the fakes' CPU and the load of its own run: machines drift.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from evoai.kit.log import set_up_logging
from tests.bench import api_mix, backlog, burst, cpu, door, hot_tenant, knowledge, pages, path
from tests.bench.figures import COUNTED, Figure
from tests.bench.rig import Rig, open_rig
from tests.bench.sizes import FULL, QUICK, USUAL, Sizes

Scenario = Callable[[Rig, Sizes], AsyncIterator[Figure]]
SCENARIOS: dict[str, Scenario] = {
    "path": path.measure,
    "burst": burst.measure,
    "hot_tenant": hot_tenant.measure,
    "backlog": backlog.measure,
    "api_mix": api_mix.measure,
    "knowledge": knowledge.measure,
    # The last, for its backlog leaves answers that are still to be sent when its webhooks are worked.
    "door": door.measure,
}
HEADLINES = {
    "door": door.HEADLINES,
    "path": path.HEADLINES,
    "burst": burst.HEADLINES,
    "hot tenant": hot_tenant.HEADLINES,
    "backlog": backlog.HEADLINES,
    "api mix": api_mix.HEADLINES,
    "pages": pages.HEADLINES,
    "knowledge": knowledge.HEADLINES,
    "knowledge, indexed": knowledge.HEADLINES,
}
NAMES = (*SCENARIOS, "pages")


async def run(names: list[str], sizes: Sizes, profiles: Path | None, receipts: bool) -> bool:
    """Whether nothing happened that must not."""
    found: list[Figure] = []

    def tell(figure: Figure) -> None:
        found.append(figure)
        sys.stdout.write(msgspec.json.encode(figure).decode() + "\n")
        sys.stdout.flush()

    tell({"figure": "machine", "load": round(cpu.load(), 2), "receipts": receipts, **dataclasses.asdict(sizes)})
    async with open_rig(sizes.clinics, receipts) as rig:
        rig.profiles = profiles
        # The first turns load what is loaded once; they count for nothing.
        await path.once(rig, sizes, rig.targets, 20)
        before: pages.Look = {}
        if "pages" in names:
            await rig.fill(sizes.pages[0])
            before = await pages.look(rig, sizes.page_calls)
        chosen = [name for name in SCENARIOS if name in names]
        if chosen:
            await rig.fill(sizes.fill)
        for name in chosen:
            async for figure in SCENARIOS[name](rig, sizes):
                tell(figure)
        if "pages" in names:
            await rig.fill(sizes.pages[1])
            for figure in await pages.compare(rig, sizes, before):
                tell(figure)
    table(found)
    return not any(figure.get(name) for figure in found for name in COUNTED)


def table(found: list[Figure]) -> None:
    """The headlines of each figure, one line each."""
    for figure in found:
        shown = [f"{name} {_at(figure, name)}" for name in HEADLINES.get(figure["figure"], ())]
        if shown:
            what = [f"{figure[name]} {name}" for name in ("channels", "offered_per_s") if name in figure]
            sys.stdout.write(f"\n{figure['figure']} {', '.join(what)}\n  {'; '.join(shown)}\n")


def _at(figure: Any, name: str) -> Any:
    for part in name.split("."):
        figure = figure.get(part, {})
    return figure if figure != {} else "-"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(NAMES)}; all if none is named")
    lengths = parser.add_mutually_exclusive_group()
    lengths.add_argument("--quick", action="store_true", help="small counts and short rounds, for CI")
    lengths.add_argument("--full", action="store_true", help="as the targets are written; hours for all of them")
    parser.add_argument("--runs", type=int, help="of each measurement; the medians are told")
    parser.add_argument("--fill", type=int, help="messages in the tables; for pages at the second look")
    parser.add_argument("--rates", type=lambda text: tuple(float(part) for part in text.split(",")), help="of the path")
    parser.add_argument("--seconds", type=float, help="of each load of the path")
    parser.add_argument("--no-receipts", dest="receipts", action="store_false", help="no ticks from the provider")
    parser.add_argument("--profile", type=Path, help="folder for py-spy's stacks of each load (slows what it watches)")
    options = parser.parse_args()
    if unknown := set(options.scenario) - set(NAMES):
        parser.error(f"no scenario {sorted(unknown)[0]!r}; there are {', '.join(NAMES)}")
    sizes = QUICK if options.quick else FULL if options.full else USUAL
    given = {name: getattr(options, name) for name in ("runs", "fill", "rates", "seconds")}
    sizes = dataclasses.replace(sizes, **{name: value for name, value in given.items() if value is not None})
    if options.fill is not None:
        sizes = dataclasses.replace(sizes, pages=(min(sizes.pages[0], options.fill), options.fill))
    set_up_logging("warning", "bench", "0")
    good = asyncio.run(run(options.scenario or list(NAMES), sizes, options.profile, options.receipts))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
