"""The playground: somebody plays the contact, and the draft answers by the production road. Nobody is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from evoai.assistant.repository import assistants as repository
from evoai.assistant.schemas.tests import HandoffOut, PlayedToolOut, PlaygroundIn, PlaygroundOut
from evoai.assistant.service.allowance import check_room
from evoai.assistant.service.cases import wrong_messages
from evoai.assistant.service.drafts import draft_of, found, trace_out
from evoai.assistant.service.rehearsal import rehearse
from evoai.assistant.service.versions import as_published
from evoai.inbox.service import history
from evoai.kit.errors import Conflict, Invalid, NotFound, RateLimited

if TYPE_CHECKING:
    from evoai.resources import Resources

_LIMITS = ((60_000, 30), (3_600_000, 300))
"""Answers of a tenant's playground."""


async def play(resources: Resources, tenant_id: UUID, assistant_id: UUID, data: PlaygroundIn) -> PlaygroundOut:
    """Raises `NotFound`, `Invalid`, `LimitReached`, `RateLimited`, and `Conflict` where there is no model."""
    if resources.model is None:
        raise Conflict("conflict", "No model is configured")
    if wrong := wrong_messages(data.messages):
        raise Invalid(errors=tuple(wrong))
    verdict = await resources.limiter.hit(f"t:{tenant_id}:limit:playground", _LIMITS)
    if not verdict.allowed:
        raise RateLimited(retry_after=verdict.retry_after)
    async with resources.db.tenant_session(tenant_id) as db:
        draft = as_published(draft_of(await found(db, tenant_id, assistant_id)))
        await check_room(resources, db, tenant_id)
        business = await history.business(db, tenant_id)
    rehearsed = await rehearse(
        resources,
        tenant_id,
        business,
        draft,
        data.messages,
        data.contact_name,
        purpose="playground",
        assistant_id=assistant_id,
        about=assistant_id,
    )
    async with resources.db.tenant_session(tenant_id) as db:
        trace = await repository.get_trace(db, tenant_id, rehearsed.trace.trace_id)
    if trace is None:
        raise NotFound
    handoff = rehearsed.handoff
    return PlaygroundOut(
        bubbles=list(rehearsed.bubbles),
        handoff=HandoffOut(reason=handoff.reason, note=handoff.note) if handoff is not None else None,
        tools=[
            PlayedToolOut(
                name=tool["name"],
                outcome=tool["outcome"],
                arguments=tool["arguments"],
                result=tool["result"],
                simulated=tool["name"] in rehearsed.pretended,
            )
            for tool in rehearsed.trace.tools
        ],
        trace=trace_out(trace, resources.settings.model.usd_brl_rate),
    )
