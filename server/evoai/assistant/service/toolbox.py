"""The tools of one turn: which are offered, how often they may be used, and what is to be stored with the answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING

from evoai.assistant.llm.protocol import ToolCall, ToolSpec
from evoai.assistant.service import outside
from evoai.assistant.service.sources import Passages
from evoai.assistant.service.spending import Spending
from evoai.assistant.service.tools import HAND_OVER, MAY, Done, Tool
from evoai.assistant.service.trace import Recorder
from evoai.assistant.service.versions import Published
from evoai.inbox.service.turns import ContactChange, HandoffAsk, TurnContext

if TYPE_CHECKING:
    from evoai.resources import Resources

Stage = Callable[[list[Tool]], list[Tool]]
"""The tools that a rehearsal runs with, made of those of a real turn."""

MOST = 5
"""Calls in one turn, handing over apart."""


def house_tools(resources: Resources) -> dict[str, Tool]:
    """The tools of the house's rooms, by name; `hand_over` is always among them."""
    given: Iterable[object] = (tool for module in resources.modules for tool in module.tools)
    return {tool.name: tool for tool in (HAND_OVER, *given) if isinstance(tool, Tool) and tool.permission in MAY}


async def open_toolbox(
    resources: Resources,
    context: TurnContext,
    version: Published,
    recorder: Recorder,
    spending: Spending,
    left: Callable[[], float],
    stage: Stage | None = None,
) -> Toolbox:
    """The tools that `version` has. Asks the database only for a version that names a tool from outside the house."""
    house = house_tools(resources)
    if version.tools is None:
        named, foreign = list(house.values()), []
    else:
        named = [tool for name, tool in house.items() if name in version.tools or name == HAND_OVER.name]
        foreign = [name for name in version.tools if name not in house]
    tools = [tool.for_version(version) if tool.for_version else tool for tool in named]
    if foreign:
        tools += await outside.tools_named(resources, context.tenant_id, foreign)
    return Toolbox(resources, context, recorder, spending, left, stage(tools) if stage is not None else tools)


class Toolbox:
    def __init__(
        self,
        resources: Resources,
        context: TurnContext,
        recorder: Recorder,
        spending: Spending,
        left: Callable[[], float],
        tools: Iterable[Tool],
    ) -> None:
        """`left` tells the seconds until the turn has to end."""
        self._resources, self._context = resources, context
        self._recorder, self._spending, self._left = recorder, spending, left
        self._tools = {tool.name: tool for tool in tools}
        self._used: Counter[str] = Counter()
        self._misses = 0
        self.specs: list[ToolSpec] = [tool.spec for tool in self._tools.values()]
        self.change: ContactChange | None = None
        self.resolves = False
        self.told: list[str] = []
        """What tools gave back to the model, in order."""

    async def use(self, call: ToolCall) -> str | HandoffAsk:
        """Run a tool: text for the model, or a handoff, which ends the turn, as does a second call that cannot run."""
        began = monotonic()
        tool = self._tools.get(call.name)
        if tool is None:
            return self._refuse(call, "unknown-tool", f"There is no tool {call.name[:64]!r}.", began)
        try:
            args = tool.read(call.arguments)
        except ValueError as error:
            return self._refuse(call, "bad-arguments", f"The arguments are not valid: {error}"[:500], began)
        if tool is not HAND_OVER and (self._used[tool.name] >= tool.per_turn or self._used.total() >= MOST):
            self._recorder.used(tool.name, "limit", began, call.arguments)
            return "Not done: it was used as often as one answer may. Answer with what you have."
        self._used[tool.name] += 1
        try:
            async with asyncio.timeout(self._left()):
                result = await tool.run(self._resources, self._context, args)
        except TimeoutError:
            self._recorder.used(tool.name, "timeout", began, call.arguments)
            return HandoffAsk(reason="model-failed")
        if isinstance(result, Passages):
            result = self._cite(result, began)
        if isinstance(result, Done):
            self._keep(result)
            self._recorder.used(tool.name, result.outcome, began, call.arguments, result.text)
            return result.text
        if isinstance(result, str):
            self.told.append(result)
        shown = result if isinstance(result, str) else result.reason
        self._recorder.used(tool.name, "done", began, call.arguments, shown)
        return result

    def _cite(self, found: Passages, began: float) -> str:
        """Passages under the marks that the answer may cite them by."""
        for model, tokens in found.spent:
            self._recorder.embedded(model, tokens, began)
            self._spending.settle(None, model, tokens, 0)
        return self._recorder.sources.add(found)

    def _keep(self, done: Done) -> None:
        self.resolves = self.resolves or done.resolves
        if done.change is not None:
            self.change = self.change.then(done.change) if self.change is not None else done.change

    def _refuse(self, call: ToolCall, outcome: str, told: str, began: float) -> str | HandoffAsk:
        self._recorder.used(call.name, outcome, began, call.arguments, told)
        self._misses += 1
        if self._misses == 1:
            return told
        # Whoever wanted to hand over and could not say so still gets there.
        return HandoffAsk(reason="requested-by-assistant" if call.name == HAND_OVER.name else "model-failed")
