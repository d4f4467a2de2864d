"""Keeps the demo's processes: starts them, starts them again when they die, ends them. Which they are it is told."""

from __future__ import annotations

import contextlib
import http.client
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evoai.children import Child, end, last_lines, spawn
from evoai.data_folder import EmbeddedError

STARTUP_SECONDS = 120.0
DRAIN_SECONDS = 30.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 10.0
STEADY_SECONDS = 30.0  # a child that lived this long is new again to the back-off


class DemoError(Exception):
    """The demo cannot start; the message is for the person who started it."""


class StopRequestedError(Exception):
    """Ctrl-C or SIGTERM while the demo was still starting."""


@dataclass
class _Service:
    """One supervised thing. `start` and `ended` hide whether it is our child or one of the embedded servers."""

    name: str
    start: Callable[[], None]
    ended: Callable[[], int | None]
    failures: int = 0
    started_at: float = 0.0
    due_at: float | None = None  # when it is started again; None while it runs


class Supervisor:
    """With `sources`, the `watched` services start anew when a Python file under it changes."""

    def __init__(self, logs: Path, sources: Path | None) -> None:
        self._logs = logs
        self._sources = sources
        self._stop = threading.Event()
        self._stop_asked_at: float | None = None
        self._hurry = False
        self._children: dict[str, Child] = {}
        self._services: list[_Service] = []

    @contextlib.contextmanager
    def signals(self) -> Generator[None]:
        """Ctrl-C, SIGTERM and the end of the terminal ask to stop."""
        handled = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
            handled.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: object) -> None:
        # One Ctrl-C may arrive twice, from the terminal and from make; a later one means that nobody wants to wait.
        now = time.monotonic()
        self._hurry = self._stop_asked_at is not None and now - self._stop_asked_at > 1.0
        self._stop_asked_at = self._stop_asked_at or now
        self._stop.set()

    def adopt(self, name: str, start: Callable[[], None], ended: Callable[[], int | None]) -> None:
        """Look after something that runs already and is no child of ours."""
        self._services.append(_Service(name, start, ended, started_at=time.monotonic()))

    def launch(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a child and look after it."""
        log = self._logs / f"{name}.log"
        log.write_bytes(b"")

        def start() -> None:
            self._children[name] = spawn(command, log=log, env=env)

        def ended() -> int | None:
            return self._children[name].poll()

        service = _Service(name, start, ended)
        self._services.append(service)
        self._start(service)

    def _start(self, service: _Service) -> None:
        service.start()
        service.started_at, service.due_at = time.monotonic(), None

    def run_once(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Path:
        """Runs a command to its end and gives its log; raises `DemoError` with the log's end when it fails."""
        log = self._logs / f"{name}.log"
        log.write_bytes(b"")
        child = self._children[name] = spawn(command, log=log, env=env)
        while child.poll() is None:
            self.interrupted()
            self._services_still_start()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.1)
        del self._children[name]
        if child.returncode != 0:
            raise DemoError(_failure(name, log, child.returncode))
        return log

    def wait_for(self, name: str, port: int, path: str, good: Callable[[int], bool]) -> None:
        """Until a local GET gives a `good` status. Raises `DemoError` when that takes too long."""
        deadline = time.monotonic() + STARTUP_SECONDS
        while not good(_status(port, path)):
            self.interrupted()
            self._services_still_start()
            if time.monotonic() > deadline:
                raise DemoError(_failure(name, self._logs / f"{name}.log", None))
            self._stop.wait(0.1)

    def _services_still_start(self) -> None:
        for service in self._services:
            code = service.ended()
            if code is not None:
                raise DemoError(_failure(service.name, self._logs / f"{service.name}.log", code))

    def interrupted(self) -> None:
        """Raises `StopRequestedError` once somebody asked to stop."""
        if self._stop.is_set():
            raise StopRequestedError

    def watch(self, watched: Sequence[str]) -> None:
        """Look after all services until somebody asks to stop."""
        for service in self._services:
            if self._sources is not None and service.name in watched:
                self._follow(service, self._sources)
        while not self._stop.wait(0.2 if self._sources is None else 1.0):
            for service in self._services:
                self._look_after(service)

    def _look_after(self, service: _Service) -> None:
        now = time.monotonic()
        if service.due_at is None:
            code = service.ended()
            if code is None:
                return
            if now - service.started_at > STEADY_SECONDS:
                service.failures = 0
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2**service.failures)
            service.failures += 1
            service.due_at = now + delay
            say(f"{service.name} ended ({_ending(code)}), starts again in {delay:g} s")
        elif now >= service.due_at:
            try:
                self._start(service)
            except (EmbeddedError, OSError) as error:
                say(str(error))
                service.started_at, service.due_at = now, None

    def _follow(self, service: _Service, sources: Path) -> None:
        """Makes a change of a source look like the end of the service, after which it starts anew at once."""
        ended = service.ended
        seen = _newest(sources)

        def ended_or_outdated() -> int | None:
            nonlocal seen
            newest = _newest(sources)
            if newest > seen and ended() is None:
                end(self._children[service.name], (signal.SIGTERM, DRAIN_SECONDS))
                service.failures, service.started_at = 0, time.monotonic()
            seen = newest
            return ended()

        service.ended = ended_or_outdated

    def end(self) -> None:
        """End our children, side by side."""
        running = list(self._children.values())
        for child in running:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS
        while any(child.poll() is None for child in running) and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.05)
        for child in running:
            end(child)


def _status(port: int, path: str) -> int:
    """HTTP status of a local GET, 599 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 599
    finally:
        connection.close()


def _newest(sources: Path) -> float:
    return max((file.stat().st_mtime for file in sources.rglob("*.py")), default=0.0)


def _ending(code: int | None) -> str:
    if code is None:
        return "no answer in time"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _failure(name: str, log: Path, code: int | None) -> str:
    return f"{name} did not start ({_ending(code)}); the end of {log}:\n{last_lines(log, 20)}"


def say(message: str) -> None:
    sys.stderr.write(f"demo: {message}\n")
    sys.stderr.flush()
