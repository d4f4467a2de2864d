"""A contact is erased, as the law lets it ask: with all that it said and was told, in one transaction. What other rooms
hold on it they delete in the same; files and stored webhooks go by the tray. The ids of its webhooks stay without
bodies, so that nothing of it comes back by a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.channels.service.events import FORGET
from evoai.inbox.repository import media as media_sql
from evoai.inbox.repository import merges as sql
from evoai.inbox.service.media import DROP
from evoai.inbox.service.merge import lock_contacts
from evoai.kit.errors import NotFound
from evoai.kit.idempotency import empty_answers
from evoai.kit.outbox import enqueue
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor

_AT_ONCE = 1000


async def erase(resources: Resources, db: AsyncSession, actor: Actor, contact_id: UUID) -> None:
    """Raises `NotFound`."""
    tenant_id = actor.principal.tenant_id
    contacts, conversations = await lock_contacts(db, tenant_id, [contact_id])
    contact = contacts.get(contact_id)
    if contact is None:
        raise NotFound()
    ids = [one.id for one in conversations]
    fences = [(one.id, one.fence + 1) for one in conversations]
    for row in (contact, *conversations):
        db.expunge(row)
    for module in resources.modules:
        if module.forget is not None:
            await module.forget(db, tenant_id, contact_id, ids)
    await empty_answers(db, tenant_id, [contact_id, *ids])
    files = await media_sql.named_in(db, tenant_id, ids)
    messages = await sql.erase_conversations(db, tenant_id, ids)
    await sql.erase(db, tenant_id, contact_id)
    if not contact.over_limit:
        await billing.give_back(db, tenant_id, "contacts")
    for first in range(0, len(messages), _AT_ONCE):
        some = [str(one) for one in messages[first : first + _AT_ONCE]]
        await enqueue(db, resources.bell, FORGET, {"messages": some})
    for first in range(0, len(files), _AT_ONCE):
        await enqueue(db, resources.bell, DROP, {"media": [str(one) for one in files[first : first + _AT_ONCE]]})
    await audit.note(db, actor, "contacts.erase", "contact", contact_id, {"messages": len(messages)})
    # What a process is just answering has nobody to be sent to any more.
    resources.fences.publish(fences)
