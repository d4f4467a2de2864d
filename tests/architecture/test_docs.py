"""What the documents say, compared with what is there: settings, commands, decisions, links. No file names a host."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable

from tests.architecture.documents import DOCUMENTS, ROOT, coded, nothing, same, section, sources, table, texts


def settings_read() -> dict[str, str | None]:
    """Names read by settings.py, with their default as text; None where there is none to show."""
    kinds = {
        "text",
        "origin",
        "url",
        "secret",
        "key",
        "keys",
        "integer",
        "decimal",
        "boolean",
        "choice",
        "duration",
        "networks",
    }
    read: dict[str, str | None] = {}
    for node in ast.walk(sources()["settings.py"]):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in kinds):
            continue
        name = node.args[0] if node.args else None
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
            continue
        default = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else None
        shown = None if default in (None, "") or (default is not False and default == 0) else str(default)
        read[name.value] = shown.lower() if isinstance(default, bool) and shown else shown
    return read


def test_readme_lists_the_settings_that_are_read_with_their_defaults() -> None:
    told = {row[0].strip("`"): row[1] for row in table(section((ROOT / "README.md").read_text(), "Settings"))}
    read = settings_read()
    assert len(read) > 30
    same(told, read)
    for name, default in read.items():
        if default is not None:
            assert told[name] == f"`{default}`", name
        else:
            assert "`" not in told[name].replace("`evoai db migrate`", ""), f"{name} has no default to show"


def test_commands_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    cli = texts(sources()["cli.py"])
    for document in DOCUMENTS:
        for code in coded(document.read_text()):
            if found := re.match(r"make ([a-z][a-z0-9-]*)$", code):
                assert found[1] in targets, f"{document.name}: {code}"
            if found := re.match(r"evoai ((?:[a-z-]+ ?)+)", code):
                words = found[1].partition(" --")[0].split()
                assert cli.issuperset(words), f"{document.name}: {code}"


def test_readme_names_the_test_command() -> None:
    assert "`make test`" in (ROOT / "README.md").read_text()


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    assert [page.name for page in pages if not page.read_text().startswith(f"# {page.name[:4]} ")] == []


def test_relative_links_resolve() -> None:
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = document.parent / path if path else document
            assert target.exists(), f"{document.name}: {link}"
            if anchor:
                assert anchor in anchors(target.read_text()), f"{document.name}: {link}"


_HOSTS = "registry[.]npmjs|registry[.]yarnpkg|npmmirror|pypi[.](?:org|python)|pythonhosted|artifactory|verdaccio|devpi"
_MACHINE = "(?<![\\w.])/(?:work|root|home|Users)/\\w"


def texts_of_the_repository() -> Iterable[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        file = ROOT / name
        try:
            yield name, file.read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def test_no_file_names_a_registry_or_somebodys_machine() -> None:
    forbidden = re.compile(f"{_HOSTS}|{_MACHINE}")
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts_of_the_repository()
        if name != "tests/architecture/test_docs.py"
        for number, line in enumerate(text.splitlines(), 1)
        if forbidden.search(line)
    ]
    nothing(found)
