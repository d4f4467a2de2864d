"""What the demo is: embedded servers, simulator, API and worker, with what nobody set (ports, secrets, URLs) chosen.

It decides nothing about the product itself. `supervisor.py` keeps the processes.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from evoai.children import last_lines
from evoai.data_folder import EmbeddedError, remove_data
from evoai.embedded import Embedded, Server
from evoai.supervisor import DemoError, StopRequestedError, Supervisor, say


@dataclass(frozen=True)
class Programs:
    """What the supervisor runs: two commands once, `services` for good; a changed source restarts the `watched`."""

    migrate: Sequence[str]
    login: Sequence[str]
    services: Mapping[str, Sequence[str]]
    watched: tuple[str, ...] = ()


def demo_programs(data_dir: Path, _port: int, simulator_port: int) -> Programs:
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
    folder = data_dir.resolve()
    supervisor = Supervisor(folder / "logs", sources)
    embedded = Embedded(folder, servers=_servers(given))
    with supervisor.signals():
        try:
            watched = _start(supervisor, embedded, given, folder, programs or partial(demo_programs, data_dir))
            supervisor.watch(watched)
        except StopRequestedError:
            return 0
        except (DemoError, EmbeddedError) as error:
            say(str(error))
            return 1
        finally:
            # Our own children first, then the servers they need.
            supervisor.end()
            embedded.stop()
    return 0


def run_dev(settings_env: Mapping[str, str], data_dir: Path) -> int:
    """The demo with API and worker started anew at each change, and the client on Vite's own server."""
    root = Path(__file__).resolve().parents[2]
    given = {name: value for name, value in settings_env.items() if value}
    try:
        vite_port = _free_port("VITE_PORT", given, 5173)
    except DemoError as error:
        say(str(error))
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
        say(str(error))
        return 1
    return 0


def _servers(given: Mapping[str, str]) -> list[Server]:
    """Those that nobody runs elsewhere."""
    urls: dict[Server, str] = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return [server for server, url in urls.items() if url not in given]


def _start(
    supervisor: Supervisor,
    embedded: Embedded,
    given: Mapping[str, str],
    data_dir: Path,
    programs: Callable[[int, int], Programs],
) -> Sequence[str]:
    """All of it, up to the `ready:` line; the services to watch."""
    port = _free_port("PORT", given, 8000)
    simulator_port = _free_port("SIMULATOR_PORT", given, 8100, taken=port)
    if "DATABASE_URL" in given and "MIGRATION_DATABASE_URL" not in given:
        raise DemoError("MIGRATION_DATABASE_URL: needed beside DATABASE_URL, the owner's login for `db migrate`")
    embedded.start()
    for server in _servers(given):
        start = embedded.start_postgres if server == "postgres" else embedded.start_redis
        supervisor.adopt(server, start, partial(embedded.exit_code, server))
    supervisor.interrupted()

    env = _environment(embedded, given, data_dir, port, simulator_port)
    chosen = programs(port, simulator_port)
    owner = given.get("MIGRATION_DATABASE_URL", embedded.owner_url)
    supervisor.run_once("migrate", chosen.migrate, {**env, "MIGRATION_DATABASE_URL": owner})
    for name, command in chosen.services.items():
        supervisor.launch(name, command, env)
    supervisor.wait_for("simulator", simulator_port, "/", lambda status: status < 500)
    login = supervisor.run_once("login", chosen.login, env)
    supervisor.wait_for("api", port, "/health/ready", lambda status: status == 200)
    origin = given.get("FRONTEND_URL", env["API_URL"]).split(",")[0]
    sys.stdout.write(f"ready: app {origin}  phone http://127.0.0.1:{simulator_port}/  login {_login(login)}\n")
    sys.stdout.flush()
    return chosen.watched


def _environment(
    embedded: Embedded, given: Mapping[str, str], data_dir: Path, port: int, simulator_port: int
) -> dict[str, str]:
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
        **_secrets(data_dir / "demo.json"),
    }
    if "OPENAI_API_KEY" not in given:
        defaults |= {"OPENAI_API_KEY": "simulator", "OPENAI_BASE_URL": f"http://127.0.0.1:{simulator_port}/v1"}
    chosen = {"PORT": str(port), "SIMULATOR_PORT": str(simulator_port), "DATA_DIR": str(data_dir)}
    env = {**defaults, **given, **chosen}
    # The owner's login is for `db migrate` alone.
    env.pop("MIGRATION_DATABASE_URL", None)
    return env


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


def _login(log: Path) -> str:
    """`EMAIL PASSWORD`, the last such line of the log: log lines may stand around it."""
    for line in reversed(last_lines(log, 200).splitlines()):
        if re.fullmatch(r"\S+@\S+ \S+", line.strip()):
            return line.strip()
    raise DemoError(f"`tenants demo` printed no login, see {log}")
