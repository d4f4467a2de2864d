"""Contacts as people keep them. Those who write in are made by the message step."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.channels.adapters.protocol import Address
from evoai.inbox.events import contact_updated
from evoai.inbox.models import Contact, ContactAlias
from evoai.inbox.repository import people
from evoai.inbox.schemas.contacts import ContactIn, ContactOut, ContactPatch
from evoai.inbox.service import handling, read
from evoai.inbox.service.identity import e164, send_address
from evoai.kit import phones
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources


async def create(resources: Resources, db: AsyncSession, tenant_id: UUID, data: ContactIn) -> ContactOut:
    """Raises `LimitReached`, `Conflict` for a known phone and `Invalid` for one that is none."""
    digits = phones.typed(data.phone)
    if digits is None:
        raise Invalid(errors=(FieldError(pointer="/phone", code="phone-format", detail="Expected E.164"),))
    address, value = Address(phone=digits), phones.canonical(digits)
    if await people.contact_by_alias(db, tenant_id, "phone", value) is not None:
        raise Conflict("conflict", "A contact with this phone exists")
    await billing.take(db, tenant_id, "contacts", publisher=resources.publisher)
    contact = Contact(tenant_id=tenant_id, id=new_id(), name=data.name, phone=e164(address), tags=list(data.tags))
    db.add(contact)
    await db.flush()
    db.add(
        ContactAlias(
            tenant_id=tenant_id, contact_id=contact.id, kind="phone", value=value, address=send_address(address)
        )
    )
    await db.flush()
    emit(db, resources.publisher, contact_updated(tenant_id, contact.id))
    return (await read.contacts(db, tenant_id, [contact]))[0]


async def get(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> ContactOut:
    contact = await people.contact(db, tenant_id, contact_id)
    if contact is None:
        raise NotFound()
    return (await read.contacts(db, tenant_id, [contact]))[0]


async def change(
    resources: Resources, db: AsyncSession, tenant_id: UUID, contact_id: UUID, data: ContactPatch
) -> ContactOut:
    """Blocking a contact ends the assistant's turn with it; what it writes from then on is ignored."""
    contact = await people.contact(db, tenant_id, contact_id)
    if contact is None:
        raise NotFound()
    changes = data.changes()
    blocked = changes.pop("blocked", None)
    if blocked is not None:
        contact.blocked_at = (contact.blocked_at or utcnow()) if blocked else None
    if blocked:
        for conversation_id in await people.conversations_of_contact(db, tenant_id, contact_id):
            conversation = await handling.lock(db, tenant_id, conversation_id)
            if conversation.state == "bot":
                await handling.silence(resources, db, conversation, "blocked")
    for name, value in changes.items():
        setattr(contact, name, value)
    contact.updated_at = utcnow()
    await db.flush()
    emit(db, resources.publisher, contact_updated(tenant_id, contact_id))
    return (await read.contacts(db, tenant_id, [contact]))[0]
