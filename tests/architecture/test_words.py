"""Identifiers keep to the words of the glossary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.documents import (
    sources,
)

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
