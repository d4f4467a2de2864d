"""The map names what is there, and nothing else; so do paths in other documents."""

from __future__ import annotations

import re
from pathlib import Path

from tests.architecture.documents import (
    DOCUMENTS,
    PACKAGE,
    ROOT,
    coded,
    nothing,
    sources,
)


def mapped() -> set[str]:
    """Every path that the trees of docs/map.md name."""
    paths: set[str] = set()
    for block in re.findall(r"^```tree\n(.*?)^```", (ROOT / "docs/map.md").read_text(), re.MULTILINE | re.DOTALL):
        root, *lines = block.splitlines()
        above = [root.strip()]
        for line in lines:
            found = re.fullmatch(r"((?:  )+)(\S+) {2,}(\S.*)", line)
            assert found, f"a line of the map without a clause: {line!r}"
            depth = len(found[1]) // 2
            assert depth <= len(above), f"a line of the map that hangs nowhere: {line!r}"
            above = [*above[:depth], found[2]]
            path = (Path(*above)).as_posix()
            assert path not in paths, f"{path} is on the map twice"
            paths.add(path)
    return paths


def test_what_the_map_names_is_there() -> None:
    nothing(path for path in mapped() if not (ROOT / path).exists())


def test_every_file_and_room_of_the_package_is_on_the_map() -> None:
    there = {f"server/evoai/{path}" for path in sources() if not path.endswith("__init__.py")}
    there |= {Path(path).parent.as_posix() for path in there} - {"server/evoai"}
    nothing(there - mapped())


def test_files_named_in_documents_are_there() -> None:
    path = re.compile(r"[\w.*-]+(/[\w.*-]+)+\.(py|sql|md|toml|json|tsx?|mjs|ya?ml|in|txt|sh|inc|mako)")
    bases = [ROOT, PACKAGE, PACKAGE / "inbox/service", ROOT / "client", ROOT / "client/src"]
    for document in DOCUMENTS:
        named = filter(path.fullmatch, coded(document.read_text()))
        lost = [name for name in named if not any(any(base.glob(name)) for base in (*bases, document.parent))]
        nothing(f"{document.name}: {name}" for name in lost)
