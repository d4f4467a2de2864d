"""Gaps: what contacts asked and the tenant's documents do not say. Noted by the assistant, closed by people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.sql import Writes
from evoai.knowledge.models import Gap
from evoai.knowledge.repository import gaps as repository
from evoai.knowledge.schemas import DocumentOut, GapAnswerIn, GapOut
from evoai.knowledge.service import documents
from evoai.knowledge.service.read import out
from evoai.knowledge.service.terms import all_words, stem, words
from evoai.knowledge.service.thesaurus import asked_for, thing

if TYPE_CHECKING:
    from evoai.resources import Resources

_LONGEST = 300
_KEY = 200
# Whose question it was is nobody's business here: numbers of people, and their addresses.
_PERSONAL = re.compile(r"\S+@\S+\.\w+|\+?\d[\d .()/-]{6,}\d")


def normal_form(question: str) -> str:
    """What two questions share that ask for the same: their terms in any order, with one word for price, hours, place
    and payment. Empty if nothing is asked."""
    found = {thing(stem(word)) for word in words(question) or all_words(question)}
    for said in asked_for(question):
        things = {thing(term) for term in said}
        if len(things) == 1:
            found |= things
    return " ".join(sorted(found))[:_KEY]


def note(writes: Writes, asked: Sequence[tuple[UUID, UUID, str]], tenant_id: UUID | None) -> None:
    """For the answers' group commit: add questions that nobody could answer to `writes`; (tenant, conversation,
    question)."""
    now = utcnow()
    counts: Counter[tuple[UUID, str]] = Counter()
    first: dict[tuple[UUID, str], tuple[str, UUID]] = {}
    for tenant, conversation_id, question in asked:
        key = (tenant, normal_form(question))
        if key[1]:
            counts[key] += 1
            words = " ".join(_PERSONAL.sub("…", question).split())[:_LONGEST]
            first.setdefault(key, (words, conversation_id))
    rows = [
        (tenant, new_id(), key, *first[tenant, key], counts[tenant, key], now, now) for tenant, key in sorted(counts)
    ]
    if rows:
        repository.note(writes, rows, grouped=tenant_id is None)


async def forget(db: AsyncSession, tenant_id: UUID, contact_id: UUID, conversations: Sequence[UUID]) -> None:
    """A contact is erased: questions that stand here in its words go, however often others asked the same; if they are
    missed they will be asked again."""
    await repository.forget(db, tenant_id, conversations)


async def page(
    db: AsyncSession, tenant_id: UUID, state: str, after: tuple[int, UUID] | None, limit: int
) -> list[GapOut]:
    """What was asked most comes first."""
    return [_out(row) for row in await repository.page(db, tenant_id, state, after, limit)]


async def dismiss(db: AsyncSession, tenant_id: UUID, gap_id: UUID) -> GapOut:
    """Not ours to answer: it stays out of the list however often it is asked. Raises `NotFound`, `Conflict`."""
    gap = await _open(db, tenant_id, gap_id)
    gap.state = "dismissed"
    await db.flush()
    return _out(gap)


async def answer(
    resources: Resources, db: AsyncSession, tenant_id: UUID, gap_id: UUID, data: GapAnswerIn
) -> DocumentOut:
    """Close a gap by a pair of question and answer, which is indexed like any document. Raises `NotFound`, `Conflict`,
    `LimitReached`."""
    gap = await _open(db, tenant_id, gap_id)
    document = documents.new_pair(tenant_id, data.question or gap.question, data.answer, None, data.tags)
    await documents.store(resources, db, document)
    gap.state, gap.document_id, gap.answered_at = "answered", document.id, utcnow()
    await db.flush()
    return out(document)


async def _open(db: AsyncSession, tenant_id: UUID, gap_id: UUID) -> Gap:
    gap = await repository.lock(db, tenant_id, gap_id)
    if gap is None:
        raise NotFound()
    if gap.state == "answered":
        raise Conflict(detail="It has been answered")
    return gap


def _out(gap: Any) -> GapOut:
    return GapOut(**{name: getattr(gap, name) for name in GapOut.__struct_fields__})
