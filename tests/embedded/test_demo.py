"""The demo's supervisor over small stand-ins for the product's programs: start, restart, refusal, end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evoai.children import processes_in
from evoai.data_folder import home_of, remove_data
from evoai.demo import DemoError, _free_port

PROGRAM = """
import http.server, json, os, signal, sys, time
from pathlib import Path
name, notes, port = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
with (notes / f"{name}.starts").open("a") as file:
    file.write(f"{os.getpid()}\\n")
(notes / f"{name}.env").write_text(json.dumps(dict(os.environ)))
def stop(*_):
    (notes / f"{name}.drained").touch()
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
if (notes / f"{name}.fails").exists():
    print("JWT_SECRET: at least 32 characters are needed, got 3")
    sys.exit(2)
if name == "migrate":
    import asyncio, asyncpg
    async def migrate():
        connection = await asyncpg.connect(os.environ["MIGRATION_DATABASE_URL"])
        await connection.execute("create table if not exists migrated (id int)")
        await connection.close()
    asyncio.run(migrate())
elif name == "login":
    print("{'event': 'made a tenant'}")
    print("ana@clinic.example pass-1234")
    print("{'event': 'bye'}")
elif name in ("api", "simulator"):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            ready = name == "simulator" or (self.path == "/health/ready" and (notes / "login.starts").exists())
            self.send_response(200 if ready else 503)
            self.end_headers()
        def log_message(self, *args):
            pass
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
else:
    time.sleep(600)
"""

SUPERVISOR = """
import os, sys
from pathlib import Path
from evoai.demo import Programs, run_demo
program, notes, data_dir, sources = sys.argv[1:]
def programs(port, simulator_port):
    def run(name, port=0):
        return [sys.executable, program, name, notes, str(port)]
    services = {"simulator": run("simulator", simulator_port), "api": run("api", port), "worker": run("worker")}
    return Programs(run("migrate"), run("login"), services, watched=("api",))
sys.exit(run_demo(os.environ, Path(data_dir), programs=programs, sources=Path(sources) if sources else None))
"""


class Run:
    """One supervisor in a process of its own; `notes` is where the stand-ins write what happened to them."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.notes.mkdir()
        self.data_dir = folder / "data"
        self.program = folder / "program.py"
        self.program.write_text(PROGRAM)
        self.port, self.simulator_port = two_free_ports()
        self.process: subprocess.Popen[str] | None = None

    def start(self, *, sources: Path | None = None, **settings: str) -> subprocess.Popen[str]:
        unset = ("DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "FRONTEND_URL", "API_URL")
        env = {name: value for name, value in os.environ.items() if name not in unset}
        env |= {"PORT": str(self.port), "SIMULATOR_PORT": str(self.simulator_port), **settings}
        arguments = [self.program, self.notes, self.data_dir, sources or ""]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        return self.process

    def starts(self, name: str) -> list[int]:
        file = self.notes / f"{name}.starts"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def env(self, name: str) -> dict[str, str]:
        return json.loads((self.notes / f"{name}.env").read_text())

    def left(self) -> list[int]:
        home = home_of(self.data_dir)
        left = [*processes_in(home / "postgres"), *processes_in(home / "redis")]
        for name in ("simulator", "api", "worker", "migrate", "login"):
            left += [pid for pid in self.starts(name) if is_alive(pid)]
        return left


def two_free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    if run.process is not None and run.process.poll() is None:
        run.process.kill()
        run.process.wait()
    until(lambda: not run.left())
    remove_data(run.data_dir)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def server_pid(run: Run, server: str) -> int:
    """The process that the supervisor itself started for `server`."""
    assert run.process is not None
    for pid in processes_in(home_of(run.data_dir) / server):
        if f"PPid:\t{run.process.pid}\n" in Path(f"/proc/{pid}/status").read_text():
            return pid
    return 0


def test_it_starts_everything_restarts_what_dies_and_ends_cleanly(run: Run) -> None:
    process = run.start(LOG_LEVEL="debug", MIGRATION_DATABASE_URL="")
    phone = f"http://127.0.0.1:{run.simulator_port}/"
    login = "ana@clinic.example pass-1234"
    assert first_line(process) == f"ready: app http://127.0.0.1:{run.port}  phone {phone}  login {login}\n"

    env = run.env("api")
    assert env["API_URL"] == env["FRONTEND_URL"] == f"http://127.0.0.1:{run.port}"
    assert env["DATABASE_URL"].startswith("postgresql://evoai_app@")
    assert env["REDIS_URL"].startswith("unix://")
    assert env["OPENAI_API_KEY"] == "simulator"
    assert env["OPENAI_BASE_URL"] == f"{phone}v1"
    assert env["EGRESS_ALLOW_PRIVATE"] == "127.0.0.0/8"
    assert (env["EGRESS_ALLOW_HTTP"], env["SIGNUP_PLAN"], env["STORAGE_PROVIDER"]) == ("true", "enterprise", "local")
    assert env["LOG_LEVEL"] == "debug"
    assert env["DATA_DIR"] == str(run.data_dir)
    for name in ("api", "worker", "simulator", "login"):
        assert "MIGRATION_DATABASE_URL" not in run.env(name)
    assert run.env("migrate")["MIGRATION_DATABASE_URL"].startswith("postgresql://evoai_owner@")
    kept = run.data_dir / "demo.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["JWT_SECRET"] == env["JWT_SECRET"]

    os.kill(run.starts("worker")[0], signal.SIGKILL)
    until(lambda: len(run.starts("worker")) == 2)
    for server in ("postgres", "redis"):
        old = server_pid(run, server)
        os.kill(old, signal.SIGKILL)
        until(lambda server=server, old=old: server_pid(run, server) not in (0, old))
    assert len(run.starts("api")) == 1

    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=100)
    assert process.returncode == 0
    assert rest == ""
    for name in ("worker", "postgres", "redis"):
        assert f"demo: {name} ended (signal SIGKILL), starts again in 0.5 s\n" in errors
    assert (run.notes / "api.drained").exists()
    assert run.left() == []

    process = run.start()
    assert first_line(process).startswith("ready: ")
    assert run.env("api")["JWT_SECRET"] == env["JWT_SECRET"]
    assert run.env("api")["ENCRYPTION_KEY"] == env["ENCRYPTION_KEY"]
    process.terminate()
    assert process.wait(100) == 0


def test_a_killed_supervisor_leaves_nothing(run: Run) -> None:
    process = run.start()
    assert first_line(process).startswith("ready: ")
    assert len(run.left()) > 5
    process.kill()
    process.wait()
    until(lambda: not run.left(), 10)


def test_a_failing_part_stops_the_start_and_shows_its_last_lines(run: Run) -> None:
    (run.notes / "api.fails").touch()
    output, errors = run.start().communicate(timeout=100)
    assert run.process is not None
    assert run.process.returncode == 1
    assert output == ""
    assert "demo: api did not start (exit code 2)" in errors
    assert "JWT_SECRET: at least 32 characters are needed, got 3" in errors
    assert "Traceback" not in errors
    assert run.left() == []

    (run.notes / "api.fails").unlink()
    (run.notes / "migrate.fails").touch()
    output, errors = run.start().communicate(timeout=100)
    assert (run.process.returncode, output) == (1, "")
    assert "demo: migrate did not start (exit code 2)" in errors
    assert len(run.starts("api")) == 1


def test_it_backs_off_from_what_keeps_dying(run: Run) -> None:
    process = run.start()
    assert first_line(process).startswith("ready: ")
    (run.notes / "worker.fails").touch()
    os.kill(run.starts("worker")[0], signal.SIGKILL)
    until(lambda: len(run.starts("worker")) == 4)
    process.terminate()
    _, errors = process.communicate(timeout=100)
    delays = re.findall(r"worker ended \(.*\), starts again in (\S+) s", errors)
    assert delays[:3] == ["0.5", "1", "2"]


def test_what_the_user_set_wins(run: Run) -> None:
    process = run.start(
        OPENAI_API_KEY="their-own-key", SIGNUP_PLAN="free", API_URL="http://localhost:9", JWT_SECRET="their own"
    )
    assert first_line(process).startswith("ready: ")
    env = run.env("worker")
    assert env["OPENAI_API_KEY"] == "their-own-key"
    assert "OPENAI_BASE_URL" not in env
    assert (env["SIGNUP_PLAN"], env["API_URL"], env["JWT_SECRET"]) == ("free", "http://localhost:9", "their own")
    process.terminate()
    assert process.wait(100) == 0


def test_servers_elsewhere_are_used_and_need_the_owners_login(run: Run, tmp_path: Path) -> None:
    output, errors = run.start(DATABASE_URL="postgresql://app@db.example/evoai").communicate(timeout=100)
    assert output == ""
    assert errors == "demo: MIGRATION_DATABASE_URL: needed beside DATABASE_URL, the owner's login for `db migrate`\n"

    process = run.start(REDIS_URL="redis://cache.example:6379/0")
    assert first_line(process).startswith("ready: ")
    assert run.env("worker")["REDIS_URL"] == "redis://cache.example:6379/0"
    assert list(processes_in(home_of(run.data_dir) / "redis")) == []
    assert server_pid(run, "postgres")
    process.terminate()
    assert process.wait(100) == 0


def test_a_second_demo_on_the_same_data_is_refused_with_one_line(run: Run) -> None:
    first = run.start()
    assert first_line(first).startswith("ready: ")
    port, simulator_port = two_free_ports()
    second = run.start(PORT=str(port), SIMULATOR_PORT=str(simulator_port))
    output, errors = second.communicate(timeout=100)
    assert (second.returncode, output) == (1, "")
    assert errors == f"demo: {run.data_dir} is in use by another run: stop it, or set DATA_DIR to another folder\n"
    first.terminate()
    assert first.wait(100) == 0


def test_a_changed_source_starts_the_watched_service_anew(run: Run, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "part.py").write_text("a = 1\n")
    os.utime(sources / "part.py", (1, 1))
    process = run.start(sources=sources)
    assert first_line(process).startswith("ready: ")
    time.sleep(0.2)
    os.utime(sources / "part.py")
    until(lambda: len(run.starts("api")) == 2)
    assert (run.notes / "api.drained").exists()
    assert len(run.starts("worker")) == 1
    process.terminate()
    assert process.wait(100) == 0


def test_ports_taken_or_wrong() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(DemoError, match=f"PORT: port {port} is taken"):
            _free_port("PORT", {"PORT": str(port)}, 8000)
        chosen = _free_port("PORT", {}, port)
        assert port < chosen < port + 100
        assert _free_port("SIMULATOR_PORT", {}, chosen, taken=chosen) > chosen
    with pytest.raises(DemoError, match="PORT: expected a whole number, got 'web'"):
        _free_port("PORT", {"PORT": "web"}, 8000)
