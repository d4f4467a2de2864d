"""Asking a model for a struct instead of words: it calls one tool, whose arguments are read by a schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

import msgspec

from evoai.assistant.llm.protocol import Completion, ModelError, Say, ToolSpec
from evoai.assistant.service.record import Purpose, record_aside
from evoai.assistant.service.spending import Spending, open_spending, reading
from evoai.assistant.service.trace import Recorder
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

T = TypeVar("T", bound=msgspec.Struct)

_TOKENS = 1000
_LONGEST = 1.25
"""How long all models together may take, in times of one: an entry of the tray is worked for a minute at most."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What to ask for: the tool, and the struct of its arguments."""

    tool: str
    description: str
    answer: type[T]
    prompt_version: str

    @property
    def spec(self) -> ToolSpec:
        _, parts = msgspec.json.schema_components([self.answer])
        schema = dict(parts.pop(self.answer.__name__))
        schema.pop("title", None)
        if parts:
            schema["$defs"] = parts
        return ToolSpec(self.tool, self.description, schema)


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """None where no model gave what can be read; what it took to know is recorded either way."""

    value: T | None
    tokens: int
    cost_micro_usd: int | None


async def ask_for(
    resources: Resources,
    tenant_id: UUID,
    models: Sequence[str],
    system: str,
    material: object,
    question: Question[T],
    *,
    purpose: Purpose,
    about: UUID,
    conversation_id: UUID | None = None,
) -> Told[T]:
    """Ask `models` one after the other about `material`, which they get as JSON. Never raises what a model does."""
    recorder = Recorder(0, question.prompt_version)
    prompt = [
        Say(role="system", content=system),
        Say(role="user", content=msgspec.json.encode(material).decode()),
    ]
    ask = _Asking(resources, recorder, await open_spending(resources, tenant_id), prompt, question)
    value: T | None = None
    until = monotonic() + resources.timers.model * _LONGEST
    for name in models:
        seconds = min(resources.timers.model, until - monotonic())
        if seconds > 0:
            value = await ask(name, seconds)
        if value is not None:
            break
    recorder.on_commit = ask.spending.counted
    trace = recorder.finish("answered" if value is not None else "failed")
    if trace.calls:
        await record_aside(resources, tenant_id, purpose, about, trace, conversation_id)
    return Told(value, trace.input_tokens + trace.output_tokens, trace.cost_micro_usd)


@dataclass(slots=True)
class _Asking(Generic[T]):
    """One question after the other to models, within the month's budget."""

    resources: Resources
    recorder: Recorder
    spending: Spending
    prompt: Sequence[Say]
    question: Question[T]

    async def __call__(self, name: str, seconds: float) -> T | None:
        if self.resources.model is None:
            return None
        read, room = reading(self.prompt, [self.question.spec]), None
        if self.spending.limited:
            room = await self.spending.reserve(name, read, _TOKENS, seconds / 2)
            if room is None:
                return None
        began = monotonic()
        try:
            completion = await self.resources.model.complete(name, self.prompt, [self.question.spec], seconds, _TOKENS)
        except ModelError as error:
            # An endpoint that was too slow goes on for a while, and charges what it has read.
            tokens = read if error.kind == "timeout" else error.input_tokens
            self.recorder.failed(name, error, began, tokens)
            self.spending.settle(room, name, tokens, error.output_tokens)
            log.warning("model.failed", model=name, kind=error.kind, detail=error.detail)
            return None
        except BaseException:
            self.spending.settle(room, name, read, 0)
            raise
        self.spending.settle(room, name, completion.input_tokens, completion.output_tokens)
        value = _read(completion, self.question)
        self.recorder.answered(name, completion, began, None if value is not None else "malformed")
        return value


def _read(completion: Completion, question: Question[T]) -> T | None:
    """From the tool's call, or from the text, where models that know no tools put it."""
    said = [call.arguments for call in completion.tool_calls if call.name == question.tool]
    for candidate in (*said, completion.text[completion.text.find("{") : completion.text.rfind("}") + 1]):
        try:
            return msgspec.json.decode(candidate, type=question.answer)
        except (msgspec.MsgspecError, UnicodeError):
            continue
    return None
