"""What the documents say, compared with what is there: files, settings, codes, commands, links, words."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

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


def families() -> dict[str, tuple[str, int]]:
    """AppError and its families: default code and status by name."""
    found = {"AppError": ("internal", 500)}
    for node in ast.walk(sources()["kit/errors.py"]):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple):
                    status, code, _ = ast.literal_eval(line.value)
                    found[node.name] = (code, status)
    return found


def codes_answered() -> set[tuple[str, int]]:
    """Every pair of code and status that the API can answer."""
    known = families()
    found = set(known.values())
    for call in calls(*known):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name != "LimitReached" and (given := call.args[0] if call.args else keyword(call, "code")) is not None:
            assert texts(given), f"line {call.lineno}: the code of {name} cannot be told"
            found |= {(code, known[name][1]) for code in texts(given)}
    for node in ast.walk(sources()["kit/problems.py"]):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_CODES":
            found |= {(code, status) for status, (code, _) in ast.literal_eval(node.value).items()}
    for call in calls("problem"):
        match call.args[1:3]:
            case [ast.Constant(value=int(status)), ast.Constant(value=str(code))]:
                found.add((code, status))
    return found


def test_the_glossary_has_every_error_code_with_its_status() -> None:
    told = {(row[0].strip("`"), int(row[1])) for row in table(section(GLOSSARY, "Error codes"))}
    same(told, codes_answered())


def test_the_glossary_has_every_field_code() -> None:
    sentence = re.search(r"Field codes in `errors`: (.*?\.)\n", GLOSSARY, re.DOTALL)
    assert sentence
    used: set[str] = set()
    for call in calls("FieldError"):
        used |= texts(call.args[1] if len(call.args) > 1 else keyword(call, "code"))
    used |= {"required", "unknown-field", "invalid"} & texts(sources()["kit/problems.py"])
    same(coded(sentence[1]), used)


def handoff_reasons() -> set[str]:
    found: set[str] = set()
    for call in calls("HandoffAsk"):
        found |= texts(call.args[0] if call.args else keyword(call, "reason"))
    for call in calls("hand_over", "_queue"):
        found |= texts(call.args[-1])
    for node in nodes():
        if (
            isinstance(node, ast.Assign)
            and isinstance(target := node.targets[0], ast.Tuple)
            and isinstance(node.value, ast.Tuple)
        ):
            for name, value in zip(target.elts, node.value.elts, strict=False):
                if getattr(name, "attr", "") == "handoff_reason":
                    found |= texts(value)
    return found


def test_the_glossary_has_every_handoff_reason() -> None:
    told = {row[0].strip("`") for row in table(section(GLOSSARY, "Handoff reasons"))}
    same(told, handoff_reasons())


def event_reasons() -> set[str]:
    found: set[str] = set()
    for call in calls("Verdict"):
        found |= texts(call.args[1] if len(call.args) > 1 else keyword(call, "reason"))
    for call in calls("Unreadable", "quarantined"):
        found |= texts(call.args[0])
    for call in calls("Envelope"):
        found |= texts(keyword(call, "quarantine"))
    return found


def final_send_codes() -> set[str]:
    found: set[str] = set()
    for call in calls("SendOutcome"):
        if texts(keyword(call, "result")) == {"final"} and isinstance(keyword(call, "code"), ast.Constant):
            found |= texts(keyword(call, "code"))
    for call in calls("Meaning"):
        if texts(call.args[0]) == {"stop"}:
            found |= texts(call.args[1])
    for provider in ("evolution", "uazapi"):
        for node in ast.walk(sources()[f"channels/adapters/{provider}_send.py"]):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_FINAL":
                found |= texts(node.value)
    return found


@pytest.mark.parametrize(
    ("heading", "column", "used"),
    [("Events of webhooks", 1, event_reasons), ("Statuses of messages", 0, final_send_codes)],
)
def test_the_glossary_has_every_reason(heading: str, column: int, used: Callable[[], set[str]]) -> None:
    told = set[str]().union(*(coded(row[column]) for row in table(section(GLOSSARY, heading))))
    nothing(used() - told)
    literals = {leaf.value for leaf in nodes() if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)}
    nothing(told - literals)


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


NOT_OURS = {"account", "workspace", "customer", "ticket", "chat", "label", "bot", "instance"}
# Where (a prefix of the path) a word may stand all the same, and why.
ALLOWED = {
    ("channels/adapters/evolution", "instance"): "the provider's word, inside its adapter",
    ("channels/adapters/", "chat"): "the provider's chat, which several of its addresses may name",
    ("channels/adapters/uazapi", "instance"): "the provider's word, inside its adapter",
    ("channels/service/door.py", "chat"): "what a provider's chat shares, to choose the shard",
    ("assistant/service/arguments.py", "instance"): "where a value stands, in the words of JSON Schema's library",
    ("inbox/service/", "chat"): "the provider's chat, as the adapter's structs name it",
    ("inbox/schemas/conversations.py", "bot"): "counts of conversations by their state",
    ("inbox/service/read.py", "bot"): "counts of conversations by their state",
    ("inbox/repository/people.py", "label"): "SQLAlchemy's method",
    ("inbox/repository/turns.py", "label"): "SQLAlchemy's method",
    ("inbox/repository/history.py", "label"): "SQLAlchemy's method",
    ("channels/repository/missed.py", "label"): "SQLAlchemy's method",
    ("kit/metrics.py", "label"): "what Prometheus calls the dimensions of a metric",
    ("kit/net.py", "label"): "a label of a host name, as the DNS calls it",
    ("simulator/", "instance"): "plays the provider, in its words",
    ("simulator/", "chat"): "plays the provider and the model's endpoint, in their words",
    ("simulator/engine.py", "label"): "captions of media on the phone page",
}


def identifiers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Attribute(attr=name) | ast.Name(id=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case _:
                continue


def words_of(name: str) -> set[str]:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return {form for part in parts for form in (part.lower(), part.lower().removesuffix("s"))}


def test_identifiers_keep_to_our_words() -> None:
    used = {
        (path, word): name
        for path, tree in sources().items()
        for name in identifiers(tree)
        for word in words_of(name) & NOT_OURS
    }
    allowed = {
        key: next((rule for rule in ALLOWED if key[0].startswith(rule[0]) and key[1] == rule[1]), None) for key in used
    }
    assert sorted(f"{path}: {used[path, word]}" for (path, word), rule in allowed.items() if rule is None) == []
    assert set(ALLOWED) == set(allowed.values()), "an exception that nothing needs any more"
