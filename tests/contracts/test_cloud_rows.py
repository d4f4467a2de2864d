"""Every webhook body of the Cloud API contract through the door of a connected channel: the rows it leaves, by the
number's own address and by the operator's shared one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.cloud import CloudClinic, cloud_clinic
from tests.house import House

BODIES = Path(__file__).parent / "cloud-api"
Json = dict[str, Any]
JOANA = ("Joana Prado", "+5521955500201")
RAFA = ("Rafa", None)
SIGNAL = ("processed", None, True)


@dataclass(frozen=True)
class Rows:
    """What a body leaves: its event, perhaps a message (type, text) of a contact, an update kept for its message."""

    event: tuple[str, str | None, bool]
    message: tuple[str, str | None] | None = None
    contact: tuple[str, str | None] = JOANA
    parked: Json | None = None


def said(kind: str, text: str | None, contact: tuple[str, str | None] = JOANA, **more: Any) -> Rows:
    # The contract's bodies are older than a day: they are kept, and nobody answers them.
    return Rows(("processed", "old", False), (kind, text), contact, **more)


def parked(**change: Any) -> Rows:
    return Rows(SIGNAL, parked={"kind": "tick", "reason": None} | change)


EXPECTED: dict[str, Rows] = {
    "message_audio_voice": said("audio", None),
    "message_button_template_reply": said("interactive", "Confirmar"),
    "message_contacts": said("contact", "Marcos Oficina: +5521955500377"),
    "message_document": said("document", None),
    "message_image": said("image", "Comprovante do pix"),
    "message_interactive_button_reply": said("interactive", "Falar com atendente"),
    "message_interactive_flow_reply": said("interactive", "Sent"),
    "message_interactive_list_reply": said("interactive", "Entrega"),
    "message_location": said("location", None),
    "message_order": said("interactive", "2 x SKU-01 (30.50 BRL)\nsem cebola"),
    "message_reaction": said("reaction", "👍", parked={"kind": "reaction", "author": "contact", "emoji": "👍"}),
    "message_sticker": said("sticker", None),
    "message_system_number_change": Rows(SIGNAL),
    "message_text": said("text", "Bom dia! Vocês entregam na Tijuca?"),
    "message_text_ad_referral": said("text", "Oi, vi o anúncio"),
    "message_text_reply": said("text", "Esse mesmo"),
    "message_text_username_user": said("text", "Oi, sem telefone visível", RAFA),
    "message_unsupported": said("unsupported", None),
    "message_video": said("video", "Olha o barulho"),
    "status_delivered": parked(status="delivered"),
    "status_failed_window_closed": parked(
        status="failed",
        reason="window-closed",
        detail="131047 Message failed to send because more than 24 hours have passed since the customer last replied"
        " to this number.",
    ),
    "status_read": parked(status="read"),
    "status_sent": parked(status="sent"),
    "status_sent_cbp_conversation": parked(status="sent"),
    "template_status_update": Rows(SIGNAL),
}
_MESSAGES = """
select m.type, m.text, m.author, m.status, m.direction, m.provider_message_id as pid, c.name, c.phone
  from messages m join conversations v on v.tenant_id = m.tenant_id and v.id = m.conversation_id
  join contacts c on c.tenant_id = m.tenant_id and c.id = v.contact_id
 where m.channel_id = $1 order by m.provider_message_id
"""
_PARKED = "select provider_message_id as pid, change from parked_updates where channel_id = $1 order by 1, 2"


def body(name: str) -> Json:
    return json.loads((BODIES / f"{name}.json").read_text())


async def left(clinic: CloudClinic) -> Json:
    """Everything that the bodies left in the tenant, but for ids and times."""
    house, channel, tenant = clinic.house, UUID(clinic.channel_id), clinic.client.tenant_id
    events = await clinic.events()
    state = await house.row("select state, state_reason from channels where id = $1", channel)
    contacts = await house.rows("select name, phone from contacts where tenant_id = $1", tenant)
    turns = await house.rows("select id from turns where tenant_id = $1", tenant)
    return {
        "events": [(event["state"], event["reason"], event["signal"]) for event in events],
        "messages": [dict(row) for row in await house.rows(_MESSAGES, channel)],
        "parked": [(row["pid"], json.loads(row["change"])) for row in await house.rows(_PARKED, channel)],
        "channel": (state["state"], state["state_reason"]),
        "contacts": sorted((row["name"], row["phone"]) for row in contacts),
        "turns": len(turns),
    }


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_B137_a_body_leaves_its_rows_and_a_second_post_nothing(house: House, name: str) -> None:
    # Both roads in turn, so that each kind of body is seen on one of them.
    shared = sorted(EXPECTED).index(name) % 2 == 0
    expected, clinic = EXPECTED[name], await cloud_clinic(house, shared=shared)
    assert (await clinic.hook(body(name))).status == 200
    found = await left(clinic)
    assert found["events"] == [expected.event]
    assert found["channel"] == ("connected", None)
    assert [change for _, change in found["parked"]] == ([expected.parked] if expected.parked else [])
    assert found["turns"] == 0
    if expected.message is None:
        assert (found["messages"], found["contacts"]) == ([], [])
    else:
        assert found["contacts"] == [expected.contact]
        (stored,) = found["messages"]
        value = body(name)["entry"][0]["changes"][0]["value"]
        assert stored["pid"] == value["messages"][0]["id"]
        assert (stored["type"], stored["text"]) == expected.message
        assert (stored["author"], stored["status"], stored["direction"]) == ("contact", "received", "in")
    assert (await clinic.hook(body(name))).status == 200
    assert await left(clinic) == found


async def test_a_day_of_bodies_in_one_leaves_what_they_leave_one_by_one(house: House) -> None:
    clinic = await cloud_clinic(house, shared=True)
    names = sorted(EXPECTED)
    batch = {"object": "whatsapp_business_account", "entry": [body(name)["entry"][0] for name in names]}
    for _ in range(2):
        assert (await clinic.hook(batch)).status == 200
        found = await left(clinic)
        assert len(found["events"]) == len(names)
        assert len(found["messages"]) == sum(EXPECTED[name].message is not None for name in names)
        assert {event[0] for event in found["events"]} == {"processed"}
        assert found["turns"] == 0
