"""What the assistant may do beside speaking. Other rooms define tools of this shape and give them by their `Module`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol

import msgspec

from evoai.assistant.llm.protocol import ToolSpec
from evoai.assistant.service.bubbles import clean
from evoai.assistant.service.sources import Passages
from evoai.assistant.service.versions import Published
from evoai.inbox.service.turns import ContactChange, HandoffAsk, TurnContext

if TYPE_CHECKING:
    from evoai.resources import Resources

Effect = Literal["reads", "writes", "hands-over"]

MAY: Final = frozenset({"documents:read", "contacts:write", "conversations:write", "tools:call"})
"""The permissions that an assistant has. A tool that needs another one is offered to none."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool did: text for the model, and what is stored with the answer, or not at all if the answer is not."""

    text: str
    change: ContactChange | None = None
    resolves: bool = False
    outcome: str = "done"
    """For the trace."""


class Arguments(Protocol):
    """What a tool takes: `schema` is shown to the model, `read` checks what the model wrote."""

    @property
    def schema(self) -> dict[str, Any]: ...

    def read(self, written: str) -> Any:
        """Raises `ValueError` with words for the model."""
        ...


Run = Callable[["Resources", TurnContext, Any], Awaitable[str | Passages | Done | HandoffAsk]]


@dataclass(frozen=True)
class Tool:
    """One thing the model may have done. `args` is a struct, or another kind of `Arguments`, that what the model
    writes must keep to; `run` answers with text for the model, with passages that it may cite, with `Done`, or with
    a handoff, which ends the turn. What it may touch it takes from the context, never from the arguments.

    A tool that `writes` and answers with `Done` changes nothing by itself; one that reaches outside sees to it that
    a turn that is thought over again does not do it twice. `for_version` makes the tool that a version has.
    """

    name: str
    description: str
    args: type[msgspec.Struct] | Arguments
    effect: Effect
    run: Run
    permission: str = "tools:call"
    per_turn: int = 5
    for_version: Callable[[Published], Tool] | None = None

    @cached_property
    def spec(self) -> ToolSpec:
        if not isinstance(self.args, type):
            return ToolSpec(self.name, self.description, self.args.schema)
        (_,), parts = msgspec.json.schema_components([self.args])
        schema = dict(parts[self.args.__name__])
        schema.pop("title", None)
        return ToolSpec(self.name, self.description, schema)

    def read(self, written: str) -> Any:
        """The arguments as `run` takes them. Raises `ValueError`."""
        if isinstance(self.args, type):
            return msgspec.json.decode(written, type=self.args)
        return self.args.read(written)


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
    permission="conversations:write",
)
