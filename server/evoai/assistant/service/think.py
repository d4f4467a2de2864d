"""A turn: from what the contact waits for to an answer, a handoff, or both. It never ends in silence, and no trouble of
a model's leaves it as an exception; no transaction is open while a model is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from evoai.assistant.llm.protocol import LLM, Completion, ModelError, Say, ToolCall
from evoai.assistant.service.asked import asks_for_person
from evoai.assistant.service.bubbles import clean, split_bubbles, until_last_sentence
from evoai.assistant.service.prompt import PROMPT_VERSION, build_prompt, is_waiting, without_marks
from evoai.assistant.service.tools import HAND_OVER, Tool, tools_of
from evoai.assistant.service.trace import Outcome, Recorder
from evoai.assistant.service.versions import VERSIONS, Published
from evoai.assistant.service.wording import Occasion, wording
from evoai.inbox.service.turns import Answer, HandoffAsk, TurnContext
from evoai.kit.db import utcnow
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

ROUNDS = 5
"""Calls of models that answer, in one turn; each but the last may have tools run."""
OUTPUT_TOKENS = 1000


async def think(resources: Resources, context: TurnContext) -> Answer:
    """The answer to a turn. Raises what the database raises; a cancellation ends the call of the model with it."""
    recorder = Recorder(context.assistant_version, PROMPT_VERSION)
    version = await VERSIONS.get(resources.db, context.tenant_id, context.assistant_id, context.assistant_version)
    language = context.business.language
    if version is None or resources.model is None:
        return _to_people(recorder, language, "unavailable", "failed", HandoffAsk(reason="assistant-unavailable"))
    waiting = [line.text for line in context.lines if is_waiting(context, line) and line.text]
    if asks_for_person(waiting, version.handoff_keywords):
        return _to_people(recorder, language, "asked", "handed-over", HandoffAsk(reason="requested-by-contact"))
    return await _Turn(resources, resources.model, context, version, recorder).run()


def _to_people(recorder: Recorder, language: str, occasion: Occasion, outcome: Outcome, handoff: HandoffAsk) -> Answer:
    return Answer(bubbles=(wording(language, occasion),), handoff=handoff, trace=recorder.finish(outcome))


@dataclass(slots=True)
class _Turn:
    resources: Resources
    model: LLM
    context: TurnContext
    version: Published
    recorder: Recorder
    ends_at: float = field(init=False)
    failed_calls: int = 0
    """Tool calls that could not be run; the model is told of the first."""

    def __post_init__(self) -> None:
        self.ends_at = monotonic() + self.resources.timers.turn

    def left(self) -> float:
        """Seconds until the turn has to end."""
        return max(0.0, self.ends_at - monotonic())

    async def run(self) -> Answer:
        tools = tools_of(tool for module in self.resources.modules for tool in module.tools)
        messages = build_prompt(self.context, self.version, utcnow())
        for _ in range(ROUNDS):
            completion = await self._ask(messages, tools)
            if completion is None:
                return self.give_up()
            if not completion.tool_calls:
                return Answer(bubbles=split_bubbles(completion.text), trace=self.recorder.finish("answered"))
            messages.append(Say(role="assistant", content=completion.text or None, tool_calls=completion.tool_calls))
            for call in completion.tool_calls:
                result = await self._use(tools, call)
                if isinstance(result, HandoffAsk):
                    return self._hand_over(completion.text, result)
                messages.append(Say(role="tool", content=result, tool_call_id=call.id))
        # A model that only calls tools is no use to the contact.
        return self.give_up()

    def give_up(self) -> Answer:
        handoff = HandoffAsk(reason="model-failed")
        return _to_people(self.recorder, self.context.business.language, "failed", "failed", handoff)

    def _hand_over(self, text: str, handoff: HandoffAsk) -> Answer:
        if handoff.reason == "model-failed":
            return self.give_up()
        said = split_bubbles(text) or (wording(self.context.business.language, "handed-over"),)
        return Answer(bubbles=said, handoff=handoff, trace=self.recorder.finish("handed-over"))

    async def _ask(self, messages: Sequence[Say], tools: dict[str, Tool]) -> Completion | None:
        """What the first model that can says, with its text made fit to be sent; None if none can."""
        specs = [tool.spec for tool in tools.values()]
        for name in self.version.models:
            began = monotonic()
            timeout = min(self.resources.timers.model, self.left())
            if not timeout:
                break
            try:
                completion = await self.model.complete(name, messages, specs, timeout, OUTPUT_TOKENS)
            except ModelError as error:
                self.recorder.failed(name, error, began)
                log.warning("model.failed", model=name, kind=error.kind, detail=error.detail)
                continue
            text = clean(without_marks(clean(completion.text)))
            if completion.cut:
                text = until_last_sentence(text)
            if text or completion.tool_calls:
                self.recorder.answered(name, completion, began)
                return msgspec.structs.replace(completion, text=text)
            self.recorder.answered(name, completion, began, "empty")
        return None

    async def _use(self, tools: dict[str, Tool], call: ToolCall) -> str | HandoffAsk:
        """Run a tool: text for the model, or a handoff, which ends the turn, as does a second call that cannot run."""
        began = monotonic()
        tool = tools.get(call.name)
        if tool is None:
            return self._refuse(call, "unknown-tool", f"There is no tool {call.name[:64]!r}.", began)
        try:
            args: Any = msgspec.json.decode(call.arguments, type=tool.args)
        except (msgspec.MsgspecError, UnicodeError) as error:
            return self._refuse(call, "bad-arguments", f"The arguments are not valid: {error}"[:500], began)
        try:
            async with asyncio.timeout(self.left()):
                result = await tool.run(self.resources, self.context, args)
        except TimeoutError:
            self.recorder.used(tool.name, "timeout", began)
            return HandoffAsk(reason="model-failed")
        self.recorder.used(tool.name, "done", began)
        return result

    def _refuse(self, call: ToolCall, outcome: str, told: str, began: float) -> str | HandoffAsk:
        self.recorder.used(call.name, outcome, began)
        self.failed_calls += 1
        if self.failed_calls == 1:
            return told
        # Whoever wanted to hand over and could not say so still gets there.
        return HandoffAsk(reason="requested-by-assistant" if call.name == HAND_OVER.name else "model-failed")
