"""The record of one turn: which models were asked, which tools ran, what it cost. Written whatever the outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal
from uuid import UUID

import msgspec

from evoai.assistant.llm.prices import cost_micro_usd
from evoai.assistant.llm.protocol import Completion, ModelError
from evoai.assistant.schemas.assistants import ModelCallOut
from evoai.kit import metrics
from evoai.kit.db import new_id

Outcome = Literal["answered", "handed-over", "failed"]


class TurnTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored as a row of `traces`. `trace_id` is known before, for the messages of the answer."""

    trace_id: UUID
    outcome: Outcome
    model: str | None
    """The one that answered."""
    assistant_version: int
    prompt_version: str
    calls: tuple[ModelCallOut, ...]
    tools: tuple[dict[str, Any], ...]
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int | None
    milliseconds: int


@dataclass(slots=True)
class Recorder:
    """Collects while the turn runs."""

    assistant_version: int
    prompt_version: str
    _began: float = field(default_factory=monotonic)
    _calls: list[ModelCallOut] = field(default_factory=list[ModelCallOut])
    _tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _model: str | None = None

    def answered(self, model: str, completion: Completion, began: float, outcome: str | None = None) -> None:
        """`outcome` where it is not what the completion says itself."""
        self._model = model if outcome is None else self._model
        self._calls.append(
            ModelCallOut(
                model=model,
                outcome=outcome or ("tool" if completion.tool_calls else "answered"),
                milliseconds=_since(began),
                input_tokens=completion.input_tokens,
                output_tokens=completion.output_tokens,
            )
        )

    def failed(self, model: str, error: ModelError, began: float) -> None:
        self._calls.append(
            ModelCallOut(
                model=model,
                outcome=error.kind,
                milliseconds=_since(began),
                input_tokens=error.input_tokens,
                output_tokens=error.output_tokens,
            )
        )

    def used(self, tool: str, outcome: str, began: float) -> None:
        """What a tool was called with stays out: it may hold what the contact said, which erasure would have to reach.
        `tool` may be a name that the model made up."""
        name = "".join(char for char in tool[:64] if char.isprintable())
        self._tools.append({"name": name, "outcome": outcome, "milliseconds": _since(began)})

    def finish(self, outcome: Outcome) -> TurnTrace:
        trace = self._trace(outcome)
        metrics.thought(
            trace.milliseconds / 1000,
            [call.outcome for call in self._calls],
            trace.input_tokens,
            trace.output_tokens,
            trace.cost_micro_usd or 0,
        )
        return trace

    def _trace(self, outcome: Outcome) -> TurnTrace:
        return TurnTrace(
            trace_id=new_id(),
            outcome=outcome,
            model=self._model,
            assistant_version=self.assistant_version,
            prompt_version=self.prompt_version,
            calls=tuple(self._calls),
            tools=tuple(self._tools),
            input_tokens=sum(call.input_tokens for call in self._calls),
            output_tokens=sum(call.output_tokens for call in self._calls),
            cost_micro_usd=cost_micro_usd((call.model, call.input_tokens, call.output_tokens) for call in self._calls),
            milliseconds=_since(self._began),
        )


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
