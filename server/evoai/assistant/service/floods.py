"""Whoever writes without end: floods of one contact, and two machines that answer each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from time import monotonic
from uuid import UUID

from evoai.inbox.service.turns import HandoffAsk, Line, TurnContext

ANSWERS_PER_HOUR = 60
"""To one contact on one channel; then a person looks at it."""
FAST = 6
REPEATS = 4
"""Exchanges in a row that nobody types so fast; in which both sides say the same again."""
_CHARACTERS_PER_SECOND = 10
"""No thumb is faster."""
_COARSE = 2
"""Seconds by which clocks of providers, which tell whole seconds, and ours may differ."""

_BROKEN_OFF = 3
_WITHIN = 60.0
_PAUSE = 4.0
_KEPT = 10_000


def too_much(context: TurnContext) -> HandoffAsk | None:
    """Why no answer should be given any more, if so."""
    if context.answers >= ANSWERS_PER_HOUR:
        return HandoffAsk(reason="too-many-answers")
    return HandoffAsk(reason="bot-loop") if _loops(context.lines) else None


def _loops(lines: Sequence[Line]) -> bool:
    """Looks back only as far as it goes on like that: mostly not at all."""
    fast = again = 0
    last: tuple[list[str], list[str]] | None = None
    for number, exchange in enumerate(_exchanges(lines), 1):
        said = _words(exchange)
        last = last or said
        fast += fast == number - 1 and _too_fast(exchange)
        again += again == number - 1 and said == last
        if fast >= FAST or again >= REPEATS:
            return True
        if number not in (fast, again):
            return False
    return False


def _words(exchange: tuple[Line, Line]) -> tuple[list[str], list[str]]:
    ours, theirs = exchange
    return (ours.text or "").lower().split(), (theirs.text or "").lower().split()


def _exchanges(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """What the assistant said with what the contact said next, newest first, since anybody else last spoke."""
    after: Line | None = None
    for line in reversed(lines):
        if line.author not in ("assistant", "contact"):
            return
        if line.author == "assistant" and after is not None and after.author == "contact":
            yield line, after
        after = line


def _too_fast(exchange: tuple[Line, Line]) -> bool:
    ours, theirs = exchange
    seconds = max(0.0, (theirs.at - ours.at).total_seconds())
    return len(theirs.text or "") > _CHARACTERS_PER_SECOND * (seconds + _COARSE)


class Storms:
    """Turns of this process that were broken off while a model was asked, by conversation. Each may have cost
    something, so whoever keeps writing into the answers is waited for a little longer."""

    def __init__(self) -> None:
        self._broken: dict[UUID, deque[float]] = {}

    def note(self, conversation_id: UUID) -> None:
        if len(self._broken) >= _KEPT:
            self._broken.clear()
        self._broken.setdefault(conversation_id, deque(maxlen=_BROKEN_OFF)).append(monotonic())

    def pause(self, conversation_id: UUID) -> float:
        """Seconds to wait before a model is asked."""
        broken = self._broken.get(conversation_id)
        if broken is None:
            return 0.0
        if broken[-1] < monotonic() - _WITHIN:
            del self._broken[conversation_id]
        return _PAUSE if len(broken) == _BROKEN_OFF and broken[0] > monotonic() - _WITHIN else 0.0


STORMS = Storms()
