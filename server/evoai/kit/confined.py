"""The child's side of `sandbox.py`: a process that works on one file of a stranger's and ends. It may crash; it may not
reach anything. Imported by such processes, so it loads nothing of the house."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable

import msgspec

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 30
_DEATH_SIGNAL = 1


class Refused(Exception):
    """The file is not taken; `code` is kebab case: 'damaged', 'too-large-inside', …"""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Made(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a child makes of its file. `refused` is the code of a `Refused`, and then there is nothing else."""

    refused: str | None = None


def confine() -> None:
    """Take from this process what no file needs. What is not loaded yet can still be loaded."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir("/")


def answer(work: Callable[[bytes], Made]) -> None:
    """Do the work on the file on standard input; what it makes goes to standard output in MessagePack."""
    data = sys.stdin.buffer.read()
    # All that is needed is open: from here on there is no file and no socket to be had.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    try:
        made = work(data)
    except Refused as refused:
        made = Made(refused=refused.code)
    except (MemoryError, RecursionError):
        made = Made(refused="too-large-inside")
    # A file that keeps the rules of no format raises whatever its reader meets there.
    except Exception:
        made = Made(refused="damaged")
    sys.stdout.buffer.write(msgspec.msgpack.encode(made))
    sys.stdout.buffer.flush()
