"""What a shape of a webhook body is, and how further ones are made of a contract's: other orders of fields, fields left
out, null for what is absent."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Event = tuple[str, str | None, bool]
"""State, reason, and whether it is a signal."""
MESSAGE: Event = ("processed", None, False)
SIGNAL: Event = ("processed", None, True)
GROUP: Event = ("ignored", "group", False)


@dataclass(frozen=True)
class Said:
    """A message that a body leaves: the provider's id, what it says, and whose conversation it is in."""

    pid: str
    type: str
    text: str | None
    who: str
    author: str = "contact"


@dataclass(frozen=True)
class Shape:
    name: str
    body: Json
    said: tuple[Said, ...] = ()
    events: tuple[Event, ...] = (MESSAGE,)


def reordered(value: Any) -> Any:
    """The last field first, at every depth. Lists keep their order, which means something."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def without(value: Json, *names: str) -> Json:
    return {name: part for name, part in value.items() if name not in names}


def varied(
    shape: Shape, renamed: Callable[[Json, str], str], ways: Iterable[tuple[str, Callable[[Json], Json]]]
) -> list[Shape]:
    """The same message in other forms, each under an id of its own. `renamed` gives a body's message another id, made
    of the old one and a mark, and says which."""
    found: list[Shape] = []
    for way, change in ways:
        body = copy.deepcopy(shape.body)
        pid = renamed(body, way[:3].upper())
        (said,) = shape.said
        mine = Said(pid, said.type, said.text, said.who, said.author)
        found.append(Shape(f"{shape.name}, {way}", change(body), (mine,), shape.events))
    return found
