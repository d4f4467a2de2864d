"""`python -m tests.bench`: speed of the door and of the message path, as JSON lines and a table. All on loopback.

Quote a figure together with the bare POST, the fakes' CPU and the load of its own run: machines drift.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec

from evoai.kit.log import set_up_logging
from tests.bench import cpu
from tests.bench.measure import door, path
from tests.bench.rig import OURS, open_rig

RATES = (20, 50, 100, 150, 200, 300)
SATURATED = 0.93
"""Below this share of the offered rate, or with a p95 over two seconds, higher rates say nothing more."""


def tell(figures: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    sys.stdout.flush()


async def run(options: argparse.Namespace) -> int:
    found: list[dict[str, Any]] = []
    tell({"figure": "machine", "load": round(cpu.load(), 2), "receipts": options.receipts})
    async with open_rig(options.clinics, options.receipts) as rig:
        # The first turns load what is loaded once; they count for nothing.
        await path(rig, 20, 3)
        for rate in options.rates:
            figures = await path(rig, rate, options.seconds, options.profile)
            found.append(figures)
            tell(figures)
            if figures["answered_per_s"] < rate * SATURATED or figures["less_model_ms"].get("p95", 0) > 2000:
                break
        if options.door_seconds:
            found.append(await door(rig, options.door_seconds, options.connections, options.profile))
            tell(found[-1])
    table(found)
    return 1 if any(f.get("lost") or f.get("duplicated") or f.get("out_of_order") for f in found) else 0


def table(found: list[dict[str, Any]]) -> None:
    out = sys.stdout.write
    out(f"\n{'offered':>8} {'answers/s':>9} {'lost':>5} {'dup':>4} {'ooo':>4} {'less model p50/95/99 ms':>24}")
    out(f"  CPU ms {' '.join(f'{name:>8}' for name in OURS)} {'all':>6} {'fakes':>6} {'load':>5}\n")
    for f in (f for f in found if f["figure"] == "path"):
        less, spent = f["less_model_ms"], f["cpu_ms"]
        times = "/".join(f"{less.get(q, float('nan')):.0f}" for q in ("p50", "p95", "p99"))
        out(f"{f['offered_per_s']:>6g}/s {f['answered_per_s']:9.1f} {f['lost']:5d} {f['duplicated']:4d}")
        out(f" {f['out_of_order']:4d} {times:>24}         {' '.join(f'{spent[name]:8.2f}' for name in OURS)}")
        out(f" {spent['total']:6.2f} {sum(f['fakes_cpu_ms'].values()):6.2f} {f['load']:5.2f}\n")
    for f in (f for f in found if f["figure"] == "door"):
        out(f"\ndoor: {f['accepted_per_s']}/s, bare POST {f['bare_per_s']}/s, ratio {f['ratio']}, load {f['load']};")
        for side in ("door", "bare"):
            out(f" {side} p50/95/99 {'/'.join(str(value) for value in f[f'{side}_ms'].values())} ms;")
        out(f" {f['connections']} connections\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one low rate and short rounds, for CI")
    parser.add_argument("--rates", type=lambda text: [float(part) for part in text.split(",")], help="per second")
    parser.add_argument("--seconds", type=float, help="of load at each rate")
    parser.add_argument("--door-seconds", type=float, help="of each round at the door; 0 leaves it out")
    parser.add_argument("--connections", type=int, default=32, help="at the door")
    parser.add_argument("--clinics", type=int, default=4, help="tenants with one channel each")
    parser.add_argument("--no-receipts", dest="receipts", action="store_false", help="no ticks from the provider")
    parser.add_argument("--profile", type=Path, help="folder for py-spy's stacks of each rate (slows what it watches)")
    options = parser.parse_args()
    options.rates = options.rates or ([20.0] if options.quick else list(RATES))
    options.seconds = options.seconds or (5.0 if options.quick else 20.0)
    if options.door_seconds is None:
        options.door_seconds = 1.0 if options.quick else 3.0
    set_up_logging("warning", "bench", "0")
    sys.exit(asyncio.run(run(options)))


if __name__ == "__main__":
    main()
