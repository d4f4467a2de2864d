"""The parent's side of `child.py`: starts it, waits no longer than it may take, and tells a crash from a refusal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from typing import IO, TypeVar

import msgspec

from evoai.kit.log import get_logger
from evoai.knowledge.parsing.blocks import Parsed, Picture

log = get_logger(__name__)

WALL_SECONDS = 60
PICTURE_SECONDS = 15
_ANSWER_BYTES = 60_000_000
# Nothing of the worker's environment, where the secrets are.
_ENV = {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}

_XCPU = -24
Made = TypeVar("Made", Parsed, Picture)


async def parse(kind: str, data: bytes, *, seconds: float = WALL_SECONDS) -> Parsed:
    """What `data` says. A refusal is in the answer; `parser-crashed` and `took-too-long` are among them."""
    return await _run(Parsed, data, seconds, kind)


async def draw(data: bytes, number: int, *, seconds: float = PICTURE_SECONDS) -> Picture:
    """A page of a PDF, the first is 1; refusals as of `parse`."""
    return await _run(Picture, data, seconds, "page", str(number))


async def _run(of: type[Made], data: bytes, seconds: float, *order: str) -> Made:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        file.seek(0)
        return await _made(of, file, seconds, order)


async def _made(of: type[Made], file: IO[bytes], seconds: float, order: tuple[str, ...]) -> Made:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "evoai.knowledge.parsing.child", *order),
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
    log.warning("parser.crashed", kind=order[0], code=code)
    return of(refused="parser-crashed")


async def _read(child: asyncio.subprocess.Process) -> bytes | None:
    assert child.stdout is not None
    answer = bytearray()
    while chunk := await child.stdout.read(65_536):
        answer += chunk
        if len(answer) > _ANSWER_BYTES:
            return None
    return bytes(answer)
