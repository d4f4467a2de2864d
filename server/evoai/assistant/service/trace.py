"""The record of one turn: which models were asked, which tools ran, what it cost. Written whatever the outcome."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal
from uuid import UUID

import msgspec

from evoai.assistant.llm.protocol import Completion, ModelError
from evoai.assistant.schemas.assistants import FindingOut, ModelCallOut, UsedPassageOut
from evoai.assistant.service.sources import Sources
from evoai.billing.prices import cost_micro_usd
from evoai.kit import metrics
from evoai.kit.db import new_id

Outcome = Literal["answered", "handed-over", "failed", "summarised"]


class TurnTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored as a row of `traces`. `trace_id` is known before, for the messages of the answer."""

    trace_id: UUID
    purpose: str = "answer"
    outcome: Outcome
    model: str | None
    """The one that answered."""
    assistant_version: int
    prompt_version: str
    calls: tuple[ModelCallOut, ...]
    tools: tuple[dict[str, Any], ...]
    checks: tuple[FindingOut, ...] = ()
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int | None
    milliseconds: int
    passages: tuple[UsedPassageOut, ...] = ()
    gap: str | None = None
    """What was asked and is not known; stored by the knowledge room."""
    cacheable: bool = False
    """The question needed no context."""
    cached: bool = False
    """The answer was given before."""
    on_commit: Callable[[], None] | None = None
    """Called once the trace is stored and what it spent is counted."""
    outgrown: bool = False
    """The conversation wants a new summary; not stored."""


_ARGUMENTS, _RESULT = 500, 1000
_SECRETS = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|xox[a-z])[-_][\w-]{8,}|\bbearer\s+[\w.~+/=-]{8,}"
    r"|(?<=[\"'])(?:[^\"'\s]*(?:password|senha|secret|token|api_?key|authorization))[\"']\s*:\s*[\"'][^\"']*[\"']",
    re.IGNORECASE,
)


def shortened(text: str, most: int) -> str:
    """What people are shown of what a tool was told or said: its beginning, without what looks like a secret."""
    text = _SECRETS.sub("…", text[: 4 * most])
    return text if len(text) <= most else f"{text[: most - 1]}…"


@dataclass(slots=True)
class Recorder:
    """Collects while the turn runs."""

    assistant_version: int
    prompt_version: str
    _began: float = field(default_factory=monotonic)
    _calls: list[ModelCallOut] = field(default_factory=list[ModelCallOut])
    _tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    checks: tuple[FindingOut, ...] = ()
    outgrown: bool = False
    _model: str | None = None
    sources: Sources = field(default_factory=Sources)
    gap: str | None = None
    cacheable: bool = False
    on_commit: Callable[[], None] | None = None
    _cached: bool = False
    _passages: tuple[UsedPassageOut, ...] = ()

    @property
    def tools_used(self) -> frozenset[str]:
        return frozenset(tool["name"] for tool in self._tools)

    @property
    def asked_models(self) -> bool:
        return bool(self._calls)

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

    def failed(self, model: str, error: ModelError, began: float, tokens: int) -> None:
        """`tokens` that it has read, or may have."""
        self._calls.append(
            ModelCallOut(
                model=model,
                outcome=error.kind,
                milliseconds=_since(began),
                input_tokens=tokens,
                output_tokens=error.output_tokens,
            )
        )

    def embedded(self, model: str, tokens: int, began: float) -> None:
        """A question was turned into a vector."""
        self._calls.append(
            ModelCallOut(
                model=model, outcome="embedded", milliseconds=_since(began), input_tokens=tokens, output_tokens=0
            )
        )

    def broken_off(self, model: str, tokens: int, began: float) -> None:
        """A call that nobody waits for any more. Its endpoint may charge what it had read: about `tokens`."""
        self._calls.append(
            ModelCallOut(
                model=model, outcome="broken-off", milliseconds=_since(began), input_tokens=tokens, output_tokens=0
            )
        )

    def from_cache(self, model: str, passages: tuple[UsedPassageOut, ...]) -> None:
        """The answer is one that `model` gave before, resting on `passages`."""
        self._model, self._cached, self._passages = model, True, passages
        self._calls.append(ModelCallOut(model=model, outcome="cached", milliseconds=0, input_tokens=0, output_tokens=0))

    def used(self, tool: str, outcome: str, began: float, arguments: str = "", result: str = "") -> None:
        """`tool` may be a name that the model made up."""
        self._tools.append(
            {
                "name": "".join(char for char in tool[:64] if char.isprintable()),
                "outcome": outcome,
                "milliseconds": _since(began),
                "arguments": shortened(arguments, _ARGUMENTS),
                "result": shortened(result, _RESULT),
            }
        )

    def finish(self, outcome: Outcome) -> TurnTrace:
        """The trace of a turn, which is counted."""
        trace = self.trace(outcome)
        metrics.thought(
            trace.milliseconds / 1000,
            [call.outcome for call in self._calls],
            trace.input_tokens,
            trace.output_tokens,
            trace.cost_micro_usd or 0,
        )
        return trace

    def trace(self, outcome: Outcome) -> TurnTrace:
        return TurnTrace(
            trace_id=new_id(),
            outcome=outcome,
            model=self._model,
            assistant_version=self.assistant_version,
            prompt_version=self.prompt_version,
            calls=tuple(self._calls),
            tools=tuple(self._tools),
            checks=self.checks,
            input_tokens=sum(call.input_tokens for call in self._calls),
            output_tokens=sum(call.output_tokens for call in self._calls),
            cost_micro_usd=cost_micro_usd((call.model, call.input_tokens, call.output_tokens) for call in self._calls),
            milliseconds=_since(self._began),
            passages=self._passages
            or tuple(
                UsedPassageOut(
                    mark=f"k{place + 1}",
                    document_id=passage.document_id,
                    chunk_id=passage.chunk_id,
                    title=passage.title,
                    heading=passage.heading,
                    page=passage.page,
                    score=passage.score,
                    cited=place in self.sources.cited,
                )
                for place, passage in enumerate(self.sources.passages)
            ),
            gap=self.gap,
            cacheable=self.cacheable,
            cached=self._cached,
            on_commit=self.on_commit,
            outgrown=self.outgrown,
        )


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
