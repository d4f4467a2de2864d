"""That every scenario still runs, against the product as it is, and that nothing is lost in any."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from tests.bench.__main__ import HEADLINES

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 400


@pytest.mark.timeout(SECONDS + 20)
async def test_the_quick_bench() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench", "--quick",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS):
        out, errors = await process.communicate()
    told = [msgspec.json.decode(line) for line in out.splitlines() if line.startswith(b"{")]
    assert process.returncode == 0, out.decode() + errors.decode()
    assert {figure["figure"] for figure in told} >= HEADLINES.keys()
    for figure in told:
        # A speed says nothing without its yardstick.
        assert figure["figure"] in ("machine", "door, drained") or (figure["bare"]["per_s"] > 0 and "load" in figure)
