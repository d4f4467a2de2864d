"""Queries on contacts as people keep them: found, listed, made one, taken apart, erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.contacts import Consent, Contact, ContactAlias, ContactWord
from evoai.inbox.service import search
from evoai.kit.db import new_id, utcnow

_UNSYNCED = {"synchronize_session": False}


async def contact(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> Contact | None:
    return await db.scalar(select(Contact).where(Contact.tenant_id == tenant_id, Contact.id == contact_id))


async def lock(db: AsyncSession, tenant_id: UUID, ids: Iterable[UUID]) -> list[Contact]:
    """In the order of their ids; behind the locks of quotas and conversations."""
    query = select(Contact).where(Contact.tenant_id == tenant_id, Contact.id.in_(list(ids))).order_by(Contact.id)
    return list(await db.scalars(query.with_for_update().execution_options(populate_existing=True)))


async def by_phones(db: AsyncSession, tenant_id: UUID, phones: Sequence[str]) -> dict[str, UUID]:
    """Who the phones belong to now, by phone."""
    rows = await db.execute(
        select(ContactAlias.value, ContactAlias.contact_id).where(
            ContactAlias.tenant_id == tenant_id,
            ContactAlias.kind == "phone",
            ContactAlias.value.in_(phones),
            ContactAlias.gone_at.is_(None),
        )
    )
    return {row.value: row.contact_id for row in rows}


async def owner(db: AsyncSession, tenant_id: UUID, kind: str, value: str) -> UUID | None:
    """Whose alias it is now."""
    return await db.scalar(
        select(ContactAlias.contact_id).where(
            ContactAlias.tenant_id == tenant_id,
            ContactAlias.kind == kind,
            ContactAlias.value == value,
            ContactAlias.gone_at.is_(None),
        )
    )


async def aliases(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, list[ContactAlias]]:
    """Those that the contacts still have, oldest first."""
    rows = await db.scalars(
        select(ContactAlias).where(ContactAlias.tenant_id == tenant_id, ContactAlias.contact_id.in_(ids))
    )
    found: dict[UUID, list[ContactAlias]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if row.gone_at is None:
            found.setdefault(row.contact_id, []).append(row)
    return found


async def take_alias(db: AsyncSession, tenant_id: UUID, contact_id: UUID, kind: str, value: str, address: str) -> bool:
    """Give a contact an alias that nobody has, or has any more; whether it got it."""
    return await _take_aliases(db, [(tenant_id, contact_id, kind, value, address)]) == 1


async def _take_aliases(db: AsyncSession, rows: Sequence[tuple[UUID, UUID, str, str, str]]) -> int:
    """How many of these nobody had, or had any more."""
    now = utcnow()
    statement = insert(ContactAlias).values(
        [
            {
                "tenant_id": tenant_id,
                "id": new_id(),
                "contact_id": contact_id,
                "kind": kind,
                "value": value,
                "address": address,
                "created_at": now,
            }
            for tenant_id, contact_id, kind, value, address in rows
        ]
    )
    taken = await db.scalars(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "kind", "value"],
            set_={name: statement.excluded[name] for name in ("contact_id", "address", "created_at", "gone_at")},
            where=ContactAlias.gone_at.is_not(None),
        ).returning(ContactAlias.id)
    )
    return len(taken.all())


async def add(
    db: AsyncSession, tenant_id: UUID, rows: Sequence[dict[str, Any]], numbers: Sequence[tuple[UUID, str, str]]
) -> bool:
    """New contacts with their phones (contact, value, address); False if one of these is somebody's already."""
    await db.execute(insert(Contact).values(list(rows)))
    made = [(tenant_id, contact_id, "phone", value, address) for contact_id, value, address in numbers]
    return await _take_aliases(db, made) == len(made)


async def field_names(db: AsyncSession, tenant_id: UUID) -> list[str]:
    """Under which names contacts have something, at most 50 of them."""
    names = select(func.jsonb_object_keys(Contact.fields)).where(Contact.tenant_id == tenant_id, Contact.fields != {})
    return sorted(await db.scalars(names.distinct().limit(50)))


def matching(tenant_id: UUID, typed: str, contact_id: Any) -> list[Any]:
    """Conditions by which the contact `contact_id` has all that was typed."""
    wanted = search.wanted(typed)
    if not wanted.ranges:
        # Nothing that anybody is called by.
        return [contact_id.is_(None)]
    if wanted.digits:
        tails = _with_word(tenant_id, wanted.ranges[0])
        beginnings = select(ContactAlias.contact_id).where(
            ContactAlias.tenant_id == tenant_id,
            ContactAlias.kind == "phone",
            or_(*(and_(ContactAlias.value >= low, ContactAlias.value < high) for low, high in wanted.digits)),
        )
        return [contact_id.in_(union(tails, beginnings))]
    return [contact_id.in_(_with_word(tenant_id, each)) for each in wanted.ranges]


def _with_word(tenant_id: UUID, words: search.Range) -> Any:
    return select(ContactWord.contact_id).where(
        ContactWord.tenant_id == tenant_id, ContactWord.word >= words.low, ContactWord.word < words.high
    )


async def page(
    db: AsyncSession,
    tenant_id: UUID,
    *,
    typed: str | None,
    tag: str | None,
    opted_out: bool | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Contact]:
    """Newest first."""
    query = select(Contact).where(Contact.tenant_id == tenant_id)
    if typed:
        query = query.where(*matching(tenant_id, typed, Contact.id))
    if tag:
        tagged = select(ContactWord.contact_id).where(
            ContactWord.tenant_id == tenant_id, ContactWord.word == search.tag_word(tag)
        )
        query = query.where(Contact.id.in_(tagged))
    if opted_out is not None:
        query = query.where(Contact.opted_out_at.is_not(None) if opted_out else Contact.opted_out_at.is_(None))
    if before is not None:
        query = query.where(Contact.id < before)
    return (await db.scalars(query.order_by(Contact.id.desc()).limit(limit))).all()


async def set_words(db: AsyncSession, tenant_id: UUID, contact_id: UUID, words: Sequence[str]) -> None:
    """What the contact is found by from now on."""
    await db.execute(
        delete(ContactWord)
        .where(ContactWord.tenant_id == tenant_id, ContactWord.contact_id == contact_id, ContactWord.word.not_in(words))
        .execution_options(**_UNSYNCED)
    )
    await add_words(db, [(tenant_id, contact_id, word) for word in words])


async def add_words(db: AsyncSession, rows: Sequence[tuple[UUID, UUID, str]]) -> None:
    for first in range(0, len(rows), 2000):
        values = [
            {"tenant_id": tenant_id, "id": new_id(), "contact_id": contact_id, "word": word}
            for tenant_id, contact_id, word in rows[first : first + 2000]
        ]
        await db.execute(insert(ContactWord).values(values).on_conflict_do_nothing())


async def consents(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> Sequence[Consent]:
    """Newest first."""
    rows = await db.scalars(
        select(Consent)
        .where(Consent.tenant_id == tenant_id, Consent.contact_id == contact_id)
        .order_by(Consent.id.desc())
        .limit(50)
    )
    return rows.all()
