"""Keeps the words that a contact is found by. Whoever changes a contact's name, tags or addresses calls `index`."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.contacts import Contact
from evoai.inbox.repository import contacts as sql
from evoai.inbox.service import search


async def index(db: AsyncSession, contact: Contact) -> None:
    """In the transaction that changed it."""
    aliases = (await sql.aliases(db, contact.tenant_id, [contact.id])).get(contact.id, [])
    numbers = [alias.value for alias in aliases if alias.kind == "phone"]
    words = search.words_of(contact.name, numbers, contact.username, [str(tag) for tag in contact.tags])
    await sql.set_words(db, contact.tenant_id, contact.id, words)
