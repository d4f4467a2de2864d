"""Documents and source as the architecture tests read them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "server/evoai"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GLOSSARY = (ROOT / "docs/glossary.md").read_text()


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of the package, by its path in it."""
    return {
        file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text())
        for file in sorted(PACKAGE.rglob("*.py"))
        if "__pycache__" not in file.parts
    }


def nodes(*, simulator: bool = False) -> Iterator[ast.AST]:
    for path, tree in sources().items():
        if simulator or not path.startswith("simulator/"):
            yield from ast.walk(tree)


def calls(*names: str) -> Iterator[ast.Call]:
    for node in nodes():
        if isinstance(node, ast.Call):
            called = node.func
            if getattr(called, "id", getattr(called, "attr", None)) in names:
                yield node


def texts(node: ast.AST | None) -> set[str]:
    """The string constants that an expression may give."""
    if node is None:
        return set()
    found = {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)}
    return {text for text in found if text}


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((given.value for given in call.keywords if given.arg == name), None)


def nothing(wrong: Iterable[object]) -> None:
    """Fails with all of what is wrong."""
    found = sorted(map(str, wrong))
    assert not found, "\n".join(found)


def same(told: Iterable[object], there: Iterable[object]) -> None:
    """Fails with what is only in the document, or only in the code."""
    said, used = set(told), set(there)
    nothing(
        [*(f"only in the document: {one}" for one in said - used), *(f"only in the code: {one}" for one in used - said)]
    )


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading!r}"
    return found[1]


def table(text: str) -> list[list[str]]:
    """Rows of the Markdown tables in a text, without their heads."""
    rows = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows]
    rules = [i for i, row in enumerate(cells) if all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    heads = {i - 1 for i in rules} | set(rules)
    return [row for i, row in enumerate(cells) if i not in heads]


def coded(text: str) -> set[str]:
    """What stands as code in the running text; fenced blocks are left out."""
    return set(re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)))
