"""A model endpoint behind the circuit breaker. A model that is down then costs a turn nothing, in any process."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from evoai.assistant.llm.protocol import LLM, Completion, FailureKind, ModelError, Say, ToolSpec
from evoai.kit.breaker import CircuitBreaker

# What says something about the endpoint. A prompt that is too long or refused says something about the prompt, and
# must not take the model away from other tenants.
_COUNTED: frozenset[FailureKind] = frozenset(
    {"timeout", "rate-limited", "server-error", "connection", "refused", "malformed"}
)


class Guarded:
    """An `LLM` that asks another, but not for models that keep failing: those are `paused`, and probed one call at a
    time."""

    def __init__(self, model: LLM, breaker: CircuitBreaker) -> None:
        self._model, self._breaker = model, breaker

    async def start(self) -> None:
        await self._model.start()

    async def close(self) -> None:
        await self._model.close()

    async def complete(
        self, model: str, messages: Sequence[Say], tools: Sequence[ToolSpec], timeout: float, max_tokens: int
    ) -> Completion:
        target = f"model:{model}"
        if not self._breaker.allows(target):
            raise ModelError("paused")
        began = monotonic()
        try:
            completion = await self._model.complete(model, messages, tools, timeout, max_tokens)
        except ModelError as error:
            if error.kind in _COUNTED:
                self._breaker.record(target, ok=False, over=monotonic() - began - timeout)
            else:
                self._breaker.probed(target, ok=True)
            raise
        self._breaker.record(target, ok=True)
        return completion
