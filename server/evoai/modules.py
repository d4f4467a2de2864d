"""The rooms in floor order: the one list to change when a room is added. What the message path needs of two rooms is
brought together here, so that neither calls upwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evoai.assistant.module import MODULE as ASSISTANT
from evoai.assistant.service.record import record
from evoai.assistant.service.sources import Passage, Passages
from evoai.assistant.service.think import think
from evoai.assistant.service.tools import Tool
from evoai.auth.module import MODULE as AUTH
from evoai.billing.module import MODULE as BILLING
from evoai.channels.module import MODULE as CHANNELS
from evoai.inbox.module import MODULE as INBOX
from evoai.inbox.service.steps import InboxSteps
from evoai.inbox.service.turns import TurnContext
from evoai.kit.module import Module
from evoai.knowledge import tools as knowledge
from evoai.knowledge.module import MODULE as KNOWLEDGE
from evoai.ops.module import MODULE as OPS
from evoai.realtime.module import MODULE as REALTIME
from evoai.tenants.module import MODULE as TENANTS

if TYPE_CHECKING:
    from evoai.resources import Resources


async def _search_knowledge(
    resources: Resources, context: TurnContext, args: knowledge.SearchKnowledgeArgs
) -> Passages:
    found, vectors = await knowledge.search_knowledge(resources, context.tenant_id, args)
    items = tuple(Passage(**{name: getattr(item, name) for name in Passage.__struct_fields__}) for item in found)
    return Passages(args.query, items, tuple((vector.model, vector.tokens) for vector in vectors))


SEARCH_KNOWLEDGE = Tool(
    name=knowledge.NAME,
    description=knowledge.DESCRIPTION,
    args=knowledge.SearchKnowledgeArgs,
    effect="reads",
    run=_search_knowledge,
    permission="documents:read",
)

MODULES: tuple[Module, ...] = (
    AUTH,
    TENANTS,
    BILLING,
    CHANNELS,
    INBOX,
    replace(KNOWLEDGE, tools=(SEARCH_KNOWLEDGE,)),
    ASSISTANT,
    REALTIME,
    OPS,
)


def path_steps(resources: Resources) -> InboxSteps:
    """The steps of the message path: the inbox's, with the assistant as the one who answers."""
    return InboxSteps(resources, think, record)
