"""What is remembered beside the messages: facts about a contact, and the summary of a conversation. People see and
change both; the assistant learns the one by its tools, and has the other written when a conversation grows long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.events import contact_updated, conversation_event
from evoai.inbox.models.contacts import Contact
from evoai.inbox.repository import contacts
from evoai.inbox.repository import memory as repository
from evoai.inbox.repository import turns as turns_sql
from evoai.inbox.schemas.memory import FactOut, FactPage, SummaryOut
from evoai.inbox.service.turns import Business, Fact
from evoai.kit.db import utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources

MOST_FACTS = 50
"""About one contact."""


class Said(msgspec.Struct, frozen=True):
    seq: int
    author: str
    type: str
    text: str | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as far as its summary does not reach yet."""

    contact_id: UUID
    business: Business
    assistant_id: UUID
    assistant_version: int
    summary: str | None
    summary_version: int
    facts: dict[str, str]
    said: tuple[Said, ...]
    """Oldest first."""


async def facts(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> FactPage:
    """Raises `NotFound`."""
    contact = await contacts.contact(db, tenant_id, contact_id)
    if contact is None:
        raise NotFound
    return await _page(db, contact)


async def set_fact(
    resources: Resources, db: AsyncSession, tenant_id: UUID, contact_id: UUID, key: str, value: str
) -> FactPage:
    """What a person says about a contact. Raises `NotFound`, `Conflict` where there is no room."""
    contact = await repository.locked_contact(db, tenant_id, contact_id)
    if contact is None:
        raise NotFound
    if key not in contact.facts and len(contact.facts) >= MOST_FACTS:
        raise Conflict("conflict", f"There are {MOST_FACTS} facts about the contact, which is as many as there may be")
    _learn(resources, db, contact, {key: Fact(value=value, learnt_at=utcnow())})
    await db.flush()
    return await _page(db, contact)


async def drop_fact(resources: Resources, db: AsyncSession, tenant_id: UUID, contact_id: UUID, key: str) -> None:
    contact = await repository.locked_contact(db, tenant_id, contact_id)
    if contact is None or key not in contact.facts:
        raise NotFound
    contact.facts = {name: fact for name, fact in contact.facts.items() if name != key}
    contact.updated_at = utcnow()
    await db.flush()
    emit(db, resources.publisher, contact_updated(tenant_id, contact_id))


def _learn(resources: Resources, db: AsyncSession, contact: Contact, learnt: Mapping[str, Fact]) -> None:
    contact.facts = contact.facts | msgspec.to_builtins(dict(learnt))
    contact.updated_at = utcnow()
    emit(db, resources.publisher, contact_updated(contact.tenant_id, contact.id))


async def _page(db: AsyncSession, contact: Contact) -> FactPage:
    known = msgspec.convert(contact.facts, dict[str, Fact])
    places = [(fact.conversation_id, fact.seq) for fact in known.values() if fact.conversation_id and fact.seq]
    messages = await repository.messages_at(db, contact.tenant_id, places)
    items = [
        FactOut(
            key=key,
            value=fact.value,
            learnt_at=fact.learnt_at,
            conversation_id=fact.conversation_id,
            message_id=messages.get((fact.conversation_id, fact.seq)),
        )
        for key, fact in sorted(known.items())
    ]
    return FactPage(items=items)


async def summary(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> SummaryOut:
    """Raises `NotFound`."""
    row = await repository.conversation_with_contact(db, tenant_id, conversation_id)
    if row is None:
        raise NotFound
    held = row[0]
    return SummaryOut(
        text=held.summary, up_to_seq=held.summary_seq, version=held.summary_version, updated_at=held.summary_at
    )


async def set_summary(
    resources: Resources, db: AsyncSession, tenant_id: UUID, conversation_id: UUID, text: str | None, version: int
) -> SummaryOut:
    """A person's correction of summary `version`. Raises `NotFound`, `Conflict` if it is another by now."""
    row = await repository.conversation_with_contact(db, tenant_id, conversation_id)
    if row is None:
        raise NotFound
    reach = row[0].summary_seq if text else 0
    if not await repository.set_summary(db, tenant_id, conversation_id, version, text, reach):
        raise Conflict("conflict", "The summary was changed meanwhile")
    emit(db, resources.publisher, conversation_event("conversation.updated", tenant_id, conversation_id))
    db.expire(row[0])
    return await summary(db, tenant_id, conversation_id)


async def history(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, limit: int) -> History | None:
    """For who writes the summary; None where nobody answers for the tenant, or the conversation is gone."""
    row = await repository.conversation_with_contact(db, tenant_id, conversation_id)
    responder = await turns_sql.responder_of(db, tenant_id)
    if row is None or responder is None:
        return None
    conversation, contact = row
    said = await repository.said_after(db, tenant_id, conversation_id, conversation.summary_seq, limit)
    return History(
        contact_id=contact.id,
        business=await turns_sql.business_of(db, tenant_id),
        assistant_id=responder.assistant_id,
        assistant_version=responder.version,
        summary=conversation.summary,
        summary_version=conversation.summary_version,
        facts={key: fact["value"] for key, fact in contact.facts.items()},
        said=tuple(Said(*each) for each in said),
    )


async def store_summary(
    resources: Resources,
    db: AsyncSession,
    tenant_id: UUID,
    conversation_id: UUID,
    before: History,
    text: str,
    up_to_seq: int,
    learnt: Sequence[tuple[str, str, int]],
) -> bool:
    """The summary that follows the one in `before`, and what was learnt: (key, value, seq) each, new keys as far as
    there is room. False, and nothing is stored, if the summary was written meanwhile."""
    if not await repository.set_summary(db, tenant_id, conversation_id, before.summary_version, text, up_to_seq):
        return False
    contact = await repository.locked_contact(db, tenant_id, before.contact_id)
    if contact is not None:
        room = MOST_FACTS - len(contact.facts)
        kept: dict[str, Any] = {}
        for key, value, seq in learnt:
            known = key in contact.facts or key in kept
            if known or room > 0:
                room -= not known
                kept[key] = Fact(value=value, learnt_at=utcnow(), conversation_id=conversation_id, seq=seq)
        if kept:
            _learn(resources, db, contact, kept)
    emit(db, resources.publisher, conversation_event("conversation.updated", tenant_id, conversation_id))
    return True
