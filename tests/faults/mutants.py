"""`python -m tests.faults.mutants [name …]`: takes one mechanism at a time out of a copy of the tree, runs the tests
that are there for it, and demands that they fail. First they must pass on the copy as it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "server/evoai"
SECONDS = 420


@dataclass(frozen=True)
class Mutant:
    """Without `mechanism`: `pattern` is found once in `file` and replaced."""

    mechanism: str
    file: str
    pattern: str
    replacement: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "unique-key",
        "migrations/versions/0001_house.py",
        r'sa\.UniqueConstraint\(\s*"tenant_id", "channel_id", "dedupe_key", name=op\.f\("\w+"\)\s*\),',
        "",
        ("tests/channels/test_door.py::test_B137_a_hundred_equal_posts_are_one_row_and_one_message",),
    ),
    Mutant(
        "fence-check",
        f"{PACKAGE}/inbox/service/answer.py",
        r'and row\["fence"\] == plan\.turn\.fence',
        "",
        ("tests/inbox/test_two_workers.py::test_I8_a_worker_whose_lease_was_taken_cannot_speak",),
    ),
    Mutant(
        "commit-before-ack",
        f"{PACKAGE}/channels/service/door.py",
        r"await \(self\._batcher\.add",
        "_ = (self._batcher.add",
        ("tests/faults/test_door_kill.py::test_F03_an_api_killed_around_its_commit[1-before]",),
    ),
    Mutant(
        "sweep",
        f"{PACKAGE}/kit/sweep.py",
        r"await asyncio\.gather\(\*\(self\._hand_out\(due\.job, args\) for args in found\)\)",
        "del found",
        ("tests/inbox/test_two_workers.py::test_I8_a_worker_whose_lease_was_taken_cannot_speak",),
    ),
    Mutant(
        "attempting-commit",
        f"{PACKAGE}/inbox/service/answer.py",
        r'"attempting" if at_once else "ready"',
        '"ready"',
        ("tests/inbox/test_sends.py::test_I5_a_hang_up_after_the_provider_took_it_sends_nothing_twice",),
    ),
    Mutant(
        "tenant-predicate",
        f"{PACKAGE}/kit/walls.py",
        r'mine = f"\{column\} = \{_MINE\}"',
        'mine = "true"',
        ("tests/isolation/test_wall.py",),
    ),
    Mutant(
        "forced-row-security",
        f"{PACKAGE}/kit/walls.py",
        r'\s*f"alter table \{name\} force row level security",',
        "",
        ("tests/architecture/test_schema.py",),
    ),
)


def copy_of_the_tree(folder: Path) -> Path:
    """The files as they are, without what git does not know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout  # fmt: skip
    tree = folder / "tree"
    for name in filter(None, listed.decode().split("\0")):
        source, target = ROOT / name, tree / name
        if source.is_file() and not name.startswith("client/src"):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return tree


def passes(tree: Path, tests: Sequence[str], log: Path) -> bool:
    """Whether the tests pass in a copy; running over time is failing. The copy's package comes before the installed."""
    env = os.environ | {"PYTHONPATH": f"{tree / 'server'}:{tree}", "PYTHONDONTWRITEBYTECODE": "1"}
    env.pop("FAULTS_FULL", None)
    env.pop("FAULTS_SEED", None)
    with log.open("wb") as out:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", *tests],
                cwd=tree, env=env, stdout=out, stderr=subprocess.STDOUT, timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
    text = log.read_text(errors="replace")
    assert done.returncode in (0, 1), text[-3000:]
    if done.returncode == 1:
        # Red because a test failed or a fixture met the defect, and not because nothing could be collected.
        assert " failed" in text or "FAILED" in text or "ERROR tests" in text, text[-3000:]
    return done.returncode == 0


def main(names: Sequence[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not names or mutant.mechanism in names]
    with tempfile.TemporaryDirectory(prefix="evoai-mutants-") as name:
        folder = Path(name)
        tree, log = copy_of_the_tree(folder), folder / "log"
        wanted = list(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
        if not passes(tree, wanted, log):
            print(log.read_text(errors="replace")[-5000:])
            print("the tests do not even pass without a mutant")
            return 1
        survived = 0
        for mutant in chosen:
            began = monotonic()
            file = tree / mutant.file
            text = file.read_text()
            changed, count = re.subn(mutant.pattern, mutant.replacement, text, flags=re.DOTALL)
            assert count == 1, f"{mutant.mechanism}: found {count} times in {mutant.file}; say where it stands now"
            file.write_text(changed)
            try:
                red = not passes(tree, mutant.tests, log)
            finally:
                file.write_text(text)
            survived += not red
            line = {"mutant": mutant.mechanism, "red": red, "seconds": round(monotonic() - began, 1)}
            print(json.dumps(line), flush=True)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
