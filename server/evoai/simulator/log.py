"""The log of everything that the simulator received."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from evoai.simulator.phones import same_person

CALLS_WITH_BODY = 2_000

Kind = Literal["send", "touch", "presence", "read", "call", "model", "embedding", "hearing"]
"""`touch` is what happens to a message that is there; `hearing` a transcription."""


class Entry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that the simulator received. `at` is Unix seconds."""

    seq: int
    at: float
    kind: Kind
    instance: str | None = None
    number: str | None = None
    text: str | None = None
    what: str | None = None
    """For sends: the kind of message, unless it is text. For touches: 'reaction', 'edit', 'delete'."""
    quoted: str | None = None
    id: str | None = None
    accepted: bool | None = None
    """For sends: whether the message really left, whatever the caller was told."""
    outcome: str | None = None
    """What the caller was told: a status code, 'hang-up' or 'no-answer'."""
    model: str | None = None
    body: msgspec.Raw | None = None
    """A model call's request; only the newest calls keep it."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a model call whose body is still kept."""
        return msgspec.json.decode(self.body)["messages"] if self.body is not None else []


class Log:
    """A ring of what arrived, the oldest falling out; `seq` never starts again."""

    def __init__(self, size: int = 200_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._with_body: deque[Entry] = deque()
        self.seq = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, kind: Kind, **fields: Any) -> Entry:
        self.seq += 1
        entry = Entry(seq=self.seq, at=time.time(), kind=kind, **fields)
        self._entries.append(entry)
        if entry.body is not None:
            self._with_body.append(entry)
            if len(self._with_body) > CALLS_WITH_BODY:
                self._with_body.popleft().body = None
        return entry

    def since(self, seq: int) -> list[Entry]:
        first = self._entries[0].seq if self._entries else 0
        return list(itertools.islice(self._entries, max(0, seq - first + 1), None))

    def sends(self, number: str | None = None, *, accepted: bool | None = True) -> list[Entry]:
        return [
            e
            for e in self._entries
            if e.kind == "send"
            and (accepted is None or e.accepted == accepted)
            and (number is None or same_person(e.number or "", number))
        ]

    def model_calls(self) -> list[Entry]:
        return [e for e in self._entries if e.kind == "model"]

    def clear(self) -> None:
        self._entries.clear()
        self._with_body.clear()
