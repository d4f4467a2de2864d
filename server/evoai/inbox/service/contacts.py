"""Contacts as people keep them. Those who write in are made by the message step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.inbox.events import contact_updated
from evoai.inbox.models.contacts import Consent, Contact
from evoai.inbox.repository import contacts as sql
from evoai.inbox.repository import merges as merged
from evoai.inbox.schemas.contacts import ConsentOut, ContactDetailOut, ContactIn, ContactOut, ContactPatch, MergeOut
from evoai.inbox.service import handling, indexing, read
from evoai.kit import phones
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.kit.events import emit
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor


async def create(resources: Resources, db: AsyncSession, tenant_id: UUID, data: ContactIn) -> ContactOut:
    """Raises `LimitReached`, `Conflict` for a known phone and `Invalid` for one that is none."""
    digits = _digits(data.phone)
    await _refuse_known(db, tenant_id, digits)
    await billing.take(db, tenant_id, "contacts", publisher=resources.publisher)
    contact = Contact(
        tenant_id=tenant_id,
        id=new_id(),
        name=data.name,
        phone=phones.shown(digits),
        tags=list(dict.fromkeys(data.tags)),
        fields=dict(data.fields),
    )
    db.add(contact)
    await db.flush()
    await _add_phone(db, contact, digits)
    await indexing.index(db, contact)
    emit(db, resources.publisher, contact_updated(tenant_id, contact.id))
    return await _out(db, contact)


async def get(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> ContactOut:
    return await _out(db, await _contact(db, tenant_id, contact_id))


async def detail(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> ContactDetailOut:
    contact = await get(db, tenant_id, contact_id)
    merges = await merged.merges(db, tenant_id, contact_id)
    latest = next((merge.id for merge in merges if merge.undone_at is None), None)
    return ContactDetailOut(
        **{name: getattr(contact, name) for name in contact.__struct_fields__},
        merges=[
            MergeOut(
                id=merge.id,
                name=merge.lost_name,
                by=merge.by,
                created_at=merge.created_at,
                undone_at=merge.undone_at,
                can_undo=merge.id == latest,
            )
            for merge in merges
        ],
        consents=[
            ConsentOut(wish=row.wish, text=row.text, message_id=row.message_id, by=row.by, at=row.at)
            for row in await sql.consents(db, tenant_id, contact_id)
        ],
    )


async def change(
    resources: Resources, db: AsyncSession, actor: Actor, contact_id: UUID, data: ContactPatch
) -> ContactOut:
    """Blocking a contact, or noting that it wants to be left alone, ends the assistant's turn with it."""
    tenant_id = actor.principal.tenant_id
    changes = data.changes()
    wish, reason = changes.pop("opted_out", None), changes.pop("opt_out_reason", None)
    blocked, phone = changes.pop("blocked", None), changes.pop("phone", None)
    contact = await _contact(db, tenant_id, contact_id)
    if isinstance(wish, bool) and wish != (contact.opted_out_at is not None):
        await _wish(db, actor, contact, wish, reason)
    if blocked is not None:
        contact.blocked_at = (contact.blocked_at or utcnow()) if blocked else None
    if blocked or wish:
        for conversation_id in await merged.conversations(db, tenant_id, [contact_id]):
            conversation = await handling.lock(db, tenant_id, conversation_id)
            if conversation.state == "bot":
                if wish:
                    await handling.silence(resources, db, conversation, "opted-out", because="opted-out")
                else:
                    await handling.silence(resources, db, conversation, "blocked")
    for name, value in changes.items():
        setattr(contact, name, value)
    if isinstance(phone, str):
        await _change_phone(db, contact, _digits(phone))
    contact.updated_at = utcnow()
    await db.flush()
    await indexing.index(db, contact)
    emit(db, resources.publisher, contact_updated(tenant_id, contact_id))
    return await _out(db, contact)


async def _wish(db: AsyncSession, actor: Actor, contact: Contact, out: bool, reason: Any) -> None:
    """A person notes what the contact wants, and says why: it stands beside the contact's own words."""
    if not reason:
        error = FieldError("/opt_out_reason", "required", "Say where the contact asked for it")
        raise Invalid(errors=(error,))
    now = utcnow()
    contact.opted_out_at = now if out else None
    wish, by = "out" if out else "in", actor.principal.name
    db.add(
        Consent(tenant_id=contact.tenant_id, id=new_id(), contact_id=contact.id, wish=wish, text=reason, by=by, at=now)
    )
    await audit.note(db, actor, f"contacts.opt_{wish}", "contact", contact.id)


async def _change_phone(db: AsyncSession, contact: Contact, digits: str) -> None:
    """One that the contact has already becomes the one that is shown; any other must be nobody's."""
    value = phones.canonical(digits)
    owner = (await sql.by_phones(db, contact.tenant_id, [value])).get(value)
    if owner is None:
        await _add_phone(db, contact, digits)
    elif owner != contact.id:
        raise Conflict("conflict", "Another contact has this phone; merge the two")
    contact.phone = phones.shown(digits)


async def _add_phone(db: AsyncSession, contact: Contact, digits: str) -> None:
    value = phones.canonical(digits)
    if not await sql.take_alias(db, contact.tenant_id, contact.id, "phone", value, digits):
        raise Conflict("conflict", "A contact with this phone exists")


async def _refuse_known(db: AsyncSession, tenant_id: UUID, digits: str) -> None:
    if await sql.by_phones(db, tenant_id, [phones.canonical(digits)]):
        raise Conflict("conflict", "A contact with this phone exists")


def _digits(phone: str) -> str:
    digits = phones.typed(phone)
    if digits is None:
        raise Invalid(errors=(FieldError(pointer="/phone", code="phone-format", detail="Expected E.164"),))
    return digits


async def _contact(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> Contact:
    contact = await sql.contact(db, tenant_id, contact_id)
    if contact is None:
        raise NotFound()
    return contact


async def _out(db: AsyncSession, contact: Contact) -> ContactOut:
    return (await read.contacts(db, contact.tenant_id, [contact]))[0]
