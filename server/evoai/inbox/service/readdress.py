"""A person is reached elsewhere from now on: what is said to them goes there, for who has their old number now is
somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.inbox.events import contact_updated, conversation_event
from evoai.inbox.repository import contacts as people
from evoai.inbox.service import indexing
from evoai.inbox.service.identity import addresses_of
from evoai.inbox.service.merge import lock_contacts
from evoai.kit import phones
from evoai.kit.db import utcnow
from evoai.kit.events import emit

if TYPE_CHECKING:
    from evoai.resources import Resources


async def readdress(resources: Resources, tenant_id: UUID, payload: Mapping[str, Any]) -> None:
    """The tray's handler. Who was known at the new number already becomes the same contact, before this or after it."""
    kind, value = payload["now"]
    left = {address for alias in payload["left"] for address in addresses_of((alias[0], alias[1]))}
    numbers = {phones.shown(address) for address in left if address.isdigit()}
    async with resources.db.tenant_session(tenant_id) as db:
        there = await people.owner(db, tenant_id, kind, value)
        ids = {UUID(payload["contact"]), *([there] if there is not None else ())}
        contacts, conversations = await lock_contacts(db, tenant_id, sorted(ids))
        for conversation in conversations:
            if conversation.address in left:
                conversation.address = payload["address"]
                emit(
                    db,
                    resources.publisher,
                    conversation_event("conversation.updated", tenant_id, conversation.id),
                )
        for contact in contacts.values():
            if contact.phone in numbers:
                contact.phone, contact.updated_at = payload["phone"], utcnow()
                await db.flush()
                await indexing.index(db, contact)
                emit(db, resources.publisher, contact_updated(tenant_id, contact.id))
