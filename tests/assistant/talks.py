"""Conversations that go on for long."""

from __future__ import annotations

from uuid import UUID

from evoai.kit.db import new_id
from tests.house import Clinic

PHONE = "5511987654001"


async def chatter(clinic: Clinic, count: int) -> None:
    """The conversation goes on for `count` messages, as if it had been."""
    found = await clinic.conversation(PHONE)
    tenant, conversation = clinic.client.tenant_id, UUID(found["id"])
    last = (await clinic.house.row("select seq from conversations where id = $1", conversation))["seq"]
    for n in range(count):
        await clinic.house.run(
            "insert into messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, text,"
            " status, created_at) values ($1, $2, $3, $4, $5, 'in', 'contact', 'text', $6, 'received', now())",
            tenant,
            new_id(),
            conversation,
            UUID(clinic.channel_id),
            last + n + 1,
            "Prefiro cadeira azul" if n == 2 else f"assunto{last + n + 1}",
        )
    await clinic.house.run(
        "update conversations set seq = seq + $2, last_in_seq = seq + $2 where id = $1", conversation, count
    )
