"""The embedded PostgreSQL and Redis: what survives a stop, a kill and a second run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from evoai.children import processes_in
from evoai.data_folder import EmbeddedError, home_of, remove_data
from evoai.embedded import Embedded

RUN = """
import sys, time
from pathlib import Path
from evoai.embedded import Embedded
with Embedded(Path(sys.argv[1]), tuned_for_tests=True):
    print("up", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    remove_data(folder)


async def write_row(url: str, value: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table if not exists kept (value text primary key)")
    await connection.execute("insert into kept values ($1)", value)
    await connection.close()


async def read_rows(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select value from kept")
    await connection.close()
    return {row["value"] for row in rows}


async def redis_set(url: str, key: str, value: str) -> None:
    async with Redis.from_url(url) as client:
        await client.set(key, value)


async def redis_get(url: str, key: str) -> bytes | None:
    async with Redis.from_url(url) as client:
        return await client.get(key)


def start_run(data_dir: Path) -> subprocess.Popen[str]:
    """A process of its own that holds the servers; returns once they are up."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def server_processes(data_dir: Path) -> list[int]:
    home = home_of(data_dir)
    return [*processes_in(home / "postgres"), *processes_in(home / "redis")]


def wait_for_none(data_dir: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while server_processes(data_dir) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server_processes(data_dir) == []


def cluster_state(data_dir: Path) -> str:
    servers = Embedded(data_dir)
    servers._lay_out()
    output = subprocess.run(
        [servers._postgres_bin / "pg_controldata", "-D", servers.home / "postgres"],
        capture_output=True,
        text=True,
        check=True,
        env={"LANG": "C"},
    ).stdout
    return next(line.split(":")[1].strip() for line in output.splitlines() if line.startswith("Database cluster state"))


async def test_a_stop_keeps_rows_and_keys(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        await write_row(servers.owner_url, "first")
        await redis_set(servers.redis_url, "key", "value")
        assert len(server_processes(data_dir)) > 2
    assert server_processes(data_dir) == []
    assert cluster_state(data_dir) == "shut down"
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        assert await read_rows(servers.owner_url) == {"first"}
        assert await redis_get(servers.redis_url, "key") == b"value"


def test_the_next_start_is_quick(data_dir: Path) -> None:
    with Embedded(data_dir):
        pass
    took: list[float] = []
    for _ in range(3):  # a busy disk may stall one of them
        began = time.monotonic()
        with Embedded(data_dir):
            took.append(time.monotonic() - began)
    assert min(took) < 3


async def test_kills_and_restarts_keep_what_was_committed(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        await write_row(servers.owner_url, "before kill")
        servers.kill_postgres()
        with pytest.raises(OSError):
            await read_rows(servers.owner_url)
        servers.start_postgres()
        await write_row(servers.owner_url, "before immediate")
        servers.restart_postgres(mode="immediate")
        await write_row(servers.owner_url, "before fast")
        servers.restart_postgres(mode="fast")
        assert await read_rows(servers.owner_url) == {"before kill", "before immediate", "before fast"}

        await redis_set(servers.redis_url, "key", "value")
        servers.kill_redis()
        servers.start_redis()
        assert await redis_get(servers.redis_url, "key") == b"value"

        os.kill(servers.pid("redis"), signal.SIGKILL)
        while servers.poll() != ["redis"]:
            time.sleep(0.02)
        servers.start_redis()
        assert servers.poll() == []


async def test_logins_have_the_rights_they_need_and_no_more(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        admin = await asyncpg.connect(servers.admin_url)
        fields = "rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolbypassrls, rolcanlogin"
        rows = await admin.fetch(f"select {fields} from pg_roles where rolname like 'evoai%' order by 1")
        await admin.close()
        assert [tuple(row) for row in rows] == [
            ("evoai_app", False, False, False, False, False, True),
            ("evoai_owner", False, True, True, False, False, True),
        ]
        app = await asyncpg.connect(servers.app_url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("create table mine (id int)")
        await app.close()
        owner = await asyncpg.connect(servers.owner_url)
        for setting, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "max_connections": "200",
        }.items():
            assert await owner.fetchval("select current_setting($1)", setting) == value
        await owner.execute("create role made_by_owner")
        await owner.execute("grant made_by_owner to evoai_app")
        await owner.close()


async def test_fresh_databases_have_the_extension_and_go_away(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        owner_url, app_url = servers.create_database("run_1")
        await write_row(owner_url, "here")
        owner = await asyncpg.connect(owner_url)
        assert await owner.fetchval("select '[1,2]'::vector <-> '[1,4]'::vector") == 2
        collation = (
            "select datlocprovider::text, datlocale, pg_get_userbyid(datdba) from pg_database where datname = $1"
        )
        assert tuple(await owner.fetchrow(collation, "run_1")) == ("b", "C.UTF-8", "evoai_owner")
        await owner.close()
        still_open = await asyncpg.connect(app_url)
        servers.drop_database("run_1")
        still_open.terminate()
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(owner_url)
        with pytest.raises(ValueError, match="not a database name"):
            servers.create_database('x"; drop database evoai; --')


async def test_kill_of_the_parent_leaves_no_child_and_does_not_stop_the_next_start(data_dir: Path) -> None:
    process = start_run(data_dir)
    socket_dir = Embedded(data_dir).socket_dir
    await write_row(f"postgresql://evoai_owner@/evoai?host={socket_dir}", "committed")
    assert len(server_processes(data_dir)) > 2
    process.kill()
    process.wait()
    wait_for_none(data_dir, 10)
    # A process id is used again: the stale file may name a living process that is not PostgreSQL.
    stale = home_of(data_dir) / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n0\n5432\n{socket_dir}\n\n")
    (socket_dir / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    (socket_dir / "redis.sock").touch()
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        assert await read_rows(servers.owner_url) == {"committed"}


def test_start_right_after_a_kill_waits_for_the_dying_server(data_dir: Path) -> None:
    for _ in range(3):
        process = start_run(data_dir)
        process.kill()
        process.wait()
    process = start_run(data_dir)
    process.terminate()
    assert process.wait(100) == 128 + signal.SIGTERM
    assert server_processes(data_dir) == []
    assert cluster_state(data_dir) == "shut down"


def test_an_interrupted_parent_stops_the_servers_in_order(data_dir: Path) -> None:
    process = start_run(data_dir)
    process.send_signal(signal.SIGINT)
    process.wait(100)
    assert server_processes(data_dir) == []
    assert cluster_state(data_dir) == "shut down"


def test_a_second_run_on_the_same_folder_is_refused_with_one_line(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True) as first:
        with pytest.raises(EmbeddedError) as refusal:
            Embedded(data_dir).start()
        assert str(refusal.value) == f"{data_dir} is in use by another run: stop it, or set DATA_DIR to another folder"
        with pytest.raises(EmbeddedError, match="is in use"):
            remove_data(data_dir)
        assert first.poll() == []


async def test_two_folders_run_side_by_side(data_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    try:
        with Embedded(data_dir, tuned_for_tests=True) as one, Embedded(other, tuned_for_tests=True) as two:
            await write_row(one.owner_url, "one")
            await write_row(two.owner_url, "two")
            assert await read_rows(one.owner_url) == {"one"}
            assert await read_rows(two.owner_url) == {"two"}
    finally:
        remove_data(other)


async def test_a_long_or_odd_path_still_gets_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("ação, " + "x" * 90) / "data"
    with Embedded(folder, tuned_for_tests=True) as servers:
        assert len(str(servers.socket_dir)) < 90
        await write_row(servers.owner_url, "row")
        await redis_set(servers.redis_url, "key", "value")
        assert servers.socket_dir.stat().st_mode & 0o777 == 0o700
    remove_data(folder)
    assert not servers.socket_dir.exists()


def test_reset_takes_only_what_is_ours(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True):
        pass
    (data_dir / "thesis.txt").write_text("not ours")
    remove_data(data_dir)
    assert [entry.name for entry in data_dir.iterdir()] == ["thesis.txt"]
    if home_of(data_dir) != data_dir:
        assert not home_of(data_dir).exists()
    (data_dir / "thesis.txt").unlink()


def test_a_start_that_fails_says_why_in_one_line(data_dir: Path) -> None:
    with Embedded(data_dir, tuned_for_tests=True):
        pass
    version = home_of(data_dir) / "postgres" / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(EmbeddedError) as failure:
        Embedded(data_dir).start()
    assert "postgres did not start" in str(failure.value)
    assert "\n" not in str(failure.value)
    assert server_processes(data_dir) == []
