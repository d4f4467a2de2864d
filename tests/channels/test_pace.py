"""What a number may start, and what stops it; answers go whatever is said of that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from evoai.channels.models import Channel
from evoai.channels.service.pace import FIRST_DAY, MOST, Started, limit_of
from tests.channels.silence import heard
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, answered, deliveries, due_now, quiet, rest, switched

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "started", "limit"),
    [
        (None, Started(0, 0, 0), FIRST_DAY),
        (0, Started(0, 0, 0), FIRST_DAY),
        (1, Started(0, 0, 0), 24),
        (7, Started(0, 0, 0), 71),
        (30, Started(0, 0, 0), MOST),
        (3000, Started(0, 0, 0), MOST),
        (0, Started(5, 9, 0), FIRST_DAY),
        (0, Started(5, 10, 2), FIRST_DAY),
        (0, Started(5, 20, 3), FIRST_DAY // 2),
        (0, Started(5, 20, 1), FIRST_DAY // 4),
    ],
)
def test_a_number_may_write_to_more_as_it_grows_older_and_to_fewer_while_few_answer(
    days: int | None, started: Started, limit: int
) -> None:
    since = None if days is None else NOW - timedelta(days=days)
    assert limit_of(Channel(first_connected_at=since), started, NOW) == limit


async def contact(clinic: Clinic, phone: str) -> str:
    made = await clinic.client.post("/contacts", {"name": "Zé", "phone": f"+{phone}"})
    assert made.status == 201, made.body
    return made["id"]


async def start(clinic: Clinic, phone: str, text: str = "Olá, aqui é da clínica") -> Any:
    body = {"channel_id": clinic.channel_id, "contact_id": await contact(clinic, phone), "text": text}
    answer = await clinic.client.post("/conversations", body | {"client_id": uuid4().hex})
    assert answer.status == 201, answer.body
    return answer


async def test_writing_first_begins_a_conversation_once(house: House) -> None:
    clinic = await house.clinic()
    person = await contact(clinic, "5511987650001")
    body = {"channel_id": clinic.channel_id, "contact_id": person, "text": "Olá!", "client_id": uuid4().hex}
    first = await clinic.client.post("/conversations", body)
    again = await clinic.client.post("/conversations", body)
    assert (first.status, again.status, again["id"]) == (201, 200, first["id"])
    await answered(clinic, "5511987650001")
    conversation = await clinic.conversation("5511987650001")
    assert (conversation["state"], conversation["assignee"] is not None) == ("human", True)
    clinic.says("5511987650001", "Oi!")
    await eventually(lambda: _said(clinic, "5511987650001", 2))
    assert (await clinic.conversation("5511987650001"))["id"] == conversation["id"]
    (row,) = await deliveries(clinic)
    opening = await house.row("select opening from deliveries where id = $1", row["id"])
    assert opening["opening"] is True


async def test_who_cannot_be_written_to_is_told_why(house: House) -> None:
    clinic, stranger = await house.clinic(), await house.clinic()
    person = await contact(clinic, "5511987650002")
    body = {"channel_id": clinic.channel_id, "contact_id": person, "text": "Olá!", "client_id": uuid4().hex}
    for change, pointer in (
        ({"channel_id": stranger.channel_id}, "/channel_id"),
        ({"contact_id": await contact(stranger, "5511987650002")}, "/contact_id"),
    ):
        refused = await clinic.client.post("/conversations", body | change)
        assert (refused.status, refused["errors"][0]["pointer"]) == (422, pointer)
    await clinic.client.patch(f"/contacts/{person}", {"blocked": True})
    blocked = await clinic.client.post("/conversations", body)
    assert (blocked.status, blocked["code"]) == (409, "contact-blocked")
    assert (await clinic.client.get("/conversations"))["items"] == []


async def test_what_we_start_is_spread_out_and_answers_are_not(house: House) -> None:
    clinic = await house.clinic()
    phones = [f"551198770{n:04d}" for n in range(6)]
    for phone in phones:
        await start(clinic, phone)
    clinic.says(ANA, "Oi")
    await answered(clinic, ANA)
    (answer,) = clinic.sent_to(ANA)
    await eventually(lambda: all(clinic.sent_to(phone) for phone in phones), 30)
    times = sorted(entry.at for phone in phones for entry in clinic.sent_to(phone))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0.13, "half of the gap at least, but for the clocks"
    assert len({round(gap, 2) for gap in gaps}) > 1, "not all alike"
    assert answer.at < times[-1], "nobody who wrote waits behind those who did not"


async def test_a_days_people_are_counted_and_a_grown_number_has_more(house: House) -> None:
    clinic = await house.clinic()
    for n in range(FIRST_DAY):
        clinic.says(f"551198880{n:04d}", "Oi")
    await eventually(lambda: _sent(clinic, FIRST_DAY), 40)
    # As if we had written to each of them first.
    await house.run(
        "update deliveries set opening = true, deadline = now() where tenant_id = $1 returning id",
        clinic.client.tenant_id,
    )
    await start(clinic, "5511987650003")
    await rest(1.5)
    assert clinic.sent_to("5511987650003") == []
    health = await clinic.client.get(f"/channels/{clinic.channel_id}/health")
    assert (health["pace"]["used"], health["pace"]["limit"], health["pace"]["most"]) == (FIRST_DAY, FIRST_DAY, MOST)
    assert health["pace"]["replies"] == 1.0
    clinic.says(ANA, "Oi")
    await answered(clinic, ANA)
    await _changed(clinic, "first_connected_at = now() - interval '3 days'")
    await due_now(clinic)
    await answered(clinic, "5511987650003")


async def test_WhatsApps_refusal_stops_what_we_start_at_once_and_the_owner_hears(house: House) -> None:
    clinic = await house.clinic(provider="uazapi")
    house.sim.set(clinic.instance, reachout_timelock=True)
    async with heard(clinic) as names:
        await start(clinic, "5511987650004")
        await eventually(lambda: _refused(clinic, "5511987650004"))
        await eventually(lambda: "channel.updated" in names)
    shown = await clinic.client.get(f"/channels/{clinic.channel_id}")
    assert shown["restriction"]["code"] == "reachout-timelock"
    assert shown["restriction"]["until"] is not None
    health = await clinic.client.get(f"/channels/{clinic.channel_id}/health")
    assert (health["cause"], health["advice"]) == ("restricted", "wait-restriction")

    await start(clinic, "5511987650005")
    clinic.says(ANA, "Oi")
    await answered(clinic, ANA)
    await rest(1)
    tried = [entry for entry in house.sim.log if entry.kind == "send" and "7650005" in (entry.number or "")]
    assert tried == []
    house.sim.set(clinic.instance, reachout_timelock=False)
    await _changed(clinic, "restricted_until = now() - interval '1 s'")
    await due_now(clinic)
    await answered(clinic, "5511987650005")
    assert (await clinic.client.get(f"/channels/{clinic.channel_id}"))["restriction"] is None


@pytest.mark.parametrize("provider", ["evolution", "uazapi"])
async def test_a_ban_stops_what_we_start(house: House, provider: str) -> None:
    clinic = await house.clinic(provider=provider)
    house.sim.drop(clinic.instance, 403)
    await eventually(lambda: _state(clinic, "banned"))
    await start(clinic, "5511987650006")
    await rest(1)
    assert [entry for entry in house.sim.log if entry.kind == "send" and "7650006" in (entry.number or "")] == []
    health = await clinic.client.get(f"/channels/{clinic.channel_id}/health")
    assert (health["cause"], health["advice"]) == ("banned", "move-number")


async def test_a_second_word_to_somebody_who_has_not_answered_is_paced_too(house: House) -> None:
    clinic = await house.clinic()
    message = await start(clinic, "5511987650007")
    path = f"/conversations/{message['conversation_id']}/messages"
    await clinic.client.post(path, {"text": "Está aí?", "client_id": uuid4().hex})
    await answered(clinic, "5511987650007", 2)
    rows = await house.rows("select opening from deliveries where tenant_id = $1", clinic.client.tenant_id)
    assert [row["opening"] for row in rows] == [True, True]
    clinic.says("5511987650007", "Estou")
    await eventually(lambda: _said(clinic, "5511987650007", 3))
    await clinic.client.post(path, {"text": "Que bom", "client_id": uuid4().hex})
    await quiet(clinic)
    rows = await house.rows("select opening from deliveries where tenant_id = $1 order by id", clinic.client.tenant_id)
    assert [row["opening"] for row in rows] == [True, True, False]


async def test_a_code_that_does_not_come_a_missing_licence_and_a_loop_have_names(house: House) -> None:
    clinic = await house.clinic()
    path = f"/channels/{clinic.channel_id}"

    async def cause() -> tuple[str, str]:
        health = await clinic.client.get(f"{path}/health")
        return health["cause"], health["advice"]

    async with switched(house, license_required=True):
        assert (await clinic.client.post(f"{path}/restart", {})).status == 409
        assert await cause() == ("licence-missing", "activate-licence")
    assert (await clinic.client.post(f"{path}/restart", {})).status == 200
    for _ in range(3):
        house.sim.engine.restart(house.sim.instance(clinic.instance))
        await house.sim.settled()
        await clinic.events()
    await eventually(lambda: _state(clinic, "connected"))
    assert await cause() == ("reconnect-loop", "pair-again")
    await _changed(clinic, "drops = 0")
    house.sim.drop(clinic.instance)
    await eventually(lambda: _state(clinic, "disconnected"))
    assert await cause() == ("logged-out", "scan-qr")
    async with switched(house, connect_not_ready=1000):
        house.sim.set(clinic.instance, silent=True)
        await clinic.client.post(f"{path}/connect", {})
        await _changed(clinic, "pairing_since = now() - interval '2 min', code_at = null")
        assert await cause() == ("code-missing", "check-provider")
        house.sim.set(clinic.instance, silent=False)


async def _said(clinic: Clinic, phone: str, count: int) -> bool:
    return len(await clinic.messages(phone)) >= count


async def _sent(clinic: Clinic, count: int) -> bool:
    return sum(row["state"] == "sent" for row in await deliveries(clinic)) >= count


async def _refused(clinic: Clinic, phone: str) -> bool:
    (message,) = await clinic.messages(phone)
    return message["status"] == "failed" and message["error"]["code"] == "reachout-timelock"


async def _state(clinic: Clinic, state: str) -> bool:
    return (await clinic.client.get(f"/channels/{clinic.channel_id}"))["state"] == state


async def _changed(clinic: Clinic, what: str) -> None:
    await clinic.house.run(f"update channels set {what} where id = $1 returning id", UUID(clinic.channel_id))
