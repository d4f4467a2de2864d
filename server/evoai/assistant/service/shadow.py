"""Shadow mode: the assistant drafts what it would have answered, and people answer; how near the two come."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.repository import shadow as repository
from evoai.assistant.schemas.shadow import ShadowDraftOut, ShadowDraftPage, ShadowReportOut, ShadowTopicOut
from evoai.assistant.service.allowance import has_room
from evoai.assistant.service.cases import spoken
from evoai.assistant.service.drafts import found
from evoai.assistant.service.rehearsal import rehearse
from evoai.assistant.service.versions import VERSIONS
from evoai.inbox.service import history, responders
from evoai.kit.db import utcnow
from evoai.kit.errors import NotFound
from evoai.knowledge.service.terms import indexed

if TYPE_CHECKING:
    from evoai.kit.http import Paging
    from evoai.resources import Resources

SIMILAR = 0.5
_COUNTED = 2000
"""Drafts that a report looks at, the newest."""


async def draft(resources: Resources, tenant_id: UUID, conversation_id: UUID) -> None:
    """Draft an answer to what the contact of a conversation in the shadow waits for. At most once for the same."""
    async with resources.db.tenant_session(tenant_id) as db:
        responder = await responders.responder(db, tenant_id)
        if responder is None or not responder.shadow or not await has_room(resources, db, tenant_id):
            return
        last_in_seq = await history.last_in_seq(db, tenant_id, conversation_id)
        if not last_in_seq:
            return
        draft_id = await repository.claim(
            db, tenant_id, responder.assistant_id, responder.version, conversation_id, last_in_seq
        )
        if draft_id is None:
            return
        try:
            excerpt = await history.excerpt(db, tenant_id, conversation_id, None)
        except NotFound:
            # All that was to be answered was taken back.
            await repository.fill(db, tenant_id, draft_id, answer="")
            return
        business = await history.business(db, tenant_id)
    version = await VERSIONS.get(resources.db, tenant_id, responder.assistant_id, responder.version)
    messages = spoken(excerpt.lines)
    if version is None or not messages:
        return
    rehearsed = await rehearse(
        resources,
        tenant_id,
        business,
        version,
        messages,
        excerpt.contact_name,
        purpose="shadow",
        assistant_id=responder.assistant_id,
        about=draft_id,
        conversation_id=conversation_id,
    )
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.fill(
            db,
            tenant_id,
            draft_id,
            asked=_waiting(messages),
            answer=rehearsed.text,
            handoff_reason=rehearsed.handoff.reason if rehearsed.handoff is not None else None,
            trace_id=rehearsed.trace.trace_id,
        )


def _waiting(messages: Sequence[Any]) -> str:
    """What the contact wrote since anybody last spoke to it."""
    waiting: list[str] = []
    for said in reversed(messages):
        if said.author != "contact":
            break
        waiting.append(said.text)
    return "\n".join(reversed(waiting))


def similarity(draft: str, reply: str) -> float:
    """How much of their words two texts share, endings and accents aside: 0 to 1."""
    one, two = Counter(indexed(draft)), Counter(indexed(reply))
    both = one.total() + two.total()
    return round(2 * (one & two).total() / both, 3) if both else float(draft.strip() == reply.strip())


async def report(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, days: int) -> ShadowReportOut:
    """Raises `NotFound`."""
    await found(db, tenant_id, assistant_id)
    since = utcnow() - timedelta(days=days)
    drafts = [_out(row) for row in await repository.drafts_since(db, tenant_id, assistant_id, since, _COUNTED)]
    by_topic: defaultdict[str | None, list[ShadowDraftOut]] = defaultdict(list)
    for item in drafts:
        by_topic[item.topic].append(item)
    topics = sorted((_sum(topic, items) for topic, items in by_topic.items()), key=lambda each: -each.drafts)
    return ShadowReportOut(since=since, total=_sum(None, drafts), topics=topics)


async def list_drafts(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, paging: Paging) -> ShadowDraftPage:
    """Newest first. Raises `NotFound`."""
    await found(db, tenant_id, assistant_id)
    rows = await repository.drafts_page(db, tenant_id, assistant_id, paging.after(UUID), paging.limit)
    shown, following = paging.cut(rows, lambda row: (row.id,))
    return ShadowDraftPage(items=[_out(row) for row in shown], next_cursor=following)


def _out(row: Any) -> ShadowDraftOut:
    return ShadowDraftOut(
        id=row.id,
        conversation_id=row.conversation_id,
        assistant_version=row.assistant_version,
        topic=row.topic,
        asked=row.asked,
        draft=row.answer,
        handoff_reason=row.handoff_reason,
        reply=row.reply,
        similarity=similarity(row.answer, row.reply) if row.reply else None,
        created_at=row.created_at,
    )


def _sum(topic: str | None, drafts: Iterable[ShadowDraftOut]) -> ShadowTopicOut:
    items = list(drafts)
    near = [item.similarity for item in items if item.similarity is not None]
    return ShadowTopicOut(
        topic=topic,
        drafts=len(items),
        answered=len(near),
        handed_over=sum(item.handoff_reason is not None for item in items),
        similar=sum(each >= SIMILAR for each in near),
        similarity=round(sum(near) / len(near), 3) if near else None,
    )
