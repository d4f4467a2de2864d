"""Which models to leave alone for a while, as this process sees it. A model that is down then costs a turn nothing."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from evoai.assistant.llm.protocol import FailureKind

STRAIGHT_FAILURES = 5
PAUSE_SECONDS = 30.0
_KNOWN = 256

# What says something about the endpoint. A prompt that is too long or refused says something about the prompt, and
# must not take the model away from other tenants.
_COUNTED: frozenset[FailureKind] = frozenset(
    {"timeout", "rate-limited", "server-error", "connection", "refused", "malformed"}
)


class Breaker:
    """After five straight failures a model is skipped for 30 s; then one call tries it, and its outcome decides."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._closed_until: dict[str, float] = {}

    def allows(self, model: str) -> bool:
        until = self._closed_until.get(model)
        if until is None:
            return True
        now = self._clock()
        if now < until:
            return False
        # This call is the probe; the others wait for what becomes of it.
        self._closed_until[model] = now + PAUSE_SECONDS
        return True

    def succeeded(self, model: str) -> None:
        if model in self._failures:
            self._failures.pop(model)
            self._closed_until.pop(model, None)

    def failed(self, model: str, kind: FailureKind) -> None:
        if kind not in _COUNTED:
            return
        count = self._failures.pop(model, 0) + 1
        # Names come from tenants: the one that failed longest ago makes place.
        if len(self._failures) >= _KNOWN:
            oldest = next(iter(self._failures))
            self._failures.pop(oldest)
            self._closed_until.pop(oldest, None)
        self._failures[model] = count
        if count >= STRAIGHT_FAILURES:
            self._closed_until[model] = self._clock() + PAUSE_SECONDS
