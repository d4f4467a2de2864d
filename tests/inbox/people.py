"""People who write under several addresses: the webhooks that a provider makes of it, and whom they became."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from asyncpg import Record

from tests.house import Clinic, eventually

_numbers = count(1)


@dataclass
class Person:
    """Somebody with a mobile, of which the ninth digit is written or not, and a LID."""

    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def phone(self) -> str:
        return f"55219{81000000 + self.number}"

    @property
    def short(self) -> str:
        return self.phone[:4] + self.phone[5:]

    @property
    def lid(self) -> str:
        return f"{77000000000000 + self.number}"

    def key(self, shape: str) -> dict[str, Any]:
        """The message key of a shape: one letter for each address in the order in which they stand; `P` the phone, `p`
        without its ninth digit, `L` the LID; `s` in front: beside the address as the sender's."""
        jids = {"P": f"{self.phone}@s.whatsapp.net", "p": f"{self.short}@s.whatsapp.net", "L": f"{self.lid}@lid"}
        if shape.startswith("s"):
            sender = {"senderPn": jids[shape[-1]], "senderLid": jids["L"]}
            return {"remoteJid": jids[shape[1]], **sender}
        first, *rest = (jids[letter] for letter in shape)
        return {"remoteJid": first} | ({"remoteJidAlt": rest[0]} if rest else {})


def message(key: dict[str, Any], text: str = "Oi", **more: Any) -> dict[str, Any]:
    """What the provider posts of a message with this key."""
    data = {
        "key": {"fromMe": False, "id": f"ID{next(_numbers):08d}", **key},
        "pushName": "Rita Lima",
        "message": {"conversation": text},
        "messageType": "conversation",
        **more,
    }
    return {"event": "messages.upsert", "data": data}


async def hears(clinic: Clinic, key: dict[str, Any], text: str = "Oi", **more: Any) -> None:
    answer = await clinic.hook(message(key, text, **more))
    assert answer.status == 200, answer.body


async def without_assistant(clinic: Clinic) -> None:
    """What is written waits for people, so that nothing is sent."""
    assistant = (await clinic.client.get("/assistants"))["items"][0]
    path = f"/assistants/{assistant['id']}"
    assert (await clinic.client.patch(path, {"enabled": False})).status == 200
    assert (await clinic.client.post(f"{path}/publish", {})).status == 200


async def worked(clinic: Clinic) -> None:
    """Wait until every event is worked, and everything in the tray is done."""
    await clinic.events()

    async def done() -> bool:
        row = await clinic.house.row(
            "select count(*) from outbox where tenant_id = $1 and done_at is null", clinic.client.tenant_id
        )
        return row[0] == 0

    await eventually(done, 20)


async def contacts(clinic: Clinic) -> list[Record]:
    """Oldest first, with their aliases and how much they have said."""
    return await clinic.house.rows(
        "select c.*, (select array_agg(a.kind || ':' || a.value order by a.kind, a.value) from contact_aliases a"
        "   where a.tenant_id = c.tenant_id and a.contact_id = c.id and a.gone_at is null) as aliases,"
        " (select count(*) from messages m join conversations v on v.tenant_id = m.tenant_id"
        "   and v.id = m.conversation_id where v.tenant_id = c.tenant_id and v.contact_id = c.id"
        "   and m.direction = 'in') as said"
        " from contacts c where c.tenant_id = $1 order by c.id",
        clinic.client.tenant_id,
    )


async def contacts_used(clinic: Clinic) -> int:
    row = await clinic.house.row(
        "select used from quotas where tenant_id = $1 and kind = 'contacts'", clinic.client.tenant_id
    )
    return row["used"]


async def contact_of(clinic: Clinic, alias: str) -> UUID:
    """The id behind `kind:value`."""
    return next(row["id"] for row in await contacts(clinic) if alias in (row["aliases"] or []))


async def words_left(clinic: Clinic, *words: str) -> list[tuple[str, str]]:
    """Tables and columns of the tenant, of whatever kind, that still have one of these words."""
    columns = await clinic.house.rows(
        "select c.table_name, c.column_name, c.data_type from information_schema.columns c"
        " join information_schema.columns t on t.table_schema = c.table_schema and t.table_name = c.table_name"
        "  and t.column_name = 'tenant_id'"
        " where c.table_schema = 'app' and c.data_type in ('text', 'character varying', 'jsonb', 'bytea')"
    )
    found: list[tuple[str, str]] = []
    for table, column, kind in columns:
        shown = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
        rows = await clinic.house.rows(
            f"select 1 from {table} where tenant_id = $1 and {shown} ilike any($2::text[]) limit 1",
            clinic.client.tenant_id,
            [f"%{word}%" for word in words],
        )
        if rows:
            found.append((table, column))
    return found
