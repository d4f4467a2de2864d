"""What the assistant may do beside speaking. Other rooms define tools of this shape and give them by their `Module`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from evoai.assistant.llm.protocol import ToolSpec
from evoai.assistant.service.bubbles import clean
from evoai.assistant.service.sources import Passages
from evoai.inbox.service.turns import HandoffAsk, TurnContext

if TYPE_CHECKING:
    from evoai.resources import Resources

Run = Callable[["Resources", TurnContext, Any], Awaitable[str | Passages | HandoffAsk]]


@dataclass(frozen=True)
class Tool:
    """One thing the model may have done. `args` is a struct whose JSON schema the model is shown and whose rules its
    arguments must keep; `run` answers with text for the model, with passages that it may cite, or with a handoff, which
    ends the turn. What it may touch it takes from the context, never from the arguments."""

    name: str
    description: str
    args: type[msgspec.Struct]
    effect: Literal["reads", "writes", "hands-over"]
    run: Run

    @cached_property
    def spec(self) -> ToolSpec:
        (_,), parts = msgspec.json.schema_components([self.args])
        schema = dict(parts[self.args.__name__])
        schema.pop("title", None)
        return ToolSpec(self.name, self.description, schema)


class HandOverArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Literal["asked-by-contact", "not-known", "complaint", "urgent", "other"]
    summary: Annotated[
        str,
        msgspec.Meta(
            max_length=2000,
            description="What the contact wants and what was said so far, in one or two sentences, for the person.",
        ),
    ]


async def _hand_over(resources: Resources, context: TurnContext, args: HandOverArgs) -> HandoffAsk:
    return HandoffAsk(reason="requested-by-assistant", note=clean(args.summary) or None)


HAND_OVER = Tool(
    name="hand_over",
    description=(
        "Give the conversation to a person of the business: when the contact asks for one, is upset, or needs what "
        "you do not know or cannot do. Write the summary in the language of the business."
    ),
    args=HandOverArgs,
    effect="hands-over",
    run=_hand_over,
)


def tools_of(given: Iterable[object]) -> dict[str, Tool]:
    """The room's own tool and those of other rooms, by name."""
    return {tool.name: tool for tool in (HAND_OVER, *(tool for tool in given if isinstance(tool, Tool)))}
