"""Has a stranger's file worked on by a process that has nothing: starts it, waits no longer than it may take, and tells
a crash from a refusal. The child's side is `confined.py`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from typing import IO, TypeVar

import msgspec

from evoai.kit.confined import Made
from evoai.kit.log import get_logger

log = get_logger(__name__)

_ANSWER_BYTES = 60_000_000
# Nothing of this process's environment, where the secrets are.
_ENV = {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}

_XCPU = -24
Kind = TypeVar("Kind", bound=Made)


async def run(module: str, of: type[Kind], data: bytes, *order: str, seconds: float) -> Kind:
    """What `python -m module ORDER…` makes of `data`. A refusal is in the answer; `parser-crashed` and `took-too-long`
    are among them."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        file.seek(0)
        return await _made(module, of, file, seconds, order)


async def _made(module: str, of: type[Kind], file: IO[bytes], seconds: float, order: tuple[str, ...]) -> Kind:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", module, *order),
        stdin=file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENV,
        close_fds=True,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            answer = await _read(child)
            code = await child.wait()
    except TimeoutError:
        return of(refused="took-too-long")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, 9)
            await child.wait()
    if code == _XCPU:
        return of(refused="took-too-long")
    if code == 0 and answer is not None:
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.msgpack.decode(answer, type=of)
    log.warning("parser.crashed", module=module, kind=" ".join(order), code=code)
    return of(refused="parser-crashed")


async def _read(child: asyncio.subprocess.Process) -> bytes | None:
    assert child.stdout is not None
    answer = bytearray()
    while chunk := await child.stdout.read(65_536):
        answer += chunk
        if len(answer) > _ANSWER_BYTES:
            return None
    return bytes(answer)
