"""Starting and ending child processes that never outlive their parent, for the embedded servers and the demo.

Which programs they are, and when they are started again, is not decided here.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

Child = subprocess.Popen[bytes]

PR_SET_PDEATHSIG = 1


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    user: pwd.struct_passwd | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> Child:
    """Starts a child in its own session (a terminal's Ctrl-C does not reach it), output appended to `log`.

    It gets `death_signal` when the calling **thread** ends: call this from one that lives as long as the process.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def die_with_parent() -> None:
        # Runs after the change of user, which would clear the signal.
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=die_with_parent,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            text=False,
        )


def end(child: Child, *steps: tuple[signal.Signals, float]) -> None:
    """Sends each signal and waits its seconds, then kills the child and what is left of its session."""
    for number, seconds in steps:
        if child.poll() is not None:
            break
        child.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    if child.poll() is None:
        child.kill()
    child.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def last_lines(log: Path, count: int) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def processes_in(folder: Path) -> Iterator[int]:
    """Ids of the processes whose working directory is exactly `folder`."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(entry / "cwd") == str(folder):
                yield int(entry.name)


class Launcher(threading.Thread):
    """Forks on a thread that lives until the process ends, since the death signal follows the thread."""

    def __init__(self) -> None:
        super().__init__(name="launcher", daemon=True)
        self._calls: queue.SimpleQueue[tuple[Callable[[], Child], Future[Child]]] = queue.SimpleQueue()
        self.start()

    def run(self) -> None:
        while True:
            call, future = self._calls.get()
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)

    def launch(self, call: Callable[[], Child]) -> Child:
        future: Future[Child] = Future()
        self._calls.put((call, future))
        return future.result()
