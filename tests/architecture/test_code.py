"""Rules read off the source: floors, sizes, who opens the network, who writes several tenants' rows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "server" / "evoai"
LIMIT = 500
HTTP_CLIENTS = {
    "aiohttp",
    "httpx",
    "httpx2",
    "requests",
    "urllib3",
    "openai",
    "http.client",
    "urllib.request",
    "websockets",
}
OPENS_THE_NETWORK = ("kit/net.py", "assistant/llm/", "inbox/reader/", "knowledge/embedder/", "simulator/")
MORE_OF_THE_NETWORK = {
    "supervisor.py": "asks the children that it started, on loopback, whether they are up",
    "ops/worker_health.py": "is a server, no client",
}
# The places that write several tenants' rows in one transaction, and the reads of the same steps: no other may.
GROUP_COMMITS = {
    "channels/service/door.py": "the door",
    "inbox/service/receive.py": "the message step",
    "inbox/service/answer.py": "the answer step",
    "inbox/service/outgoing.py": "the sent step",
}


def sources() -> Iterator[Path]:
    yield from sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_floors_hold() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([str(tool), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("folder", ["server", "tests", "migrations/env.py"])
def test_no_file_is_over_500_lines(folder: str) -> None:
    root = ROOT / folder
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    long = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in files}
    assert {name: lines for name, lines in long.items() if lines > LIMIT} == {}


def test_packages_open_with_empty_files() -> None:
    assert [
        str(path) for folder in (PACKAGE, ROOT / "tests") for path in folder.rglob("__init__.py") if path.read_text()
    ] == []


def test_every_file_says_what_lives_in_it() -> None:
    silent = [
        name_of(p) for p in sources() if p.name != "__init__.py" and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert silent == []


def test_no_file_is_named_for_leftovers() -> None:
    assert [name_of(path) for path in sources() if path.stem in ("utils", "helpers", "common", "misc")] == []


def test_the_tenant_is_never_set_by_a_function() -> None:
    """`set_config(` is not forwarded to the shards of a distributed database."""
    found = [
        str(p) for p in [*sources(), *(ROOT / "migrations").rglob("*.py")] if "set_config(" in p.read_text().lower()
    ]
    assert found == []


def test_D6_http_clients_are_imported_where_the_egress_rules_stand() -> None:
    guilty: dict[str, set[str]] = {}
    for path in sources():
        if name_of(path).startswith(OPENS_THE_NETWORK) or name_of(path) in MORE_OF_THE_NETWORK:
            continue
        found = {
            name
            for name in imported(path)
            for client in HTTP_CLIENTS
            if name == client or name.startswith(client + ".")
        }
        if found:
            guilty[name_of(path)] = found
    assert guilty == {}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_several_tenants_are_written_in_four_places() -> None:
    """A group session as `door` or `system` is a commit over tenants; with a tenant's id it is that tenant's own."""
    found = {
        name_of(path)
        for path in sources()
        for call in calls(path, "group_session")
        if not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == "tenant")
    }
    assert found == GROUP_COMMITS.keys()


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def test_system_sessions_say_why() -> None:
    for path in sources():
        for call in calls(path, "system_session"):
            reason = call.args[0] if call.args else call.keywords[0].value
            if isinstance(reason, ast.JoinedStr):
                reason = reason.values[0]
            assert isinstance(reason, ast.Constant), f"{name_of(path)}:{call.lineno}"
            assert reason.value, f"{name_of(path)}:{call.lineno}"


def test_nobody_opens_a_session_or_a_connection_around_the_door() -> None:
    banned = {"create_async_engine", "async_sessionmaker", "create_pool", "create_engine", "sessionmaker"}
    found = {
        name_of(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in banned
    }
    assert found == {"kit/db.py"}


def test_errors_are_told_by_sqlstate_and_not_by_a_constraints_name() -> None:
    guilty = [
        name_of(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "constraint_name")
        or (isinstance(node, ast.Constant) and node.value == "constraint_name")
    ]
    assert guilty == []


def test_a_services_file_speaks_no_http_and_commits_nothing() -> None:
    guilty: list[str] = []
    for path in sources():
        name = name_of(path)
        if "/service" not in name or name.startswith("realtime/"):
            continue
        if any(module.split(".")[0] == "litestar" for module in imported(path)) or re.search(
            r"\.commit\(\)", path.read_text()
        ):
            guilty.append(name)
    assert guilty == []


ASKS_THE_DATABASE_ITSELF = {"ops/service/health.py": "whether it answers and is migrated: no room's rows"}


def test_queries_stand_in_repositories() -> None:
    """SQLAlchemy statements are built in `repository` files (and in the kit, which knows no room)."""
    guilty: set[str] = set()
    for path in sources():
        name = name_of(path)
        if name.startswith("kit/") or "repository" in name or not ("/service" in name or "controllers" in name):
            continue
        if any(
            module in ("sqlalchemy.select", "sqlalchemy.update", "sqlalchemy.delete", "sqlalchemy.text")
            for module in imported(path)
        ):
            guilty.add(name)
    assert guilty == ASKS_THE_DATABASE_ITSELF.keys()


ROOMS = ("auth", "tenants", "billing", "channels", "inbox", "knowledge", "assistant", "realtime", "ops")
PRIVATE = ("models", "repository")


def test_a_rooms_tables_and_queries_are_its_own() -> None:
    guilty: list[str] = []
    for path in sources():
        room = name_of(path).split("/")[0]
        for module in set(imported(path)):
            parts = module.split(".")
            if (
                len(parts) > 2
                and parts[0] == "evoai"
                and parts[1] in ROOMS
                and parts[2] in PRIVATE
                and parts[1] != room
            ):
                guilty.append(f"{name_of(path)} imports {module}")
    assert [entry for entry in guilty if not entry.startswith("tables.py ")] == []
