"""The servers that fault tests may kill, the seeds they run with, and one line of JSON for each of them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from evoai.data_folder import remove_data
from evoai.embedded import Embedded
from tests.faults.rig import FULL

REGRESSIONS: dict[str, tuple[int, ...]] = {}
"""Seeds that once failed, by fault; they are run ever since."""
SEVERAL = ("F01", "F04", "F05", "F08", "F12")

Report = Callable[..., None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`FAULTS_SEED` runs that seed alone."""
    if "seed" not in metafunc.fixturenames:
        return
    fault = metafunc.function.__name__.removeprefix("test_")[:3]
    given = os.environ.get("FAULTS_SEED")
    seeds = (1, 2, 3) if FULL and fault in SEVERAL else (1,)
    chosen = [int(given)] if given else list(dict.fromkeys((*seeds, *REGRESSIONS.get(fault, ()))))
    metafunc.parametrize("seed", chosen)


@pytest.fixture(scope="session")
def servers() -> Iterator[Embedded]:
    folder = Path(tempfile.mkdtemp(prefix="evoai-faults-"))
    try:
        with Embedded(folder, tuned_for_tests=True) as embedded:
            yield embedded
    finally:
        remove_data(folder)


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """Called with counts; at the end of the test they become one line of JSON, whatever pytest captures."""
    began = monotonic()
    line: dict[str, Any] = {
        "id": request.node.originalname.removeprefix("test_")[:3],
        "test": request.node.originalname,
        "seed": request.node.callspec.params.get("seed") if hasattr(request.node, "callspec") else None,
    }
    yield line.update
    line["seconds"] = round(monotonic() - began, 1)
    plugins = request.config.pluginmanager
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        terminal = plugins.getplugin("terminalreporter")
        terminal.ensure_newline()
        terminal.write_line(json.dumps(line, default=str))
