"""A turn: from what the contact waits for to an answer, a handoff, or both. It never ends in silence, and no trouble of
a model's leaves it as an exception; no transaction is open while a model is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from evoai.assistant.llm.protocol import LLM, Completion, ModelError, Say, ToolSpec
from evoai.assistant.service.asked import asks_for_person
from evoai.assistant.service.bubbles import clean, split_bubbles, until_last_sentence
from evoai.assistant.service.cache import ANSWERS, Kept, is_anybodys, question_of
from evoai.assistant.service.floods import STORMS, too_much
from evoai.assistant.service.guard import Checked, check
from evoai.assistant.service.prompt import PROMPT_VERSION, build_prompt, is_waiting, without_marks
from evoai.assistant.service.record import leave
from evoai.assistant.service.spending import Spending, reading
from evoai.assistant.service.summarise import outgrown
from evoai.assistant.service.toolbox import Stage, Toolbox, open_toolbox
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
    version = await VERSIONS.get(resources.db, context.tenant_id, context.assistant_id, context.assistant_version)
    return await think_as(resources, context, version)


async def think_as(
    resources: Resources, context: TurnContext, version: Published | None, stage: Stage | None = None
) -> Answer:
    """The same as `version`, published or not. `stage` may put other tools in the place of those that change things."""
    recorder = Recorder(context.assistant_version, PROMPT_VERSION)
    language = context.business.language
    if version is None or resources.model is None:
        return _to_people(recorder, language, "unavailable", "failed", HandoffAsk(reason="assistant-unavailable"))
    waiting = [
        said for line in context.lines if is_waiting(context, line) for said in (line.text, line.transcript) if said
    ]
    if asks_for_person(waiting, version.handoff_keywords):
        return _to_people(recorder, language, "asked", "handed-over", HandoffAsk(reason="requested-by-contact"))
    if stage is not None:
        # Nobody floods a rehearsal, and what another draft answered is no answer of this one's.
        return await _ask(resources, resources.model, context, version, recorder, stage)
    if (stop := too_much(context)) is not None:
        return _to_people(recorder, language, "busy", "handed-over", stop)
    question = question_of(context)
    if question is None:
        return await _ask(resources, resources.model, context, version, recorder)
    recorder.cacheable = True
    key = await ANSWERS.key(resources, context, question, utcnow())
    if (kept := ANSWERS.get(key)) is not None:
        recorder.from_cache(kept.model, kept.passages)
        return Answer(bubbles=kept.bubbles, trace=recorder.finish("answered"))
    answer = await _ask(resources, resources.model, context, version, recorder)
    trace = answer.trace
    if (
        trace.outcome == "answered"
        and trace.model is not None
        and trace.gap is None
        and is_anybodys(context, answer.bubbles, recorder.tools_used)
    ):
        ANSWERS.put(key, Kept(context.conversation_id, answer.bubbles, trace.model, trace.passages))
    return answer


async def _ask(
    resources: Resources,
    model: LLM,
    context: TurnContext,
    version: Published,
    recorder: Recorder,
    stage: Stage | None = None,
) -> Answer:
    """The model's answer. What a turn spent before it was broken off is recorded apart."""
    turn = _Turn(resources, model, context, version, recorder, stage)
    recorder.on_commit = turn.spending.counted
    try:
        if pause := STORMS.pause(context.conversation_id):
            await asyncio.sleep(pause)
        return await turn.run()
    except BaseException as error:
        if recorder.asked_models:
            if isinstance(error, asyncio.CancelledError):
                STORMS.note(context.conversation_id)
            leave(resources, context, recorder.finish("failed"))
        raise


def _to_people(recorder: Recorder, language: str, occasion: Occasion, outcome: Outcome, handoff: HandoffAsk) -> Answer:
    return Answer(bubbles=(wording(language, occasion),), handoff=handoff, trace=recorder.finish(outcome))


@dataclass(slots=True)
class _Turn:
    resources: Resources
    model: LLM
    context: TurnContext
    version: Published
    recorder: Recorder
    stage: Stage | None = None
    ends_at: float = field(init=False)
    spending: Spending = field(init=False)

    def __post_init__(self) -> None:
        self.ends_at = monotonic() + self.resources.timers.turn
        self.spending = Spending(self.resources, self.context.tenant_id, self.context.budgeted)

    def left(self) -> float:
        """Seconds until the turn has to end."""
        return max(0.0, self.ends_at - monotonic())

    async def run(self) -> Answer:
        tools = await open_toolbox(
            self.resources, self.context, self.version, self.recorder, self.spending, self.left, self.stage
        )
        messages = build_prompt(self.context, self.version, utcnow())
        self.recorder.outgrown = outgrown(self.context)
        for _ in range(ROUNDS):
            completion = await self._ask(messages, tools.specs)
            if completion is None:
                return self.give_up()
            if not completion.tool_calls:
                return self._answer(completion.text, tools)
            messages.append(Say(role="assistant", content=completion.text or None, tool_calls=completion.tool_calls))
            for call in completion.tool_calls:
                result = await tools.use(call)
                if isinstance(result, HandoffAsk):
                    return self._hand_over(completion.text, result, tools)
                messages.append(Say(role="tool", content=result, tool_call_id=call.id))
        # A model that only calls tools is no use to the contact.
        return self.give_up()

    def give_up(self) -> Answer:
        language = self.context.business.language
        if self.spending.refused:
            handoff = HandoffAsk(reason="budget-reached")
            return _to_people(self.recorder, language, "unavailable", "handed-over", handoff)
        return _to_people(self.recorder, language, "failed", "failed", HandoffAsk(reason="model-failed"))

    def _answer(self, text: str, tools: Toolbox) -> Answer:
        said = self.recorder.sources.said(text, self.context.business.language)
        if said.unknown:
            self._note_gap()
        checked = self._check(said.text, tools)
        if checked.withheld:
            handoff = HandoffAsk(reason="answer-withheld")
            return _to_people(self.recorder, self.context.business.language, "failed", "handed-over", handoff)
        return Answer(
            bubbles=split_bubbles(checked.text),
            trace=self.recorder.finish("answered"),
            change=tools.change,
            resolves=tools.resolves,
        )

    def _note_gap(self) -> None:
        waiting = [line.text or line.transcript or "" for line in self.context.lines if is_waiting(self.context, line)]
        self.recorder.gap = self.recorder.sources.question(waiting)

    def _hand_over(self, text: str, handoff: HandoffAsk, tools: Toolbox) -> Answer:
        if handoff.reason == "model-failed":
            return self.give_up()
        if self.recorder.sources.found_nothing:
            self._note_gap()
        text = self.recorder.sources.said(text, self.context.business.language).text if text else ""
        checked = self._check(text, tools)
        said = () if checked.withheld else split_bubbles(checked.text)
        return Answer(
            bubbles=said or (wording(self.context.business.language, "handed-over"),),
            handoff=handoff,
            trace=self.recorder.finish("handed-over"),
            change=tools.change,
        )

    def _check(self, text: str, tools: Toolbox) -> Checked:
        checked = check(text, self.context, self.version, tools.told)
        self.recorder.checks = checked.findings
        return checked

    async def _ask(self, messages: Sequence[Say], specs: Sequence[ToolSpec]) -> Completion | None:
        """What the first model that can says, with its text made fit to be sent; None if none can."""
        models, limited = self.version.models, self.spending.limited
        if limited:
            models = await self.spending.in_order(models, reading(messages, specs), OUTPUT_TOKENS)
        for name in models:
            if not self.left():
                break
            room = None
            if limited:
                room = await self.spending.reserve(name, reading(messages, specs), OUTPUT_TOKENS, self.left() / 2)
                if room is None:
                    continue
            began = monotonic()
            timeout = min(self.resources.timers.model, self.left())
            try:
                completion = await self.model.complete(name, messages, specs, timeout, OUTPUT_TOKENS)
            except ModelError as error:
                # An endpoint that was too slow goes on for a while, and charges what it has read.
                tokens = reading(messages, specs) if error.kind == "timeout" else error.input_tokens
                self.recorder.failed(name, error, began, tokens)
                log.warning("model.failed", model=name, kind=error.kind, detail=error.detail)
                self.spending.settle(room, name, tokens, error.output_tokens)
                continue
            except BaseException:
                tokens = reading(messages, specs)
                self.recorder.broken_off(name, tokens, began)
                self.spending.settle(room, name, tokens, 0)
                raise
            self.spending.settle(room, name, completion.input_tokens, completion.output_tokens)
            text = clean(without_marks(clean(completion.text)))
            if completion.cut:
                text = until_last_sentence(text)
            if text or completion.tool_calls:
                self.recorder.answered(name, completion, began)
                return msgspec.structs.replace(completion, text=text)
            self.recorder.answered(name, completion, began, "empty")
        return None
