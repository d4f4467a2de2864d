"""Bodies posted to a connected channel, and all that they left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from tests.contracts.rows_of_evolution import Json
from tests.house import Clinic

_MESSAGES = """
select m.type, m.text, m.author, m.status, m.direction, m.reactions, m.edited_at is not null as edited,
       m.deleted_at is not null as deleted, m.provider_message_id as pid, c.name, c.phone
  from messages m join conversations v on v.tenant_id = m.tenant_id and v.id = m.conversation_id
  join contacts c on c.tenant_id = m.tenant_id and c.id = v.contact_id
 where m.channel_id = $1 order by m.provider_message_id
"""
_PARKED = "select provider_message_id as pid, change from parked_updates where channel_id = $1 order by 1, 2"


@dataclass(frozen=True)
class Posted:
    """A connected channel, and the events that its pairing left before ours."""

    clinic: Clinic
    earlier: frozenset[UUID]

    async def post(self, *bodies: Json) -> None:
        for each in bodies:
            if each.get("event") == "connection.update" and each["data"]["state"] == "connecting":
                # The provider is in the state that it tells of, lest asking it corrects what is stored.
                self.clinic.house.sim.instance(self.clinic.instance).state = "connecting"
            answer = await self.clinic.hook(each)
            assert (answer.status, answer.body) == (200, {"ok": True})

    async def left(self) -> Json:
        """Everything that the bodies left in the tenant, but for ids and times."""
        clinic = self.clinic
        house, channel, tenant = clinic.house, UUID(clinic.channel_id), clinic.client.tenant_id
        events = [event for event in await clinic.events() if event["id"] not in self.earlier]
        state = await house.row("select state, state_reason, phone, profile_name from channels where id = $1", channel)
        contacts = await house.rows("select name, phone from contacts where tenant_id = $1", tenant)
        turns = await house.rows("select id from turns where tenant_id = $1", tenant)
        return {
            "events": [(event["state"], event["reason"], event["signal"]) for event in events],
            "messages": [dict(row) for row in await house.rows(_MESSAGES, channel)],
            "parked": [(row["pid"], json.loads(row["change"])) for row in await house.rows(_PARKED, channel)],
            "channel": (state["state"], state["state_reason"]),
            "number": (state["phone"], state["profile_name"]),
            "contacts": sorted((row["name"], row["phone"]) for row in contacts),
            "turns": len(turns),
        }
