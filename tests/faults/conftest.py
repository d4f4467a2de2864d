"""The servers that fault tests may kill: their own, not those of the other tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evoai.data_folder import remove_data
from evoai.embedded import Embedded


@pytest.fixture(scope="session")
def servers() -> Iterator[Embedded]:
    folder = Path(tempfile.mkdtemp(prefix="evoai-faults-"))
    try:
        with Embedded(folder, tuned_for_tests=True) as embedded:
            yield embedded
    finally:
        remove_data(folder)
