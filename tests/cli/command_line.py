"""The operator's command line as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass


@dataclass
class Done:
    code: int
    out: str
    err: str


async def evoai(env: dict[str, str], *args: str, seconds: float = 60) -> Done:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "evoai.cli",
        *args,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())
