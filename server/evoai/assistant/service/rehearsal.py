"""A turn without a contact: the production road on any draft, with tools that would change something only pretended.
What it costs is recorded like any other turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.assistant.schemas.tests import SpokenLine
from evoai.assistant.service.record import Purpose, record_aside
from evoai.assistant.service.think import think_as
from evoai.assistant.service.tools import Tool
from evoai.assistant.service.trace import TurnTrace
from evoai.assistant.service.versions import Published
from evoai.billing import service as billing
from evoai.inbox.service.turns import Business, HandoffAsk, Line, TurnContext
from evoai.kit.db import new_id, utcnow

if TYPE_CHECKING:
    from evoai.resources import Resources


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would have been answered."""

    bubbles: tuple[str, ...]
    handoff: HandoffAsk | None
    trace: TurnTrace
    pretended: frozenset[str]
    """Tools that would have changed something, and were not run."""

    @property
    def text(self) -> str:
        return "\n".join(self.bubbles)

    @property
    def failed(self) -> bool:
        """No model gave a usable answer, or none could be paid for."""
        no_budget = self.handoff is not None and self.handoff.reason == "budget-reached"
        return no_budget or self.trace.outcome == "failed"

    @property
    def tools(self) -> list[str]:
        return [tool["name"] for tool in self.trace.tools if tool["outcome"] == "done"]

    @property
    def cited(self) -> set[UUID]:
        """Documents that the answer names as its sources."""
        return {passage.document_id for passage in self.trace.passages if passage.cited}


@dataclass(slots=True)
class _Stage:
    """The tools of a turn, with those that would write only pretended."""

    pretended: set[str] = field(default_factory=set[str])

    def __call__(self, tools: list[Tool]) -> list[Tool]:
        return [tool if tool.effect != "writes" else self._pretend(tool) for tool in tools]

    def _pretend(self, tool: Tool) -> Tool:
        async def run(resources: Resources, context: TurnContext, args: Any) -> str:
            self.pretended.add(tool.name)
            return _PRETENDED

        return replace(tool, run=run)


_PRETENDED = "Done. (This is a rehearsal: nothing was changed.)"


async def rehearse(
    resources: Resources,
    tenant_id: UUID,
    business: Business,
    version: Published,
    messages: Sequence[SpokenLine],
    contact_name: str,
    *,
    purpose: Purpose,
    assistant_id: UUID,
    about: UUID,
    conversation_id: UUID | None = None,
) -> Rehearsed:
    """Answer the contact's last messages as `version`. `about` is what it is for, and `conversation_id` where they are
    from, on its trace. No contact is touched, and no transaction is open meanwhile."""
    stage = _Stage()
    async with resources.db.tenant_session(tenant_id) as db:
        budgeted = await billing.is_limited(db, tenant_id)
    context = _context(tenant_id, assistant_id, business, messages, contact_name, budgeted=budgeted)
    answer = await think_as(resources, context, version, stage)
    trace: TurnTrace = answer.trace
    await record_aside(resources, tenant_id, purpose, about, trace, conversation_id)
    return Rehearsed(answer.bubbles, answer.handoff, trace, frozenset(stage.pretended))


def _context(
    tenant_id: UUID,
    assistant_id: UUID,
    business: Business,
    messages: Sequence[SpokenLine],
    contact_name: str,
    *,
    budgeted: bool,
) -> TurnContext:
    now = utcnow()
    begin = now - timedelta(seconds=len(messages))
    lines = tuple(
        Line(seq=seq, author=said.author, type="text", text=said.text, at=begin + timedelta(seconds=seq))
        for seq, said in enumerate(messages, 1)
    )
    spoken = [line.seq for line in lines if line.author != "contact"]
    return TurnContext(
        tenant_id=tenant_id,
        conversation_id=new_id(),
        turn_id=new_id(),
        contact_name=contact_name,
        contact_phone=None,
        address="",
        business=business,
        assistant_id=assistant_id,
        assistant_version=0,
        lines=lines,
        first_in_seq=(spoken[-1] if spoken else 0) + 1,
        last_in_seq=lines[-1].seq,
        budgeted=budgeted,
    )
