"""The demo's supervisor: servers, simulator, API and worker as children that are started again when they die.

It chooses what nobody set (ports, secrets, URLs) and decides nothing about the product itself.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from evoai.children import Child, end, last_lines, spawn
from evoai.data_folder import EmbeddedError, remove_data
from evoai.embedded import Embedded, Server

STARTUP_SECONDS = 120.0
DRAIN_SECONDS = 30.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 10.0
STEADY_SECONDS = 30.0  # a child that lived this long is new again to the back-off


class DemoError(Exception):
    """The demo cannot start; the message is for the person who started it."""


class _StopRequestedError(Exception):
    """Ctrl-C or SIGTERM while the demo was still starting."""


@dataclass(frozen=True)
class Programs:
    """What the supervisor runs: two commands once, `services` for good; a changed source restarts the `watched`."""

    migrate: Sequence[str]
    login: Sequence[str]
    services: Mapping[str, Sequence[str]]
    watched: tuple[str, ...] = ()


def demo_programs(data_dir: Path, port: int, simulator_port: int) -> Programs:
    del port
    cli = (sys.executable, "-m", "evoai.cli")
    state = str(data_dir.resolve() / "simulator.json")
    simulator = (sys.executable, "-m", "evoai.simulator", "--port", str(simulator_port), "--state", state)
    return Programs(
        migrate=(*cli, "db", "migrate"),
        login=(*cli, "tenants", "demo"),
        services={"simulator": simulator, "api": (*cli, "api"), "worker": (*cli, "worker")},
    )


def run_demo(
    settings_env: Mapping[str, str],
    data_dir: Path,
    *,
    programs: Callable[[int, int], Programs] | None = None,
    sources: Path | None = None,
) -> int:
    """Runs until Ctrl-C or SIGTERM, prints one `ready:` line, gives the exit code.

    What `settings_env` holds wins over the demo's own choices; an empty value counts as not set. With `sources`
    the watched services start anew when a Python file under it changes.
    """
    given = {name: value for name, value in settings_env.items() if value}
    demo = _Demo(given, data_dir.resolve(), programs or partial(demo_programs, data_dir), sources)
    handled = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
        handled.append(signal.SIGHUP)
    before = {number: signal.signal(number, demo.on_signal) for number in handled}
    try:
        return demo.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_dev(settings_env: Mapping[str, str], data_dir: Path) -> int:
    """The demo with API and worker started anew at each change, and the client on Vite's own server."""
    root = Path(__file__).resolve().parents[2]
    given = {name: value for name, value in settings_env.items() if value}
    try:
        vite_port = _free_port("VITE_PORT", given, 5173)
    except DemoError as error:
        _say(str(error))
        return 1

    def programs(port: int, simulator_port: int) -> Programs:
        base = demo_programs(data_dir, port, simulator_port)
        # Vite itself, not `npm run dev`: a killed npm would leave it behind.
        vite = f"exec node node_modules/vite/bin/vite.js --host 127.0.0.1 --strictPort --port {vite_port}"
        client = f'cd "{root}/client" && EVOAI_API=http://127.0.0.1:{port} {vite}'
        services = {**base.services, "client": ("/bin/sh", "-c", client)}
        return Programs(base.migrate, base.login, services, watched=("api", "worker"))

    env = {"FRONTEND_URL": f"http://127.0.0.1:{vite_port}", **given}
    return run_demo(env, data_dir, programs=programs, sources=root / "server")


def reset_demo(data_dir: Path) -> int:
    """Deletes the demo's servers, secrets, logs and stored files, and nothing else that lies in `data_dir`."""
    try:
        remove_data(data_dir)
    except EmbeddedError as error:
        _say(str(error))
        return 1
    return 0


@dataclass
class _Service:
    """One supervised thing. `start` and `ended` hide whether it is our child or one of the embedded servers."""

    name: str
    start: Callable[[], None]
    ended: Callable[[], int | None]
    failures: int = 0
    started_at: float = 0.0
    due_at: float | None = None  # when it is started again; None while it runs


class _Demo:
    def __init__(
        self,
        given: Mapping[str, str],
        data_dir: Path,
        programs: Callable[[int, int], Programs],
        sources: Path | None,
    ) -> None:
        self._given = given
        self._data_dir = data_dir
        self._programs = programs
        self._sources = sources
        self._stop = threading.Event()
        self._stop_asked_at: float | None = None
        self._hurry = False
        self._embedded: Embedded | None = None
        self._children: dict[str, Child] = {}
        self._services: list[_Service] = []
        self._watched: tuple[str, ...] = ()
        self._logs = data_dir / "logs"

    def on_signal(self, _number: int, _frame: object) -> None:
        # One Ctrl-C may arrive twice, from the terminal and from make; a later one means that nobody wants to wait.
        now = time.monotonic()
        self._hurry = self._stop_asked_at is not None and now - self._stop_asked_at > 1.0
        self._stop_asked_at = self._stop_asked_at or now
        self._stop.set()

    def run(self) -> int:
        code = 0
        try:
            self._start()
            self._watch()
        except _StopRequestedError:
            pass
        except (DemoError, EmbeddedError) as error:
            _say(str(error))
            code = 1
        finally:
            self._end()
        return code

    def _start(self) -> None:
        port = _free_port("PORT", self._given, 8000)
        simulator_port = _free_port("SIMULATOR_PORT", self._given, 8100, taken=port)
        elsewhere = {"postgres": "DATABASE_URL" in self._given, "redis": "REDIS_URL" in self._given}
        if elsewhere["postgres"] and "MIGRATION_DATABASE_URL" not in self._given:
            raise DemoError("MIGRATION_DATABASE_URL: needed beside DATABASE_URL, the owner's login for `db migrate`")
        servers: list[Server] = [name for name in ("postgres", "redis") if not elsewhere[name]]
        self._embedded = Embedded(self._data_dir, servers=servers)
        self._embedded.start()
        for name in servers:
            self._services.append(self._server(name, self._embedded))
        self._interrupted()

        env = self._environment(self._embedded, port, simulator_port)
        programs = self._programs(port, simulator_port)
        owner = self._given.get("MIGRATION_DATABASE_URL", self._embedded.owner_url)
        self._run_once("migrate", programs.migrate, {**env, "MIGRATION_DATABASE_URL": owner})
        for name, command in programs.services.items():
            (self._logs / f"{name}.log").write_bytes(b"")
            service = self._child(name, command, env)
            self._services.append(service)
            self._launch(service)
        self._await("simulator", simulator_port, "/", lambda status: status < 500)
        login = self._run_once("login", programs.login, env)
        self._watched = programs.watched
        self._await("api", port, "/health/ready", lambda status: status == 200)
        origin = self._given.get("FRONTEND_URL", env["API_URL"]).split(",")[0]
        sys.stdout.write(f"ready: app {origin}  phone http://127.0.0.1:{simulator_port}/  login {_login(login)}\n")
        sys.stdout.flush()

    def _environment(self, embedded: Embedded, port: int, simulator_port: int) -> dict[str, str]:
        origin = f"http://127.0.0.1:{port}"
        defaults = {
            "API_URL": origin,
            "FRONTEND_URL": origin,
            "DATABASE_URL": embedded.app_url,
            "REDIS_URL": embedded.redis_url,
            "EGRESS_ALLOW_PRIVATE": "127.0.0.0/8",
            "EGRESS_ALLOW_HTTP": "true",
            "SIGNUP_PLAN": "enterprise",
            "STORAGE_PROVIDER": "local",
            "META_GRAPH_URL": f"http://127.0.0.1:{simulator_port}",
            "PYTHONUNBUFFERED": "1",
            **_secrets(self._data_dir / "demo.json"),
        }
        if "OPENAI_API_KEY" not in self._given:
            defaults |= {"OPENAI_API_KEY": "simulator", "OPENAI_BASE_URL": f"http://127.0.0.1:{simulator_port}/v1"}
        chosen = {"PORT": str(port), "SIMULATOR_PORT": str(simulator_port), "DATA_DIR": str(self._data_dir)}
        env = {**defaults, **self._given, **chosen}
        # The owner's login is for `db migrate` alone.
        env.pop("MIGRATION_DATABASE_URL", None)
        return env

    def _server(self, name: Server, embedded: Embedded) -> _Service:
        start = embedded.start_postgres if name == "postgres" else embedded.start_redis
        return _Service(name, start, lambda: embedded.exit_code(name), started_at=time.monotonic())

    def _child(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> _Service:
        log = self._logs / f"{name}.log"

        def start() -> None:
            self._children[name] = spawn(command, log=log, env=env)

        def ended() -> int | None:
            return self._children[name].poll()

        return _Service(name, start, ended)

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

    def _launch(self, service: _Service) -> None:
        service.start()
        service.started_at, service.due_at = time.monotonic(), None

    def _run_once(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Path:
        """Runs a command to its end and gives its log; raises `DemoError` with the log's end when it fails."""
        log = self._logs / f"{name}.log"
        log.write_bytes(b"")
        child = self._children[name] = spawn(command, log=log, env=env)
        while child.poll() is None:
            self._interrupted()
            self._services_still_start()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.1)
        del self._children[name]
        if child.returncode != 0:
            raise DemoError(_failure(name, log, child.returncode))
        return log

    def _await(self, name: str, port: int, path: str, good: Callable[[int], bool]) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while not good(_status(port, path)):
            self._interrupted()
            self._services_still_start()
            if time.monotonic() > deadline:
                raise DemoError(_failure(name, self._logs / f"{name}.log", None))
            self._stop.wait(0.1)

    def _services_still_start(self) -> None:
        for service in self._services:
            code = service.ended()
            if code is not None:
                raise DemoError(_failure(service.name, self._logs / f"{service.name}.log", code))

    def _interrupted(self) -> None:
        if self._stop.is_set():
            raise _StopRequestedError

    def _watch(self) -> None:
        for service in self._services:
            if self._sources is not None and service.name in self._watched:
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
            _say(f"{service.name} ended ({_ending(code)}), starts again in {delay:g} s")
        elif now >= service.due_at:
            try:
                self._launch(service)
            except (EmbeddedError, OSError) as error:
                _say(str(error))
                service.started_at, service.due_at = now, None

    def _end(self) -> None:
        """Our own children first, side by side, then the servers they need."""
        running = list(self._children.values())
        for child in running:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS
        while any(child.poll() is None for child in running) and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.05)
        for child in running:
            end(child)
        if self._embedded is not None:
            self._embedded.stop()


def _free_port(name: str, given: Mapping[str, str], preferred: int, *, taken: int | None = None) -> int:
    """The port the user set, or the first free one from `preferred` on."""
    if name in given:
        try:
            port = int(given[name])
        except ValueError:
            raise DemoError(f"{name}: expected a whole number, got {given[name]!r}") from None
        if not _is_free(port):
            raise DemoError(f"{name}: port {port} is taken")
        return port
    for port in range(preferred, preferred + 100):
        if port != taken and _is_free(port):
            return port
    raise DemoError(f"{name}: no free port from {preferred} to {preferred + 99}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _secrets(path: Path) -> dict[str, str]:
    """The demo's own secrets, made once and kept in a file that only its owner can read."""
    try:
        return cast("dict[str, str]", json.loads(path.read_text()))
    except FileNotFoundError:
        pass
    except ValueError:
        raise DemoError(f"{path} is damaged: `make demo-reset` starts over") from None
    made = {"JWT_SECRET": secrets.token_hex(32), "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file)
    fresh.rename(path)
    return made


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


def _login(log: Path) -> str:
    """`EMAIL PASSWORD`, the last such line of the log: log lines may stand around it."""
    for line in reversed(last_lines(log, 200).splitlines()):
        if re.fullmatch(r"\S+@\S+ \S+", line.strip()):
            return line.strip()
    raise DemoError(f"`tenants demo` printed no login, see {log}")


def _newest(sources: Path) -> float:
    return max((file.stat().st_mtime for file in sources.rglob("*.py")), default=0.0)


def _ending(code: int | None) -> str:
    if code is None:
        return "no answer in time"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _failure(name: str, log: Path, code: int | None) -> str:
    return f"{name} did not start ({_ending(code)}); the end of {log}:\n{last_lines(log, 20)}"


def _say(message: str) -> None:
    sys.stderr.write(f"demo: {message}\n")
    sys.stderr.flush()
