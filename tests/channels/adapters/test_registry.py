"""Adapters by provider name: ours, and those of installed packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evoai.channels.adapters.registry import adapter_for, providers
from evoai.kit.errors import Invalid


@pytest.fixture
def package(tmp_path: Path) -> Iterator[None]:
    """An installed package that brings an adapter, and tries to replace ours."""
    (tmp_path / "carrier_pigeon.py").write_text("class Pigeon:\n    provider = 'pigeon'\n")
    info = tmp_path / "carrier_pigeon-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier-pigeon\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[evoai.channels]\npigeon = carrier_pigeon:Pigeon\nevolution = carrier_pigeon:Pigeon\n"
    )
    sys.path.insert(0, str(tmp_path))
    adapter_for.cache_clear()
    yield
    sys.path.remove(str(tmp_path))
    adapter_for.cache_clear()


def test_ours() -> None:
    adapter = adapter_for("evolution")
    assert adapter.provider == "evolution"
    assert adapter.capabilities.lookup
    assert adapter_for("evolution") is adapter


def test_unknown() -> None:
    with pytest.raises(Invalid, match="unknown-provider"):
        adapter_for("pigeon")


@pytest.mark.usefixtures("package")
def test_of_a_package() -> None:
    assert adapter_for("pigeon").provider == "pigeon"
    assert adapter_for("evolution").provider == "evolution"
    assert providers() == ("evolution", "pigeon", "uazapi")
