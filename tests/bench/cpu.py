"""CPU time of process trees, and of what the machine does beside, from /proc. Linux only."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def trees(roots: dict[str, int]) -> dict[str, float]:
    """CPU seconds that each root and all its descendants have used so far, ended children included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        # utime, stime, and both of the children that were waited for.
        used[int(entry.name)] = sum(int(value) for value in fields[11:15]) / TICKS
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)

    def total(pid: int) -> float:
        return used.get(pid, 0.0) + sum(total(child) for child in children.get(pid, ()))

    return {name: total(pid) for name, pid in roots.items()}


def load() -> float:
    """The load average of the last minute, which tells whether others used the machine."""
    return os.getloadavg()[0]
