"""The glossary's tables of codes, compared with those that the source gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest

from tests.architecture.documents import (
    GLOSSARY,
    calls,
    coded,
    keyword,
    nodes,
    nothing,
    same,
    section,
    sources,
    table,
    texts,
)


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
